//! R11.9: a rejected command does what a `Tick` in its place would have done, and is remembered.

use ftl_core::command::{Action, Command};
use ftl_core::outcome::Entry;
use ftl_core::rejection::Rejection;
use ftl_core::state::State;

use super::{Finding, Moment};
use crate::holds;

pub fn check(moment: &Moment) -> Finding {
    if moment.outcome.answer.result.is_ok() && !moment.outcome.replayed {
        return Ok(());
    }
    let id = moment.entry.command.id;
    // A retry must leave what is remembered alone, so the tick in its place has an id of its own.
    let tick = Command { id: ftl_core::id::CommandId(!id.0), body: 0, not_after: None, action: Action::Tick { due: moment.entry.at } };
    let mut passed = moment.before.clone();
    let passing = passed.apply(&Entry { command: tick, ..*moment.entry });
    holds!(passing.events == moment.outcome.events, "it came to {:?}, passing time to {:?}", moment.outcome.events, passing.events);
    same(&passed, moment.after)?;
    // An id that comes with another body stays what it was; `retries` looks at that.
    if moment.outcome.answer.result == Err(Rejection::IdempotencyKeyReused) {
        return Ok(());
    }
    match moment.after.known(id) {
        Some(answer) => holds!(answer == moment.outcome.answer, "it is remembered as {answer:?}"),
        None => holds!(moment.after.genesis().is_none(), "it is not remembered"),
    }
    Ok(())
}

/// Whether two leagues are the same, remembered ids apart.
pub fn same(a: &State, b: &State) -> Finding {
    holds!((a.seq(), a.at()) == (b.seq(), b.at()), "they stand at {:?} and {:?}", (a.seq(), a.at()), (b.seq(), b.at()));
    holds!(a.rules() == b.rules(), "rules differ");
    holds!(a.ledger() == b.ledger(), "ledgers are {:?} and {:?}", a.ledger(), b.ledger());
    holds!(a.instruments().eq(b.instruments()), "instruments differ");
    holds!(a.fixtures().eq(b.fixtures()), "fixtures differ");
    rows("accounts", a.accounts(), b.accounts(), |row| row.id)?;
    rows("books", a.books(), b.books(), |row| row.id)?;
    rows("positions", a.positions(), b.positions(), |row| row.id)?;
    rows("orders", a.orders(), b.orders(), |row| row.id)
}

fn rows<'a, T, K>(what: &str, a: impl Iterator<Item = &'a T>, b: impl Iterator<Item = &'a T>, key: impl Fn(&T) -> K) -> Finding
where
    T: PartialEq + std::fmt::Debug + 'a,
    K: Ord,
{
    let (mut a, mut b): (Vec<&T>, Vec<&T>) = (a.collect(), b.collect());
    a.sort_by_key(|row| key(row));
    b.sort_by_key(|row| key(row));
    holds!(a == b, "{what} are\n{a:?}\nand\n{b:?}");
    Ok(())
}
