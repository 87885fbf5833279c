//! What an operator asks, and what he is told. Every body carries a reason code and may be a dry run.

use ftl_core::fixture::{EventKind, MatchPhase, Position, Reported, Side};
use ftl_core::units::Money;
use ftl_store::postgres::presence::Standing;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Time;
use crate::extract::Decimal;

/// A reason code and whether it is meant.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Plain {
    /// A code of 1 to 64 lower-case letters, digits and `_`.
    #[schema(example = "feed_down")]
    pub reason: String,
    /// Only says what would happen.
    #[serde(default)]
    pub dry_run: bool,
    /// Instead of the `Idempotency-Key` header.
    pub client_request_id: Option<String>,
}

/// The same, for requests without a body.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PlainParams {
    /// A code of 1 to 64 lower-case letters, digits and `_`.
    pub reason: Option<String>,
    /// Only says what would happen.
    #[serde(default)]
    pub dry_run: bool,
}

/// `POST admin/fixtures`.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateFixtureRequest {
    /// Its id for ever.
    pub id: String,
    /// A team's name.
    pub home: String,
    /// A team's name.
    pub away: String,
    /// When it is planned to begin.
    #[schema(value_type = String)]
    pub kick_off: Time,
    /// What the feed delivers, and how late.
    #[schema(value_type = Vec<Object>)]
    pub coverage: Vec<CoverageRequest>,
    /// Everybody of both teams.
    pub squads: Vec<SquadRequest>,
    /// See [`Plain`].
    pub reason: String,
    /// See [`Plain`].
    #[serde(default)]
    pub dry_run: bool,
    /// Instead of the `Idempotency-Key` header.
    pub client_request_id: Option<String>,
}

/// A statistic that the feed delivers: its name, or with its declared lag.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum CoverageRequest {
    /// Without a lag: such a feed may not serve `live`.
    Undeclared(Reported),
    /// With its lag.
    Declared(CoverageWithLag),
}

/// A statistic and the 99th percentile of its lag.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CoverageWithLag {
    /// Which.
    #[schema(value_type = String)]
    pub reported: Reported,
    /// Milliseconds.
    pub lag_ms: Option<u64>,
}

/// A footballer of a squad.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SquadRequest {
    /// His slug.
    pub instrument: String,
    /// As shown.
    pub name: String,
    /// `home` or `away` by name.
    pub team: String,
    /// `forward`, `midfielder`, `defender` or `goalkeeper`.
    #[schema(value_type = String)]
    pub position: Position,
}

/// `POST admin/fixtures/{id}/lineup`.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LineUpRequest {
    /// `home` or `away`.
    #[schema(value_type = String)]
    pub side: Side,
    /// Slugs of who is on the pitch at kick-off.
    pub starting: Vec<String>,
    /// See [`Plain`].
    pub reason: String,
    /// See [`Plain`].
    #[serde(default)]
    pub dry_run: bool,
    /// Instead of the `Idempotency-Key` header.
    pub client_request_id: Option<String>,
}

/// `POST admin/fixtures/{id}/clock`.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ClockRequest {
    /// Time played since kick-off, in milliseconds.
    pub clock_ms: u64,
    /// See [`Plain`].
    pub reason: String,
    /// See [`Plain`].
    #[serde(default)]
    pub dry_run: bool,
    /// Instead of the `Idempotency-Key` header.
    pub client_request_id: Option<String>,
}

/// `POST admin/fixtures/{id}/phase`.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PhaseRequest {
    /// `first_half` is the kick-off.
    #[schema(value_type = String, example = "first_half")]
    pub phase: MatchPhase,
    /// See [`Plain`].
    pub reason: String,
    /// See [`Plain`].
    #[serde(default)]
    pub dry_run: bool,
    /// Instead of the `Idempotency-Key` header.
    pub client_request_id: Option<String>,
}

/// `POST admin/fixtures/{id}/events`.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EventRequest {
    /// The feed's own id.
    pub event_id: String,
    /// What.
    #[serde(rename = "type")]
    #[schema(value_type = String, example = "goal")]
    pub kind: EventKind,
    /// As football counts it: 1 is the first.
    pub minute: u16,
    /// Minutes of stoppage time on top.
    #[serde(default)]
    pub offset: u16,
    /// Time played when it happened, in milliseconds; the fixture's clock where it is left out.
    pub clock_ms: Option<u64>,
    /// Whom it is credited to.
    pub instrument: Option<String>,
    /// The other footballer.
    pub related: Option<String>,
    /// It happened before what is known already: a correction.
    #[serde(default)]
    pub late: bool,
    /// See [`Plain`].
    pub reason: String,
    /// See [`Plain`].
    #[serde(default)]
    pub dry_run: bool,
    /// Instead of the `Idempotency-Key` header.
    pub client_request_id: Option<String>,
}

/// `PATCH admin/fixtures/{id}/events/{eventId}`: what is left out stays.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CorrectionRequest {
    /// What.
    #[serde(rename = "type")]
    #[schema(value_type = Option<String>)]
    pub kind: Option<EventKind>,
    /// As football counts it.
    pub minute: Option<u16>,
    /// Minutes of stoppage time on top.
    pub offset: Option<u16>,
    /// Time played when it happened, in milliseconds.
    pub clock_ms: Option<u64>,
    /// Whom it is credited to.
    #[serde(default, deserialize_with = "crate::extract::given")]
    #[schema(value_type = Option<String>)]
    pub instrument: Option<Option<String>>,
    /// The other footballer.
    #[serde(default, deserialize_with = "crate::extract::given")]
    #[schema(value_type = Option<String>)]
    pub related: Option<Option<String>>,
    /// See [`Plain`].
    pub reason: String,
    /// See [`Plain`].
    #[serde(default)]
    pub dry_run: bool,
    /// Instead of the `Idempotency-Key` header.
    pub client_request_id: Option<String>,
}

