//! A command's way as spans of one trace: request, append, apply, flush.
//!
//! ```text
//!  request ─▶ append: until the journal has it ─▶ apply: until its outcome is here ─▶ flush: until it is history
//! ```
//! A batch carries no trace: the spans are held by command id and seq in the process that was asked, so a flush shows only
//! where the same process writes history. Without the feature `otel`, and where nobody collects spans, nothing is held.

#[cfg(feature = "otel")]
mod exporter;
#[cfg(feature = "otel")]
mod ways;

#[cfg(feature = "otel")]
pub use exporter::{ExporterError, Exporting, begin};
#[cfg(feature = "otel")]
pub use ways::Traces;

#[cfg(not(feature = "otel"))]
pub use without::Traces;

#[cfg(not(feature = "otel"))]
mod without {
    use ftl_core::id::{CommandId, Seq};

    /// Nothing is traced in this build.
    #[derive(Debug, Default)]
    pub struct Traces {}

    #[allow(clippy::unused_self, missing_docs)]
    impl Traces {
        pub(crate) const fn begin(&self, _: CommandId) {}
        pub(crate) const fn failed(&self, _: CommandId) {}
        pub(crate) fn appended(&self, _: impl Iterator<Item = CommandId>, _: Seq) {}
        pub(crate) const fn applied(&self, _: Seq) {}
        pub(crate) const fn flushed(&self, _: Seq) {}
    }
}
