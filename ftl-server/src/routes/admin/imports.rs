//! A tournament's file, sent by the operator.

use axum::Json as Answer;
use axum::extract::State;
use axum::extract::multipart::{Multipart, MultipartError};
use axum::http::StatusCode;

use super::check_reason;
use crate::app::App;
use crate::auth::Operator;
use crate::imports::Files;
use crate::problem::Problem;
use crate::wire::admin::{ImportAnswer, ImportForm};

/// Bytes of an import, all its parts together.
pub const BODY_LIMIT: usize = 8 * 1024 * 1024;

/// Imports a tournament of the openfootball projects: parts `file`, `squads` (optional), `reason`, `dryRun` (optional).
/// Again is a no-op; a changed file becomes corrections.
#[utoipa::path(post, path = "/admin/imports", tag = "admin", request_body(content = ImportForm, content_type = "multipart/form-data"), responses((status = 200, body = ImportAnswer)), security(("operator" = [])))]
pub async fn import(State(app): State<App>, _: Operator, parts: Multipart) -> Result<Answer<ImportAnswer>, Problem> {
    let form = form_of(parts).await?;
    check_reason(&form.reason)?;
    let files = Files { tournament: form.file, squads: form.squads };
    let imported = app.import(files, form.dry_run).await?;
    let (tournament, seq) = (&imported.summary.tournament, imported.seq_after);
    tracing::info!(target: "ftl::audit", tournament, seq, dry_run = form.dry_run, reason = form.reason, "import");
    Ok(Answer(ImportAnswer { imported }))
}

async fn form_of(mut parts: Multipart) -> Result<ImportForm, Problem> {
    let mut form = ImportForm::default();
    let mut given = false;
    while let Some(part) = parts.next_field().await.map_err(malformed)? {
        let name = part.name().unwrap_or_default().to_owned();
        let bytes = part.bytes().await.map_err(malformed)?;
        let text = String::from_utf8(bytes.to_vec()).map_err(|_| Problem::invalid_field(name.as_str(), "takes text in UTF-8"))?;
        match name.as_str() {
            "file" => (form.file, given) = (text, true),
            "squads" => form.squads = Some(text),
            "reason" => form.reason = text,
            "dryRun" => form.dry_run = text.parse().map_err(|_| Problem::invalid_field("dryRun", "takes true or false"))?,
            _ => return Err(Problem::invalid_field(name, "is no part of an import; it takes file, squads, reason, dryRun")),
        }
    }
    if given { Ok(form) } else { Err(Problem::invalid_field("file", "is missing: a tournament's file")) }
}

fn malformed(error: MultipartError) -> Problem {
    match error.status() {
        status @ StatusCode::PAYLOAD_TOO_LARGE => {
            Problem::new(status, "body_too_large", "The body is too large", format!("an import may have {BODY_LIMIT} bytes"))
        }
        _ => Problem::invalid_field("", error.body_text()),
    }
}
