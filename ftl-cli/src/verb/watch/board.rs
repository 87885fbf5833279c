//! What is shown: prices with their last changes, the own book, what happened. Made of frames and of what was asked.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

use ftl_core::units::Price;
use serde_json::Value;

use super::frame::Frame;
use super::player::{Instrument, Market, Portfolio};
use super::stream::News;

/// Changes of a price that are kept for its line.
const CHANGES: usize = 60;
/// Happenings that are kept.
const HAPPENINGS: usize = 200;
/// The own book is asked for at most so often.
const OWN_AT_MOST: Duration = Duration::from_secs(1);

/// One instrument.
pub struct Row {
    pub instrument: Instrument,
    pub mark: Price,
    /// When watching began.
    pub first: Price,
    /// Oldest first.
    pub changes: VecDeque<u64>,
    /// When it last changed, to show it.
    pub changed: Option<Instant>,
}

impl Row {
    fn of(instrument: Instrument) -> Self {
        let mark = instrument.mark;
        Self { instrument, mark, first: mark, changes: VecDeque::from([height(mark)]), changed: None }
    }

    fn is_now(&mut self, mark: Price) {
        if self.mark == mark {
            return;
        }
        self.mark = mark;
        self.changed = Some(Instant::now());
        self.changes.push_back(height(mark));
        if self.changes.len() > CHANGES {
            self.changes.pop_front();
        }
    }

    /// Since watching began, in hundredths of a per cent.
    pub fn change_bps(&self) -> i64 {
        (self.mark.units() - self.first.units()).saturating_mul(10_000).checked_div(self.first.units()).unwrap_or_default()
    }
}

fn height(mark: Price) -> u64 {
    mark.units().unsigned_abs()
}

/// See the module.
pub struct Board {
    /// In the order of listing.
    pub rows: Vec<Row>,
    by_slug: HashMap<String, usize>,
    pub portfolio: Option<Portfolio>,
    /// Newest first.
    pub happenings: VecDeque<String>,
    /// How the stream is.
    pub connection: String,
    pub connected: bool,
    pub seq: u64,
    pub scrolled: usize,
    stale: bool,
    asked: Instant,
}

impl Board {
    pub fn new(url: &str, market: Market, portfolio: Option<Portfolio>) -> Self {
        let seq = market.seq;
        let rows: Vec<Row> = market.instruments.into_iter().map(Row::of).collect();
        let by_slug = rows.iter().enumerate().map(|(n, row)| (row.instrument.id.clone(), n)).collect();
        Self {
            connection: format!("connecting to {url}"),
            connected: false,
            rows,
            by_slug,
            portfolio,
            happenings: VecDeque::new(),
            seq,
            scrolled: 0,
            stale: false,
            asked: Instant::now(),
        }
    }

    pub fn take(&mut self, news: News) {
        match news {
            News::Connected { at } => {
                self.connection = format!("live from {at}");
                self.connected = true;
                self.stale = true;
            }
            News::Cut { why, again_in } => {
                // The end of the line is what a narrow terminal leaves out.
                self.connection = format!("cut, again in {again_in:.1?}: {why}");
                self.connected = false;
            }
            // Whoever refuses ends the watching.
            News::Refused(_) => {}
            News::Frame(frame) => self.frame(frame),
        }
    }

    fn frame(&mut self, frame: Frame) {
        match frame {
            Frame::Price { instrument, seq, mark, .. } => {
                self.seq = self.seq.max(seq);
                let held = |portfolio: &Portfolio| portfolio.positions.iter().any(|position| position.instrument == instrument);
                self.stale |= self.portfolio.as_ref().is_some_and(held);
                if let Some(row) = self.by_slug.get(&instrument).and_then(|n| self.rows.get_mut(*n)) {
                    row.is_now(mark);
                }
            }
            Frame::Account { seq, kind, value, .. } => {
                self.seq = self.seq.max(seq);
                self.stale = true;
                self.happened(&kind, &value["data"]);
            }
            Frame::Resumed => {}
            Frame::Cursor { seq, .. } => self.seq = self.seq.max(seq),
            Frame::Resync => {
                self.stale = true;
                self.say("too long away: everything is read anew".into());
            }
            Frame::Other(value) => {
                match value["type"].as_str() {
                    Some("status") => self.status(&value),
                    Some("event") => self.on_the_pitch(&value),
                    // Bars and the clock would hide what happens.
                    _ => {}
                }
            }
        }
    }

    fn status(&mut self, frame: &Value) {
        let place = frame["instrument"].as_str().and_then(|slug| self.by_slug.get(slug));
        let Some(row) = place.and_then(|n| self.rows.get_mut(*n)) else { return };
        row.instrument.frozen = frame["frozen"] == true;
        row.instrument.in_play = frame["inPlay"] == true;
        row.instrument.under_review = Some(frame["underReview"].clone()).filter(|review| !review.is_null());
    }

