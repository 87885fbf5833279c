//! What a stream may be asked for beside instruments.

use std::fmt;
use std::str::FromStr;

use ftl_core::id::FixtureId;

/// A channel.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Channel {
    /// `prices`: every instrument.
    Prices,
    /// `fixture:ID`: a match's clock, score and events, and whether those in it can be traded.
    Fixture(FixtureId),
    /// `activity`: fills, washouts and goals.
    Activity,
    /// `leaderboard`: the head of the season's `pnl` board.
    Leaderboard,
}

/// There is no such channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("takes prices, fixture:ID, activity or leaderboard")]
pub struct UnknownChannel;

impl FromStr for Channel {
    type Err = UnknownChannel;

    fn from_str(text: &str) -> Result<Self, UnknownChannel> {
        match text {
            "prices" => Ok(Self::Prices),
            "activity" => Ok(Self::Activity),
            "leaderboard" => Ok(Self::Leaderboard),
            _ => match text.strip_prefix("fixture:") {
                Some(id) if !id.is_empty() => Ok(Self::Fixture(FixtureId::from(id))),
                _ => Err(UnknownChannel),
            },
        }
    }
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Prices => f.write_str("prices"),
            Self::Fixture(id) => write!(f, "fixture:{id}"),
            Self::Activity => f.write_str("activity"),
            Self::Leaderboard => f.write_str("leaderboard"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_channel_reads_as_it_is_written() {
        for text in ["prices", "fixture:final-2022", "activity", "leaderboard"] {
            assert_eq!(text.parse::<Channel>().unwrap().to_string(), text);
        }
        for text in ["", "fixture:", "fixture", "Prices", "account"] {
            assert_eq!(text.parse::<Channel>(), Err(UnknownChannel), "{text}");
        }
    }
}
