//! The one place that turns a failure into a response: RFC 9457 `application/problem+json`.
//!
//! Handlers return `Result<_, Problem>`; nothing of the inside (paths, messages of the store) goes out.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use ftl_core::id::Seq;
use ftl_core::rejection::{Rejection, RejectionKind};
use serde::Serialize;
use utoipa::ToSchema;

/// What went wrong, as the client is told.
#[derive(Clone, Debug)]
pub struct Problem(Box<Inner>);

#[derive(Clone, Debug)]
struct Inner {
    status: StatusCode,
    code: &'static str,
    title: &'static str,
    detail: String,
    seq: Option<Seq>,
    errors: Vec<FieldError>,
    retry_after: Option<u64>,
}

/// One field that has no valid value.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FieldError {
    /// Path of the field in the body, or the parameter's name.
    pub field: String,
    /// What is wrong with it.
    pub detail: String,
}

/// The body of every response that is no success (RFC 9457).
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProblemBody {
    /// Names the kind of problem; ends in `code`.
    #[serde(rename = "type")]
    kind: String,
    /// A sentence for people, the same for each code.
    title: &'static str,
    /// The HTTP status.
    status: u16,
    /// The stable code.
    code: &'static str,
    /// This case, with its figures.
    detail: String,
    /// The path that was asked for.
    instance: String,
    /// The journal entry that gave this answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    seq: Option<u64>,
    /// Which fields.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldError>,
}

/// The problem of a response, for the middleware that knows the path.
#[derive(Clone, Debug)]
pub(crate) struct Unwritten(pub Problem);

impl Problem {
    /// A problem of the edge: not a rejection of the league.
    pub fn new(status: StatusCode, code: &'static str, title: &'static str, detail: impl Into<String>) -> Self {
        Self(Box::new(Inner { status, code, title, detail: detail.into(), seq: None, errors: Vec::new(), retry_after: None }))
    }

    /// The answer of the entry at `seq`.
    pub fn rejected(rejection: &Rejection, seq: Seq) -> Self {
        let status = match rejection.kind() {
            RejectionKind::Missing => StatusCode::NOT_FOUND,
            RejectionKind::Malformed => StatusCode::BAD_REQUEST,
            RejectionKind::Conflict => StatusCode::CONFLICT,
            RejectionKind::Rule => StatusCode::UNPROCESSABLE_ENTITY,
        };
        // The title is said once; the detail is what the title does not say.
        let line = rejection.to_string();
        let detail = line.strip_prefix(rejection.title()).map_or("", |rest| rest.trim_start_matches([':', ' ']));
        let detail = if detail.is_empty() { rejection.title() } else { detail };
        let mut problem = Self::new(status, rejection.code(), rejection.title(), detail).at(seq);
        if let Rejection::InvalidField { field, expected } = rejection {
            problem = problem.field(field, format!("takes {expected}"));
        }
        problem
    }

    /// The body is no JSON.
    pub fn malformed_json(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "malformed_json", "The body is not JSON", detail)
    }

    /// A field or parameter has no valid value.
    pub fn invalid_field(field: impl Into<String>, detail: impl Into<String>) -> Self {
        let (field, detail) = (field.into(), detail.into());
        let line = if field.is_empty() { detail.clone() } else { format!("{field}: {detail}") };
        Self::new(StatusCode::BAD_REQUEST, "invalid_field", "A field has no valid value", line).field(field, detail)
    }

    /// Nobody, or nobody known.
    pub fn unauthorized(detail: &'static str) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "unauthorized", "Log in first", detail)
    }

    /// Known, but not allowed.
    pub fn forbidden(detail: &'static str) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", "This is not allowed", detail)
    }

    /// No such route or thing.
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", "There is nothing here", detail)
    }

    /// Too often.
    pub fn too_many(code: &'static str, detail: impl Into<String>, retry_after: u64) -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, code, "Too many requests", detail).retry_after(retry_after)
    }

    /// Not now; whether a command got in is unknown.
    pub fn unavailable(code: &'static str, title: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, code, title, detail).retry_after(1)
    }

    /// Something is wrong here; the log says what.
    pub fn internal() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "Something is wrong here", "the fault is recorded")
    }

    /// What a bare status of a layer becomes.
    pub(crate) fn of_status(status: StatusCode) -> Self {
        match status {
            StatusCode::NOT_FOUND => Self::not_found("no such route"),
            StatusCode::METHOD_NOT_ALLOWED => {
                Self::new(status, "method_not_allowed", "This route does not take this method", "see /api/openapi.json")
            }
            StatusCode::PAYLOAD_TOO_LARGE => Self::too_large(),
            StatusCode::UNSUPPORTED_MEDIA_TYPE => {
                Self::new(status, "unsupported_media_type", "The body must be JSON", "send Content-Type: application/json")
            }
            StatusCode::GATEWAY_TIMEOUT | StatusCode::REQUEST_TIMEOUT => {
                Self::unavailable("timeout", "It took too long", "ask again under the same key")
            }
            _ if status.is_client_error() => Self::new(status, "bad_request", "The request cannot be understood", "see /api/openapi.json"),
            _ => Self::internal(),
        }
    }

    /// More bytes than a body may have.
    pub fn too_large() -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", "The body is too large", "a body may have 65536 bytes")
    }

    /// Names the entry.
    pub fn at(mut self, seq: Seq) -> Self {
        self.0.seq = Some(seq);
        self
    }

    /// Names a field.
    pub fn field(mut self, field: impl Into<String>, detail: impl Into<String>) -> Self {
        self.0.errors.push(FieldError { field: field.into(), detail: detail.into() });
        self
    }

    /// Seconds after which it makes sense to ask again.
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.0.retry_after = Some(seconds.max(1));
        self
    }

    /// Whether the league refused, and not the edge: such an answer is bound to an entry.
    pub(crate) fn is_rejection(&self) -> bool {
        self.0.seq.is_some() && self.0.status.is_client_error()
    }

    /// The stable code.
    pub fn code(&self) -> &'static str {
        self.0.code
    }

    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        self.0.status
    }

    /// The response to a request of `path`.
    pub(crate) fn write(self, path: &str) -> Response {
        let inner = *self.0;
        let body = ProblemBody {
            kind: format!("https://ftl.example/rejections/{}", inner.code),
            title: inner.title,
            status: inner.status.as_u16(),
            code: inner.code,
            detail: inner.detail,
            instance: path.to_owned(),
            seq: inner.seq.map(|seq| seq.0),
            errors: inner.errors,
        };
        let bytes = serde_json::to_vec(&body).unwrap_or_default();
        let mut response = (inner.status, bytes).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = inner.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if inner.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

impl IntoResponse for Problem {
    /// An empty response that carries the problem: the middleware writes it, because it knows the path.
    fn into_response(self) -> Response {
        let mut response = self.0.status.into_response();
        response.extensions_mut().insert(Unwritten(self));
        response
    }
}
