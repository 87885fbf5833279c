//! An import through the server that holds the league: `POST /api/admin/imports`.

use ftl_core::openfootball::Imported;
use reqwest::multipart::Form;
use serde_json::Value;

use super::Texts;
use crate::failure::Failure;
use crate::operator::Operator;

/// Sends the files.
pub(super) async fn import(url: &str, texts: &Texts) -> Result<Imported, Failure> {
    let mut form = Form::new().text("reason", "import").text("file", texts.file.clone());
    if let Some(squads) = &texts.squads {
        form = form.text("squads", squads.clone());
    }
    let answer = Operator::of(url)?.upload("imports", form).await?;
    imported_of(answer).ok_or_else(|| Failure::could_not_run(format!("{url} answers something else than an import")))
}

fn imported_of(answer: Value) -> Option<Imported> {
    let (seq_before, seq_after) = (answer["seqBefore"].as_u64()?, answer["seqAfter"].as_u64()?);
    Some(Imported { summary: serde_json::from_value(answer).ok()?, seq_before, seq_after })
}
