//! The console: pages, scripts and styles that are part of the program, at `/` and below `/console/`.
//!
//! A browser gets nothing from anywhere else, and runs nothing that did not come from here: the policy says so. What the
//! console shows it asks of the same routes as everybody.

use axum::extract::Path;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use rust_embed::{EmbeddedFile, RustEmbed};

use super::IfNoneMatch;
use crate::app::App;
use crate::problem::Problem;

/// Where everything but the page itself is.
const BELOW: &str = "/console/";

/// What a page of ours may load, and from where. `connect-src 'self'` holds for the WebSocket of the same address too.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; font-src 'self'; object-src 'none'; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

#[derive(RustEmbed)]
#[folder = "console/"]
struct Files;

/// The console's routes; they are no part of the API's description.
pub fn routes() -> axum::Router<App> {
    axum::Router::new().route("/", get(page)).route("/console/{*path}", get(file))
}

/// Whether a request is for a file of the console: dozens make one page, and none of them asks the league anything.
pub(crate) fn serves(path: &str) -> bool {
    path == "/" || path.starts_with(BELOW)
}

async fn page(has: IfNoneMatch) -> Result<Response, Problem> {
    respond("index.html", &has)
}

async fn file(Path(path): Path<String>, has: IfNoneMatch) -> Result<Response, Problem> {
    respond(&path, &has)
}

fn respond(path: &str, has: &IfNoneMatch) -> Result<Response, Problem> {
    let file = Files::get(path).ok_or_else(|| Problem::not_found("no such file of the console"))?;
    let tag = tag_of(&file);
    let mut response = if has.knows(&tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let kind = HeaderValue::from_str(file.metadata.mimetype()).map_err(|_| Problem::internal())?;
        let mut response = file.data.into_response();
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
        response
    };
    let headers = response.headers_mut();
    headers.insert(header::ETAG, HeaderValue::from_str(&tag).map_err(|_| Problem::internal())?);
    // Asked for again each time: after an upgrade nobody runs half of the former console.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(header::CONTENT_SECURITY_POLICY, POLICY);
    headers.insert(HeaderName::from_static("permissions-policy"), HeaderValue::from_static("camera=(), geolocation=(), microphone=()"));
    Ok(response)
}

/// Of the bytes: the same file has the same tag in every process.
fn tag_of(file: &EmbeddedFile) -> String {
    let hash = file.metadata.sha256_hash();
    let hex: String = hash[..16].iter().map(|byte| format!("{byte:02x}")).collect();
    format!("\"{hex}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header_of(response: &Response, name: HeaderName) -> &str {
        response.headers()[name].to_str().unwrap()
    }

    #[test]
    fn a_file_is_sent_once_and_known_by_its_tag() {
        let first = respond("js/main.js", &IfNoneMatch::default()).unwrap();
        assert_eq!((first.status(), header_of(&first, header::CONTENT_TYPE)), (StatusCode::OK, "text/javascript"));
        let again = respond("js/main.js", &first.headers()[header::ETAG].clone().into()).unwrap();
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
        assert_eq!(respond("../Cargo.toml", &IfNoneMatch::default()).unwrap_err().status(), StatusCode::NOT_FOUND);
    }

    #[test]
    fn every_file_says_what_it_is_and_runs_nothing_inline() {
        for path in Files::iter() {
            let response = respond(&path, &IfNoneMatch::default()).unwrap();
            let kind = header_of(&response, header::CONTENT_TYPE);
            assert!(matches!(kind, "text/html" | "text/css" | "text/javascript" | "image/svg+xml"), "{path}: {kind}");
            assert!(!header_of(&response, header::CONTENT_SECURITY_POLICY).contains("unsafe"));
        }
        let page = String::from_utf8(Files::get("index.html").unwrap().data.into_owned()).unwrap();
        assert!(!page.contains("style=") && !page.contains("<style") && !page.contains("onclick"), "{page}");
        assert!(!page.contains("//"), "nothing comes from elsewhere: {page}");
    }
}
