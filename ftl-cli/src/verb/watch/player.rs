//! A participant at the public API: login, market, portfolio, ticket.

use std::collections::HashMap;
use std::time::Duration;

use ftl_core::units::Price;
use reqwest::{Method, RequestBuilder, StatusCode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::failure::Failure;

/// Longer than a server takes for any request.
const PATIENCE: Duration = Duration::from_secs(15);

/// See the module.
pub struct Player {
    http: reqwest::Client,
    url: String,
    token: String,
}

/// What is watched, as it stood at an entry.
pub struct Market {
    /// The entry.
    pub seq: u64,
    /// In the order of listing.
    pub instruments: Vec<Instrument>,
    /// Numbers and slugs of everybody on the market.
    everybody: HashMap<u16, String>,
}

impl Market {
    /// Of these alone.
    #[cfg(test)]
    pub fn new(seq: u64, instruments: Vec<Instrument>) -> Self {
        let everybody = instruments.iter().map(|row| (row.idx, row.id.clone())).collect();
        Self { seq, instruments, everybody }
    }

    /// Slugs by number.
    pub fn places(&self) -> HashMap<u16, String> {
        self.everybody.clone()
    }
}

/// A footballer on the market.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Instrument {
    pub id: String,
    pub idx: u16,
    pub name: String,
    pub team: String,
    pub frozen: bool,
    pub under_review: Option<Value>,
    pub fixture: Option<String>,
    pub in_play: bool,
    pub mark: Price,
}

/// The own book.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Portfolio {
    pub seq: u64,
    pub equity: String,
    pub used: String,
    pub free: String,
    pub level_bps: Option<i64>,
    pub unrealised: String,
    pub positions: Vec<Holding>,
    pub orders: Vec<Value>,
}

/// An open position.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Holding {
    pub instrument: String,
    pub direction: String,
    pub lots: String,
    pub entry_price: String,
    pub mark: String,
    pub unrealised: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    seq: u64,
    items: Vec<Instrument>,
    next_cursor: Option<String>,
}

#[derive(Deserialize)]
struct Token {
    token: String,
}

impl Player {
    /// Whoever the token is of.
    pub fn with(url: &str, token: String) -> Result<Self, Failure> {
        let http = reqwest::Client::builder().timeout(PATIENCE).build().map_err(Failure::could_not_run)?;
        Ok(Self { http, url: url.trim_end_matches('/').to_owned(), token })
    }

    /// By name, on a server in development.
    pub async fn log_in(url: &str, name: &str, district: Option<&str>) -> Result<Self, Failure> {
        let nobody = Self::with(url, String::new())?;
        let district = match district {
            Some(district) => district.to_owned(),
            None => nobody.first_district().await?,
        };
        let body = json!({"name": name, "district": district});
        let token: Option<Token> = nobody.answer(nobody.request(Method::POST, "auth/dev").json(&body)).await?;
        let token = token.ok_or_else(|| Failure::refused("this server has no login by name: pass --token"))?.token;
        Ok(Self { token, ..nobody })
    }

    async fn first_district(&self) -> Result<String, Failure> {
        let answer: Option<Value> = self.answer(self.request(Method::GET, "districts")).await?;
        let first = answer.as_ref().and_then(|answer| answer["week"]["districts"][0]["district"].as_str());
        first.map(str::to_owned).ok_or_else(|| Failure::refused("the league names no districts: pass --district"))
    }

    /// The server.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Those named, or everybody.
    pub async fn market(&self, named: &[String]) -> Result<Market, Failure> {
        let (mut all, mut seq, mut cursor) = (Vec::new(), None, None::<String>);
        loop {
            let request = self.request(Method::GET, "instruments").query(&[("limit", "200")]);
            let request = cursor.iter().fold(request, |request, cursor| request.query(&[("cursor", cursor)]));
            let page: Option<Page> = self.answer(request).await?;
            let page = page.ok_or_else(|| Failure::could_not_run(format!("{} has no market: is it FTL?", self.url)))?;
            // Everything behind the first page comes by frames.
            seq.get_or_insert(page.seq);
            all.extend(page.items);
            cursor = page.next_cursor;
            if cursor.is_none() {
                break;
            }
        }
        let everybody = all.iter().map(|row: &Instrument| (row.idx, row.id.clone())).collect();
        if let Some(unknown) = named.iter().find(|slug| all.iter().all(|row| row.id != **slug)) {
            let near: Vec<&str> = all.iter().map(|row| row.id.as_str()).filter(|id| id.contains(unknown.as_str())).take(5).collect();
            let hint = if near.is_empty() { "GET /api/instruments lists them".into() } else { format!("is it {}?", near.join(", ")) };
            return Err(Failure::refused(format!("there is no instrument {unknown}: {hint}")));
        }
        all.retain(|row| named.is_empty() || named.contains(&row.id));
        Ok(Market { seq: seq.unwrap_or_default(), instruments: all, everybody })
    }

    /// The own book; `None` before the first trade.
    pub async fn portfolio(&self) -> Result<Option<Portfolio>, Failure> {
        self.answer(self.request(Method::GET, "portfolio")).await
    }

    /// Opens one stream.
    pub async fn ticket(&self) -> Result<String, Failure> {
        let token: Option<Token> = self.answer(self.request(Method::POST, "ws/token")).await?;
        Ok(token.ok_or_else(|| Failure::could_not_run(format!("{} has no streams", self.url)))?.token)
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}/api/{path}", self.url));
        if self.token.is_empty() { request } else { request.bearer_auth(&self.token) }
    }

    /// `None` where there is no such thing.
    async fn answer<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<Option<T>, Failure> {
        let unreachable = |error: reqwest::Error| Failure::could_not_run(format!("{} does not answer: {error}", self.url));
        let response = request.send().await.map_err(unreachable)?;
        let status = response.status();
        if status == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        let body = response.bytes().await.map_err(unreachable)?;
        if status.is_success() {
            let read = serde_json::from_slice(&body);
            return read
                .map(Some)
                .map_err(|error| Failure::could_not_run(format!("{} answers what this version does not know: {error}", self.url)));
        }
        let problem: Value = serde_json::from_slice(&body).unwrap_or_default();
        let text = problem["detail"].as_str().or(problem["title"].as_str()).unwrap_or(status.as_str()).to_owned();
        let text = format!("{}: {}: {text}", self.url, status.as_u16());
        // Whoever is refused now is refused again; whoever is too early is not.
        let for_good = status.is_client_error() && status != StatusCode::TOO_MANY_REQUESTS;
        if for_good { Err(Failure::refused(text)) } else { Err(Failure::could_not_run(text)) }
    }
}
