//! R11.8, natural keys: accounts, instruments, fixtures, their events, grants, positions and orders are made once for
//! ever.

use std::collections::BTreeSet;

use super::Check;
use crate::event::Event;
use crate::id::{AccountId, OrderId, PositionId};
use crate::outcome::Outcome;

/// Remembers every key that was ever used.
pub struct NaturalKeys {
    /// What it found.
    pub check: Check,
    used: BTreeSet<Key>,
}

impl Default for NaturalKeys {
    fn default() -> Self {
        Self { check: Check::named("natural-keys"), used: BTreeSet::new() }
    }
}

impl NaturalKeys {
    /// Every event of one entry.
    pub fn outcome(&mut self, outcome: &Outcome) {
        for key in outcome.events.iter().filter_map(key_of) {
            let fresh = !self.used.contains(&key);
            self.check.that(fresh, outcome.seq, || format!("{key} was made twice"));
            self.used.insert(key);
        }
    }
}

/// What was made. There are few of the named ones.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Account(AccountId),
    Position(PositionId),
    Order(OrderId),
    Named(String),
}

impl std::fmt::Display for Key {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Account(id) => write!(out, "account {id}"),
            Self::Position(id) => write!(out, "position {id}"),
            Self::Order(id) => write!(out, "order {id}"),
            Self::Named(name) => write!(out, "{name}"),
        }
    }
}

fn key_of(event: &Event) -> Option<Key> {
    #[allow(clippy::wildcard_enum_match_arm, reason = "the others make nothing")]
    Some(match event {
        Event::AccountOpened { account, .. } => Key::Account(*account),
        Event::PositionOpened(opened) => Key::Position(opened.position),
        Event::OrderPlaced(order) => Key::Order(order.id),
        Event::LeagueFounded(_) => Key::Named("the league".into()),
        Event::InstrumentListed { footballer, .. } => Key::Named(format!("instrument {}", footballer.instrument)),
        Event::FixtureCreated { fixture, .. } => Key::Named(format!("fixture {fixture}")),
        Event::EventReported { fixture, event } => Key::Named(format!("event {} of {fixture}", event.id)),
        Event::ValuePosted { key: Some(key), .. } => Key::Named(format!("grant {key}")),
        _ => return None,
    })
}
