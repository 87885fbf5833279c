//! What a workload came to: how much was accepted, and what it reached.

use std::collections::BTreeMap;

use ftl_core::outcome::{Entry, Outcome};

/// Counts by name.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    pub sequences: u64,
    pub commands: u64,
    pub accepted: u64,
    /// By kind of command: accepted, refused.
    pub actions: BTreeMap<String, (u64, u64)>,
    pub rejections: BTreeMap<&'static str, u64>,
    pub events: BTreeMap<String, u64>,
}

impl Tally {
    pub fn count(&mut self, entry: &Entry, outcome: &Outcome) {
        let accepted = outcome.answer.result.is_ok();
        self.commands += 1;
        self.accepted += u64::from(accepted);
        let (taken, refused) = self.actions.entry(word(&format!("{:?}", entry.command.action))).or_default();
        *if accepted { taken } else { refused } += 1;
        if let Err(rejection) = &outcome.answer.result {
            *self.rejections.entry(rejection.code()).or_default() += 1;
        }
        for event in &outcome.events {
            use ftl_core::event::Event;
            let name = match event {
                Event::PositionClosed(closed) => format!("PositionClosed {}", closed.reason.code()),
                Event::OrderCancelled { reason, .. } => format!("OrderCancelled {}", reason.code()),
                Event::ValuePosted { reason, .. } => format!("ValuePosted {reason:?}"),
                Event::PhaseEntered { phase, .. } => format!("PhaseEntered {phase:?}"),
                other => word(&format!("{other:?}")),
            };
            *self.events.entry(name).or_default() += 1;
        }
    }

    pub fn add(&mut self, other: &Self) {
        self.sequences += other.sequences;
        self.commands += other.commands;
        self.accepted += other.accepted;
        for (name, (taken, refused)) in &other.actions {
            let mine = self.actions.entry(name.clone()).or_default();
            *mine = (mine.0 + taken, mine.1 + refused);
        }
        for (name, n) in &other.rejections {
            *self.rejections.entry(name).or_default() += n;
        }
        for (name, n) in &other.events {
            *self.events.entry(name.clone()).or_default() += n;
        }
    }

    pub fn accepted_percent(&self) -> u64 {
        self.accepted * 100 / self.commands.max(1)
    }
}

/// The name that a debug text begins with.
fn word(text: &str) -> String {
    text.chars().take_while(|c| c.is_alphanumeric()).collect()
}

impl std::fmt::Display for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "{} sequences, {} commands, {} % accepted", self.sequences, self.commands, self.accepted_percent())?;
        for (name, (taken, refused)) in &self.actions {
            writeln!(f, "  {name:<20} {taken:>8} accepted {refused:>8} refused")?;
        }
        for (name, n) in &self.rejections {
            writeln!(f, "  refused {name:<28} {n:>8}")?;
        }
        for (name, n) in &self.events {
            writeln!(f, "  {name:<36} {n:>8}")?;
        }
        Ok(())
    }
}
