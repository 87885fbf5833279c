//! `ftl show`: one account, position, instrument or fixture, as it is or was.

mod view;

use std::process::ExitCode;

use clap::{Args, ValueEnum};
use ftl_core::event::Event;
use ftl_core::id::{PositionId, Seq};
use ftl_core::time::At;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::league::Reading;
use crate::league::execution::Execution;
use crate::league::place::Where;
use crate::output;

/// Shows one thing of a league, now or at an earlier entry or time.
#[derive(Args)]
#[command(after_help = "Examples:
  ftl show instrument lionel-messi
  ftl show fixture wc2022-final --at 4711
  ftl show account 0193a5f0-7c1e-7000-8000-000000120000 --at 2022-12-18T15:30:00Z")]
pub struct Show {
    /// What.
    #[arg(value_enum)]
    what: What,
    /// Its id; of an instrument its slug.
    id: String,
    #[command(flatten)]
    place: Where,
    /// As it was after this entry, or at this time (RFC 3339).
    #[arg(long, value_name = "SEQ|TIME")]
    at: Option<Moment>,
    /// One JSON object on stdout.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum What {
    Account,
    Position,
    Instrument,
    Fixture,
}

/// `--at`.
#[derive(Clone, Copy)]
enum Moment {
    Seq(u64),
    Time(At),
}

impl std::str::FromStr for Moment {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(seq) = text.parse() {
            return Ok(Self::Seq(seq));
        }
        let time: Timestamp = text.parse().map_err(|_| "it takes an entry's number, or a time such as 2022-12-18T15:30:00Z".to_owned())?;
        u64::try_from(time.as_millisecond()).map(|ms| Self::Time(At(ms))).map_err(|_| "it takes a time from 1970 on".into())
    }
}

impl Show {
    pub async fn run(self) -> Result<ExitCode, Failure> {
        let reading = Reading::open(&self.place.place()).await?;
        let to = match self.at {
            Some(Moment::Seq(seq)) => reading.up_to(Some(seq))?,
            _ => reading.head,
        };
        let position: Option<PositionId> = self.id.parse().ok().filter(|_| self.what == What::Position);
        let mut execution = match (position, self.at) {
            // A position's way is told from its first event on, which its id knows.
            (Some(id), _) => Execution::near(&reading, to.min(Seq(id.made_in().0.saturating_sub(1))), to).await?,
            (None, Some(Moment::Time(last))) => Execution::near_time(&reading, last, to).await?,
            (None, Some(Moment::Seq(_)) | None) => Execution::near(&reading, to, to).await?,
        };
        let mut way = Vec::new();
        while execution.peek().await?.is_some_and(|entry| self.reaches(entry.at)) {
            let Some((_, outcome)) = execution.next().await? else { break };
            let of_it = outcome.events.iter().filter(|event| position.is_some_and(|id| is_of(event, id)));
            way.extend(of_it.map(|event| json!({"seq": outcome.seq, "at": view::time(outcome.at), "event": event})));
        }
        let state = &execution.state;
        let shown = match self.what {
            What::Account => self.id.parse().ok().and_then(|id| view::account(state, id)),
            What::Position => position.and_then(|id| view::position(state, id, way)),
            What::Instrument => view::instrument(state, &self.id),
            What::Fixture => view::fixture(state, &self.id),
        };
        let Some(mut shown) = shown else { return Err(self.unknown(state.seq())) };
        shown["seq"] = json!(state.seq());
        shown["at"] = json!(view::time(state.at()));
        if self.json {
            output::json(&shown)?
        } else {
            output::text_lines(&as_text(&shown))?
        }
        Ok(ExitCode::SUCCESS)
    }

    fn reaches(&self, at: At) -> bool {
        match self.at {
            Some(Moment::Time(last)) => at <= last,
            _ => true,
        }
    }

    fn unknown(&self, seq: Seq) -> Failure {
        let what = self.what.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default();
        Failure::refused(format!("there is no {what} {} after entry {seq}", self.id))
    }
}

fn is_of(event: &Event, id: PositionId) -> bool {
    match event {
        Event::PositionOpened(e) => e.position == id,
        Event::PositionClosed(e) => e.position == id,
        Event::TriggersSet { position, .. } | Event::TriggersDiscarded { position, .. } => *position == id,
        _ => false,
    }
}

/// Fields in lines, lists as one line an item.
fn as_text(value: &Value) -> String {
    let mut text = String::new();
    for (key, value) in value.as_object().into_iter().flatten() {
        match value {
            Value::Array(items) => {
                text += &format!("{key} ({})\n", items.len());
                items.iter().for_each(|item| text += &output::wrapped(&item.to_string(), 2));
            }
            Value::String(plain) => text += &format!("{key:16} {plain}\n"),
            other => text += &format!("{key:16} {other}\n"),
        }
    }
    text
}
