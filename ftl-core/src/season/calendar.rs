//! Whose turn it is: a ring of looks, each with the traders who act in it. Putting and taking cost the same however many
//! traders there are.

/// Looks ahead that a trader may be put at; more than any persona waits.
const AHEAD: usize = 4_096;

/// See the module.
#[derive(Debug)]
pub(super) struct Calendar {
    looks: Vec<Vec<u32>>,
    now: usize,
}

impl Default for Calendar {
    fn default() -> Self {
        Self { looks: vec![Vec::new(); AHEAD], now: 0 }
    }
}

impl Calendar {
    /// A trader's turn comes in the look after `gap` others.
    pub fn put(&mut self, trader: u32, gap: u64) {
        let gap = usize::try_from(gap).unwrap_or(usize::MAX).min(AHEAD.saturating_sub(1));
        let place = self.now.saturating_add(gap).checked_rem(AHEAD).unwrap_or(0);
        if let Some(look) = self.looks.get_mut(place) {
            look.push(trader);
        }
    }

    /// Those whose turn it is, into `due`; what was in it is forgotten, its memory used again.
    pub fn take(&mut self, due: &mut Vec<u32>) {
        due.clear();
        if let Some(look) = self.looks.get_mut(self.now) {
            std::mem::swap(look, due);
        }
        self.now = self.now.saturating_add(1).checked_rem(AHEAD).unwrap_or(0);
    }
}
