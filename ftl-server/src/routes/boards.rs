//! Boards, district against district, and what the house stands to lose.

use axum::Json;
use axum::extract::{Extension, State};
use ftl_core::boards::{Board, BoardKind, BoardRow, BoardScope, BoardView, BoardWindow, DistrictResult};
use ftl_core::id::{AccountId, BookId};
use ftl_core::rejection::Rejection;
use ftl_core::time::Week;
use ftl_core::units::Money;

use super::ReadParams;
use crate::app::App;
use crate::auth::Caller;
use crate::extract::{Path, Query};
use crate::problem::Problem;
use crate::wire::League;
use crate::wire::board::{BoardAnswer, BoardLine, BoardParams, DistrictAnswer, DistrictLine, DistrictTable, DistrictWeek, DistrictsAnswer};
use crate::wire::page::rows;
use crate::wire::risk::RiskAnswer;

/// Rows on either side of one's own.
const AROUND: usize = 2;

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
    let week = this_week(&app)?;
    let (window, window_code) = match params.window.as_deref().unwrap_or("season") {
        "season" => (BoardWindow::Season, "season"),
        _ if kind == Kind::Equity => return Err(Problem::invalid_field("window", "takes season: equity knows no weeks")),
        "week" => (BoardWindow::Week(week), "week"),
        "last_week" => (BoardWindow::Week(week.before()), "last_week"),
        _ => return Err(Problem::invalid_field("window", "takes season, week or last_week")),
    };
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
            app.replica.read(|league| (league.seq(), view_of(league, Board { kind, scope, window }, me, limit)))?
        }
    };
    let scope = if district.is_some() { "district" } else { "overall" };
    let mut lines = Lines { app: &app };
    Ok(Json(BoardAnswer {
        seq: seq.0,
        kind: code,
        scope,
        district,
        window: window_code,
        week: match window {
            BoardWindow::Season => None,
            BoardWindow::Week(week) => Some(week.into()),
        },
        total: view.total,
        rows: lines.of(&view.rows).await,
        own: lines.of(view.own.as_slice()).await.pop(),
        neighbours: lines.of(&view.neighbours).await,
    }))
}

/// District against district: this week and the last, the best first.
#[utoipa::path(get, path = "/districts", tag = "boards", params(ReadParams), responses((status = 200, body = DistrictsAnswer)))]
pub async fn districts(State(app): State<App>, Query(params): Query<ReadParams>) -> Result<Json<DistrictsAnswer>, Problem> {
    app.replica.wait_for(params.min_seq).await?;
    let week = this_week(&app)?;
    app.replica.read(|league| {
        let table = |week: Week| DistrictTable {
            week: week.into(),
            districts: table_of(league, week).iter().map(|result| line_of(league, week, result)).collect(),
        };
        Json(DistrictsAnswer { seq: league.seq().0, week: table(week), last_week: table(week.before()) })
    })
}

/// One district: its place this week and in the last, and who made its score.
#[utoipa::path(get, path = "/districts/{district}", tag = "boards", params(("district" = String, Path), ReadParams), responses((status = 200, body = DistrictAnswer)))]
pub async fn district(
    State(app): State<App>,
    Path(name): Path<String>,
    Query(params): Query<ReadParams>,
) -> Result<Json<DistrictAnswer>, Problem> {
    app.replica.wait_for(params.min_seq).await?;
    let week = this_week(&app)?;
    let look = |league: &League| {
        let mut weeks = [week, week.before()].map(|week| {
            let result = table_of(league, week).into_iter().find(|result| name_of_district(league, result.district) == name)?;
            Some((line_of(league, week, &result), result.best))
        });
        (league.seq(), weeks[0].take().zip(weeks[1].take()))
    };
    let (seq, found) = app.replica.read(look)?;
    let ((now, best_now), (last, best_last)) = found.ok_or_else(|| Problem::not_found("there is no such district").at(seq))?;
    let mut lines = Lines { app: &app };
    let answer = DistrictAnswer {
        seq: seq.0,
        week: DistrictWeek { week: week.into(), line: now, best: lines.of(&best_now).await },
        last_week: DistrictWeek { week: week.before().into(), line: last, best: lines.of(&best_last).await },
    };
    Ok(Json(answer))
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

fn view_of(league: &League, board: Board, me: Option<AccountId>, limit: usize) -> BoardView {
    let own = me.and_then(|me| {
        let standing = &league.book(BookId::season(me))?.standing;
        Some((league.account(me)?.seat(), standing))
    });
    league.boards().view(board, own, limit, AROUND)
}

/// The week that it is, whether or not anything has happened in it.
fn this_week(app: &App) -> Result<Week, Problem> {
    app.replica.read(|league| Week::of(app.now().max(league.at())))
}

fn table_of(league: &League, week: Week) -> Vec<DistrictResult> {
    let count = league.genesis().map_or(0, |genesis| genesis.districts.len());
    league.boards().district_table(week, u16::try_from(count).unwrap_or(u16::MAX))
}

fn line_of(league: &League, week: Week, result: &DistrictResult) -> DistrictLine {
    let ranking = league.boards().ranking(Board::of_week(week, BoardKind::Pnl, BoardScope::District(result.district)));
    DistrictLine {
        rank: result.rank,
        district: name_of_district(league, result.district).to_owned(),
        ranked: ranking.map_or(0, |ranking| ranking.len() as u64),
        contenders: result.contenders,
        score: result.score.to_string(),
    }
}

fn name_of_district(league: &League, place: u16) -> &str {
    let names = league.genesis().map(|genesis| genesis.districts.as_slice()).unwrap_or_default();
    names.get(usize::from(place)).map_or("", |district| district.as_str())
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
pub(crate) fn six_places(score: i64) -> String {
    Money::from_units(score).to_string()
}
