//! `Row`: one figure beside its baseline.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// One figure.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Row {
    pub name: String,
    pub value: f64,
    pub unit: String,
    /// The baseline of the same run, in the same unit.
    pub baseline: f64,
    /// `value / baseline`.
    pub ratio: f64,
    /// Whatever else was measured; `reach` and `met` say what is aimed at.
    pub detail: Map<String, Value>,
}

/// What a figure should reach.
#[derive(Clone, Copy, Debug)]
pub enum Reach {
    AtLeast(f64),
    AtMost(f64),
}

impl Row {
    /// A figure; what it is called comes from the catalogue.
    pub fn new(value: f64, unit: &str, baseline: f64) -> Self {
        let ratio = if baseline == 0.0 { 0.0 } else { value / baseline };
        Self { name: String::new(), value, unit: unit.into(), baseline, ratio, detail: Map::new() }
    }

    pub fn named(mut self, name: &str) -> Self {
        self.name = name.into();
        self
    }

    /// Whatever else was measured.
    pub fn with(mut self, key: &str, value: impl Serialize) -> Self {
        self.detail.insert(key.into(), json!(value));
        self
    }

    /// What is aimed at, and whether all of it is reached.
    pub fn reaching(mut self, aims: &[(&str, f64, Reach)]) -> Self {
        let met = aims.iter().all(|(_, value, reach)| match reach {
            Reach::AtLeast(least) => value >= least,
            Reach::AtMost(most) => value <= most,
        });
        let text = |(what, _, reach): &(&str, f64, Reach)| match reach {
            Reach::AtLeast(least) => format!("{what} >= {least}"),
            Reach::AtMost(most) => format!("{what} <= {most}"),
        };
        let texts: Vec<String> = aims.iter().map(text).collect();
        self.detail.insert("reach".into(), json!(texts.join(", ")));
        self.detail.insert("met".into(), json!(met));
        self
    }

    /// Whether what is aimed at is reached; `None` where nothing is.
    pub fn met(&self) -> Option<bool> {
        self.detail.get("met").and_then(Value::as_bool)
    }
}
