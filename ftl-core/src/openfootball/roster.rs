//! Who is who: the names of a tournament become footballers, and footballers find the slugs that they have already.
//!
//! ```text
//!  names of a team ──▶ one person each ──▶ a footballer of the league by his name, else by part of it, else a new slug
//! ```
//! A footballer is his team and his folded name. A name whose words match exactly one longer name of the team is that
//! one's; where several match he is a footballer of his own, and there is a warning. Two names of one squad are two
//! people. What one tournament says of a name is asked before what the league knows of it, so that a later import does
//! not change what an earlier one meant.

use std::collections::{BTreeMap, BTreeSet};

use super::name;
use crate::command::Footballer;
use crate::fixture::Position;
use crate::id::InstrumentId;

/// Characters of a slug.
const LONGEST_SLUG: usize = 64;
/// Characters of a slug before it is told apart.
const LONGEST_STEM: usize = 36;
/// Characters of a team in a slug.
const LONGEST_TEAM: usize = 22;

/// A footballer of the tournament.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Member {
    /// As the league lists him.
    pub footballer: Footballer,
    /// On his shirt, where a squad says it.
    pub number: Option<u16>,
    /// Whether the league has him already.
    pub listed: bool,
}

/// Everybody whom the files name, by team.
#[derive(Clone, Debug, Default)]
pub(super) struct Roster {
    teams: BTreeMap<String, TeamRoster>,
    /// The teams' keys in the order in which the files first name them.
    order: Vec<String>,
    /// What was doubtful.
    pub warnings: Vec<String>,
    /// Of whom no file says where he plays.
    pub unknown_positions: usize,
}

#[derive(Clone, Debug, Default)]
struct TeamRoster {
    members: Vec<Member>,
    /// Folded names, every spelling, with the place of whom they name.
    places: BTreeMap<Vec<String>, usize>,
}

/// A name as the files have it, before anybody knows whose it is.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    teams: Vec<(String, TeamNames)>,
    /// Of a team's key in `teams`.
    places: BTreeMap<String, usize>,
}

#[derive(Clone, Debug, Default)]
struct TeamNames {
    team: String,
    names: Vec<Named>,
    seen: BTreeSet<Vec<String>>,
}

#[derive(Clone, Debug)]
struct Named {
    words: Vec<String>,
    shown: String,
    /// Two names of a squad are two people.
    in_squad: bool,
    position: Option<Position>,
    number: Option<u16>,
}

impl Names {
    /// A footballer of a squad; `false` where it has one of that name already.
    pub fn of_squad(&mut self, team: &str, shown: &str, position: Option<Position>, number: Option<u16>) -> bool {
        self.add(team, Named { words: name::words(shown), shown: shown.to_owned(), in_squad: true, position, number })
    }

    /// Somebody who scored.
    pub fn of_goal(&mut self, team: &str, shown: &str) {
        self.add(team, Named { words: name::words(shown), shown: shown.to_owned(), in_squad: false, position: None, number: None });
    }

    /// The team with the most names, and how many.
    pub fn largest(&self) -> (String, usize) {
        let most = self.teams.iter().map(|(_, names)| names).max_by_key(|names| names.names.len());
        most.map_or_else(Default::default, |names| (names.team.clone(), names.names.len()))
    }

    /// Whether anybody of a team is known.
    pub fn knows(&self, team: &str) -> bool {
        self.places.contains_key(&name::team_key(team))
    }

    fn add(&mut self, team: &str, named: Named) -> bool {
        let key = name::team_key(team);
        let place = *self.places.entry(key.clone()).or_insert(self.teams.len());
        if place == self.teams.len() {
            self.teams.push((key, TeamNames { team: name::team(team), ..TeamNames::default() }));
        }
        let Some((_, names)) = self.teams.get_mut(place) else { return false };
        let new = names.seen.insert(named.words.clone());
        if new {
            names.names.push(named);
        }
        new
    }
}

