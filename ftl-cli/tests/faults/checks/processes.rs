//! Processes at one seq have one state, which is the journal's.

use ftl_core::id::{AccountId, BookId};
use ftl_server::wire::portfolio::PortfolioAnswer;
use serde_json::Value;

use crate::journal::Final;
use crate::process::OPERATOR;
use crate::site::Site;

/// What every api says of the whole league.
const PATHS: [&str; 3] = ["/api/instruments", "/api/fixtures", "/api/risk"];

pub async fn check(site: &Site, journal: &Final, seq: u64, players: &[(AccountId, String)]) -> Vec<String> {
    let mut found = Vec::new();
    if journal.head != seq {
        found.push(format!("the processes are at {seq}, the journal in Postgres ends at {}", journal.head));
    }
    for path in PATHS {
        let (one, other) = (body(site, 0, path, OPERATOR).await, body(site, 1, path, OPERATOR).await);
        if one != other || one.is_null() {
            found.push(format!("{path}: {one} and {other}"));
        }
    }
    for (account, token) in players {
        let is = serde_json::to_value(PortfolioAnswer::of(&journal.league, BookId::season(*account))).unwrap();
        for api in 0..2 {
            let said = body(site, api, "/api/portfolio", token).await;
            if said != is {
                found.push(format!("api-{api} says of {account:?}: {said}, the journal: {is}"));
            }
        }
    }
    found
}

async fn body(site: &Site, process: usize, path: &str, token: &str) -> Value {
    let Some(url) = site.url(process).await else { return Value::Null };
    let answer = site.http.get(format!("{url}{path}")).bearer_auth(token).send().await;
    match answer {
        Ok(answer) => answer.json().await.unwrap_or_default(),
        Err(error) => Value::String(error.to_string()),
    }
}
