//! What a season is played on: the words on the command line become fixtures. Nothing is written.

use std::path::Path;

use ftl_core::season::Matches;

use crate::failure::Failure;
use crate::verb::replay::source_of;

/// The fixtures of a source; one without footballers is refused.
pub fn matches(source: &str, seed: u64) -> Result<Matches, Failure> {
    if let Some(drawn) = source.strip_prefix("synthetic:") {
        return synthetic(drawn, seed);
    }
    let path = Path::new(source);
    let matches = Matches::given(vec![source_of(path.to_str().unwrap_or(source))?]);
    Ok(matches)
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
