//! From a request to a command and back: ids from idempotency keys, retries, accounts that the league does not know yet.
//!
//! A command's id is a keyed hash of (account, key), so that nobody can take another's; its body is a hash of what was
//! asked, so that a key that comes with something else is noticed.

use std::sync::Arc;

use axum::http::HeaderValue;
use ftl_core::codec;
use ftl_core::command::{Action, Command, OpenAccount};
use ftl_core::id::{AccountId, CommandId, Seq};
use ftl_core::outcome::{Outcome, Receipt};
use ftl_core::rejection::Rejection;
use ftl_core::time::Span;
use ftl_store::answers::PastAnswer;
use serde::Serialize;

use crate::app::App;
use crate::problem::Problem;
use crate::replica::append::{Lane, SubmitError};

/// Later than this behind its receipt a command is refused `expired`.
const NOT_AFTER: Span = Span::seconds(10);
/// The longest idempotency key, in characters.
const LONGEST_KEY: usize = 128;

/// What became of a command.
#[derive(Clone, Debug)]
pub struct Answered {
    /// The entry that gave the answer.
    pub seq: Seq,
    /// Whether it was given before.
    pub replayed: bool,
    /// Accepted or refused.
    pub result: Result<Receipt, Rejection>,
    /// The outcome, where it was applied just now.
    pub outcome: Option<Arc<Outcome>>,
}

impl Answered {
    /// The receipt; a rejection is a problem.
    pub fn receipt(&self) -> Result<&Receipt, Problem> {
        self.result.as_ref().map_err(|rejection| Problem::rejected(rejection, self.seq))
    }
}

/// The request's idempotency key: the header, or `clientRequestId` of the body.
pub fn idempotency_key(header: Option<&HeaderValue>, in_body: Option<&str>) -> Result<String, Problem> {
    let in_header = match header {
        Some(value) => Some(value.to_str().map_err(|_| Problem::invalid_field("Idempotency-Key", "takes text"))?),
        None => None,
    };
    let key = match (in_header, in_body) {
        (Some(a), Some(b)) if a != b => return Err(Problem::invalid_field("clientRequestId", "differs from Idempotency-Key")),
        (Some(key), _) | (None, Some(key)) => key,
        (None, None) => {
            return Err(Problem::new(
                axum::http::StatusCode::BAD_REQUEST,
                "idempotency_key_required",
                "An idempotency key is missing",
                "send Idempotency-Key, or clientRequestId in the body: any text up to 128 characters",
            ));
        }
    };
    match key.chars().count() {
        1..=LONGEST_KEY => Ok(key.to_owned()),
        _ => Err(Problem::invalid_field("Idempotency-Key", "takes 1 to 128 characters")),
    }
}

impl App {
    /// The id of what `account` asks under `key`.
    pub fn command_id(&self, account: AccountId, key: &str) -> CommandId {
        let mut hasher = blake3::Hasher::new_keyed(&self.command_key);
        hasher.update(&account.0.to_be_bytes()).update(key.as_bytes());
        let mut id = [0u8; 16];
        hasher.finalize_xof().fill(&mut id);
        CommandId(u128::from_be_bytes(id))
    }

    /// A command of a client: `asked` is the request as it was meant, `action` what it comes to now.
    pub fn command(&self, account: AccountId, key: &str, asked: &impl Serialize, action: Action) -> Command {
        let not_after = Some(self.now().after(NOT_AFTER));
        Command { id: self.command_id(account, key), body: body_hash(asked), not_after, action }
    }

    /// Appends a command, unless its answer is known already, and waits for what becomes of it.
    pub async fn run(&self, lane: Lane, command: Command) -> Result<Answered, Problem> {
        if self.replica.is_doubtful(command.id) {
            return Err(SubmitError::Unknown.into());
        }
        if let Some(past) = self.past_answer(command.id).await? {
            let result = if past.body == command.body { past.answer.result } else { Err(Rejection::IdempotencyKeyReused) };
            return Ok(Answered { seq: past.answer.seq, replayed: true, result, outcome: None });
        }
        if lane == Lane::Open && self.history.is_far_behind(self.seq()) {
            return Err(SubmitError::Overloaded.into());
        }
        let outcome = self.replica.submit(lane, command).await?;
        let answer = &outcome.answer;
        if let Err(rejection) = &answer.result {
            metrics::counter!("ftl_rejections_total", "code" => rejection.code()).increment(1);
        }
        Ok(Answered { seq: answer.seq, replayed: outcome.replayed, result: answer.result.clone(), outcome: Some(outcome) })
    }

    /// The answer of a command that the state has forgotten. Almost every id is new, and costs neither a lock nor a look.
    async fn past_answer(&self, id: CommandId) -> Result<Option<PastAnswer>, Problem> {
        if !self.history.may_have_answered(id) || self.replica.read(|league| league.known(id).is_some())? {
            return Ok(None);
        }
        self.history.answer(id, self.seq()).await
    }

    /// Makes sure that the league knows an account before it trades.
    pub async fn ensure_plays(&self, account: AccountId) -> Result<(), Problem> {
        if self.replica.plays(account)? {
            return Ok(());
        }
        let identity = self.identities.by_id(account).await.map_err(accounts_away)?;
        let identity = identity.ok_or(Problem::unauthorized("the account is gone"))?;
        let open = OpenAccount { account, district: identity.district, kind: identity.kind };
        let action = Action::OpenAccount(open);
        // Once by its natural key: a fresh id a time keeps a refusal that has passed from being given again.
        let key = format!("open account at {}", self.now().0);
        let answered = self.run(Lane::Open, self.command(account, &key, &action, action.clone())).await?;
        match answered.receipt() {
            Err(problem) if problem.code() != Rejection::AccountExists.code() => Err(problem),
            Ok(_) | Err(_) => Ok(()),
        }
    }
}

/// The first 64 bits of the hash of what was asked.
pub fn body_hash(asked: &impl Serialize) -> u64 {
    let hash = blake3::hash(&codec::encode(asked));
    let mut first = [0u8; 8];
    first.copy_from_slice(&hash.as_bytes()[..8]);
    u64::from_be_bytes(first)
}

/// The account store does not answer.
pub(crate) fn accounts_away(error: ftl_store::identity::IdentityError) -> Problem {
    tracing::error!(%error, "the accounts do not answer");
    Problem::unavailable("accounts_unavailable", "The accounts do not answer", "try again")
}
