//! Rows for people, within 80 columns.

use serde::Deserialize;
use serde_json::Value;

use super::catalogue::Benchmark;
use super::row::Row;
use crate::output;

/// What another process of ours prints.
#[derive(Deserialize)]
pub struct Printed {
    pub rows: Vec<Row>,
}

/// The rows, and under each what it should reach.
pub fn table(rows: &[Row]) -> String {
    let mut text = format!("{:22} {:>14} {:>14} {:>8}  {}\n", "", "measured", "baseline", "ratio", "unit");
    for row in rows {
        let (value, baseline) = (figure(row.value), figure(row.baseline));
        text += &format!("{:22} {value:>14} {baseline:>14} {:>8.3}  {}\n", row.name, row.ratio, row.unit);
        if let Some(reach) = row.detail.get("reach").and_then(Value::as_str) {
            let verdict = if row.met() == Some(true) { "reached" } else { "MISSED" };
            text += &output::wrapped(&format!("{verdict}: {reach}"), 4);
        }
        if let Some(baseline) = row.detail.get("baseline").and_then(Value::as_str) {
            text += &output::wrapped(&format!("beside {baseline}"), 4);
        }
        for (key, value) in row.detail.iter().filter(|(key, _)| !["reach", "met", "baseline"].contains(&key.as_str())) {
            text += &output::wrapped(&format!("{key}: {}", detail(value)), 4);
        }
    }
    text
}

/// The names, and what each is.
pub fn list(benchmarks: &[Benchmark]) -> String {
    let one = |row: &Benchmark| {
        format!("{}\n{}{}", row.name, output::wrapped(row.what, 4), output::wrapped(&format!("beside {}", row.baseline), 4))
    };
    benchmarks.iter().map(one).collect()
}

/// Thousands apart, or three digits behind the point of what is small.
fn figure(value: f64) -> String {
    if value.abs() < 1_000.0 {
        return format!("{value:.3}");
    }
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (n, digit) in digits.chars().enumerate() {
        if n > 0 && (digits.len() - n) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn detail(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => {
            number.as_f64().map_or_else(|| number.to_string(), |n| if n.fract() == 0.0 { number.to_string() } else { format!("{n:.4}") })
        }
        other => other.to_string(),
    }
}
