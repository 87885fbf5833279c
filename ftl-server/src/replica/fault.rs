//! Something that is wrong with what a process stands on, though it serves: `readyz` says it until it is right again.

use std::sync::Arc;

use arc_swap::ArcSwapOption;

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Fault(ArcSwapOption<String>);

impl Fault {
    /// What is wrong, if anything.
    pub(crate) fn why(&self) -> Option<Arc<String>> {
        self.0.load_full()
    }

    /// This is wrong; whether nothing was before.
    pub(super) fn say(&self, why: String) -> bool {
        self.0.swap(Some(Arc::new(why))).is_none()
    }

    /// Nothing is wrong any more; whether something was.
    pub(super) fn mend(&self) -> bool {
        // Looked at first: that it changes is rare.
        self.0.load().is_some() && self.0.swap(None).is_some()
    }
}
