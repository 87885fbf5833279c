//! The checks of R11 over a league: what `ftl audit` and the proof suite ask of a state and of what happened in it.
//!
//! ```text
//!  Entry ─▶ State::apply ─▶ Outcome ─▶ Audit::entry ─┬─ Facts: what this entry did            every entry
//!                                │                    │         and a second state that runs no rule, compared by hash
//!                                └─▶ State ───────────┴─ Rows:  all of them                       as often as they are few
//! ```
//! Facts need outcomes alone, rows the state alone: [`Audit::split`] lets a shell give each a thread of its own.
//!
//! One invariant a file. Each is written from its rule and looks at rows and events alone: never at an index, a band or
//! a running sum of the engine. An audit reads; it must never change the state it looks at, and never repair.

mod balances;
mod flat_wallets;
mod loss_bound;
mod margin;
mod natural_keys;
mod net_lots;
mod open_positions;
mod postings;
mod prices;
mod ranks;
mod rebuild;
mod rejections;
mod retries;
mod triggers;
mod washouts;

use crate::hash::Hash;
use crate::id::Seq;
use crate::outcome::Outcome;
use crate::rulebook::Rulebook;
use crate::state::State;

pub use natural_keys::NaturalKeys;
pub use postings::Postings;
pub use rebuild::Rebuild;
pub use rejections::rejected_changes_nothing;
pub use retries::Retries;
pub use washouts::equal_the_reference;

/// A check that looks at every row of a state.
pub type OfTheRows<R> = fn(&State<R>, &mut Check);

/// The checks of a state, by name, each with its rule.
pub fn of_the_rows<R: Rulebook>() -> [(&'static str, OfTheRows<R>); 9] {
    [
        ("balances", balances::sum_to_zero),                       // R11.1
        ("flat-wallets", flat_wallets::are_not_negative),          // R11.2
        ("net-lots", net_lots::equal_the_sum_over_positions),      // R11.3
        ("open-positions", open_positions::are_on_an_open_market), // R11.4
        ("triggers", triggers::none_is_reached),                   // R11.5
        ("margin", margin::nobody_is_below_the_washout),           // R11.5
        ("loss-bound", loss_bound::covers_the_present_book),       // R11.11
        ("ranks", ranks::equal_a_full_sort),                       // R11.12
        ("prices", prices::are_above_the_least),                   // R11.13
    ]
}

/// What one check found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Check {
    /// Its name.
    pub name: &'static str,
    /// How many things it looked at.
    pub checked: u64,
    /// What does not hold: the first [`Check::KEPT`] of them.
    pub violations: Vec<Violation>,
    /// Violations beyond those kept.
    pub more: u64,
}

/// Something that does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The entry after which it did not.
    pub seq: Seq,
    /// What, in a short sentence.
    pub what: String,
}

impl Check {
    /// Violations of one check that are kept: a league that is wrong once is often wrong a million times.
    pub const KEPT: usize = 100;

    /// A check that has looked at nothing yet.
    pub fn named(name: &'static str) -> Self {
        Self { name, ..Self::default() }
    }

    /// Whether it found nothing wrong.
    pub fn ok(&self) -> bool {
        self.violations.is_empty()
    }

    /// One more thing is looked at: it `holds`, or `what` says how it does not.
    pub fn that(&mut self, holds: bool, seq: Seq, what: impl FnOnce() -> String) {
        self.checked = self.checked.saturating_add(1);
        if holds {
            return;
        }
        if self.violations.len() < Self::KEPT {
            self.violations.push(Violation { seq, what: what() });
        } else {
            self.more = self.more.saturating_add(1);
        }
    }
}

/// Rows that are looked at for each of the first entries, on average: a league with more is looked at after every so many.
const ROWS_AN_ENTRY: u64 = 2_000;
/// How many entries count as the first.
const FIRST: u64 = 5_000;
/// Rows that are looked at for each later entry: about as much work as the entry itself.
const ROWS_A_LATER_ENTRY: u64 = 10;

/// An audit that follows a league from its first entry.
pub struct Audit<R: Rulebook> {
    rows: Rows<R>,
    facts: Facts<R>,
}

