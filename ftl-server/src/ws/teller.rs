//! Takes what is new from the window and hands it to every shard, the same to all. While the shards are busy it waits, and
//! then tells more at once: that is what keeps a burst from growing into a backlog.

use std::sync::Arc;
use std::time::Duration;

use ftl_core::boards::{Board, BoardKind, BoardRow, BoardScope, BoardWindow};
use ftl_core::id::{AccountId, Seq};
use rustc_hash::FxHashMap;
use tokio::sync::mpsc;
use tokio::time::MissedTickBehavior;

use super::message::Shared;
use super::round::Round;
use crate::app::App;
use crate::replica::window::{Behind, Standing};
use crate::routes::boards::six_places;
use crate::wire::board::BoardLine;
use crate::wire::cursor::Reached;
use crate::wire::frame::public::LeaderboardFrame;

/// Entries told at once.
const PULL: usize = 1_024;
/// Between two looks at bars and boards.
const SLOWLY: Duration = Duration::from_secs(1);
/// Lines of the board.
const LINES: usize = 10;
/// Names that are remembered.
const NAMES: usize = 10_000;

/// Tells until the shards end.
pub(super) async fn tell(app: App, shards: Vec<mpsc::Sender<Arc<Round>>>) {
    let mut applied = app.replica.follow();
    let Standing { life, to: cursor, .. } = app.replica.window().standing();
    let mut teller = Teller { app, shards, life, cursor, bars: cursor.seq, board: None, names: FxHashMap::default() };
    // The shards began at another moment.
    if teller.send(Round { upto: cursor, life, ..Round::default() }).await.is_err() {
        return;
    }
    let mut slowly = tokio::time::interval(SLOWLY);
    slowly.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let told = tokio::select! {
            changed = applied.changed() => match changed {
                Ok(()) => teller.catch_up().await,
                Err(_) => return,
            },
            _ = slowly.tick() => teller.look_slowly().await,
        };
        if told.is_err() {
            return;
        }
    }
}

/// The shards have ended.
struct Ended;

struct Teller {
    app: App,
    shards: Vec<mpsc::Sender<Arc<Round>>>,
    /// The window's when it was last read.
    life: u64,
    /// Everything up to here is told.
    cursor: Reached,
    /// Bars are told as they were at this entry.
    bars: Seq,
    /// The lines that were told last.
    board: Option<Vec<BoardRow>>,
    names: FxHashMap<AccountId, Option<String>>,
}

impl Teller {
    async fn send(&self, round: Round) -> Result<(), Ended> {
        let round = Arc::new(round);
        for shard in &self.shards {
            shard.send(Arc::clone(&round)).await.map_err(|_| Ended)?;
        }
        Ok(())
    }

    async fn catch_up(&mut self) -> Result<(), Ended> {
        loop {
            match self.app.replica.window().behind(self.life, self.cursor.seq, PULL) {
                Behind::Frames(_, upto) if upto == self.cursor => return Ok(()),
                Behind::Frames(frames, upto) => {
                    self.cursor = upto;
                    // A round without frames moves the shards' cursors.
                    self.send(Round::of(frames, self.life, upto)).await?;
                }
                Behind::Gone => {
                    let standing = self.app.replica.window().standing();
                    (self.life, self.cursor, self.bars) = (standing.life, standing.to, standing.from);
                    self.send(Round { upto: self.cursor, life: self.life, resync: true, ..Round::default() }).await?;
                }
            }
        }
    }

    /// Bars and boards: at most once a second.
    async fn look_slowly(&mut self) -> Result<(), Ended> {
        let (bars, upto) = self.app.replica.window().bars_behind(self.bars);
        self.bars = upto;
        let leaderboard = self.leaderboard().await;
        if bars.is_empty() && leaderboard.is_none() {
            return Ok(());
        }
        let bars = bars.into_iter().map(Shared::new).collect();
        self.send(Round { upto: self.cursor, life: self.life, bars, leaderboard, ..Round::default() }).await
    }

    /// The head of the board, if anybody wants it and it changed.
    async fn leaderboard(&mut self) -> Option<Arc<Shared<LeaderboardFrame>>> {
        let hub = &self.app.hub;
        if !hub.leaderboard.is_wanted() {
            return None;
        }
        let board = Board { kind: BoardKind::Pnl, scope: BoardScope::Overall, window: BoardWindow::Season };
        let look = |league: &crate::wire::League| (league.seq(), league.boards().view(board, None, LINES, 0));
        let (seq, view) = self.app.replica.read(look).ok()?;
        if self.board.as_ref() == Some(&view.rows) && hub.leaderboard.last().is_some() {
            return None;
        }
        let mut rows = Vec::with_capacity(view.rows.len());
        for row in &view.rows {
            let name = self.name_of(row.account).await;
            rows.push(BoardLine { rank: row.rank, account_id: row.account, name, score: six_places(row.score) });
        }
        self.board = Some(view.rows);
        let frame = LeaderboardFrame { seq: seq.0, kind: "pnl", window: "season", total: view.total, rows };
        let shared = Arc::new(Shared::new(frame));
        self.app.hub.leaderboard.tell(Arc::clone(&shared));
        Some(shared)
    }

    async fn name_of(&mut self, account: AccountId) -> Option<String> {
        if let Some(name) = self.names.get(&account) {
            return name.clone();
        }
        if self.names.len() >= NAMES {
            self.names.clear();
        }
        let name = self.app.name_of(account).await;
        self.names.insert(account, name.clone());
        name
    }
}
