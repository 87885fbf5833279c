//! Replay of a file: a match becomes commands, the commands a league, the league a hash.
//!
//! `cargo run --release -p ftl-examples --example replay_a_file [FILE.json]`
//!
//! Without a file it takes the bundled match in which a goal is taken back.

use std::error::Error;

use ftl_core::outcome::Entry;
use ftl_core::replay::Replay;
use ftl_core::rules::Preset;
use ftl_core::source::MatchSource;
use ftl_core::state::State;

fn main() -> Result<(), Box<dyn Error>> {
    let source = match std::env::args().nth(1) {
        Some(file) => MatchSource::parse(&std::fs::read_to_string(file)?)?,
        None => MatchSource::bundled("var-takeback").ok_or("no such bundled match")??,
    };
    println!("{} v {}", source.home, source.away);
    let replay = Replay { source, rules: Preset::Fair, bots: 50, seed: 7 };
    let (mut league, mut driver) = (State::new(), replay.driver());
    let mut fills = 0;
    while let Some((at, commands)) = driver.next(&league) {
        for command in commands {
            let outcome = league.apply(&Entry { seq: league.seq().next(), at, command });
            fills += outcome.events.iter().filter(|event| matches!(event, ftl_core::event::Event::PositionOpened(_))).count();
        }
    }
    println!("{} entries, {fills} positions opened, house {}", league.seq(), league.ledger().house);
    for instrument in league.instruments().filter(|instrument| instrument.fixture.is_none()).take(5) {
        println!("  {:<20} ends at {}", instrument.footballer.instrument, instrument.live_base);
    }
    println!("hash {}", league.hash());
    Ok(())
}
