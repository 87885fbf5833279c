//! The `equity` board: what every book would be worth at close-out prices. A read model, made anew at most once a second
//! and only when somebody asks.

use std::sync::Arc;
use std::time::{Duration, Instant};

use ftl_core::boards::EquityBoard;
use ftl_core::command::AccountKind;
use ftl_core::id::Seq;
use tokio::sync::Mutex;

use crate::app::App;
use crate::problem::Problem;
use crate::wire::League;

const FRESH: Duration = Duration::from_secs(1);

/// See the module.
#[derive(Default)]
pub struct EquityModel(Mutex<Option<Made>>);

#[derive(Clone)]
struct Made {
    board: Arc<EquityBoard>,
    seq: Seq,
    at: Instant,
}

impl App {
    /// The board and the entry that it is as of.
    pub(crate) async fn equity_board(&self) -> Result<(Arc<EquityBoard>, Seq), Problem> {
        let mut made = self.equity.0.lock().await;
        if let Some(made) = &*made
            && made.at.elapsed() < FRESH
        {
            return Ok((Arc::clone(&made.board), made.seq));
        }
        // The clone shares the rows; what it costs falls on a thread that nobody trades on.
        let league = self.replica.read(Clone::clone)?;
        let seq = league.seq();
        let board = tokio::task::spawn_blocking(move || board_of(&league));
        let board = Arc::new(board.await.map_err(|_| Problem::internal())?);
        *made = Some(Made { board: Arc::clone(&board), seq, at: Instant::now() });
        Ok((board, seq))
    }
}

/// Everybody who may stand on a board.
fn board_of(league: &League) -> EquityBoard {
    let bots = league.rules().boards.bots;
    let season = league.books().filter(|book| book.id.number == 0);
    EquityBoard::of(season.filter_map(|book| {
        let account = league.account(book.id.account)?;
        let stands = bots || account.kind == AccountKind::Human;
        let worth = league.equity_less_grants(book.id)?;
        stands.then_some((account.seat(), worth))
    }))
}