impl Roster {
    /// Everybody of `names`, known to the league by those of `listed` that are he.
    pub fn of<'a>(names: &Names, listed: impl Iterator<Item = &'a Footballer>) -> Self {
        let listed: Vec<Listed<'a>> = listed.map(Listed::of).collect();
        let mut taken: BTreeSet<InstrumentId> = listed.iter().map(|listed| listed.footballer.instrument.clone()).collect();
        let (mut roster, mut elsewhere) = (Self::default(), Vec::new());
        for (key, team) in &names.teams {
            let people = people_of(team, &mut roster.warnings);
            let of_team: Vec<&Listed<'a>> = listed.iter().filter(|listed| listed.team == *key).collect();
            let known = known_of(team, &people, &of_team, &mut roster.warnings);
            let mut rows = TeamRoster::default();
            for (person, known) in people.iter().zip(known) {
                let place = rows.members.len();
                for spelling in &person.spellings {
                    rows.places.insert(spelling.words.clone(), place);
                }
                rows.members.push(match known {
                    Some(footballer) => Member { footballer: footballer.clone(), number: person.number, listed: true },
                    None => {
                        let instrument = slug_for(&person.shown, &team.team, &taken);
                        taken.insert(instrument.clone());
                        person.member(instrument, &team.team)
                    }
                });
                if person.position.is_none() && known.is_none_or(|known| known.position == Position::Midfielder) {
                    roster.unknown_positions = roster.unknown_positions.saturating_add(1);
                }
                if let (Some(said), Some(known)) = (person.position, known)
                    && said != known.position
                {
                    elsewhere.push(known.instrument.as_str());
                }
            }
            roster.order.push(key.clone());
            roster.teams.insert(key.clone(), rows);
        }
        if !elsewhere.is_empty() {
            let (n, who) = (elsewhere.len(), elsewhere.join(", "));
            roster.warnings.push(format!("of {n} footballers the squads say another position than the league, which keeps its own: {who}"));
        }
        roster
    }

    /// Everybody, team by team, as the files first name them.
    pub fn everybody(&self) -> impl Iterator<Item = &Member> {
        self.order.iter().filter_map(|key| self.teams.get(key)).flat_map(|team| &team.members)
    }

    /// Everybody of a team.
    pub fn of_team(&self, team: &str) -> &[Member] {
        self.teams.get(&name::team_key(team)).map_or(&[], |team| &team.members)
    }

    /// Whom a team calls so.
    pub fn find(&self, team: &str, shown: &str) -> Option<&Member> {
        let team = self.teams.get(&name::team_key(team))?;
        team.members.get(*team.places.get(&name::words(shown))?)
    }
}

/// One person with all the names that the files give him.
struct Person<'a> {
    shown: String,
    spellings: Vec<&'a Named>,
    position: Option<Position>,
    number: Option<u16>,
}

impl Person<'_> {
    fn member(&self, instrument: InstrumentId, team: &str) -> Member {
        let position = self.position.unwrap_or(Position::Midfielder);
        let footballer = Footballer { instrument, name: self.shown.clone(), team: team.to_owned(), position, record: None };
        Member { footballer, number: self.number, listed: false }
    }
}

/// A footballer of the league, folded.
struct Listed<'a> {
    footballer: &'a Footballer,
    team: String,
    words: Vec<String>,
}

impl<'a> Listed<'a> {
    fn of(footballer: &'a Footballer) -> Self {
        Self { footballer, team: name::team_key(&footballer.team), words: name::words(&footballer.name) }
    }
}

/// The names of a team, each person's together, in the order in which the files first name them.
fn people_of<'a>(team: &'a TeamNames, warnings: &mut Vec<String>) -> Vec<Person<'a>> {
    let names = &team.names;
    let mut owner: Vec<usize> = (0..names.len()).collect();
    let mut longest_first: Vec<usize> = (0..names.len()).collect();
    longest_first.sort_by_key(|i| names.get(*i).map(|named| (std::cmp::Reverse(letters(&named.words)), named.words.clone())));
    for i in longest_first {
        let Some(named) = names.get(i) else { continue };
        let longer = names.iter().enumerate().filter(|(_, other)| name::is_short_for(&named.words, &other.words));
        let owners: BTreeSet<usize> = longer.filter_map(|(j, _)| owner.get(j).copied()).collect();
        let in_squad = |n: usize| names.get(n).is_some_and(|named| named.in_squad);
        if named.in_squad {
            // Who is in the squad under this name may be called by a longer one elsewhere, if nobody of the squad is.
            let free: Vec<usize> = owners.into_iter().filter(|n| !in_squad(*n)).collect();
            if let [only] = free[..] {
                owner.iter_mut().filter(|owner| **owner == only).for_each(|owner| *owner = i);
            }
            continue;
        }
        match owners.len() {
            0 => {}
            1 => owner.iter_mut().skip(i).take(1).for_each(|owner| *owner = owners.first().copied().unwrap_or(i)),
            _ => {
                let candidates: Vec<&str> = owners.iter().filter_map(|n| names.get(*n)).map(|named| named.shown.as_str()).collect();
                warnings.push(format!("{}: {} may be {}; he is a footballer of his own", team.team, named.shown, candidates.join(" or ")));
            }
        }
    }
    let mut people: BTreeMap<usize, (usize, Vec<&Named>)> = BTreeMap::new();
    for (i, (named, owner)) in names.iter().zip(&owner).enumerate() {
        people.entry(*owner).or_insert_with(|| (i, Vec::new())).1.push(named);
    }
    let mut people: Vec<(usize, Vec<&Named>)> = people.into_values().collect();
    people.sort_by_key(|(first, _)| *first);
    people.into_iter().map(|(_, spellings)| person(spellings)).collect()
}

