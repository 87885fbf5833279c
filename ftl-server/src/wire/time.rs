//! A moment as RFC 3339 in UTC, to the millisecond: `2022-12-18T15:00:00.000Z`.

use ftl_core::time::At;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Time(pub At);

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl std::fmt::Display for Time {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let millis = i64::try_from(self.0.0).unwrap_or(i64::MAX);
        match jiff::Timestamp::from_millisecond(millis) {
            Ok(moment) => write!(f, "{moment:.3}"),
            Err(_) => f.write_str("9999-12-31T23:59:59.999Z"),
        }
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::Error;
        let text = String::deserialize(deserializer)?;
        let moment: jiff::Timestamp = text.parse().map_err(|_| D::Error::custom("takes a time such as 2022-12-18T15:00:00Z"))?;
        u64::try_from(moment.as_millisecond()).map(|ms| Self(At(ms))).map_err(|_| D::Error::custom("takes a time after 1970"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_written_to_the_millisecond_and_read_back() {
        let time: Time = serde_json::from_str(r#""2022-12-18T18:00:00.25+03:00""#).unwrap();
        assert_eq!(serde_json::to_string(&time).unwrap(), r#""2022-12-18T15:00:00.250Z""#);
    }
}
