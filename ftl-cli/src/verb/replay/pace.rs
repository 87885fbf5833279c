//! How fast a replay is shown. It changes nothing but when things are seen.

use std::str::FromStr;
use std::time::Duration;

use ftl_core::time::At;
use tokio::time::Instant;

/// `--speed`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speed {
    /// Without waiting.
    Max,
    /// So many times as fast as it was.
    Times(u32),
}

impl FromStr for Speed {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "max" => Ok(Self::Max),
            _ => match text.parse() {
                Ok(times) if times > 0 => Ok(Self::Times(times)),
                _ => Err("it takes max or a whole number from 1 on".into()),
            },
        }
    }
}

/// Waits between the moments of a match.
pub struct Pace {
    speed: Speed,
    began: Option<(At, Instant)>,
}

impl Pace {
    /// The first moment is now.
    pub fn new(speed: Speed) -> Self {
        Self { speed, began: None }
    }

    /// Returns when `at` is to be seen.
    pub async fn wait_for(&mut self, at: At) {
        let Speed::Times(times) = self.speed else { return };
        let (first, began) = *self.began.get_or_insert((at, Instant::now()));
        let shown = Duration::from_millis(at.since(first).0 / u64::from(times));
        tokio::time::sleep_until(began + shown).await;
    }
}
