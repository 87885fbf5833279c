//! `GET activity`: what happens on the pitch and who trades, for everybody.

use axum::Json;
use axum::extract::State;
use ftl_core::rejection::Rejection;

use crate::app::App;
use crate::extract::Query;
use crate::problem::Problem;
use crate::replica::activity::{Item, What};
use crate::wire::activity::{ActivityAnswer, ActivityParams, ActivityView};
use crate::wire::page::rows;

/// The latest of the pitch and of everybody's trades, the latest first.
#[utoipa::path(get, path = "/activity", tag = "social", params(ActivityParams), responses((status = 200, body = ActivityAnswer)))]
pub async fn activity(State(app): State<App>, Query(params): Query<ActivityParams>) -> Result<Json<ActivityAnswer>, Problem> {
    app.replica.wait_for(params.min_seq).await?;
    let limit = rows(params.limit, 100, 500)?;
    let (seq, districts) =
        app.replica.read(|league| (league.seq(), league.genesis().map(|genesis| genesis.districts.clone()).unwrap_or_default()))?;
    let place = match &params.district {
        Some(name) => {
            let place = districts.iter().position(|district| district.as_str() == name).and_then(|place| u16::try_from(place).ok());
            Some(place.ok_or_else(|| Problem::rejected(&Rejection::UnknownDistrict, seq))?)
        }
        None => None,
    };
    let kind = match params.kind.as_deref() {
        None => None,
        Some(kind @ ("match" | "trade" | "washout")) => Some(kind),
        Some(_) => return Err(Problem::invalid_field("kind", "takes match, trade or washout")),
    };
    let wanted = |item: &Item| {
        let (of, district) = match &item.what {
            What::Match { .. } => ("match", None),
            What::Trade(fill) => ("trade", fill.district),
            What::Washout(fill) => ("washout", fill.district),
            What::Corrected { .. } => return false,
        };
        kind.is_none_or(|kind| kind == of) && place.is_none_or(|place| of == "match" || district == Some(place))
    };
    let items = app.replica.activity().latest(limit, wanted).iter().filter_map(|item| ActivityView::of(item, &districts)).collect();
    Ok(Json(ActivityAnswer { seq: seq.0, items }))
}
