//! A league that is sound passes; a league that was tampered with fails the check of what was tampered with, and no other.

use super::*;
use crate::command::{AccountKind, Action, Command, Footballer, Genesis, OpenAccount, OpenPosition};
use crate::event::Event;
use crate::fixture::Position;
use crate::id::{AccountId, BookId, CommandId, District, InstrumentId, InstrumentIdx};
use crate::ledger::{LedgerAccount, Posting, PostingReason};
use crate::outcome::Entry;
use crate::rules::{Preset, Rules};
use crate::time::At;
use crate::units::{Direction, Lots, Money, Price};

const BOOK: BookId = BookId::season(AccountId(1));

/// A state and the audit that follows it.
struct Audited {
    state: State,
    audit: Audit<crate::rulebook::Standard>,
}

impl Audited {
    fn apply(&mut self, action: Action) -> Outcome {
        let seq = self.state.seq().next();
        let command = Command { id: CommandId(u128::from(seq.0)), body: 0, not_after: None, action };
        let outcome = self.state.apply(&Entry { seq, at: At(1_000), command });
        self.audit.entry(&mut self.state, &outcome);
        outcome
    }

    /// A fair league with one forward, one account of 10,000 points and one long with a stop.
    fn league() -> Self {
        let mut league = Self { state: State::new(), audit: Audit::default() };
        let genesis = Genesis {
            league: "test".into(),
            rulebook: "standard/1".into(),
            expected_accounts: 1_000,
            rules: Rules::of(Preset::Fair, 1_000),
            districts: vec![District::from("Kannur")],
        };
        league.apply(Action::FoundLeague(Box::new(genesis)));
        league.apply(Action::OpenAccount(OpenAccount {
            account: BOOK.account,
            district: District::from("Kannur"),
            kind: AccountKind::Human,
        }));
        let (instrument, position) = (InstrumentId::from("red-9"), Position::Forward);
        let footballer = Footballer { instrument, name: "Red 9".into(), team: "Red".into(), position, record: None };
        league.apply(Action::ListInstrument(footballer));
        let open = OpenPosition {
            book: BOOK,
            instrument: InstrumentIdx(0),
            direction: Direction::Long,
            lots: Lots::from_units(100),
            limit: None,
            slippage: None,
            stop_loss: Some(Price::from_units(1_500_000)),
            take_profit: None,
        };
        assert!(league.apply(Action::OpenPosition(open)).answer.result.is_ok());
        league
    }

    /// The names of the checks that found something.
    fn broken(mut self) -> Vec<&'static str> {
        let checks = self.audit.finish(&mut self.state);
        assert!(checks.iter().all(|check| ["rejections", "washouts"].contains(&check.name) || check.checked > 0), "{checks:?}");
        checks.iter().filter(|check| !check.ok()).map(|check| check.name).collect()
    }
}

/// A position of the league, to be falsified.
fn position(league: &mut Audited, id: crate::id::PositionId) -> &mut crate::position::Position {
    let slot = league.state.holder(id).unwrap();
    league.state.books.at_mut(slot).unwrap().position_mut(id).unwrap()
}

#[test]
fn a_sound_league_passes_every_check() {
    assert_eq!(Audited::league().broken(), Vec::<&str>::new());
}

#[test]
fn a_point_that_no_posting_moved_is_found() {
    let mut league = Audited::league();
    league.state.books.get_mut(BOOK).unwrap().balance = Money::from_units(10_000_000_001);
    assert_eq!(league.broken(), ["postings", "balances", "rebuild"]);
}

#[test]
fn a_stale_net_is_found() {
    let mut league = Audited::league();
    league.state.instruments[0].net = Lots::from_units(101);
    assert!(league.broken().contains(&"net-lots"));
}

#[test]
fn a_position_off_the_market_is_found() {
    let mut league = Audited::league();
    league.state.instruments[0].active = false;
    assert_eq!(league.broken(), ["open-positions", "rebuild"]);
}

#[test]
fn a_position_in_the_row_of_another_book_is_found() {
    let mut league = Audited::league();
    let id = league.state.positions().next().unwrap().id;
    position(&mut league, id).book = BookId::season(AccountId(2));
    assert_eq!(league.broken(), ["open-positions", "rebuild"]);
}

