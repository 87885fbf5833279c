//! `me` and `portfolio`: one's own account.

use axum::Json;
use axum::extract::State;
use ftl_core::id::BookId;
use ftl_core::rejection::Rejection;

use super::{PastParams, ReadParams};
use crate::app::App;
use crate::auth::Participant;
use crate::commands::accounts_away;
use crate::extract::Query;
use crate::problem::Problem;
use crate::wire::League;
use crate::wire::account::MeAnswer;
use crate::wire::portfolio::{PortfolioAnswer, PortfolioView};

/// Who I am.
#[utoipa::path(get, path = "/me", tag = "me", params(ReadParams), responses((status = 200, body = MeAnswer)), security(("bearer" = [])))]
pub async fn me(State(app): State<App>, Participant(me): Participant, Query(params): Query<ReadParams>) -> Result<Json<MeAnswer>, Problem> {
    app.replica.wait_for(params.min_seq).await?;
    let identity = app.identities.by_id(me).await.map_err(accounts_away)?.ok_or(Problem::unauthorized("the account is gone"))?;
    let (seq, playing, suspended, portfolio) = app.replica.read(|league| {
        let account = league.account(me);
        let portfolio = league.portfolio(BookId::season(me)).as_ref().map(PortfolioView::from);
        (league.seq().0, account.is_some(), account.is_some_and(|account| account.suspended), portfolio)
    })?;
    Ok(Json(MeAnswer { seq, account_id: me, name: identity.name, district: identity.district, playing, suspended, portfolio }))
}

/// My book: margin account, positions, orders, now or as they were. The first look at what is now opens the account.
#[utoipa::path(get, path = "/portfolio", tag = "trading", params(PastParams), responses((status = 200, body = PortfolioAnswer)), security(("bearer" = [])))]
pub async fn portfolio(
    State(app): State<App>,
    Participant(me): Participant,
    Query(params): Query<PastParams>,
) -> Result<Json<PortfolioAnswer>, Problem> {
    app.replica.wait_for(params.min_seq).await?;
    let look = move |league: &League| (PortfolioAnswer::of(league, BookId::season(me)), league.seq());
    let (answer, seq) = match params.at {
        None => {
            app.ensure_plays(me).await?;
            app.replica.read(look)?
        }
        Some(at) => app.look_at(at, look).await?,
    };
    answer.map(Json).ok_or_else(|| Problem::rejected(&Rejection::UnknownAccount, seq))
}
