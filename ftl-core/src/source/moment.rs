//! From football's minutes to seconds since kick-off, real and played.

use super::{MatchSource, PhaseSpan};
use crate::fixture::MatchPhase;
use crate::time::{MatchClock, Span};

/// A moment of a match.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment {
    /// Real time since kick-off.
    pub real: Span,
    /// Time played since kick-off.
    pub clock: MatchClock,
    /// Which of the source's phases it lies in.
    pub span: usize,
}

impl PhaseSpan {
    /// Whether time is played in it.
    pub const fn is_played(&self) -> bool {
        self.phase.base_minute().is_some()
    }

    /// How long it took, in seconds.
    pub const fn seconds(&self) -> u64 {
        self.ends.saturating_sub(self.starts)
    }
}

impl MatchSource {
    /// The time played before the span of that index.
    pub fn clock_before(&self, span: usize) -> MatchClock {
        let played = self.phases.iter().take(span).filter(|s| s.is_played());
        MatchClock(played.fold(0, |sum: u64, s| sum.saturating_add(Span::seconds(s.seconds()).0)))
    }

    /// The minute that a span counts from: that of its phase, 105 for the second half of extra time.
    pub fn base_minute(&self, span: usize) -> u64 {
        let Some(this) = self.phases.get(span) else { return 0 };
        let second = span.checked_sub(1).and_then(|before| self.phases.get(before)).is_some_and(|before| before.phase == this.phase);
        let base = this.phase.base_minute().unwrap_or(0);
        if second { base.saturating_add(15) } else { base }
    }

    /// The last regular minute of a span; more are stoppage.
    pub fn last_minute(&self, span: usize) -> u64 {
        let half = self.phases.get(span).is_some_and(|s| s.phase == MatchPhase::ExtraTime);
        self.base_minute(span).saturating_add(if half { 15 } else { 45 })
    }

    /// When it was `second` of `minute` + `offset` in `phase`; `None` where the match has no such moment.
    ///
    /// A second half that kicked off at 3,900 s of real time after 2,820 s were played: second 7 of minute 46 is real
    /// 3,907 s, played 2,827 s.
    pub fn moment(&self, phase: MatchPhase, minute: u16, offset: u16, second: Option<u64>) -> Option<Moment> {
        let (minute, offset) = (u64::from(minute), u64::from(offset));
        let of_phase = |(_, s): &(usize, &PhaseSpan)| s.phase == phase;
        // Of the two halves of extra time, the one whose minutes these are.
        let (index, span) =
            self.phases.iter().enumerate().filter(of_phase).find(|(i, s)| !s.is_played() || minute <= self.last_minute(*i))?;
        let inside = if span.is_played() {
            if minute <= self.base_minute(index) || (offset > 0 && minute != self.last_minute(index)) {
                return None;
            }
            let whole = minute.checked_add(offset)?.checked_sub(1)?.checked_sub(self.base_minute(index))?;
            let second = second.unwrap_or(30);
            if second > 59 {
                return None;
            }
            whole.checked_mul(60)?.checked_add(second)?
        } else {
            second?
        };
        if inside > span.seconds() {
            return None;
        }
        let before = self.clock_before(index);
        let clock = if span.is_played() { MatchClock(before.0.checked_add(Span::seconds(inside).0)?) } else { before };
        Some(Moment { real: Span::seconds(span.starts.checked_add(inside)?), clock, span: index })
    }
}

/// `kickOff` in the file: RFC 3339.
pub(super) mod rfc3339 {
    use serde::{Deserialize, Deserializer, Serializer};

    use crate::time::At;

    pub fn serialize<S: Serializer>(at: &At, serializer: S) -> Result<S::Ok, S::Error> {
        let ms = i64::try_from(at.0).map_err(serde::ser::Error::custom)?;
        let timestamp = jiff::Timestamp::from_millisecond(ms).map_err(serde::ser::Error::custom)?;
        serializer.collect_str(&timestamp)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<At, D::Error> {
        let text = String::deserialize(deserializer)?;
        let timestamp: jiff::Timestamp = text.parse().map_err(serde::de::Error::custom)?;
        u64::try_from(timestamp.as_millisecond()).map(At).map_err(|_| serde::de::Error::custom("a time after 1970"))
    }
}
