//! The bots of a live league: they look at the replica's state, and their commands go the way of everybody's.

use ftl_core::bots::Crowd;
use ftl_core::command::{Action, Command};
use ftl_core::id::FixtureId;
use ftl_server::app::App;
use ftl_server::replica::append::Lane;
use futures::future::join_all;

use crate::failure::Failure;

/// Commands of one look that wait for their outcomes together.
const TOGETHER: usize = 256;

/// See the module.
pub struct LiveCrowd {
    crowd: Crowd,
}

impl LiveCrowd {
    pub fn new(seed: u64, bots: u32) -> Self {
        Self { crowd: Crowd::new(seed, bots) }
    }

    /// What a bot is called on the final table.
    pub fn name_of(&self, account: ftl_core::id::AccountId) -> Option<String> {
        let (n, (_, kind)) = (1u32..).zip(self.crowd.accounts()).find(|(_, (id, _))| *id == account)?;
        let kind = match kind {
            ftl_core::bots::BotKind::Fan => "fan",
            ftl_core::bots::BotKind::Momentum => "momentum",
            ftl_core::bots::BotKind::Contrarian => "contrarian",
            ftl_core::bots::BotKind::Noise => "noise",
            ftl_core::bots::BotKind::Scalper => "scalper",
            ftl_core::bots::BotKind::MarketMaker => "market maker",
        };
        Some(format!("bot {n} ({kind})"))
    }

    /// Their accounts.
    pub async fn enrol(&mut self, app: &App) -> Result<(), Failure> {
        let districts = read(app, |league| league.genesis().map(|genesis| genesis.districts.clone()).unwrap_or_default())?;
        submit(app, self.crowd.enrol(&districts)).await;
        Ok(())
    }

    /// They look at a match as it stands, and trade.
    pub async fn look(&mut self, app: &App, fixture: &FixtureId) -> Result<(), Failure> {
        let now = app.now();
        let commands = read(app, |league| self.crowd.look(league, fixture, now))?;
        submit(app, commands).await;
        Ok(())
    }
}

/// Reads the league; a replica that stopped ends the tour.
pub fn read<T>(app: &App, look: impl FnOnce(&ftl_core::state::State) -> T) -> Result<T, Failure> {
    app.replica.read(look).map_err(|problem| Failure::could_not_run(format!("the league stopped: {}", problem.code())))
}

/// What the league refuses or sheds is nothing that a bot insists on.
async fn submit(app: &App, mut commands: Vec<Command>) {
    while !commands.is_empty() {
        let rest = commands.split_off(commands.len().min(TOGETHER));
        join_all(commands.into_iter().map(|command| app.replica.submit(lane_of(&command.action), command))).await;
        commands = rest;
    }
}

const fn lane_of(action: &Action) -> Lane {
    match action {
        Action::ClosePosition { .. } | Action::CancelOrder { .. } => Lane::Close,
        _ => Lane::Open,
    }
}
