//! `GET me/while-away`: what became of my book since I looked.
//!
//! ```text
//!  since ─▶ the league as it was ─▶ every outcome to the present ─┬─▶ what concerns the book
//!                                                                └─▶ margin::replay of the book alone (R5.6)
//!        └─▶ too long ago, or others look into the past: closes and fills of history
//! ```

use std::collections::HashMap;
use std::ops::ControlFlow;

use axum::Json;
use axum::extract::State;
use ftl_core::event::Event;
use ftl_core::id::{BookId, InstrumentIdx, OrderId, Seq};
use ftl_core::margin::{History, Standing, replay};
use ftl_core::outcome::Outcome;
use ftl_core::position::CloseReason;
use ftl_core::projection::{ClosedPositionRow, FillRow, Row, rows_of};
use ftl_core::rejection::Rejection;
use ftl_core::rulebook::Standard;
use ftl_core::rules::Rules;

use crate::app::App;
use crate::auth::Participant;
use crate::extract::Query;
use crate::history::away;
use crate::past::Moment;
use crate::problem::Problem;
use crate::wire::portfolio::PortfolioView;
use crate::wire::position::{ClosedPositionView, slug};
use crate::wire::trade::TradeView;
use crate::wire::while_away::{AwayCancelled, AwayClose, AwayWarning, WhileAwayAnswer, WhileAwayParams};
use crate::wire::{League, Time};

/// Steps of a book's world that are kept for the replay: about 50 MB.
const LONGEST_REPLAY: usize = 1_000_000;
/// Rows of history where the past is too far.
const ROWS: usize = 200;

/// What became of my book since an entry or a time: closes with their reasons, fills, cancelled orders, warnings.
#[utoipa::path(get, path = "/me/while-away", tag = "me", params(WhileAwayParams), responses((status = 200, body = WhileAwayAnswer)), security(("bearer" = [])))]
pub async fn while_away(
    State(app): State<App>,
    Participant(me): Participant,
    Query(params): Query<WhileAwayParams>,
) -> Result<Json<WhileAwayAnswer>, Problem> {
    app.replica.wait_for(params.min_seq).await?;
    let book = BookId::season(me);
    let (now, at) = app.replica.read(|league| (league.seq(), league.at()))?;
    let future = match params.since {
        Moment::Seq(seq) => seq > now,
        Moment::Time(time) => time > app.now().max(at),
    };
    if future {
        return Err(Problem::invalid_field("since", format!("lies in the future: the journal is at {now}")));
    }
    let begin = move |league: &League| Report::begin(league, book);
    let answer = match app.watch_from(params.since, begin, Report::watch, Report::told).await? {
        Some(answer) => answer,
        None => {
            let report = Report::of_history(&app, book, params.since).await?;
            app.replica.read(|league| report.told(league))?
        }
    };
    answer.map(Json).ok_or_else(|| Problem::rejected(&Rejection::UnknownAccount, now))
}

/// What is gathered on the way.
struct Report {
    book: BookId,
    complete: bool,
    before: Option<PortfolioView>,
    rules: Rules,
    then: Standing,
    world: Option<History>,
    resting: HashMap<OrderId, InstrumentIdx>,
    closes: Vec<ClosedPositionRow>,
    opens: Vec<FillRow>,
    cancelled: Vec<AwayCancelled>,
    warnings: Vec<AwayWarning>,
}

impl Report {
    fn begin(league: &League, book: BookId) -> Self {
        Self {
            book,
            complete: true,
            before: league.portfolio(book).as_ref().map(PortfolioView::from),
            rules: league.rules().clone(),
            then: Standing::of(league, book),
            world: Some(History::begin(league, book)),
            resting: league.orders_of(book).map(|order| (order.id, order.instrument)).collect(),
            closes: Vec::new(),
            opens: Vec::new(),
            cancelled: Vec::new(),
            warnings: Vec::new(),
        }
    }

    fn watch(&mut self, league: &League, outcome: &Outcome) -> ControlFlow<()> {
        if outcome.events.is_empty() {
            return ControlFlow::Continue(());
        }
        if let Some(world) = &mut self.world {
            world.observe(&outcome.events);
            if world.steps.len() > LONGEST_REPLAY {
                return ControlFlow::Break(());
            }
        }
        let book = self.book;
        let (seq, at) = (outcome.seq.0, Time(outcome.at));
        for event in &outcome.events {
            match event {
                Event::OrderPlaced(order) if order.book == book => {
                    self.resting.insert(order.id, order.instrument);
                }
                Event::OrderCancelled { book: whose, order, reason } if *whose == book => {
                    let instrument = self.resting.get(order).map_or_else(|| "".into(), |idx| slug(league, *idx));
                    self.cancelled.push(AwayCancelled { seq, at, order: *order, instrument, reason: reason.code().to_owned() });
                }
                Event::MarginWarned { book: whose } if *whose == book => {
                    let level_bps = league.portfolio(book).and_then(|portfolio| portfolio.level_bps);
                    self.warnings.push(AwayWarning { seq, at, level_bps });
                }
                _ => {}
            }
        }
        if outcome.events.iter().any(|event| concerns(event, book)) {
            for row in rows_of(outcome) {
                match row {
                    Row::ClosedPosition(row) if row.book == book => self.closes.push(row),
                    Row::Fill(row) if row.book == book && row.opened => self.opens.push(row),
                    _ => {}
                }
            }
        }
        ControlFlow::Continue(())
    }

    /// What history knows: rows of one book, found by an index however long ago it was.
    async fn of_history(app: &App, book: BookId, since: Moment) -> Result<Self, Problem> {
        app.history.reach(app.seq()).await;
        let behind = |seq: Seq, at| !since.includes(seq, at);
        let mut closes = app.history.projections.closed_positions(book, None, ROWS).await.map_err(away)?;
        closes.retain(|row| behind(row.seq, row.closed_at));
        closes.reverse();
        let mut opens = app.history.projections.fills(book, None, ROWS).await.map_err(away)?;
        opens.retain(|row| row.opened && behind(row.seq, row.at));
        opens.reverse();
        app.replica.read(|league| Self {
            complete: false,
            before: None,
            world: None,
            resting: HashMap::new(),
            closes,
            opens,
            ..Self::begin(league, book)
        })
    }

    fn told(self, league: &League) -> Option<WhileAwayAnswer> {
        let book = self.book;
        let replayed = self.world.as_ref().map(|world| replay::<Standard>(&self.rules, self.then.clone(), &world.steps));
        let closes = self.closes.iter().map(|row| {
            let same = |close: &ftl_core::margin::Close| {
                close.position == row.position && close.exit_value == row.exit_value && close.pnl == row.pnl
            };
            let replayed = replayed.as_ref().filter(|_| row.reason == CloseReason::Washout).map(|closes| closes.iter().any(same));
            AwayClose { closed: ClosedPositionView::of(league, row), replayed }
        });
        Some(WhileAwayAnswer {
            seq: league.seq().0,
            complete: self.complete,
            before: self.before,
            after: league.portfolio(book).as_ref().map(PortfolioView::from)?,
            realised: self.closes.iter().map(|row| row.pnl).sum(),
            closes: closes.collect(),
            opens: self.opens.iter().map(|row| TradeView::of(league, row)).collect(),
            cancelled: self.cancelled,
            warnings: self.warnings,
        })
    }
}

fn concerns(event: &Event, book: BookId) -> bool {
    match event {
        Event::PositionOpened(opened) => opened.book == book,
        Event::PositionClosed(closed) => closed.book == book,
        _ => false,
    }
}
