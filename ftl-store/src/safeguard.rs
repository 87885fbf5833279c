//! Safeguards that the fault test switches off, to see that it would notice. In a build that serves a league none can be
//! switched off: without the feature `testing` they are all on, whatever the environment says.

/// What keeps several processes from harming a league.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Safeguard {
    /// A batch follows the one before it, or reading ends.
    Links,
    /// A command that comes again is answered, not executed.
    Ids,
    /// A watermark moves only from where its flusher believes it to be.
    Watermarks,
    /// A head in Redis is of the life of the server in which it was set.
    Lives,
}

impl Safeguard {
    /// Whether `FTL_SWITCHED_OFF` names it.
    #[cfg(feature = "testing")]
    pub fn is_off(self) -> bool {
        static OFF: std::sync::OnceLock<String> = std::sync::OnceLock::new();
        let off = OFF.get_or_init(|| std::env::var("FTL_SWITCHED_OFF").unwrap_or_default());
        *off == format!("{self:?}").to_lowercase()
    }

    /// Never.
    #[cfg(not(feature = "testing"))]
    #[must_use]
    pub const fn is_off(self) -> bool {
        false
    }
}
