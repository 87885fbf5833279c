//! Lists: pages by cursor, with an `ETag` of what they list.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use ftl_core::id::Seq;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::past::Moment;
use crate::problem::Problem;
use crate::routes::IfNoneMatch;

/// Parameters of every list.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PageParams {
    /// Where the last page ended: its `nextCursor`.
    pub cursor: Option<String>,
    /// At most this many rows, 200 at the most; 50 where it is left out.
    pub limit: Option<usize>,
    /// Waits until this entry is applied.
    pub min_seq: Option<u64>,
}

/// Parameters of a list that can be as it was.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PastPageParams {
    /// Where the last page ended: its `nextCursor`.
    pub cursor: Option<String>,
    /// At most this many rows, 200 at the most; 50 where it is left out.
    pub limit: Option<usize>,
    /// Waits until this entry is applied.
    pub min_seq: Option<u64>,
    /// As it was after this entry, or at this time (RFC 3339).
    #[param(value_type = Option<String>)]
    pub at: Option<Moment>,
}

/// The longest page.
pub const LONGEST: usize = 200;

impl PageParams {
    /// Rows on the page.
    pub fn rows(&self) -> Result<usize, Problem> {
        rows(self.limit, 50, LONGEST)
    }

    /// A cursor of history: entry and place in it.
    pub fn place(&self) -> Result<Option<(Seq, u32)>, Problem> {
        let bad = || Problem::invalid_field("cursor", "takes the nextCursor of a page");
        let Some(cursor) = &self.cursor else { return Ok(None) };
        let (seq, n) = cursor.split_once('-').ok_or_else(bad)?;
        Ok(Some((Seq(seq.parse().map_err(|_| bad())?), n.parse().map_err(|_| bad())?)))
    }
}

/// A limit within its bounds.
pub(crate) fn rows(limit: Option<usize>, default: usize, longest: usize) -> Result<usize, Problem> {
    match limit.unwrap_or(default) {
        n if (1..=longest).contains(&n) => Ok(n),
        _ => Err(Problem::invalid_field("limit", format!("takes 1 to {longest}"))),
    }
}

/// One page.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Page<T> {
    /// The entry that it is as of.
    pub seq: u64,
    /// Its rows.
    pub items: Vec<T>,
    /// Where the next page begins; `null` on the last.
    pub next_cursor: Option<String>,
}

impl<T: Serialize> Page<T> {
    /// A page of `rows + 1` rows that were asked for: the surplus one only tells that there is more.
    pub fn cut(seq: Seq, mut items: Vec<T>, rows: usize, cursor: impl Fn(&T) -> String) -> Self {
        let more = items.len() > rows;
        items.truncate(rows);
        let next_cursor = items.last().filter(|_| more).map(cursor);
        Self { seq: seq.0, items, next_cursor }
    }

    /// As a response, 304 where the client has these rows already.
    pub fn respond(self, has: &IfNoneMatch) -> Response {
        let Ok(rows) = serde_json::to_vec(&(&self.items, &self.next_cursor)) else { return Problem::internal().into_response() };
        // Of the rows alone: entries that change none of them leave the tag as it is.
        let tag = format!("W/\"{}\"", &blake3::hash(&rows).to_hex()[..32]);
        let mut response = if has.knows(&tag) { StatusCode::NOT_MODIFIED.into_response() } else { axum::Json(&self).into_response() };
        if let Ok(value) = HeaderValue::from_str(&tag) {
            response.headers_mut().insert(header::ETAG, value);
        }
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tag_is_of_the_rows_and_not_of_the_seq() {
        let tag =
            |seq, items: Vec<u8>| Page { seq, items, next_cursor: None }.respond(&IfNoneMatch::default()).headers()[header::ETAG].clone();
        assert_eq!(tag(1, vec![1, 2]), tag(9, vec![1, 2]));
        assert_ne!(tag(1, vec![1, 2]), tag(1, vec![1, 3]));
    }

    #[test]
    fn a_page_that_is_known_is_not_sent_again() {
        let page = Page { seq: 1, items: vec![1u8], next_cursor: None };
        let tag = page.clone().respond(&IfNoneMatch::default()).headers()[header::ETAG].clone();
        assert_eq!(page.respond(&tag.into()).status(), StatusCode::NOT_MODIFIED);
    }
}
