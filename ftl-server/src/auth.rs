//! Who asks: bearer tokens signed with Ed25519, and the operator's token.
//!
//! A token names an account id and nothing else; whether that account may trade is the league's business.
//! The operator's token is compared in constant time and is no account.

pub mod keys;

use std::time::Duration;

use axum::extract::FromRequestParts;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use ftl_core::id::AccountId;
use ftl_core::time::At;
use jsonwebtoken::{Algorithm, Header, Validation};
use parking_lot::Mutex;
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use crate::problem::Problem;
use keys::Keys;

/// How long a login lasts.
pub const ACCESS: Duration = Duration::from_secs(24 * 3600);
/// How long a stream's ticket lasts; it opens one stream.
pub const TICKET: Duration = Duration::from_secs(60);
/// Verified tokens that are remembered, so that a trader's next request costs no signature check.
const REMEMBERED: usize = 50_000;

/// Makes and checks tokens.
pub struct Tokens {
    keys: Keys,
    /// By a token's hash, which nobody can choose.
    verified: Mutex<FxHashMap<[u8; 32], (AccountId, u64)>>,
}

/// A ticket that this league gave out and that has not ended. Whether it was used is another question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ticket {
    /// Whose.
    pub account: AccountId,
    /// Its own name.
    pub id: String,
    /// When it ends.
    pub until: At,
}

/// What a token says.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Claims {
    /// Account id.
    sub: String,
    /// What it opens.
    typ: Kind,
    /// Unix seconds.
    iat: u64,
    /// Unix seconds.
    exp: u64,
    /// Of a ticket: spent once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    jti: Option<String>,
}

/// What a token opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    /// The API.
    Access,
    /// One stream.
    Ws,
}

impl Tokens {
    /// Tokens under `keys`.
    pub fn new(keys: Keys) -> Self {
        Self { keys, verified: Mutex::default() }
    }

    /// A token that lets `account` in from `now` on, and when it ends.
    pub fn access(&self, account: AccountId, now: At) -> Result<(String, At), Problem> {
        self.sign(account, Kind::Access, None, now, ACCESS)
    }

    /// A ticket for one stream.
    pub fn ticket(&self, account: AccountId, now: At) -> Result<(String, At), Problem> {
        let mut nonce = [0u8; 16];
        ring::rand::SecureRandom::fill(&ring::rand::SystemRandom::new(), &mut nonce).map_err(|_| Problem::internal())?;
        self.sign(account, Kind::Ws, Some(format!("{:032x}", u128::from_be_bytes(nonce))), now, TICKET)
    }

    fn sign(&self, account: AccountId, typ: Kind, jti: Option<String>, now: At, life: Duration) -> Result<(String, At), Problem> {
        let iat = now.0 / 1000;
        let exp = iat + life.as_secs();
        let claims = Claims { sub: account.to_string(), typ, iat, exp, jti };
        let signing = self.keys.signing.as_ref().ok_or_else(|| Problem::not_found("this process signs no tokens"))?;
        let token = jsonwebtoken::encode(&Header::new(Algorithm::EdDSA), &claims, signing).map_err(|error| {
            tracing::error!(%error, "a token could not be signed");
            Problem::internal()
        })?;
        Ok((token, At(exp * 1000)))
    }

    /// Whose access token this is.
    pub fn account_of(&self, token: &str, now: At) -> Result<AccountId, Problem> {
        self.account_of_hashed(token, &blake3::hash(token.as_bytes()), now)
    }

    fn account_of_hashed(&self, token: &str, digest: &blake3::Hash, now: At) -> Result<AccountId, Problem> {
        let digest = *digest.as_bytes();
        let seconds = now.0 / 1000;
        if let Some((account, exp)) = self.verified.lock().get(&digest) {
            return if *exp > seconds { Ok(*account) } else { Err(Problem::unauthorized("the token has ended")) };
        }
        let claims = self.verify(token, Kind::Access, seconds)?;
        let account = claims.sub.parse().map_err(|_| Problem::unauthorized("the token names no account"))?;
        let mut verified = self.verified.lock();
        if verified.len() >= REMEMBERED {
            verified.clear();
        }
        verified.insert(digest, (account, claims.exp));
        Ok(account)
    }

    /// Reads a ticket.
    pub fn ticket_of(&self, ticket: &str, now: At) -> Result<Ticket, Problem> {
        let claims = self.verify(ticket, Kind::Ws, now.0 / 1000)?;
        let account = claims.sub.parse().map_err(|_| Problem::unauthorized("the token names no account"))?;
        let id = claims.jti.ok_or(Problem::unauthorized("the token is no ticket"))?;
        Ok(Ticket { account, id, until: At(claims.exp.saturating_mul(1000)) })
    }