#[test]
fn a_stop_that_was_passed_over_is_found() {
    let mut league = Audited::league();
    let id = league.state.positions().next().unwrap().id;
    position(&mut league, id).stop_loss = Some(Price::from_units(4_000_000));
    assert_eq!(league.broken(), ["triggers", "rebuild"]);
}

#[test]
fn a_book_below_the_washout_is_found() {
    let mut league = Audited::league();
    let id = league.state.positions().next().unwrap().id;
    position(&mut league, id).entry_cost = Money::from_units(29_000_000_000);
    assert_eq!(league.broken(), ["margin", "rebuild"]);
}

#[test]
fn a_negative_flat_wallet_is_found() {
    let mut league = Audited::league();
    let flat = crate::book::Book { balance: Money::from_units(-1), ..crate::book::Book::new(BookId::season(AccountId(2))) };
    league.state.books.insert(flat);
    assert!(league.broken().contains(&"flat-wallets"));
}

#[test]
fn a_price_below_the_least_is_found() {
    let mut league = Audited::league();
    league.state.instruments[0].live_base = Price::from_units(90_000);
    assert!(league.broken().contains(&"prices"));
}

#[test]
fn a_board_that_differs_from_a_full_sort_is_found() {
    let mut league = Audited::league();
    league.state.books.get_mut(BOOK).unwrap().standing.season.has_closed = true;
    assert_eq!(league.broken(), ["ranks", "rebuild"]);
}

#[test]
fn postings_that_do_not_sum_to_zero_are_found() {
    let posting = |amount| Posting { account: LedgerAccount::House, amount: Money::from_units(amount) };
    let event = Event::ValuePosted { reason: PostingReason::Grant, key: None, postings: [posting(3), posting(-2)] };
    let mut league = Audited::league();
    let outcome = league.apply(Action::Tick { due: At(0) });
    let mut postings = Postings::from(&league.state);
    postings.outcome(&Outcome { events: vec![event], ..outcome });
    assert_eq!(postings.check.violations[0].what, "the postings of an event sum to 1e-6");
}

#[test]
fn a_refused_command_with_an_effect_is_found() {
    let mut league = Audited::league();
    let outcome = league.apply(Action::Tick { due: At(0) });
    let refused = league.apply(Action::FreezeInstrument { instrument: InstrumentId::from("nobody") });
    let mut check = Check::named("rejections");
    rejected_changes_nothing(&refused, &mut check);
    assert!(check.ok());
    let event = Event::InstrumentFrozen { instrument: InstrumentIdx(0), frozen: true };
    rejected_changes_nothing(&Outcome { events: vec![event], ..refused }, &mut check);
    rejected_changes_nothing(&outcome, &mut check);
    assert_eq!((check.checked, check.violations.len()), (2, 1));
}

#[test]
fn a_retry_with_another_answer_is_found() {
    let mut league = Audited::league();
    let first = league.apply(Action::Tick { due: At(0) });
    let mut retries = Retries::default();
    let rules = league.state.rules().clone();
    retries.outcome(&rules, &first);
    retries.outcome(&rules, &Outcome { replayed: true, seq: first.seq.next(), ..first.clone() });
    assert!(retries.check.ok());
    retries.outcome(&rules, &Outcome { seq: first.seq.next(), ..first });
    assert_eq!(retries.check.violations.len(), 1);
}

#[test]
fn a_natural_key_used_twice_is_found() {
    let mut league = Audited::league();
    let outcome = league.apply(Action::Tick { due: At(0) });
    let event = Event::AccountOpened { account: AccountId(9), district: District::from("Kannur"), kind: AccountKind::Human };
    let mut keys = NaturalKeys::default();
    keys.outcome(&Outcome { events: vec![event.clone(), event], ..outcome });
    assert_eq!(keys.check.violations.len(), 1);
}

#[test]
fn violations_beyond_those_kept_are_counted() {
    let mut check = Check::named("any");
    (0..150u64).for_each(|seq| check.that(false, Seq(seq), || "wrong".into()));
    assert_eq!((check.violations.len(), check.more, check.checked, check.ok()), (100, 50, 150, false));
}
