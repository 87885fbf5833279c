//! What a season is played on: the words on the command line become fixtures. Whatever it is, it is only read.

use std::path::Path;

use ftl_core::openfootball::Tournament;
use ftl_core::season::Matches;
use ftl_core::source::MatchSource;

use crate::failure::Failure;
use crate::league::Reading;
use crate::league::execution::Execution;
use crate::league::place::Place;
use crate::verb::replay::source_of;

/// The fixtures of a source; one without footballers is refused.
pub async fn matches(source: &str, squads: Option<&Path>, seed: u64) -> Result<Matches, Failure> {
    if let Some(drawn) = source.strip_prefix("synthetic:") {
        return synthetic(drawn, seed);
    }
    let path = Path::new(source);
    let given = if MatchSource::bundled(source).is_some() {
        vec![source_of(source)?]
    } else if path.is_dir() {
        league(path).await?
    } else {
        file(path, squads)?
    };
    if given.iter().all(|given| given.everybody().next().is_none()) {
        let why = "no instruments: it names no footballer of a match that can be played";
        return Err(Failure::refused(format!("{source} has {why}; a tournament may need --squads FILE")));
    }
    Ok(Matches::given(given))
}

/// `N`, or `N/TEAMS` for matches among so many teams.
fn synthetic(drawn: &str, seed: u64) -> Result<Matches, Failure> {
    let wrong = || Failure::could_not_run(format!("synthetic:{drawn}: it takes a number of matches, or synthetic:MATCHES/TEAMS"));
    let number = |text: &str| text.parse::<u64>().ok().filter(|n| *n > 0).ok_or_else(wrong);
    match drawn.split_once('/') {
        Some((count, teams)) => Ok(Matches::drawn_among(seed, number(count)?, number(teams)?)),
        None => Ok(Matches::drawn(seed, number(drawn)?)),
    }
}

/// A match source, or a tournament of openfootball.
fn file(path: &Path, squads: Option<&Path>) -> Result<Vec<MatchSource>, Failure> {
    let read = |path: &Path| std::fs::read_to_string(path).map_err(|error| Failure::file(path, &error));
    let name = path.display();
    if !path.exists() {
        // Says which bundled matches there are.
        return source_of(&name.to_string()).map(|source| vec![source]);
    }
    let text = read(path)?;
    let is_tournament = serde_json::from_str::<serde_json::Value>(&text).is_ok_and(|file| file.get("phases").is_none());
    if !is_tournament {
        return source_of(&name.to_string()).map(|source| vec![source]);
    }
    let squads = squads.map(read).transpose()?;
    if squads.is_none() {
        let why = "so prices rise, and whoever holds them all gains by it; --squads FILE brings the others";
        eprintln!("ftl: {name} names nobody but those who scored, {why}");
    }
    let tournament = Tournament::parse(&text, squads.as_deref()).map_err(|error| Failure::refused(format!("{name}: {error}")))?;
    Ok(tournament.matches())
}

/// The matches that a league has played, with what happened in them.
async fn league(path: &Path) -> Result<Vec<MatchSource>, Failure> {
    let reading = Reading::open(&Place::Directory(path.to_path_buf())).await?;
    let head = reading.head;
    let mut execution = Execution::near(&reading, head, head).await?;
    execution.skip_to(head).await?;
    let state = &execution.state;
    let played = state.fixtures().filter(|fixture| fixture.phase >= ftl_core::fixture::MatchPhase::Finished);
    let mut matches = Vec::new();
    for fixture in played {
        match MatchSource::of_fixture(fixture, state) {
            Some(source) => matches.push(source),
            None => eprintln!("ftl: {} is left out: it was not played to an end", fixture.id),
        }
    }
    Ok(matches)
}