/// The half that looks at the rows of a state.
pub struct Rows<R: Rulebook> {
    checks: Vec<(OfTheRows<R>, Check)>,
    credit: u64,
    compared: Seq,
}

/// The half that looks at outcomes, and rebuilds the league from them.
pub struct Facts<R: Rulebook> {
    postings: Postings,
    rejections: Check,
    washouts: Check,
    retries: Retries,
    natural_keys: NaturalKeys,
    rebuild: Rebuild<R>,
}

impl<R: Rulebook> Default for Audit<R> {
    fn default() -> Self {
        Self::following(State::new())
    }
}

impl<R: Rulebook> Audit<R> {
    /// An audit that follows a league from `start`: its first entry, or a snapshot.
    pub fn following(start: State<R>) -> Self {
        let checks = of_the_rows().into_iter().map(|(name, look)| (look, Check::named(name))).collect();
        Self { rows: Rows { checks, credit: 0, compared: start.seq() }, facts: Facts::of(start) }
    }

    /// Looks at what an entry came to; `state` has just applied it.
    pub fn entry(&mut self, state: &mut State<R>, outcome: &Outcome) {
        let hash = self.rows.entry(state, outcome);
        self.facts.outcome(outcome, hash);
    }

    /// What was found, in a fixed order; `state` is where the league stands now.
    pub fn finish(self, state: &mut State<R>) -> Vec<Check> {
        let Self { mut rows, mut facts } = self;
        rows.look(state);
        facts.postings.end(state);
        facts.rebuild.compare(state.hash());
        let mut checks = vec![facts.postings.check];
        checks.extend(rows.checks.into_iter().map(|(_, check)| check));
        checks.extend([facts.washouts, facts.rejections, facts.retries.check, facts.natural_keys.check, facts.rebuild.check]);
        checks
    }

    /// Its halves, to be called beside each other: each with every entry, in order.
    pub fn split(self) -> (Rows<R>, Facts<R>) {
        (self.rows, self.facts)
    }

    /// The halves of one audit, which have seen the same entries.
    pub fn of(rows: Rows<R>, facts: Facts<R>) -> Self {
        Self { rows, facts }
    }
}

impl<R: Rulebook> Rows<R> {
    /// Looks at `state`, which has just come to `outcome`. Its hash, where the rebuilt state is to be held against it.
    pub fn entry(&mut self, state: &mut State<R>, outcome: &Outcome) -> Option<Hash> {
        let rows = count(state);
        self.credit = self.credit.saturating_add(if outcome.seq.0 <= FIRST { ROWS_AN_ENTRY } else { ROWS_A_LATER_ENTRY });
        if !outcome.events.is_empty() && self.credit >= rows {
            self.credit = self.credit.saturating_sub(rows).min(rows);
            self.look(state);
        }
        rebuild::is_due(self.compared, outcome.seq, rows).then(|| {
            self.compared = outcome.seq;
            state.hash()
        })
    }

    fn look(&mut self, state: &State<R>) {
        for (look, check) in &mut self.checks {
            look(state, check);
        }
    }
}

impl<R: Rulebook> Facts<R> {
    fn of(start: State<R>) -> Self {
        Self {
            postings: Postings::from(&start),
            rejections: Check::named("rejections"),
            washouts: Check::named("washouts"),
            retries: Retries::default(),
            natural_keys: NaturalKeys::default(),
            rebuild: Rebuild::from(start),
        }
    }

    /// Looks at what an entry came to. `hash`: of the state after it, as [`Rows::entry`] gave it.
    pub fn outcome(&mut self, outcome: &Outcome, hash: Option<Hash>) {
        self.postings.outcome(outcome);
        rejected_changes_nothing(outcome, &mut self.rejections);
        equal_the_reference(self.rebuild.second(), outcome, &mut self.washouts);
        self.rebuild.outcome(outcome);
        self.retries.outcome(self.rebuild.second().rules(), outcome);
        self.natural_keys.outcome(outcome);
        if let Some(hash) = hash {
            self.rebuild.compare(hash);
        }
    }
}

fn count<R: Rulebook>(state: &State<R>) -> u64 {
    let rows = state.open_positions().saturating_add(state.books.len()).saturating_add(state.instruments.len());
    u64::try_from(rows).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
