//! The red team in a season: every attacker with his accounts among the traders, fresh for each match, with what he has
//! won or lost kept.

use crate::fixture::Fixture;
use crate::id::{AccountId, BookId};
use crate::redteam::cast::Cast;
use crate::redteam::desk::{Desk, Venue, book_of};
use crate::redteam::{News, TEAM, Trader};
use crate::time::At;
use crate::units::{Lots, Money, Wide};

use super::market::Market;

/// An ordinary order of an attacker: with twenty footballers on the pitch he puts about half of what he has to work.
const SHARE: Lots = Lots::from_units(10);

/// What an attacker came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attacker {
    /// What he is called in tables.
    pub name: &'static str,
    /// How many accounts he has.
    pub seats: usize,
    /// What all of them have made, debts that the league took over included.
    pub result: Money,
    /// Margin that they committed, at each open.
    pub committed: Money,
    /// What they made in each match.
    pub by_match: Vec<Made>,
}

/// What an attacker made in a match.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Made {
    /// All of it.
    pub all: Money,
    /// What moves that are not the crowd's gave him; the rest came from the crowd, or went to it.
    pub of_base_moves: Money,
}

/// The attackers' accounts over the season.
#[derive(Debug)]
pub(super) struct RedTeam {
    attackers: Vec<Attacker>,
}

/// The attackers in one match.
pub(super) struct Squad {
    traders: Vec<Box<dyn Trader>>,
    cast: Option<Cast>,
}

impl std::fmt::Debug for Squad {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Squad").field("cast", &self.cast).finish_non_exhaustive()
    }
}

impl RedTeam {
    /// The whole team, or nobody.
    pub fn new(takes_part: bool) -> Self {
        let attacker = |member: &crate::redteam::Member| {
            let trader = (member.make)();
            Attacker { name: trader.name(), seats: trader.seats(), result: Money::ZERO, committed: Money::ZERO, by_match: Vec::new() }
        };
        let team = if takes_part { &TEAM[..] } else { &[] };
        Self { attackers: team.iter().map(attacker).collect() }
    }

    /// Attackers by their place in the team.
    pub fn attackers(&self) -> &[Attacker] {
        &self.attackers
    }

    /// Everybody's accounts.
    pub fn accounts(&self) -> impl Iterator<Item = AccountId> + '_ {
        self.books().map(|(_, book)| book.account)
    }

    /// The attackers of a match.
    pub fn squad(&self) -> Squad {
        Squad { traders: TEAM.iter().take(self.attackers.len()).map(|member| (member.make)()).collect(), cast: None }
    }

    /// A match has ended: what each has made since the last one did.
    pub fn settle(&mut self, market: &Market) {
        let mut sums = vec![(Made::default(), Money::ZERO); self.attackers.len()];
        for (attacker, id) in self.books() {
            let (Some((made, committed)), Some(book)) = (sums.get_mut(attacker), market.state.book(id)) else { continue };
            made.all += book.balance - book.grants;
            made.of_base_moves += market.tally.made_of_base_moves(id.account);
            *committed += book.standing.season.committed;
        }
        for (attacker, (made, committed)) in self.attackers.iter_mut().zip(sums) {
            let before = Made { all: attacker.result, of_base_moves: attacker.of_base_moves() };
            attacker.by_match.push(Made { all: made.all - before.all, of_base_moves: made.of_base_moves - before.of_base_moves });
            (attacker.result, attacker.committed) = (made.all, committed);
        }
    }

    fn books(&self) -> impl Iterator<Item = (usize, BookId)> + '_ {
        self.attackers.iter().enumerate().flat_map(|(n, attacker)| (0..attacker.seats).map(move |seat| (n, book_of(n, seat))))
    }
}

impl Attacker {
    /// See [`Made::of_base_moves`].
    pub fn of_base_moves(&self) -> Money {
        self.by_match.iter().fold(Money::ZERO, |sum, made| sum + made.of_base_moves)
    }

    /// What he made of what he committed, in 10⁻⁶; nothing where he committed nothing.
    pub fn return_ppm(&self) -> i64 {
        (self.result.wide() * 1_000_000).div_floor(self.committed.wide().max(Wide::of(1))).clamp_i64()
    }
}

impl Squad {
    /// Everybody hears and acts.
    pub fn tell(&mut self, news: News<'_>, venue: &mut dyn Venue, fixture: &crate::id::FixtureId, at: At) {
        if self.cast.is_none() {
            self.cast = venue.state().fixture(fixture).map(|fixture: &Fixture| Cast::plain(venue.state(), fixture));
        }
        let Some(cast) = &self.cast else { return };
        for (trader, who) in self.traders.iter_mut().enumerate() {
            who.act(news, &mut Desk { venue: &mut *venue, cast, fixture, trader, at, share: SHARE });
        }
    }

    /// Whether there is anybody.
    pub fn is_empty(&self) -> bool {
        self.traders.is_empty()
    }
}
