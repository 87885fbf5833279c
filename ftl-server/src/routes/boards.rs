//! Boards, districts, and what the house stands to lose.

use axum::Json;
use axum::extract::{Extension, State};
use ftl_core::boards::{Board, BoardKind, BoardRow, BoardScope, BoardView};
use ftl_core::id::{AccountId, BookId};
use ftl_core::rejection::Rejection;
use ftl_core::units::Money;

use super::ReadParams;
use crate::app::App;
use crate::auth::Caller;
use crate::extract::{Path, Query};
use crate::problem::Problem;
use crate::wire::League;
use crate::wire::board::{BoardAnswer, BoardLine, BoardParams, DistrictLine, DistrictsAnswer};
use crate::wire::page::rows;
use crate::wire::risk::RiskAnswer;

/// Rows on either side of one's own.
const AROUND: usize = 2;
/// R8.1: a district's best.
const BEST: usize = 10;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Pnl,
    Roi,
    Equity,
}

/// A board: the first ones, own rank and neighbours.
#[utoipa::path(get, path = "/leaderboard/{kind}", tag = "boards", params(("kind" = String, Path, description = "pnl, roi or equity"), BoardParams),
    responses((status = 200, body = BoardAnswer)))]
pub async fn leaderboard(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Path(kind): Path<String>,
    Query(params): Query<BoardParams>,
) -> Result<Json<BoardAnswer>, Problem> {
    app.replica.wait_for(params.min_seq).await?;
    let (kind, code) = match kind.as_str() {
        "pnl" => (Kind::Pnl, "pnl"),
        "roi" => (Kind::Roi, "roi"),
        "equity" => (Kind::Equity, "equity"),
        _ => return Err(Problem::not_found("there are the boards pnl, roi and equity")),
    };
    if params.window.as_deref().is_some_and(|window| window != "season") {
        return Err(Problem::invalid_field("window", "takes season"));
    }
    let limit = rows(params.limit, 10, 100)?;
    let me = if let Caller::Account(me) = caller { Some(me) } else { None };
    let (scope, district) = app.replica.read(|league| scope_of(league, &params, me))??;
    let (seq, view) = match kind {
        Kind::Equity => {
            let (board, seq) = app.equity_board().await?;
            (seq, board.view(scope, me, limit, AROUND))
        }
        Kind::Pnl | Kind::Roi => {
            let kind = if kind == Kind::Pnl { BoardKind::Pnl } else { BoardKind::Roi };
            app.replica.read(|league| (league.seq(), view_of(league, kind, scope, me, limit)))?
        }
    };
    let scope = if district.is_some() { "district" } else { "overall" };
    let mut lines = Lines { app: &app };
    Ok(Json(BoardAnswer {
        seq: seq.0,
        kind: code,
        scope,
        district,
        total: view.total,
        rows: lines.of(&view.rows).await,
        own: lines.of(view.own.as_slice()).await.pop(),
        neighbours: lines.of(&view.neighbours).await,
    }))
}

/// The districts, the best first.
#[utoipa::path(get, path = "/districts", tag = "boards", params(ReadParams), responses((status = 200, body = DistrictsAnswer)))]
pub async fn districts(State(app): State<App>, Query(params): Query<ReadParams>) -> Result<Json<DistrictsAnswer>, Problem> {
    app.replica.wait_for(params.min_seq).await?;
    let look = |league: &League| {
        let names = league.genesis().map(|genesis| genesis.districts.clone()).unwrap_or_default();
        let mut lines: Vec<(i64, DistrictLine)> = (0u16..)
            .zip(names)
            .map(|(place, name)| {
                let ranking = league.boards().ranking(Board::of_season(BoardKind::Pnl, BoardScope::District(place)));
                let best: i64 = ranking.map(|ranking| ranking.top(BEST).map(|key| key.score).sum()).unwrap_or_default();
                let ranked = ranking.map_or(0, |ranking| ranking.len() as u64);
                let score = best.div_euclid(BEST as i64);
                (score, DistrictLine { district: name.to_string(), ranked, score: six_places(score) })
            })
            .collect();
        lines.sort_by(|(a, one), (b, other)| b.cmp(a).then_with(|| one.district.cmp(&other.district)));
        (league.seq(), lines)
    };
    let (seq, lines) = app.replica.read(look)?;
    Ok(Json(DistrictsAnswer { seq: seq.0, districts: lines.into_iter().map(|(_, line)| line).collect() }))
}

/// What the present book can cost the house (R7.2).
#[utoipa::path(get, path = "/risk", tag = "public", params(ReadParams), responses((status = 200, body = RiskAnswer)))]
pub async fn risk(State(app): State<App>, Query(params): Query<ReadParams>) -> Result<Json<RiskAnswer>, Problem> {
    app.replica.wait_for(params.min_seq).await?;
    app.replica.read(|league| Json(RiskAnswer::of(league)))
}

fn scope_of(league: &League, params: &BoardParams, me: Option<AccountId>) -> Result<(BoardScope, Option<String>), Problem> {
    let names = league.genesis().map(|genesis| genesis.districts.as_slice()).unwrap_or_default();
    match params.scope.as_deref().unwrap_or("overall") {
        "overall" if params.district.is_some() => Err(Problem::invalid_field("district", "belongs to scope=district")),
        "overall" => Ok((BoardScope::Overall, None)),
        "district" => {
            let place = match &params.district {
                Some(name) => names.iter().position(|district| district.as_str() == name),
                None => me.and_then(|me| league.account(me)).map(|account| usize::from(account.district)),
            };
            let found = place.and_then(|place| Some((u16::try_from(place).ok()?, names.get(place)?)));
            let (place, name) = found.ok_or_else(|| match params.district {
                Some(_) => Problem::rejected(&Rejection::UnknownDistrict, league.seq()),
                None => Problem::invalid_field("district", "name one, or log in to have your own"),
            })?;
            Ok((BoardScope::District(place), Some(name.to_string())))
        }
        _ => Err(Problem::invalid_field("scope", "takes overall or district")),
    }
}

fn view_of(league: &League, kind: BoardKind, scope: BoardScope, me: Option<AccountId>, limit: usize) -> BoardView {
    let own = me.and_then(|me| {
        let standing = &league.book(BookId::season(me))?.standing;
        Some((league.account(me)?.seat(), standing))
    });
    league.boards().view(Board::of_season(kind, scope), own, &league.rules().boards, limit, AROUND)
}

struct Lines<'a> {
    app: &'a App,
}

impl Lines<'_> {
    async fn of(&mut self, rows: &[BoardRow]) -> Vec<BoardLine> {
        let mut lines = Vec::with_capacity(rows.len());
        for row in rows {
            let name = self.app.name_of(row.account).await;
            lines.push(BoardLine { rank: row.rank, account_id: row.account, name, score: six_places(row.score) });
        }
        lines
    }
}

/// Scores of every board count in 10⁻⁶, as money does.
fn six_places(score: i64) -> String {
    Money::from_units(score).to_string()
}
