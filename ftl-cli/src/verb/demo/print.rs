//! What the tour prints: where to look, a line that trades, what happens on the pitch, the final table.

use std::path::Path;

use ftl_core::boards::{Board, BoardKind, BoardScope};
use ftl_core::fixture::{EventKind, MatchEvent};
use ftl_core::id::AccountId;
use ftl_core::source::MatchSource;
use ftl_core::state::State;
use ftl_core::units::{Money, Price};
use serde_json::json;

use super::{LOBBY, Visit};
use crate::failure::Failure;
use crate::output;

/// Rows of the final table.
const ROWS: usize = 10;

/// For people, or for a machine.
pub struct Print {
    json: bool,
}

impl Print {
    pub const fn new(json: bool) -> Self {
        Self { json }
    }

    /// Where to look, and how to trade.
    pub fn welcome(&self, visit: &Visit, source: &MatchSource, speed: u32) -> Result<(), Failure> {
        if self.json {
            return output::json(&json!({
                "url": visit.url, "data": visit.data, "fixture": source.id, "account": visit.account, "token": visit.token,
                "operatorToken": visit.operator_token, "curl": curl(visit), "audit": audit(&visit.data),
            }));
        }
        let url = &visit.url;
        output::text_lines(&format!(
            "{name}, {speed} times as fast

  the console       {url}/
  how to use it     {url}/api/docs
  prices            {url}/api/instruments
  the match         {url}/api/fixtures/{id}
  the table         {url}/api/leaderboard/pnl
  data directory    {data}
  operator's token  {operator}

Trade: paste this into another terminal (a fill within 8 s).

{curl}

Kick-off with the first trade, or in {lobby} s. Ctrl-C ends it.
",
            name = source.name,
            id = source.id,
            data = visit.data.display(),
            operator = visit.operator_token,
            curl = curl(visit),
            lobby = LOBBY.as_secs(),
        ))
    }

    pub fn kick_off(&self, source: &MatchSource) -> Result<(), Failure> {
        self.line(&format!("kick-off: {} v {}", source.home, source.away))
    }

    /// What moves prices, with the price of whom it names before and after.
    pub fn news(&self, event: &MatchEvent, before: &Option<Price>, after: &Option<Price>, score: &str) -> Result<(), Failure> {
        let Some(what) = told(event.kind) else { return Ok(()) };
        let who = event.instrument.as_ref().map_or("", |slug| slug.as_str());
        let minute = if event.offset > 0 { format!("{}+{}'", event.minute, event.offset) } else { format!("{}'", event.minute) };
        let price = match (before, after) {
            (Some(before), Some(after)) if before != after => format!("{before} -> {after}"),
            _ => String::new(),
        };
        self.line(&format!("{minute:>6} {score:4} {what:16} {who:24} {price}"))
    }

    /// The first of the board, and the visitor where he stands.
    pub fn table(&self, league: &State, source: &MatchSource, player: AccountId, name_of: impl Fn(AccountId) -> Option<String>) -> String {
        let mut text = format!("full time: {}\n\n{:>4}  {:28} {:>16}\n", source.name, "rank", "who", "realised");
        let ranking = league.boards().ranking(Board::of_season(BoardKind::Pnl, BoardScope::Overall));
        for (rank, key) in (1usize..).zip(ranking.iter().flat_map(|ranking| ranking.iter())) {
            if rank > ROWS && key.account != player {
                continue;
            }
            let you = (key.account == player).then(|| "you (player-1)".to_owned());
            let who = you.or_else(|| name_of(key.account)).unwrap_or_else(|| key.account.to_string());
            text += &format!("{rank:>4}  {who:28} {:>16}\n", Money::from_units(key.score).to_string());
        }
        text
    }

    pub fn final_table(&self, table: &str) -> Result<(), Failure> {
        self.line(&format!("\n{table}"))
    }

    /// After full time.
    pub fn last_words(&self, visit: &Visit) -> Result<(), Failure> {
        self.line(&format!("Everybody is settled. Is every point where it belongs?\n\n{}\n\nIt serves on till Ctrl-C.", audit(&visit.data)))
    }

    /// A line for people: on stdout, or beside the object that a machine reads there.
    fn line(&self, text: &str) -> Result<(), Failure> {
        if self.json {
            eprintln!("{text}");
            return Ok(());
        }
        output::text_lines(&format!("{text}\n"))
    }
}

/// One line that opens a position and waits for its fill.
fn curl(visit: &Visit) -> String {
    format!(
        "curl -sS '{}/api/positions/open?wait=8s' -H 'Authorization: Bearer {}' -H 'Idempotency-Key: {}' -H 'Content-Type: application/json' \
         -d '{{\"instrument\":\"lionel-messi\",\"direction\":\"long\",\"lots\":\"1.00\"}}'",
        visit.url, visit.token, visit.key
    )
}

/// The line that checks the league, with the program as it was called.
fn audit(data: &Path) -> String {
    let program = std::env::args().next().unwrap_or_else(|| "ftl".to_owned());
    format!("{program} audit --data {}", data.display())
}

const fn told(kind: EventKind) -> Option<&'static str> {
    match kind {
        EventKind::Goal => Some("goal"),
        EventKind::PenaltyGoal => Some("goal (penalty)"),
        EventKind::OwnGoal => Some("own goal"),
        EventKind::PenaltyAwarded => Some("penalty awarded"),
        EventKind::PenaltyMissed => Some("penalty missed"),
        EventKind::PenaltySaved => Some("penalty saved"),
        EventKind::Yellow => Some("yellow"),
        EventKind::SecondYellow | EventKind::Red => Some("red"),
        EventKind::Substitution => Some("comes on"),
        EventKind::ShootoutGoal => Some("shoot-out: in"),
        EventKind::ShootoutMiss => Some("shoot-out: out"),
        _ => None,
    }
}
