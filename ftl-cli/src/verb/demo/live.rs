//! The match of the tour: announced, waited for, played in time, told.

use std::time::Duration;

use ftl_core::command::{Action, Command};
use ftl_core::feed::{Schedule, announce, command};
use ftl_core::fixture::MatchEvent;
use ftl_core::id::{AccountId, BookId, FixtureId};
use ftl_core::seeded::Seeded;
use ftl_core::source::MatchSource;
use ftl_core::time::At;
use ftl_server::app::App;
use tokio::time::{Instant, MissedTickBehavior};

use super::LOBBY;
use super::crowd::{LiveCrowd, read};
use super::print::Print;
use crate::failure::Failure;

/// How often the bots look before kick-off.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Puts the match on the market: whoever is told of the league can trade in it.
pub async fn announced(app: &App, source: &MatchSource) -> Result<(), Failure> {
    let mut ids = Seeded::new("demo-announcement", app.now().0);
    let lobby = At(app.now().0.saturating_add(u64::try_from(LOBBY.as_millis()).unwrap_or(0)));
    for action in announce(source, lobby) {
        feed(app, command(ids.command_id(), action)).await?;
    }
    Ok(())
}

/// From the lobby to the final table.
pub async fn play(
    app: &App,
    source: &MatchSource,
    speed: u32,
    mut crowd: LiveCrowd,
    player: AccountId,
    print: &Print,
) -> Result<(), Failure> {
    let mut ids = Seeded::new("demo", app.now().0);
    crowd.enrol(app).await?;
    wait_in_the_lobby(app, &source.id, player, &mut crowd).await?;
    print.kick_off(source)?;

    // A second ahead, so that the first steps are not late already.
    let kick_off = At(app.now().0.saturating_add(1_000));
    for step in Schedule::paced(source, kick_off, speed) {
        tokio::time::sleep(Duration::from_millis(step.at.0.saturating_sub(app.now().0))).await;
        let before = news_of(&step.action).map(|event| marks(app, event)).transpose()?;
        let (ticked, over) = (is_tick(&step.action), is_end(&step.action));
        feed(app, command(ids.command_id(), step.action.clone())).await?;
        if let (Some(before), Some(event)) = (before, news_of(&step.action)) {
            print.news(event, &before, &marks(app, event)?, &read(app, |league| score(league, &source.id))?)?;
        }
        if ticked {
            crowd.look(app, &source.id).await?;
        }
        if over {
            break;
        }
    }
    let table = read(app, |league| print.table(league, source, player, |account| crowd.name_of(account)))?;
    print.final_table(&table)
}

/// Until somebody who is no bot has traded, or the time is up.
async fn wait_in_the_lobby(app: &App, fixture: &FixtureId, player: AccountId, crowd: &mut LiveCrowd) -> Result<(), Failure> {
    let until = Instant::now() + LOBBY;
    let mut look = tokio::time::interval(LOOK_EVERY);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while Instant::now() < until {
        look.tick().await;
        crowd.look(app, fixture).await?;
        if read(app, |league| has_traded(league, player))? {
            break;
        }
    }
    Ok(())
}

fn has_traded(league: &ftl_core::state::State, player: AccountId) -> bool {
    let traded = |book: &ftl_core::book::Book| !book.positions.is_empty() || book.standing.season.closed_positions > 0;
    league.book(BookId::season(player)).is_some_and(traded) || league.books().any(|book| !book.standing.bot && traded(book))
}

async fn feed(app: &App, command: Command) -> Result<(), Failure> {
    match app.feed(command).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(rejection)) => {
            tracing::warn!(%rejection, "the league refuses a command of the feed");
            Ok(())
        }
        Err(why) => Err(Failure::could_not_run(why)),
    }
}

fn news_of(action: &Action) -> Option<&MatchEvent> {
    match action {
        Action::ReportEvent { event, .. } => Some(event),
        _ => None,
    }
}

const fn is_tick(action: &Action) -> bool {
    matches!(action, Action::TickClock { .. })
}

const fn is_end(action: &Action) -> bool {
    matches!(action, Action::FinishFixture { .. } | Action::AbandonFixture { .. })
}

/// The mark of whom an event names.
fn marks(app: &App, event: &MatchEvent) -> Result<Option<ftl_core::units::Price>, Failure> {
    read(app, |league| event.instrument.as_ref().and_then(|slug| league.mark(league.find_instrument(slug.as_str())?.idx)))
}

fn score(league: &ftl_core::state::State, fixture: &FixtureId) -> String {
    use ftl_core::fixture::Side::{Away, Home};
    league.fixture(fixture).map_or_else(String::new, |row| format!("{}-{}", row.goals(Home), row.goals(Away)))
}
