//! Decimal text of a scaled integer: exact both ways, no floats.

use std::fmt;

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

/// Writes `units` with `scale` decimal places: `write(f, -5, 2)` gives `-0.05`.
pub(super) fn write(f: &mut fmt::Formatter<'_>, units: i64, scale: u32) -> fmt::Result {
    let sign = if units < 0 { "-" } else { "" };
    let ten = 10u64.saturating_pow(scale);
    let magnitude = units.unsigned_abs();
    let (whole, part) = (magnitude.checked_div(ten).unwrap_or(0), magnitude.checked_rem(ten).unwrap_or(0));
    let width = usize::try_from(scale).unwrap_or(0);
    f.pad(&format!("{sign}{whole}.{part:0width$}"))
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
