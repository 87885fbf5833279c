//! What a client may say.

use ftl_core::id::{FixtureId, InstrumentIdx, Seq};
use serde::Deserialize;

use super::close::Close;
use crate::app::App;
use crate::wire::cursor::{BatchMark, Cursor};
use crate::wire::frame::channel::Channel;

/// What a connection is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Topic {
    /// One instrument: its prices, bars and status.
    Instrument(InstrumentIdx),
    /// A channel.
    Channel(Channel),
}

/// A message of a client's, understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Request {
    Subscribe(Topic),
    Unsubscribe(Topic),
    /// Everything of the account's behind this entry.
    Resume(Cursor),
}

#[derive(Debug, Deserialize)]
#[serde(tag = "action", rename_all = "snake_case")]
enum Action {
    Subscribe(Target),
    Unsubscribe(Target),
    Resume(From),
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Target {
    idx: Option<u16>,
    instrument_id: Option<String>,
    channel: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct From {
    seq: u64,
    batch: Option<BatchMark>,
}

impl Request {
    /// Reads a message.
    pub fn read(app: &App, text: &str) -> Result<Self, Close> {
        match serde_json::from_str(text).map_err(|_| Close::Malformed)? {
            Action::Subscribe(target) => target.topic(app).map(Self::Subscribe),
            Action::Unsubscribe(target) => target.topic(app).map(Self::Unsubscribe),
            Action::Resume(From { seq, batch }) => Ok(Self::Resume(Cursor { seq: Seq(seq), batch })),
        }
    }
}

impl Target {
    fn topic(self, app: &App) -> Result<Topic, Close> {
        match (self.idx, self.instrument_id, self.channel) {
            (Some(idx), None, None) => {
                let market = app.replica.market().map_err(|_| Close::Unavailable)?;
                let listed = market.instruments.get(usize::from(idx)).is_some();
                if listed { Ok(Topic::Instrument(InstrumentIdx(idx))) } else { Err(Close::UnknownSubscription) }
            }
            (None, Some(slug), None) => {
                let market = app.replica.market().map_err(|_| Close::Unavailable)?;
                let row = market.find(&slug).ok_or(Close::UnknownSubscription)?;
                Ok(Topic::Instrument(InstrumentIdx(row.idx)))
            }
            (None, None, Some(channel)) => {
                let channel = channel.parse().map_err(|_| Close::UnknownSubscription)?;
                if let Channel::Fixture(id) = &channel {
                    exists(app, id)?;
                }
                Ok(Topic::Channel(channel))
            }
            _ => Err(Close::Malformed),
        }
    }
}

fn exists(app: &App, id: &FixtureId) -> Result<(), Close> {
    let known = app.replica.read(|league| league.fixture(id).is_some()).map_err(|_| Close::Unavailable)?;
    if known { Ok(()) } else { Err(Close::UnknownSubscription) }
}
