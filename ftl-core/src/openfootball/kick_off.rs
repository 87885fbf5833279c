//! When a match begins: the day, the time and the zone of the file as a moment of the journal's time.
//!
//! Without a zone: UTC. Without a time: 12:00. A journal's time begins with 1970, so a tournament of before is told as if
//! it had been a number of times 28 years later: weekdays and dates stay what they were, and so does the order.

use serde::Deserialize;
use serde::de::{self, Deserializer};

use crate::time::At;

/// The calendar repeats itself after so many years, from 1901 to 2099.
const CYCLE: i16 = 28;
/// The first year that the journal's time has.
const FIRST: i16 = 1970;
/// Noon, in minutes.
const NOON: i32 = 720;

/// Zones by name, in minutes ahead of UTC.
const NAMED: [(&str, i32); 24] = [
    ("UTC", 0),
    ("GMT", 0),
    ("Z", 0),
    ("WET", 0),
    ("WEST", 60),
    ("BST", 60),
    ("CET", 60),
    ("CEST", 120),
    ("MEZ", 60),
    ("MESZ", 120),
    ("EET", 120),
    ("EEST", 180),
    ("SAST", 120),
    ("MSK", 180),
    ("JST", 540),
    ("KST", 540),
    ("EST", -300),
    ("EDT", -240),
    ("CST", -360),
    ("CDT", -300),
    ("MST", -420),
    ("MDT", -360),
    ("PST", -480),
    ("PDT", -420),
];

/// A calendar day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Date(pub jiff::civil::Date);

impl<'de> Deserialize<'de> for Date {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let date = jiff::civil::Date::strptime("%Y-%m-%d", text.trim()).ok().filter(|date| (1850..=2200).contains(&date.year()));
        date.map(Self).ok_or_else(|| de::Error::custom(format_args!("{text:?}: takes a day such as 2022-12-18")))
    }
}

/// "18:00", "18:00 UTC+3", "20:45 CET".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Time {
    /// On the wall, in minutes since midnight.
    pub minutes: i32,
    /// As written behind it.
    pub zone: Option<Zone>,
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        time(&text).ok_or_else(|| de::Error::custom(format_args!("{text:?}: takes a time such as 18:00 or 18:00 UTC+3")))
    }
}

/// Minutes ahead of UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Zone(pub i32);

impl<'de> Deserialize<'de> for Zone {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        zone(&text).ok_or_else(|| de::Error::custom(format_args!("{text:?}: takes a zone such as UTC+3 or CET")))
    }
}

/// "18:00", "18:00 UTC+3", "20:45 CET", "19:45 UTC±0".
fn time(text: &str) -> Option<Time> {
    let text = text.trim();
    let (clock, behind) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let (hours, minutes) = clock.split_once([':', '.', 'h'])?;
    let (hours, minutes) = (number(hours, 24)?, number(minutes, 59)?);
    let zone = match behind.trim() {
        "" => None,
        zone => Some(self::zone(zone)?),
    };
    Some(Time { minutes: hours.checked_mul(60)?.checked_add(minutes)?, zone })
}

/// "UTC+3", "UTC-3:30", "UTC±0", "CET".
fn zone(text: &str) -> Option<Zone> {
    let text = text.trim().to_uppercase();
    if let Some((_, ahead)) = NAMED.iter().find(|(name, _)| *name == text) {
        return Some(Zone(*ahead));
    }
    let offset = text.strip_prefix("UTC").or_else(|| text.strip_prefix("GMT")).unwrap_or(&text);
    let mut rest = offset.chars();
    let west = match rest.next()? {
        '+' | '±' => false,
        '-' | '−' | '–' => true,
        _ => return None,
    };
    let rest = rest.as_str();
    let (hours, minutes) = rest.split_once(':').unwrap_or((rest, "0"));
    let ahead = number(hours, 14)?.checked_mul(60)?.checked_add(number(minutes, 59)?)?;
    Some(Zone(if west { ahead.checked_neg()? } else { ahead }))
}

/// One or two digits, at most `most`.
fn number(text: &str, most: i32) -> Option<i32> {
    let digits = (1..=2).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| text.parse().ok())?.filter(|n| *n <= most)
}

/// By how many years a tournament whose first match is on `first` is told later.
pub(super) fn years_later(first: Date) -> i16 {
    let mut later = 0i16;
    while first.0.year().saturating_add(later) < FIRST {
        later = later.saturating_add(CYCLE);
    }
    later
}

/// The moment, `later` years after the file's.
pub(super) fn at(date: Date, time: Option<Time>, timezone: Option<Zone>, later: i16) -> At {
    let minutes = time.map_or(NOON, |time| time.minutes);
    let ahead = time.and_then(|time| time.zone).or(timezone).map_or(0, |zone| zone.0);
    let day = jiff::civil::Date::new(date.0.year().saturating_add(later), date.0.month(), date.0.day()).unwrap_or(date.0);
    let midnight = day.to_zoned(jiff::tz::TimeZone::UTC).map_or(0, |zoned| zoned.timestamp().as_second());
    let seconds = midnight.saturating_add(i64::from(minutes.saturating_sub(ahead)).saturating_mul(60));
    At(u64::try_from(seconds).unwrap_or(0).saturating_mul(1_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(date: &str, time: Option<&str>) -> String {
        let date = Date(date.parse().unwrap());
        let at = at(date, time.map(|text| super::time(text).unwrap()), None, years_later(date));
        jiff::Timestamp::from_millisecond(i64::try_from(at.0).unwrap()).unwrap().to_string()
    }

    #[test]
    fn every_form_of_a_kick_off_is_a_moment() {
        assert_eq!(moment("2018-06-14", Some("18:00 UTC+3")), "2018-06-14T15:00:00Z");
        assert_eq!(moment("2014-06-12", Some("17:00 UTC-3")), "2014-06-12T20:00:00Z");
        assert_eq!(moment("2026-03-26", Some("20:45 CET")), "2026-03-26T19:45:00Z");
        assert_eq!(moment("2026-03-31", Some("20:45 CEST")), "2026-03-31T18:45:00Z");
        assert_eq!(moment("2026-03-26", Some("19:45 UTC±0")), "2026-03-26T19:45:00Z");
        assert_eq!(moment("2010-01-01", Some("21:00 UTC-3:30")), "2010-01-02T00:30:00Z");
        assert_eq!(moment("2022-11-20", Some("19:00")), "2022-11-20T19:00:00Z");
        assert_eq!(moment("1998-06-10", None), "1998-06-10T12:00:00Z");
    }

    #[test]
    fn a_year_before_the_journals_time_is_told_later_on_the_same_weekday() {
        assert_eq!(moment("1938-06-05", None), "1994-06-05T12:00:00Z");
        assert_eq!(moment("1966-07-30", Some("15:00")), "1994-07-30T15:00:00Z");
    }

    #[test]
    fn what_is_no_time_is_none() {
        for text in ["", "noon", "25:00", "18:60", "18", "18:00 XYZ", "18:00 UTC+99", "1800", "-1:00", "18:00 UTC+3 CET"] {
            assert_eq!(time(text), None, "{text}");
        }
    }
}
