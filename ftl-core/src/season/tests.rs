use super::persona::{self, PERSONAS};
use super::{Matches, Plan, Season};
use crate::hash::Hash;
use crate::rules::Preset;

fn plan(accounts: u32, matches: u64, seed: u64) -> Plan {
    Plan { matches: Matches::drawn(seed, matches), rules: Preset::Fair, accounts, seed }
}

fn played(plan: Plan) -> Season {
    let mut season = Season::new(plan, false);
    while season.step() {}
    season
}

fn hash(plan: Plan) -> Hash {
    played(plan).state_mut().hash()
}

#[test]
fn one_seed_gives_one_hash_and_another_seed_another() {
    assert_eq!(hash(plan(60, 2, 7)), hash(plan(60, 2, 7)));
    assert_ne!(hash(plan(60, 2, 7)), hash(plan(60, 2, 8)));
}

#[test]
fn every_persona_has_its_share() {
    assert_eq!(PERSONAS.iter().map(|persona| persona.share).sum::<u32>(), 1_000);
    let count = |n| persona::cast(1_000).filter(|persona| *persona == n).count();
    for (n, persona) in (0..).zip(&PERSONAS) {
        assert_eq!(u32::try_from(count(n)).unwrap(), persona.share, "{}", persona.code);
    }
}
