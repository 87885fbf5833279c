//! What became of the traders: who ordered, who was washed out, what everybody has.

use rustc_hash::FxHashMap;

use crate::command::Action;
use crate::event::{PositionClosed, PositionOpened};
use crate::id::{AccountId, BookId, PositionId};
use crate::outcome::Entry;
use crate::season::distribution::Distribution;
use crate::season::persona::{Kind, PERSONAS};
use crate::state::State;
use crate::time::At;
use crate::units::{Lots, Money, Wide};

/// What a persona came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonaLine {
    /// Its place in [`PERSONAS`].
    pub persona: usize,
    /// Traders.
    pub traders: u64,
    /// Orders accepted.
    pub orders: u64,
    /// Traders who lost a position by washout.
    pub washed_out: u64,
    /// What each has.
    pub wealth: Distribution,
    /// What each has made: his balance less all that came from the mint.
    pub results: Distribution,
    /// What each has realised in 10⁻⁶ of the margin that he committed; those who traded.
    pub returns: Distribution,
}

/// What is remembered of an open position.
#[derive(Clone, Copy, Debug)]
pub(super) struct Opened {
    /// Events of its instrument before it.
    pub events: u64,
}

#[derive(Clone, Copy, Debug)]
struct Person {
    account: AccountId,
    persona: u8,
    orders: u32,
    is_washed_out: bool,
    /// One more than the match that he last opened in, and was last washed out in.
    opened_in: usize,
    washed_in: usize,
}

/// See the module.
#[derive(Clone, Debug)]
pub(super) struct People {
    people: Vec<Person>,
    by_account: FxHashMap<AccountId, usize>,
    open: FxHashMap<PositionId, Opened>,
}

impl People {
    pub fn of(traders: impl Iterator<Item = (AccountId, u8)>) -> Self {
        let person = |(account, persona)| Person { account, persona, orders: 0, is_washed_out: false, opened_in: 0, washed_in: 0 };
        let people: Vec<Person> = traders.map(person).collect();
        let by_account = people.iter().enumerate().map(|(n, person)| (person.account, n)).collect();
        Self { people, by_account, open: FxHashMap::default() }
    }

    /// Whose book it is, where it is one of the traders'.
    pub fn find(&self, book: BookId) -> Option<usize> {
        self.by_account.get(&book.account).copied()
    }

    #[allow(clippy::wildcard_enum_match_arm, reason = "no other command is an order")]
    pub fn ordered(&mut self, entry: &Entry) {
        let book = match &entry.command.action {
            Action::OpenPosition(open) => open.book,
            Action::ClosePosition { book, .. } => *book,
            _ => return,
        };
        if let Some(person) = self.find(book).and_then(|n| self.people.get_mut(n)) {
            person.orders = person.orders.saturating_add(1);
        }
    }

    /// A position is open; gives its trader's persona.
    pub fn opened(&mut self, trader: usize, opened: &PositionOpened, events: u64, _: At) -> u8 {
        self.open.insert(opened.position, Opened { events });
        self.people.get(trader).map_or(0, |person| person.persona)
    }

    /// Whether this is the first position of a careless trader in a match.
    pub fn first_careless_open(&mut self, trader: usize, place: usize) -> bool {
        let Some(person) = self.people.get_mut(trader) else { return false };
        let first = person.opened_in != place.saturating_add(1);
        person.opened_in = place.saturating_add(1);
        first && is_careless(person.persona)
    }

    /// A position, or a part of it, has closed.
    pub fn closed(&mut self, closed: &PositionClosed) -> Option<Opened> {
        if closed.remaining == Lots::ZERO { self.open.remove(&closed.position) } else { self.open.get(&closed.position).copied() }
    }

    /// Somebody is washed out; whether he is careless, and it is the first time in a match that he opened in.
    pub fn washed(&mut self, book: BookId, place: usize) -> bool {
        let Some(person) = self.find(book).and_then(|n| self.people.get_mut(n)) else { return false };
        person.is_washed_out = true;
        let first = person.washed_in != place.saturating_add(1);
        person.washed_in = place.saturating_add(1);
        first && is_careless(person.persona) && person.opened_in == person.washed_in
    }

    pub fn washed_out(&self) -> u64 {
        count(self.people.iter().filter(|person| person.is_washed_out))
    }

    pub fn wealth(&self, state: &State) -> Vec<Money> {
        self.people.iter().map(|person| balance(person, state)).collect()
    }

    pub fn personas(&self, state: &State) -> Vec<PersonaLine> {
        let line = |persona: usize| {
            let them: Vec<&Person> = self.people.iter().filter(|person| usize::from(person.persona) == persona).collect();
            let book = |person: &Person| state.book(BookId::season(person.account));
            let result = |person: &&Person| book(person).map_or(Money::ZERO, |book| book.balance - book.grants);
            let returned = |person: &&Person| {
                let standing = &book(person)?.standing.season;
                let ratio = (standing.realised.wide() * 1_000_000).div_floor(standing.committed.wide().max(Wide::of(1)));
                (standing.committed > Money::ZERO).then(|| Money::from_units(ratio.clamp_i64()))
            };
            PersonaLine {
                persona,
                traders: count(them.iter()),
                orders: them.iter().fold(0, |sum: u64, person| sum.saturating_add(u64::from(person.orders))),
                washed_out: count(them.iter().filter(|person| person.is_washed_out)),
                wealth: Distribution::of(them.iter().map(|person| balance(person, state)).collect()),
                results: Distribution::of(them.iter().map(result).collect()),
                returns: Distribution::of(them.iter().filter_map(returned).collect()),
            }
        };
        (0..PERSONAS.len()).map(line).collect()
    }
}

fn balance(person: &Person, state: &State) -> Money {
    state.book(BookId::season(person.account)).map_or(Money::ZERO, |book| book.balance)
}

fn is_careless(persona: u8) -> bool {
    PERSONAS.get(usize::from(persona)).is_some_and(|persona| persona.kind == Kind::Careless)
}

fn count(of: impl Iterator) -> u64 {
    u64::try_from(of.count()).unwrap_or(u64::MAX)
}
