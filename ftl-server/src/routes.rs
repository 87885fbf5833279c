//! The handlers, one area of the API a file. A handler turns a request into a read of the state or a command, and what
//! comes of it into a response; it knows no rule of the game.

pub mod activity;
pub mod admin;
pub mod auth;
pub mod boards;
pub mod console;
pub mod events;
pub mod fixtures;
pub mod health;
pub mod history;
pub mod instruments;
pub mod me;
pub mod orders;
pub mod positions;
pub mod while_away;
pub mod ws;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderValue, header};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::past::Moment;
use crate::problem::Problem;

/// What every read of the state takes.
#[derive(Clone, Copy, Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ReadParams {
    /// Waits until this entry is applied.
    pub min_seq: Option<u64>,
}

/// What a read takes that can look into the past.
#[derive(Clone, Copy, Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PastParams {
    /// Waits until this entry is applied.
    pub min_seq: Option<u64>,
    /// As it was after this entry, or at this time (RFC 3339).
    #[param(value_type = Option<String>)]
    pub at: Option<Moment>,
}

/// The tags of what the client has already.
#[derive(Clone, Debug, Default)]
pub struct IfNoneMatch(Option<HeaderValue>);

impl IfNoneMatch {
    /// Whether the client has what has this tag.
    pub fn knows(&self, tag: &str) -> bool {
        self.0.as_ref().and_then(|tags| tags.to_str().ok()).is_some_and(|tags| tags.split(',').any(|known| known.trim() == tag))
    }
}

#[cfg(test)]
impl From<HeaderValue> for IfNoneMatch {
    fn from(tag: HeaderValue) -> Self {
        Self(Some(tag))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for IfNoneMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Ok(Self(parts.headers.get(header::IF_NONE_MATCH).cloned()))
    }
}
