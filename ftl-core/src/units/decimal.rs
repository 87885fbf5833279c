//! Decimal text of a scaled integer: exact both ways, no floats.

use arrayvec::ArrayString;

/// Why a text is not a quantity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseDecimalError {
    /// Not digits with at most one point and one leading minus.
    #[error("not a decimal number")]
    Malformed,
    /// More decimal places than the unit has.
    #[error("more than {0} decimal places")]
    TooFine(u32),
    /// Does not fit 64 bits.
    #[error("out of range")]
    OutOfRange,
}

/// The longest: a sign, 19 digits, a point.
const LONGEST: usize = 24;

/// `units` with `scale` decimal places: `text(-5, 2)` is `-0.05`. On the stack: every answer holds a dozen of them.
pub(super) fn text(units: i64, scale: u32) -> ArrayString<LONGEST> {
    let mut magnitude = itoa::Buffer::new();
    let digits = magnitude.format(units.unsigned_abs());
    let places = usize::try_from(scale).unwrap_or(0);
    let (whole, part) = digits.split_at(digits.len().saturating_sub(places));
    let mut text = ArrayString::new();
    let zeros = std::iter::repeat_n("0", places.saturating_sub(part.len()));
    let pieces = [if units < 0 { "-" } else { "" }, if whole.is_empty() { "0" } else { whole }, "."];
    for piece in pieces.into_iter().chain(zeros).chain([part]) {
        text.push_str(piece);
    }
    text
}

/// Reads a decimal text; fewer places than `scale` are filled with zeros.
pub(super) fn parse(text: &str, scale: u32) -> Result<i64, ParseDecimalError> {
    use ParseDecimalError::{Malformed, OutOfRange, TooFine};
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (whole, part) = match digits.split_once('.') {
        Some((_, "")) => return Err(Malformed),
        Some((whole, part)) => (whole, part),
        None => (digits, ""),
    };
    let all_digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !all_digits(whole) || !all_digits(part) {
        return Err(Malformed);
    }
    let width = usize::try_from(scale).unwrap_or(0);
    if part.len() > width {
        return Err(TooFine(scale));
    }
    let sign = if negative { "-" } else { "" };
    format!("{sign}{whole}{part:0<width$}").parse().map_err(|_| OutOfRange)
}

/// A string in text formats, an integer in binary ones.
pub(super) fn deserialize<'de, D: serde::Deserializer<'de>>(deserializer: D, scale: u32) -> Result<i64, D::Error> {
    if !deserializer.is_human_readable() {
        return <i64 as serde::Deserialize>::deserialize(deserializer);
    }
    let text = <std::borrow::Cow<'de, str> as serde::Deserialize>::deserialize(deserializer)?;
    parse(&text, scale).map_err(|error| serde::de::Error::custom(format!("{text:?}: {error}")))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_text_has_every_place_of_its_scale() {
        let texts = [
            (0, 4, "0.0000"),
            (7, 6, "0.000007"),
            (-5, 2, "-0.05"),
            (-100, 2, "-1.00"),
            (1_425_000, 4, "142.5000"),
            (i64::MAX, 6, "9223372036854.775807"),
            (i64::MIN, 6, "-9223372036854.775808"),
        ];
        for (units, scale, expect) in texts {
            assert_eq!(text(units, scale).as_str(), expect);
        }
    }

    proptest! {
        #[test]
        fn a_text_is_read_as_what_was_written(units: i64, scale in 1u32..=9) {
            prop_assert_eq!(parse(&text(units, scale), scale), Ok(units));
        }
    }
}
