//! Matches that are played into the league: a bundled source becomes the commands of match day, appended in their time.
//!
//! Commands bear ids made of the match and their place, so that a replay that is begun again after a restart goes on
//! where the journal has got to instead of doing anything twice.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use ftl_core::command::{Action, Command};
use ftl_core::feed::{Schedule, announce};
use ftl_core::id::{AccountId, FixtureId};
use ftl_core::source::MatchSource;
use ftl_core::time::{At, Span};
use parking_lot::Mutex;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::commands::body_hash;
use crate::problem::Problem;
use crate::replica::append::{Lane, SubmitError};
use crate::wire::admin::ReplayView;

/// The fastest replay.
const FASTEST: u32 = 600;
/// Between two attempts to append what the journal did not take.
const AGAIN: Duration = Duration::from_millis(200);

/// See the module.
#[derive(Default)]
pub struct Replays(Arc<Mutex<BTreeMap<String, Playing>>>);

struct Playing {
    view: ReplayView,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Replays {
    /// All of them.
    pub fn list(&self) -> Vec<ReplayView> {
        self.0.lock().values().map(|playing| playing.view.clone()).collect()
    }

    /// Stops all and waits for their tasks.
    pub(crate) async fn end(&self) {
        let all = std::mem::take(&mut *self.0.lock());
        for playing in all.into_values() {
            playing.stop.cancel();
            // A task that panicked has ended too.
            let _ = playing.task.await;
        }
    }

    /// Stops one.
    pub fn stop(&self, id: &str) -> Option<ReplayView> {
        let mut all = self.0.lock();
        let playing = all.get_mut(id)?;
        playing.stop.cancel();
        if playing.view.status == "playing" {
            playing.view.status = "stopped";
        }
        Some(playing.view.clone())
    }
}

impl App {
    /// Plays a bundled source from now on, `speed` times as fast as it was.
    pub fn start_replay(&self, source: &str, speed: u32) -> Result<ReplayView, Problem> {
        if !(1..=FASTEST).contains(&speed) {
            return Err(Problem::invalid_field("speed", format!("takes 1 to {FASTEST}")));
        }
        let names = || MatchSource::bundled_names().collect::<Vec<_>>().join(", ");
        let parsed = MatchSource::bundled(source).ok_or_else(|| Problem::invalid_field("source", format!("takes one of {}", names())))?;
        let parsed = parsed.map_err(|error| {
            tracing::error!(%error, source, "a bundled source cannot be read");
            Problem::internal()
        })?;
        Ok(self.play(parsed, source, speed))
    }

    /// Plays a match; the same one once at a time.
    pub fn play(&self, source: MatchSource, name: &str, speed: u32) -> ReplayView {
        let id = source.id.to_string();
        let mut all = self.replays.0.lock();
        if let Some(playing) = all.get(&id).filter(|playing| playing.view.status == "playing") {
            return playing.view.clone();
        }
        let view = ReplayView { id: id.clone(), source: name.to_owned(), fixture: id.clone(), speed, status: "playing", detail: None };
        let stop = self.ending.child_token();
        let (app, stopped, key) = (self.clone(), stop.clone(), id.clone());
        let task = tokio::spawn(async move {
            let ended = tokio::select! {
                ended = run(&app, &source, speed) => ended,
                () = stopped.cancelled() => return,
            };
            if let Some(playing) = app.replays.0.lock().get_mut(&key) {
                (playing.view.status, playing.view.detail) = match ended {
                    Ok(()) => ("finished", None),
                    Err(why) => ("failed", Some(why)),
                };
            }
        });
        all.insert(id, Playing { view: view.clone(), stop, task });
        view
    }

    /// Appends a command of the feed's, over and over until its fate is known: while the journal is away and while the
    /// league has stopped it waits for an operator. A refusal by the league is an answer.
    pub async fn feed(&self, command: Command) -> Result<Result<(), ftl_core::rejection::Rejection>, String> {
        loop {
            match self.replica.submit(Lane::Feed, command.clone()).await {
                Ok(outcome) => return Ok(outcome.answer.result.clone().map(drop)),
                Err(SubmitError::Draining) => return Err("the server ends".into()),
                // Feed commands are once by their natural keys and their ids: sending one again is safe.
                Err(
                    SubmitError::Overloaded | SubmitError::Away | SubmitError::Refused(_) | SubmitError::Unknown | SubmitError::Stopped(_),
                ) => {
                    tokio::time::sleep(AGAIN).await;
                }
            }
        }
    }
}

async fn run(app: &App, source: &MatchSource, speed: u32) -> Result<(), String> {
    let fixture = source.id.clone();
    let known = app.replica.read(|league| league.fixture(&fixture).map(|row| row.kick_off)).unwrap_or_default();
    let kick_off = known.unwrap_or(app.now().after(Span::seconds(1)));
    for (n, action) in announce(source, kick_off).into_iter().enumerate() {
        append(app, &fixture, "announce", n, action).await?;
    }
    for (n, step) in Schedule::paced(source, kick_off, speed).steps().iter().enumerate() {
        sleep_until(app, step.at).await;
        append(app, &fixture, "step", n, step.action.clone()).await?;
    }
    Ok(())
}

async fn append(app: &App, fixture: &FixtureId, part: &str, n: usize, action: Action) -> Result<(), String> {
    let body = body_hash(&action);
    let id = app.command_id(AccountId(0), &format!("replay {fixture} {part} {n}"));
    match app.feed(Command { id, body, not_after: None, action }).await? {
        Ok(()) => Ok(()),
        Err(rejection) => {
            // The feed goes on: one thing that the league refuses is no reason to leave a match standing.
            tracing::warn!(%fixture, part, n, %rejection, "the league refuses a command of the replay");
            Ok(())
        }
    }
}

async fn sleep_until(app: &App, at: At) {
    let wait = at.0.saturating_sub(app.now().0);
    tokio::time::sleep(Duration::from_millis(wait)).await;
}
