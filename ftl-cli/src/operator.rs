//! The admin API of a running server, as its operator calls it: one request, one answer, a refusal in the server's words.

use std::time::Duration;

use reqwest::multipart::Form;
use reqwest::{Method, RequestBuilder};
use serde_json::Value;

use crate::failure::Failure;

/// Longer than a server takes for any request.
const PATIENCE: Duration = Duration::from_secs(120);

/// See the module.
pub struct Operator {
    client: reqwest::Client,
    url: String,
    token: String,
}

impl Operator {
    /// The operator of the server at `url`, with the token of the environment.
    pub fn of(url: &str) -> Result<Self, Failure> {
        let Ok(token) = std::env::var("OPERATOR_TOKEN") else {
            return Err(Failure::could_not_run("OPERATOR_TOKEN is not set: a server takes this from its operator alone"));
        };
        let client = reqwest::Client::builder().timeout(PATIENCE).build().map_err(Failure::could_not_run)?;
        Ok(Self { client, url: url.trim_end_matches('/').to_owned(), token })
    }

    /// One request under `/api/admin`, with a key of its own.
    pub async fn send(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Value, Failure> {
        let key = getrandom::u64().map_err(Failure::could_not_run)?;
        let request = self.request(method, path).header("Idempotency-Key", format!("ftl-admin-{key:016x}"));
        let request = match body {
            Some(body) => request.json(body),
            None => request,
        };
        self.answer(path, request).await
    }

    /// A form with files.
    pub async fn upload(&self, path: &str, form: Form) -> Result<Value, Failure> {
        self.answer(path, self.request(Method::POST, path).multipart(form)).await
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, self.address(path)).bearer_auth(&self.token)
    }

    fn address(&self, path: &str) -> String {
        format!("{}/api/admin/{path}", self.url)
    }

    async fn answer(&self, path: &str, request: RequestBuilder) -> Result<Value, Failure> {
        let address = self.address(path);
        let unreachable = |error: reqwest::Error| Failure::could_not_run(format!("{address} does not answer: {error}"));
        let response = request.send().await.map_err(unreachable)?;
        let status = response.status();
        let body = response.bytes().await.map_err(unreachable)?;
        let value: Option<Value> = serde_json::from_slice(&body).ok();
        if status.is_success() {
            return value.ok_or_else(|| Failure::could_not_run(format!("{address} answers something else than JSON: is it FTL?")));
        }
        let problem = value.unwrap_or_default();
        let told = |field: &str| problem[field].as_str().map(str::to_owned);
        let text = told("detail").or_else(|| told("title")).unwrap_or_else(|| status.to_string());
        let code = told("code").map(|code| format!(" {code}")).unwrap_or_default();
        let text = format!("{address}: {}{code}: {text}", status.as_u16());
        if status.is_client_error() { Err(Failure::refused(text)) } else { Err(Failure::could_not_run(text)) }
    }
}
