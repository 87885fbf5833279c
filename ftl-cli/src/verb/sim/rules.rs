//! The rules of a season: a preset, and what the operator wants to try instead.

use ftl_core::rules::{Preset, Rules};
use ftl_core::season::expected_accounts;
use serde_json::Value;

use crate::failure::Failure;

/// The preset's rules for so many traders, with the fields of `change` (a JSON object) in their place.
pub fn changed(preset: Preset, accounts: u32, change: Option<&str>) -> Result<Rules, Failure> {
    let rules = Rules::of(preset, expected_accounts(accounts));
    let Some(change) = change else { return Ok(rules) };
    let wrong = |error: serde_json::Error| Failure::refused(format!("--change: {error}; ftl sim --help shows an example"));
    let change: Value = serde_json::from_str(change).map_err(wrong)?;
    let mut whole = serde_json::to_value(rules).map_err(wrong)?;
    merge(&mut whole, change);
    serde_json::from_value(whole).map_err(wrong)
}

/// Objects field by field, rows of a table by their number (`{"priors": {"0": {"goal": "0.500000"}}}` is the forwards'),
/// everything else whole.
fn merge(whole: &mut Value, change: Value) {
    match (whole, change) {
        (Value::Object(whole), Value::Object(change)) => {
            for (field, value) in change {
                merge(whole.entry(field).or_insert(Value::Null), value);
            }
        }
        (Value::Array(rows), Value::Object(change)) => {
            for (row, value) in change {
                match row.parse().ok().and_then(|n: usize| rows.get_mut(n)) {
                    Some(row) => merge(row, value),
                    // There is no such row: what does not read as rules is refused.
                    None => rows.push(value),
                }
            }
        }
        (whole, change) => *whole = change,
    }
}
