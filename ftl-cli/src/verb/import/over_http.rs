//! An import through the server that holds the league: `POST /api/admin/imports`.

use std::time::Duration;

use ftl_core::openfootball::Imported;
use reqwest::multipart::Form;
use serde_json::Value;

use super::Texts;
use crate::failure::Failure;

/// Longer than a server takes for any request.
const PATIENCE: Duration = Duration::from_secs(120);

/// Sends the files; a refusal is told in the server's words.
pub(super) async fn import(url: &str, texts: &Texts) -> Result<Imported, Failure> {
    let Ok(token) = std::env::var("OPERATOR_TOKEN") else {
        return Err(Failure::could_not_run("OPERATOR_TOKEN is not set: a server takes an import from its operator alone"));
    };
    let mut form = Form::new().text("reason", "import").text("file", texts.file.clone());
    if let Some(squads) = &texts.squads {
        form = form.text("squads", squads.clone());
    }
    let address = format!("{}/api/admin/imports", url.trim_end_matches('/'));
    let client = reqwest::Client::builder().timeout(PATIENCE).build().map_err(Failure::could_not_run)?;
    let unreachable = |error: reqwest::Error| Failure::could_not_run(format!("{address} does not answer: {error}"));
    let response = client.post(&address).bearer_auth(token).multipart(form).send().await.map_err(unreachable)?;
    let status = response.status();
    let body = response.bytes().await.map_err(unreachable)?;
    if status.is_success() {
        let imported = imported_of(&body);
        return imported.ok_or_else(|| Failure::could_not_run(format!("{address} answers something else than an import")));
    }
    let problem: Value = serde_json::from_slice(&body).unwrap_or_default();
    let told = |field: &str| problem[field].as_str().map(str::to_owned);
    let text = told("detail").or_else(|| told("title")).unwrap_or_else(|| status.to_string());
    let text = format!("{address}: {} {text}", status.as_u16());
    if status.is_client_error() { Err(Failure::refused(text)) } else { Err(Failure::could_not_run(text)) }
}

fn imported_of(body: &[u8]) -> Option<Imported> {
    let value: Value = serde_json::from_slice(body).ok()?;
    let (seq_before, seq_after) = (value["seqBefore"].as_u64()?, value["seqAfter"].as_u64()?);
    Some(Imported { summary: serde_json::from_value(value).ok()?, seq_before, seq_after })
}
