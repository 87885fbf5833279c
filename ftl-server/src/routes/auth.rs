//! `auth/dev`: whoever says a name has it. Development only.

use axum::Json as Answer;
use axum::extract::State;
use ftl_core::command::AccountKind;
use ftl_core::id::District;
use ftl_core::rejection::Rejection;
use ftl_store::identity::{Identity, NewIdentity};

use crate::app::App;
use crate::auth::Participant;
use crate::commands::accounts_away;
use crate::extract::Json;
use crate::problem::Problem;
use crate::wire::Time;
use crate::wire::account::{BatchAnswer, DevBatch, DevLogin, LoginAnswer, TicketAnswer};

/// Logins in one batch.
const LARGEST_BATCH: usize = 1_000;

/// Logs in under a name; the first time, makes the account.
#[utoipa::path(post, path = "/auth/dev", tag = "auth", request_body = DevLogin, responses((status = 200, body = LoginAnswer)))]
pub async fn dev(State(app): State<App>, Json { value, .. }: Json<DevLogin>) -> Result<Answer<LoginAnswer>, Problem> {
    let mut logins = log_in(&app, vec![value]).await?;
    logins.pop().map(Answer).ok_or(Problem::internal())
}

/// Logs in up to 1,000 at once.
#[utoipa::path(post, path = "/auth/dev/batch", tag = "auth", request_body = DevBatch, responses((status = 200, body = BatchAnswer)))]
pub async fn batch(State(app): State<App>, Json { value, .. }: Json<DevBatch>) -> Result<Answer<BatchAnswer>, Problem> {
    if value.accounts.is_empty() || value.accounts.len() > LARGEST_BATCH {
        return Err(Problem::invalid_field("accounts", "takes 1 to 1000 logins"));
    }
    log_in(&app, value.accounts).await.map(|accounts| Answer(BatchAnswer { accounts }))
}

/// A ticket for one stream, for clients that cannot send a header with it.
#[utoipa::path(post, path = "/ws/token", tag = "realtime", responses((status = 200, body = TicketAnswer)), security(("bearer" = [])))]
pub async fn ticket(State(app): State<App>, Participant(me): Participant) -> Result<Answer<TicketAnswer>, Problem> {
    let (token, end) = app.tokens.ticket(me, app.now())?;
    Ok(Answer(TicketAnswer { token, expires_at: Time(end) }))
}

async fn log_in(app: &App, logins: Vec<DevLogin>) -> Result<Vec<LoginAnswer>, Problem> {
    if !app.is_development() {
        return Err(Problem::not_found("no such route"));
    }
    let (districts, seq) =
        app.replica.read(|league| (league.genesis().map(|genesis| genesis.districts.clone()).unwrap_or_default(), league.seq()))?;
    let mut wanted = Vec::with_capacity(logins.len());
    for login in logins {
        let district = District::from(login.district.as_str());
        if !districts.contains(&district) {
            return Err(Problem::rejected(&Rejection::UnknownDistrict, seq));
        }
        if !is_name(&login.name) {
            return Err(Problem::invalid_field("name", "takes 1 to 32 printable characters without spaces at the ends"));
        }
        wanted.push(NewIdentity { name: login.name, district, kind: AccountKind::Human });
    }
    let now = app.now();
    let identities = app.identities.find_or_create(&wanted, now).await.map_err(accounts_away)?;
    identities.iter().zip(&wanted).map(|(identity, wanted)| login_of(app, identity, wanted)).collect()
}

fn login_of(app: &App, identity: &Identity, wanted: &NewIdentity) -> Result<LoginAnswer, Problem> {
    if identity.district != wanted.district {
        let detail = format!("{} plays for {}", identity.name, identity.district);
        return Err(Problem::new(axum::http::StatusCode::CONFLICT, "district_chosen", "The district is chosen once", detail));
    }
    let (token, end) = app.tokens.access(identity.id, app.now())?;
    Ok(LoginAnswer { account_id: identity.id, token, expires_at: Time(end) })
}

fn is_name(name: &str) -> bool {
    (1..=32).contains(&name.chars().count()) && name.trim() == name && !name.chars().any(char::is_control)
}
