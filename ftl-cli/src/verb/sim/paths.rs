//! The way of every price through one match of the season, to be drawn: the match with the most goals, the latest of
//! these. Of the others nothing is kept.

use std::collections::BTreeMap;

use ftl_core::fixture::Fixture;
use ftl_core::id::InstrumentIdx;
use ftl_core::season::Season;
use ftl_core::time::{At, Span};
use ftl_core::units::Price;

/// Between two points of a line.
const EVERY: Span = Span::seconds(10);

/// A match as it was played.
#[derive(Default)]
pub struct Path {
    /// Its number in the league.
    pub fixture: u32,
    goals: usize,
    due: At,
    /// Milliseconds played, and the mark.
    pub marks: BTreeMap<InstrumentIdx, Vec<(u64, Price)>>,
}

/// See the module.
#[derive(Default)]
pub struct Paths {
    at: At,
    /// The matches before this one are over, or never began.
    first: u32,
    running: Vec<Path>,
    best: Option<Path>,
}

impl Paths {
    pub fn observe(&mut self, season: &Season) {
        let state = season.state();
        if state.at() == self.at {
            return;
        }
        self.at = state.at();
        while let Some(fixture) = state.fixture_at(self.first + u32::try_from(self.running.len()).unwrap_or(0)) {
            if !fixture.is_live() {
                break;
            }
            let number = self.first + u32::try_from(self.running.len()).unwrap_or(0);
            self.running.push(Path { fixture: number, ..Path::default() });
        }
        for path in &mut self.running {
            if let Some(fixture) = state.fixture_at(path.fixture)
                && self.at >= path.due
                && fixture.is_live()
            {
                path.due = self.at.after(EVERY);
                path.note(season, fixture);
            }
        }
        let is_over = |path: &Path| state.fixture_at(path.fixture).is_none_or(|fixture| !fixture.is_live());
        while self.running.first().is_some_and(is_over) {
            let over = self.running.remove(0);
            self.first += 1;
            if self.best.as_ref().is_none_or(|best| over.goals >= best.goals) {
                self.best = Some(over);
            }
        }
    }

    /// The match to draw.
    pub fn best(&self) -> Option<&Path> {
        self.best.as_ref()
    }
}

impl Path {
    fn note(&mut self, season: &Season, fixture: &Fixture) {
        self.goals = fixture.goals(ftl_core::fixture::Side::Home) + fixture.goals(ftl_core::fixture::Side::Away);
        for participant in &fixture.squad {
            if let Some(mark) = season.state().mark(participant.instrument) {
                self.marks.entry(participant.instrument).or_default().push((fixture.clock.0, mark));
            }
        }
    }
}
