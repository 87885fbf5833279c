//! What a run of entries does to the rows of a table: rows that it made, and what it changed of rows that were there.
//!
//! Made rows hold everything that the run did to them, so that a store may append them; a patch holds the sum of what
//! the run did to one row, so that a store changes each row once.

use std::collections::BTreeMap;

/// What a run changes of one row.
pub trait Patch<Row>: Default {
    /// Makes the change to a row that is at hand.
    fn apply(self, row: &mut Row);
}

/// Rows made and rows changed, by key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changes<Key, Row, P> {
    /// New rows, as they are at the run's end.
    pub made: BTreeMap<Key, Row>,
    /// Changes of rows that were there before the run.
    pub changed: BTreeMap<Key, P>,
}

impl<Key, Row, P> Default for Changes<Key, Row, P> {
    fn default() -> Self {
        Self { made: BTreeMap::new(), changed: BTreeMap::new() }
    }
}

impl<Key: Ord + Copy, Row, P: Patch<Row>> Changes<Key, Row, P> {
    /// Whether the run touched nothing here.
    pub fn is_empty(&self) -> bool {
        self.made.is_empty() && self.changed.is_empty()
    }

    /// Notes a change of the row of `key`, made in this run or before.
    pub(super) fn change(&mut self, key: Key, change: impl FnOnce(&mut P)) {
        change(self.changed.entry(key).or_default());
    }

    /// Puts changes of rows that the run made into these rows.
    pub(super) fn settled(mut self) -> Self {
        for (key, row) in &mut self.made {
            if let Some(patch) = self.changed.remove(key) {
                patch.apply(row);
            }
        }
        self
    }
}