/// `PATCH admin/rules`.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RulesRequest {
    /// What changes, in the form of `GET admin/rules` (a JSON merge patch).
    #[schema(value_type = Object)]
    pub rules: serde_json::Value,
    /// See [`Plain`].
    pub reason: String,
    /// See [`Plain`].
    #[serde(default)]
    pub dry_run: bool,
    /// Instead of the `Idempotency-Key` header.
    pub client_request_id: Option<String>,
}

/// `GET admin/rules`.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RulesAnswer {
    /// The entry that this is as of.
    pub seq: u64,
    /// In force.
    #[schema(value_type = Object)]
    pub rules: ftl_core::rules::Rules,
}

/// `POST admin/grants`.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GrantRequest {
    /// Whose.
    pub account: String,
    /// More than nothing.
    #[schema(value_type = String)]
    pub amount: Decimal<Money>,
    /// Once for ever.
    pub key: String,
    /// See [`Plain`].
    pub reason: String,
    /// See [`Plain`].
    #[serde(default)]
    pub dry_run: bool,
    /// Instead of the `Idempotency-Key` header.
    pub client_request_id: Option<String>,
}

/// A process of the league, in `GET admin/processes`.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProcessView {
    /// What it does.
    pub role: String,
    /// What `readyz` says there.
    pub status: String,
    /// The last entry that it has applied; of one that has stopped, the entry that it stopped at.
    pub seq: u64,
    /// Accounts that are connected to it.
    pub accounts: u64,
    /// The newest engine that it knows.
    pub engine: u32,
    /// Since when the others know it; `null` where there can be no others.
    #[schema(value_type = Option<String>)]
    pub since: Option<Time>,
    /// How long ago it said so, in milliseconds.
    pub told_ms: u64,
}

impl ProcessView {
    /// A process that says so just now, where there can be no others.
    pub(crate) fn of(role: String, engine: u32, standing: Standing) -> Self {
        let Standing { status, applied, accounts } = standing;
        Self { role, status, seq: applied.0, accounts, engine, since: None, told_ms: 0 }
    }
}

/// `GET admin/presence`.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PresenceView {
    /// Accounts with a stream, each once, wherever and however many they have.
    pub accounts: u64,
}

/// `POST admin/engine`.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EngineRequest {
    /// The engine from here on.
    pub to: u32,
    /// A reason code for the audit log.
    pub reason: String,
    /// Only says what would happen.
    #[serde(default)]
    pub dry_run: bool,
    /// Instead of an `Idempotency-Key`.
    pub client_request_id: Option<String>,
}

/// `POST admin/quarantine`.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct QuarantineRequest {
    /// The entry that the league stopped at.
    pub seq: u64,
    /// See [`Plain`].
    pub reason: String,
}

/// `POST admin/replays`.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReplayRequest {
    /// A bundled source.
    #[schema(example = "wc2022-final")]
    pub source: String,
    /// How many times as fast as it was; 1 where it is left out.
    pub speed: Option<u32>,
    /// See [`Plain`].
    pub reason: String,
    /// Instead of the `Idempotency-Key` header.
    pub client_request_id: Option<String>,
}

/// A replay.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReplayView {
    /// For `DELETE admin/replays/{id}`.
    pub id: String,
    /// What is played.
    pub source: String,
    /// The match that it plays.
    pub fixture: String,
    /// How many times as fast.
    pub speed: u32,
    /// `playing`, `finished`, `stopped` or `failed`.
    pub status: &'static str,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// What an operator's command did, or would do.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AdminAnswer {
    /// The entry; of a dry run, the entry that it was tried behind.
    pub seq: u64,
    /// Nothing was appended.
    pub dry_run: bool,
    /// Whether the answer was given before.
    pub replayed: bool,
    /// What happened, or would.
    #[schema(value_type = Vec<Object>)]
    pub events: Vec<ftl_core::event::Event>,
}

/// The answer to `POST admin/quarantine`.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct QuarantineAnswer {
    /// The entry that is set aside; the state is being rebuilt without it.
    pub quarantined: u64,
}

/// The parts of `POST admin/imports`.
#[derive(Clone, Debug, Default, ToSchema)]
#[schema(rename_all = "camelCase")]
pub struct ImportForm {
    /// A tournament of the openfootball projects, as JSON.
    pub file: String,
    /// Its squads, as JSON.
    pub squads: Option<String>,
    /// A code: why.
    pub reason: String,
    /// Says what would be imported, and appends nothing.
    pub dry_run: bool,
}

/// The answer to `POST admin/imports`.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ImportAnswer {
    /// `tournament`, `matches`, `scoreOnly`, `goals`, `instruments`, `notPlayed`, `cancelled`, `refused`, `added`,
    /// `corrections`, `warnings`, `seqBefore`, `seqAfter`.
    #[serde(flatten)]
    #[schema(value_type = Object)]
    pub imported: ftl_core::openfootball::Imported,
}
