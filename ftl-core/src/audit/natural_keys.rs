//! R11.8, natural keys: accounts, instruments, fixtures, their events, grants, positions and orders are made once for
//! ever.

use std::collections::BTreeSet;

use super::Check;
use crate::event::Event;
use crate::outcome::Outcome;

/// Remembers every key that was ever used.
pub struct NaturalKeys {
    /// What it found.
    pub check: Check,
    used: BTreeSet<String>,
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
            let fresh = self.used.insert(key.clone());
            self.check.that(fresh, outcome.seq, || format!("{key} was made twice"));
        }
    }
}

fn key_of(event: &Event) -> Option<String> {
    #[allow(clippy::wildcard_enum_match_arm, reason = "the others make nothing")]
    Some(match event {
        Event::LeagueFounded(_) => "the league".into(),
        Event::AccountOpened { account, .. } => format!("account {account}"),
        Event::InstrumentListed { footballer, .. } => format!("instrument {}", footballer.instrument),
        Event::FixtureCreated { fixture, .. } => format!("fixture {fixture}"),
        Event::EventReported { fixture, event } => format!("event {} of {fixture}", event.id),
        Event::ValuePosted { key: Some(key), .. } => format!("grant {key}"),
        Event::PositionOpened(opened) => format!("position {}", opened.position),
        Event::OrderPlaced(order) => format!("order {}", order.id),
        _ => return None,
    })
}