    /// What happened in the own book, each once: the wallet follows every other frame and is shown whole, and of a fill the
    /// position says more than the order, of a close the notification more than either.
    fn happened(&mut self, kind: &str, data: &Value) {
        let told_elsewhere = match kind {
            "wallet" => true,
            "order" => data["status"] == "filled" || data["status"] == "cancelled",
            "position" => !data["closed"].is_null(),
            _ => false,
        };
        let text = |value: &Value| value.as_str().unwrap_or("?").to_owned();
        let position = &data["position"];
        if told_elsewhere {
            return;
        }
        if kind == "position" && position.is_object() {
            let [direction, lots, slug, entry] = ["direction", "lots", "instrument", "entryPrice"].map(|name| text(&position[name]));
            let ends = [("stopLoss", "stop"), ("takeProfit", "take")];
            let ends = ends.iter().filter_map(|(name, word)| Some(format!(", {word} {}", position[*name].as_str()?))).collect::<String>();
            self.say(format!("{direction} {lots} {slug} at {entry}{ends}"));
        } else if data["kind"] == "position_closed" {
            let [direction, lots, slug, reason] = ["direction", "lots", "instrument", "reason"].map(|name| text(&data[name]));
            self.say(format!("closed {direction} {lots} {slug}: {} ({})", text(&data["pnl"]), reason.replace('_', " ")));
        } else {
            let mut words = Vec::new();
            told(data, &mut words);
            self.say(format!("{kind}: {}", words.join(" ")));
        }
    }

    /// What happened on the pitch, as people say it.
    fn on_the_pitch(&mut self, frame: &Value) {
        let event = &frame["event"];
        let word = |value: &Value| value.as_str().map(|text| text.replace('_', " ")).unwrap_or_default();
        let mut said = format!("{}' {}", event["minute"], word(&event["type"]));
        for who in [&event["instrument"], &event["related"]] {
            if let Some(slug) = who.as_str() {
                let name = self.by_slug.get(slug).and_then(|n| self.rows.get(*n)).map(|row| row.instrument.name.as_str());
                said = format!("{said}, {}", name.unwrap_or(slug));
            }
        }
        match (frame["change"].as_str(), event.is_null()) {
            (_, true) => said = format!("taken back: {}", word(&frame["eventId"])),
            (Some("corrected"), false) => said.push_str(" (corrected)"),
            _ => {}
        }
        self.say(said);
    }

    fn say(&mut self, what: String) {
        self.happenings.push_front(what);
        self.happenings.truncate(HAPPENINGS);
    }

    /// Whether the own book is to be asked for; then it is taken as asked.
    pub fn is_own_due(&mut self) -> bool {
        let due = self.stale && self.asked.elapsed() >= OWN_AT_MOST;
        if due {
            self.stale = false;
            self.asked = Instant::now();
        }
        due
    }

    /// The own book, unless a newer one is known.
    pub fn own(&mut self, portfolio: Portfolio) {
        if self.portfolio.as_ref().is_none_or(|known| known.seq <= portfolio.seq) {
            self.portfolio = Some(portfolio);
        }
    }

    /// Freezes, reviews and fixtures, which no frame of a price tells.
    pub fn look(&mut self, market: Market) {
        for instrument in market.instruments {
            match self.by_slug.get(&instrument.id).and_then(|n| self.rows.get_mut(*n)) {
                Some(row) => {
                    row.is_now(instrument.mark);
                    row.instrument = instrument;
                }
                None => {
                    self.by_slug.insert(instrument.id.clone(), self.rows.len());
                    self.rows.push(Row::of(instrument));
                }
            }
        }
    }

    pub fn scroll(&mut self, lines: isize) {
        self.scrolled = self.scrolled.saturating_add_signed(lines).min(self.rows.len().saturating_sub(1));
    }
}

/// What people read of a frame: names and figures, without ids and nothings.
fn told(value: &Value, words: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let is_id =
                    ["id", "seq", "n", "type", "idx", "at"].contains(&name.as_str()) || name.ends_with("Id") || name.ends_with("At");
                if is_id || value.is_null() {
                    continue;
                }
                if value.is_object() || value.is_array() {
                    told(value, words);
                } else {
                    words.push(format!("{name} {}", value.as_str().map_or_else(|| value.to_string(), str::to_owned)));
                }
            }
        }
        Value::Array(values) => values.iter().for_each(|value| told(value, words)),
        Value::String(text) => words.push(text.clone()),
        Value::Null => {}
        Value::Bool(_) | Value::Number(_) => words.push(value.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_happening_reads_without_ids() {
        let mut words = Vec::new();
        told(
            &serde_json::json!({"kind": "position_closed", "position": "0193-…", "instrument": "lionel-messi", "openedAt": "x", "pnl": "-5.000000", "rest": null}),
            &mut words,
        );
        assert_eq!(words.join(", "), "instrument lionel-messi, kind position_closed, pnl -5.000000, position 0193-…");
    }

    #[test]
    fn of_a_trade_each_thing_is_said_once() {
        let mut board = Board::new("", Market::new(1, Vec::new()), None);
        let opened = serde_json::json!({"direction": "long", "lots": "0.05", "instrument": "lionel-messi", "entryPrice": "193.7038"});
        let closed = serde_json::json!({"kind": "position_closed", "direction": "long", "lots": "0.05", "instrument": "lionel-messi", "pnl": "-1.610000", "reason": "stop_loss"});
        for (kind, data) in [
            ("order", serde_json::json!({"status": "filled"})),
            ("position", serde_json::json!({"position": opened, "closed": null})),
            ("wallet", serde_json::json!({"free": "1.000000"})),
            ("position", serde_json::json!({"position": null, "closed": {"pnl": "-1.610000"}})),
            ("notification", closed),
            ("level", serde_json::json!({"warned": true, "levelBps": 9_000})),
        ] {
            board.happened(kind, &data);
        }
        let said: Vec<&str> = board.happenings.iter().rev().map(String::as_str).collect();
        assert_eq!(
            said,
            [
                "long 0.05 lionel-messi at 193.7038",
                "closed long 0.05 lionel-messi: -1.610000 (stop loss)",
                "level: levelBps 9000 warned true"
            ]
        );
    }
}
