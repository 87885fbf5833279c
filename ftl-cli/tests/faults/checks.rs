//! What must hold in the end, one promise a file. A check returns what contradicts it.

pub mod audit;
pub mod kept;
pub mod order;
pub mod processes;
pub mod projections;
pub mod reads;

/// At most so many are shown of each.
const SHOWN: usize = 5;

/// Contradictions of all checks, told together.
#[derive(Default)]
pub struct Contradictions(Vec<String>);

impl Contradictions {
    /// Takes what a check found.
    pub fn of(&mut self, check: &str, found: Vec<String>) {
        if let Some(more) = found.len().checked_sub(SHOWN).filter(|more| *more > 0) {
            self.0.push(format!("{check}: and {more} more"));
        }
        self.0.extend(found.into_iter().take(SHOWN).map(|one| format!("{check}: {one}")));
    }

    pub fn list(&self) -> &[String] {
        &self.0
    }
}