fn person(spellings: Vec<&Named>) -> Person<'_> {
    let squad = spellings.iter().find(|named| named.in_squad);
    // As the squad calls him, else by his longest name.
    let longest = spellings.iter().rev().max_by_key(|named| letters(&named.words));
    let shown = squad.or(longest).map(|named| named.shown.clone()).unwrap_or_default();
    Person { shown, position: squad.and_then(|named| named.position), number: squad.and_then(|named| named.number), spellings }
}

/// Whom the league lists for each of `people`: the bearer of one of his names, else the only one of whose name his is part.
fn known_of<'a>(
    team: &TeamNames,
    people: &[Person<'_>],
    listed: &[&Listed<'a>],
    warnings: &mut Vec<String>,
) -> Vec<Option<&'a Footballer>> {
    let mut known: Vec<Option<&'a Footballer>> = people.iter().map(|person| exactly(person, listed)).collect();
    let mut claimed: BTreeSet<InstrumentId> = known.iter().flatten().map(|footballer| footballer.instrument.clone()).collect();
    for (person, known) in people.iter().zip(&mut known) {
        if known.is_some() {
            continue;
        }
        let own =
            |spelling: &&Named, words: &[String]| name::is_short_for(&spelling.words, words) || name::is_short_for(words, &spelling.words);
        let free = listed.iter().filter(|listed| !claimed.contains(&listed.footballer.instrument));
        let like: Vec<&&Listed<'a>> = free.filter(|listed| person.spellings.iter().any(|spelling| own(spelling, &listed.words))).collect();
        match like[..] {
            [] => {}
            [only] => {
                claimed.insert(only.footballer.instrument.clone());
                *known = Some(only.footballer);
            }
            _ => {
                let candidates: Vec<&str> = like.iter().map(|listed| listed.footballer.instrument.as_str()).collect();
                warnings.push(format!("{}: {} may be {}; he is a footballer of his own", team.team, person.shown, candidates.join(" or ")));
            }
        }
    }
    known
}

/// Who is listed under one of a person's names: the one that he is shown by first.
fn exactly<'a>(person: &Person<'_>, listed: &[&Listed<'a>]) -> Option<&'a Footballer> {
    let shown = name::words(&person.shown);
    let spellings = std::iter::once(&shown).chain(person.spellings.iter().map(|spelling| &spelling.words));
    let find = |words: &Vec<String>| listed.iter().find(|listed| listed.words == *words).map(|listed| listed.footballer);
    spellings.filter_map(find).next()
}

/// His name; where that is taken with his team behind it; where that is taken with a number behind that.
fn slug_for(shown: &str, team: &str, taken: &BTreeSet<InstrumentId>) -> InstrumentId {
    let plain = name::slug(shown, LONGEST_SLUG);
    let stem = name::slug(shown, LONGEST_STEM);
    let of_team = format!("{stem}-{}", name::slug(team, LONGEST_TEAM));
    let numbered = (2u32..).map(|n| format!("{of_team}-{n}"));
    let candidates = [plain, of_team.clone()].into_iter().chain(numbered).map(|slug| InstrumentId(slug.into()));
    candidates.into_iter().find(|slug| !taken.contains(slug)).unwrap_or_default()
}

fn letters(words: &[String]) -> usize {
    words.iter().map(String::len).fold(0, usize::saturating_add)
}
