//! Where leagues of a sequence come from: all of them sound, or all with the same seeded fault.
//! A copy without the fault would betray it by being right, which no league in production could.

#[cfg(feature = "testing")]
use ftl_core::mutant::Mutant;
use ftl_core::state::State;

/// A maker of leagues.
#[derive(Clone, Copy, Debug, Default)]
pub struct League {
    #[cfg(feature = "testing")]
    pub mutant: Option<Mutant>,
}

impl League {
    /// An empty one.
    pub fn new_state(self) -> State {
        self.marked(State::new())
    }

    /// One read back from a snapshot's bytes: every index and cache made anew.
    pub fn restored(self, state: &State) -> Result<State, String> {
        let state = State::restore(&state.snapshot().encode()).map_err(|error| format!("its own snapshot does not restore: {error}"))?;
        Ok(self.marked(state))
    }

    #[cfg(feature = "testing")]
    fn marked(self, state: State) -> State {
        match self.mutant {
            Some(mutant) => state.with_mutant(mutant),
            None => state,
        }
    }

    #[cfg(not(feature = "testing"))]
    fn marked(self, state: State) -> State {
        state
    }
}
