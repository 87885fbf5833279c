//! A list of things to open, hold for a while and close, tried again at every tick until they are done.

use crate::id::{InstrumentIdx, OrderId, PositionId};
use crate::outcome::Receipt;
use crate::redteam::desk::Desk;
use crate::time::{At, Span};
use crate::units::Direction;

/// One thing to do.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// In what.
    pub instrument: InstrumentIdx,
    /// Which way.
    pub direction: Direction,
    /// Not opened any more after this.
    pub give_up: At,
    /// Closed so long after it was opened; at full time where absent.
    pub hold: Option<Span>,
    stage: Stage,
}

#[derive(Clone, Copy, Debug)]
enum Stage {
    Wanted,
    Ordered { order: OrderId, at: At },
    Held { position: PositionId, since: At },
    Done,
}

impl Plan {
    /// A share, to be opened now or in the next ten seconds of trying.
    pub fn new(instrument: InstrumentIdx, direction: Direction, give_up: At, hold: Option<Span>) -> Self {
        Self { instrument, direction, give_up, hold, stage: Stage::Wanted }
    }
}

/// See the module.
#[derive(Debug, Default)]
pub struct Campaign {
    plans: Vec<Plan>,
}

impl Campaign {
    /// Adds a plan and tries it at once; nothing where one for the instrument and direction is on.
    pub fn add(&mut self, plan: Plan, desk: &mut Desk<'_>) {
        let same = |p: &Plan| (p.instrument, p.direction) == (plan.instrument, plan.direction);
        if !self.plans.iter().any(same) {
            self.plans.push(plan);
            self.go_on(desk);
        }
    }

    /// Opens what may be opened, closes what has been held long enough.
    pub fn go_on(&mut self, desk: &mut Desk<'_>) {
        for plan in &mut self.plans {
            plan.stage = plan.next(desk);
        }
        self.plans.retain(|plan| !matches!(plan.stage, Stage::Done));
    }
}

impl Plan {
    fn next(&self, desk: &mut Desk<'_>) -> Stage {
        let now = desk.now();
        match self.stage {
            Stage::Wanted if now > self.give_up => Stage::Done,
            Stage::Wanted => match desk.open(0, self.instrument, self.direction, desk.share()) {
                Ok(Receipt::Resting { order, .. }) => Stage::Ordered { order, at: now },
                Ok(Receipt::Opened { position, .. }) => Stage::Held { position: position.id, since: now },
                Ok(_) | Err(_) => Stage::Wanted,
            },
            Stage::Ordered { order, .. } if desk.state().order(order).is_some() => self.stage,
            Stage::Ordered { at, .. } => {
                let book = desk.book(0);
                let mine =
                    |p: &&crate::position::Position| p.instrument == self.instrument && p.direction == self.direction && p.opened_at >= at;
                let position = desk.state().positions_of(book).find(mine).map(|row| row.id);
                position.map_or(Stage::Wanted, |position| Stage::Held { position, since: now })
            }
            Stage::Held { position, .. } if desk.state().position(position).is_none() => Stage::Done,
            Stage::Held { position, since } => {
                if self.hold.is_some_and(|hold| now >= since.after(hold)) {
                    desk.close(0, position, None);
                }
                self.stage
            }
            Stage::Done => Stage::Done,
        }
    }
}
