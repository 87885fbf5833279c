//! Strict reading of requests: JSON bodies, paths and queries whose every failure names the field.
//!
//! Unknown fields are refused by the types themselves (`deny_unknown_fields`). Quantities come as decimal strings or as
//! JSON numbers, read digit by digit: no float ever stands between the client and the journal.

use axum::extract::{FromRequest, FromRequestParts, Path as AxumPath, Request};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::problem::Problem;

/// A JSON body with what it was made of.
pub struct Json<T> {
    /// The value.
    pub value: T,
    /// The body as sent.
    pub bytes: Bytes,
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let json = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).is_some_and(is_json);
        let bytes = Bytes::from_request(request, state).await.map_err(|error| match error.into_response_status() {
            StatusCode::PAYLOAD_TOO_LARGE => Problem::too_large(),
            status => Problem::of_status(status),
        })?;
        if !json {
            return Err(Problem::of_status(StatusCode::UNSUPPORTED_MEDIA_TYPE));
        }
        let value = from_json(&bytes)?;
        Ok(Self { value, bytes })
    }
}

/// Reads a JSON text; the problem names the field. Only a text that is refused is read again to learn where.
pub fn from_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    serde_json::from_slice(bytes).or_else(|_| located(bytes))
}

fn located<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let path = error.path().to_string();
        let inner = error.into_inner();
        match inner.classify() {
            serde_json::error::Category::Data => {
                let path = if path == "." { String::new() } else { path };
                Problem::invalid_field(path, without_place(&inner.to_string()))
            }
            _ => Problem::malformed_json(inner.to_string()),
        }
    })?;
    reader.end().map_err(|error| Problem::malformed_json(error.to_string()))?;
    Ok(value)
}

/// A path's parameters.
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let AxumPath(value) =
            AxumPath::<T>::from_request_parts(parts, state).await.map_err(|error| Problem::not_found(error.body_text()))?;
        Ok(Self(value))
    }
}

/// A query's parameters.
pub struct Query<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let axum::extract::Query(value) = axum::extract::Query::<T>::from_request_parts(parts, state)
            .await
            .map_err(|error| Problem::invalid_field("", error.body_text().replace("Failed to deserialize query string: ", "")))?;
        Ok(Self(value))
    }
}

/// The header of an idempotency key, where there is one. Alone: a copy of all headers costs more than reading the body.
pub struct IdempotencyHeader(pub Option<HeaderValue>);

impl<S: Send + Sync> FromRequestParts<S> for IdempotencyHeader {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Ok(Self(parts.headers.get("idempotency-key").cloned()))
    }
}

/// A quantity as clients write it: `"1.00"`, `"1"`, `1.5` or `1`, with at most the unit's decimal places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decimal<Q>(pub Q);

impl<'de, Q> Deserialize<'de> for Decimal<Q>
where
    Q: std::str::FromStr<Err: std::fmt::Display>,
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::Error;
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        let text = raw.get();
        let digits = match text.as_bytes().first() {
            Some(b'"') => serde_json::from_str::<String>(text).map_err(D::Error::custom)?,
            Some(b'-' | b'0'..=b'9') => text.to_owned(),
            _ => return Err(D::Error::custom("takes a decimal number, as a string or a number")),
        };
        digits.parse().map(Self).map_err(|error| D::Error::custom(format_args!("{digits:?}: {error}")))
    }
}

impl<Q> Decimal<Q> {
    /// The quantity within.
    pub fn of(decimal: Option<Self>) -> Option<Q> {
        decimal.map(|Decimal(quantity)| quantity)
    }
}

/// A field that may be left out, set, or set to `null`: `None`, `Some(Some(_))`, `Some(None)`.
pub fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<T>>, D::Error> {
    Option::<T>::deserialize(deserializer).map(Some)
}

fn is_json(content_type: &str) -> bool {
    let kind = content_type.split(';').next().unwrap_or("").trim();
    kind.eq_ignore_ascii_case("application/json") || kind.ends_with("+json")
}

/// serde_json ends its messages in a line and column, which name nothing once the field is named.
fn without_place(message: &str) -> String {
    message.rsplit_once(" at line ").map_or(message, |(head, _)| head).to_owned()
}

/// The status that a failed reading of the body calls for.
trait IntoResponseStatus {
    fn into_response_status(self) -> StatusCode;
}

impl IntoResponseStatus for axum::extract::rejection::BytesRejection {
    fn into_response_status(self) -> StatusCode {
        self.status()
    }
}

#[cfg(test)]
mod tests {
    use ftl_core::units::{Lots, Price};

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    #[allow(dead_code)]
    struct Body {
        lots: Decimal<Lots>,
        #[serde(default)]
        stop_loss: Option<Decimal<Price>>,
    }

    #[track_caller]
    fn check(text: &str, expect: &str) {
        let got = match from_json::<Body>(text.as_bytes()) {
            Ok(body) => format!("{:?} {:?}", body.lots.0, body.stop_loss.map(|p| p.0)),
            Err(problem) => format!("{} {problem:?}", problem.code()),
        };
        assert!(got.contains(expect), "{got}");
    }

    #[test]
    fn quantities_come_as_strings_or_numbers_up_to_their_scale() {
        check(r#"{"lots":"1.00"}"#, "1.00 None");
        check(r#"{"lots":1}"#, "1.00 None");
        check(r#"{"lots":0.29,"stopLoss":180.0001}"#, "0.29 Some(180.0001)");
        check(r#"{"lots":92233720368547758.07}"#, "92233720368547758.07");
    }

    #[test]
    fn a_bad_field_is_named() {
        check(r#"{"lots":"1.001"}"#, r#"field: "lots""#);
        check(r#"{"lots":1e2}"#, r#"field: "lots""#);
        check(r#"{"lots":92233720368547758.08}"#, "out of range");
        check(r#"{"lots":true}"#, r#"field: "lots""#);
        check(r#"{"lots":1,"stopLoss":[]}"#, r#"field: "stopLoss""#);
        check(r#"{"lots":1,"leverage":100}"#, "unknown field");
        check(r#"{}"#, "missing field");
        check(r#"[]"#, "invalid_field");
    }

    #[test]
    fn what_is_no_json_is_malformed() {
        check(r#"{"lots":1"#, "malformed_json");
        check(r#"{"lots":1} x"#, "malformed_json");
        check("", "malformed_json");
    }
}