    fn verify(&self, token: &str, kind: Kind, seconds: u64) -> Result<Claims, Problem> {
        let mut validation = Validation::new(Algorithm::EdDSA);
        // The time is compared below, with the clock that the server is given.
        validation.validate_exp = false;
        let refused = |_| Problem::unauthorized("the token is not one of this league's");
        let claims = jsonwebtoken::decode::<Claims>(token, &self.keys.verifying, &validation).map_err(refused)?.claims;
        if claims.typ != kind {
            return Err(Problem::unauthorized("the token is for something else"));
        }
        if claims.exp <= seconds {
            return Err(Problem::unauthorized("the token has ended"));
        }
        Ok(claims)
    }
}

/// Who a request comes from, as the middleware found out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caller {
    /// No credentials.
    Nobody,
    /// A participant.
    Account(AccountId),
    /// The holder of `OPERATOR_TOKEN`.
    Operator,
}

/// Tells who asks from the `Authorization` header; a bad credential is an error, none is [`Caller::Nobody`].
pub(crate) fn caller(parts: &axum::http::HeaderMap, tokens: &Tokens, operator: Option<&str>, now: At) -> Result<Caller, Problem> {
    let Some(value) = parts.get(AUTHORIZATION) else { return Ok(Caller::Nobody) };
    let token = value
        .to_str()
        .ok()
        .and_then(|text| text.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token.trim())
        .ok_or(Problem::unauthorized("send Authorization: Bearer <token>"))?;
    // Compared in a time that depends on neither content: hashes first, and `blake3::Hash` compares in constant time.
    let digest = blake3::hash(token.as_bytes());
    if operator.is_some_and(|expected| blake3::hash(expected.as_bytes()) == digest) {
        return Ok(Caller::Operator);
    }
    tokens.account_of_hashed(token, &digest, now).map(Caller::Account)
}

/// The participant who asks; 401 for anybody else.
#[derive(Clone, Copy, Debug)]
pub struct Participant(pub AccountId);

impl<S: Send + Sync> FromRequestParts<S> for Participant {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        match parts.extensions.get::<Caller>() {
            Some(Caller::Account(account)) => Ok(Self(*account)),
            Some(Caller::Operator) => Err(Problem::forbidden("the operator is no participant")),
            Some(Caller::Nobody) | None => Err(Problem::unauthorized("send Authorization: Bearer <token>")),
        }
    }
}

/// The operator; 401 or 403 for anybody else.
#[derive(Clone, Copy, Debug)]
pub struct Operator;

impl<S: Send + Sync> FromRequestParts<S> for Operator {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        match parts.extensions.get::<Caller>() {
            Some(Caller::Operator) => Ok(Self),
            Some(Caller::Account(_)) => Err(Problem::forbidden("this needs the operator's token")),
            Some(Caller::Nobody) | None => Err(Problem::unauthorized("this needs the operator's token")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens() -> Tokens {
        Tokens::new(Keys::made_up().unwrap())
    }

    const NOW: At = At(1_700_000_000_000);
    const ME: AccountId = AccountId(7);

    #[test]
    fn a_token_opens_until_it_ends() {
        let tokens = tokens();
        let (token, end) = tokens.access(ME, NOW).unwrap();
        assert_eq!(tokens.account_of(&token, NOW).unwrap(), ME);
        assert_eq!(tokens.account_of(&token, At(end.0 - 1000)).unwrap(), ME);
        assert!(tokens.account_of(&token, end).is_err());
    }

    #[test]
    fn another_leagues_token_opens_nothing() {
        let (token, _) = tokens().access(ME, NOW).unwrap();
        assert!(tokens().account_of(&token, NOW).is_err());
    }

    #[test]
    fn a_ticket_opens_a_stream_and_no_api() {
        let tokens = tokens();
        let (ticket, end) = tokens.ticket(ME, NOW).unwrap();
        assert!(tokens.account_of(&ticket, NOW).is_err());
        let read = tokens.ticket_of(&ticket, NOW).unwrap();
        assert_eq!((read.account, read.until), (ME, end));
        assert!(tokens.ticket_of(&ticket, end).is_err());
        let (access, _) = tokens.access(ME, NOW).unwrap();
        assert!(tokens.ticket_of(&access, NOW).is_err());
    }
}
