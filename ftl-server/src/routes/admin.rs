//! What an operator does. What touches the league is a command, and the journal is its record; the reason code goes to
//! the audit log beside the entry's seq.

pub mod accounts;
pub mod engine;
pub mod fixtures;
pub mod imports;
pub mod instruments;
pub mod processes;
pub mod quarantine;
pub mod replays;
pub mod rules;

use axum::Json;
use axum::http::HeaderMap;
use ftl_core::command::{Action, Command};
use ftl_core::id::{AccountId, CommandId};
use ftl_core::outcome::Entry;
use serde::Serialize;

use crate::app::App;
use crate::commands::idempotency_key;
use crate::problem::Problem;
use crate::replica::append::Lane;
use crate::wire::admin::AdminAnswer;

/// Operators' keys are apart from every participant's.
const OPERATOR: AccountId = AccountId(0);

/// Why an operator does something, and whether he means it.
pub(crate) struct Order<'a> {
    pub reason: &'a str,
    pub dry_run: bool,
    pub key: Option<&'a str>,
}

impl Order<'_> {
    /// Appends `action`, or tries it on a copy of the state.
    pub(crate) async fn carry_out(
        self,
        app: &App,
        headers: &HeaderMap,
        asked: &impl Serialize,
        action: Action,
    ) -> Result<Json<AdminAnswer>, Problem> {
        check_reason(self.reason)?;
        if self.dry_run {
            return dry_run(app, action).map(Json);
        }
        let key = idempotency_key(headers.get("idempotency-key"), self.key)?;
        let name = name_of(&action);
        let answered = app.run(Lane::Feed, app.command(OPERATOR, &key, asked, action)).await?;
        tracing::info!(target: "ftl::audit", seq = %answered.seq, reason = self.reason, action = name, accepted = answered.result.is_ok(), replayed = answered.replayed, "operator");
        answered.receipt()?;
        let events = answered.outcome.filter(|_| !answered.replayed).map(|outcome| outcome.events.clone()).unwrap_or_default();
        Ok(Json(AdminAnswer { seq: answered.seq.0, dry_run: false, replayed: answered.replayed, events }))
    }
}

/// What `action` would do now. Nothing is appended, and the copy is dropped.
fn dry_run(app: &App, action: Action) -> Result<AdminAnswer, Problem> {
    let mut league = app.replica.read(Clone::clone)?;
    let behind = league.seq();
    let command = Command { id: CommandId(u128::MAX), body: 0, not_after: None, action };
    let outcome = league.apply(&Entry { seq: behind.next(), at: league.at().max(app.now()), command });
    match outcome.answer.result {
        Ok(_) => Ok(AdminAnswer { seq: behind.0, dry_run: true, replayed: false, events: outcome.events }),
        Err(rejection) => Err(Problem::rejected(&rejection, behind)),
    }
}

pub(crate) fn check_reason(reason: &str) -> Result<(), Problem> {
    let code = (1..=64).contains(&reason.len()) && reason.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    if code { Ok(()) } else { Err(Problem::invalid_field("reason", "takes a code of 1 to 64 lower-case letters, digits and _")) }
}

/// The wire name of an action: its variant in snake_case.
fn name_of(action: &Action) -> String {
    match serde_json::to_value(action) {
        Ok(serde_json::Value::Object(map)) => map.keys().next().cloned().unwrap_or_default(),
        Ok(serde_json::Value::String(name)) => name,
        _ => String::new(),
    }
}
