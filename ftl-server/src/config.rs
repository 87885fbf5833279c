//! What the environment says: one typed value, made once at start, by `serve` and by `ftl config`.
//!
//! A missing or malformed variable stops the start with its name and what it takes; a secret's value is never shown.

mod settings;

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

pub use settings::{SETTINGS, Setting, reference};

/// The configuration in force.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where it runs; development allows the dev login.
    pub env: Environment,
    /// The one league that this process serves.
    pub league: String,
    /// 0 takes any free port.
    pub api_port: u16,
    /// What this process does; `ftl serve --role`.
    pub role: Role,
    /// Streams' port of a process that serves streams alone.
    pub ws_port: u16,
    /// Where the league's files are; without `database_url` the league itself.
    pub data: PathBuf,
    /// The Postgres that keeps the league; without it SQLite in `data`.
    pub database_url: Option<Secret>,
    /// The Redis whose stream is the journal, in front of Postgres.
    pub redis_url: Option<Secret>,
    /// When a command counts as kept.
    pub ack: Ack,
    /// Whether this process writes what follows from the journal beside what its role says.
    pub flusher_embedded: bool,
    /// Origins that browsers may call from; `*` for any.
    pub cors_origins: Vec<String>,
    /// Opens the admin routes; without it they are shut.
    pub operator_token: Option<Secret>,
    /// Ed25519 in PKCS#8 DER, base64.
    pub jwt_private_key: Option<Secret>,
    /// Ed25519, 32 bytes or SubjectPublicKeyInfo DER, base64; follows from the private key, and is enough for who signs nothing.
    pub jwt_public_key: Option<String>,
    /// Multiplies every limit, in thousandths.
    pub rate_limit_permille: u32,
    /// No limits at all; never in production.
    pub rate_limit_off: bool,
    /// How long history may wait to be written.
    pub flush_interval: Duration,
    /// A filter as `tracing-subscriber` reads it.
    pub log_level: String,
    /// How log lines look.
    pub log_format: LogFormat,
    /// Where spans go.
    pub traces: TracesExporter,
    /// Entries between two snapshots.
    pub snapshot_every: u64,
    /// Streams that a process takes: WebSockets and Server-Sent Events.
    pub streams: usize,
    /// Of them, streams of one account.
    pub streams_per_account: u32,
    /// After so much silence, or so long without taking anything, a stream is ended.
    pub stream_silence: Duration,
    /// What `ftl config` shows: variable, value in force, whether the environment set it.
    shown: Vec<(&'static str, String, bool)>,
}

/// `ENV`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Environment {
    /// Keys are made where missing, anybody may log in under any name.
    Development,
    /// Nothing is made up.
    Production,
}

/// What a process does: `ftl serve --role`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Everything.
    All,
    /// Answers requests.
    Api,
    /// Serves streams.
    Ws,
    /// Writes history, facts and snapshots; begins a new epoch when the journal has lost its tail.
    Flusher,
    /// Plays matches into the league.
    Feed,
}

impl Role {
    /// As on the command line and in `readyz`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Api => "api",
            Self::Ws => "ws",
            Self::Flusher => "flusher",
            Self::Feed => "feed",
        }
    }
}

/// `ACK`: when a command counts as kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ack {
    /// When the journal has it.
    Journal,
    /// When Postgres has it.
    Postgres,
}

/// `OTEL_TRACES_EXPORTER`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TracesExporter {
    /// Nowhere.
    None,
    /// Printed, for a look.
    Stdout,
    /// To a collector.
    Otlp,
}

/// `LOG_FORMAT`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One object a line.
    Json,
}

/// A value that is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(pub String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(hidden)")
    }
}

/// A variable that cannot be used. The start stops with it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{variable}: {problem}; it takes {takes}")]
pub struct ConfigError {
    /// Which.
    pub variable: &'static str,
    /// What it takes.
    pub takes: &'static str,
    /// What is wrong.
    pub problem: String,
}

impl Config {
    /// From the process's environment.
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::from_lookup(|name| std::env::var(name).ok())
    }

    /// From `lookup`; an empty value counts as none.
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let vars = Vars { lookup: &lookup };
        vars.refuse_what_is_not_here()?;
        let env = vars.parse("ENV", |text| match text {
            "development" => Some(Environment::Development),
            "production" => Some(Environment::Production),
            _ => None,
        })?;
        let production = env == Environment::Production;
        let rate_limit_off = vars.parse("DISABLE_RATE_LIMIT", boolean)?;
        if rate_limit_off && production {
            return Err(error("DISABLE_RATE_LIMIT", "limits stay on in production"));
        }
        let jwt_private_key = vars.get("JWT_PRIVATE_KEY_B64").map(Secret);
        let jwt_public_key = vars.get("JWT_PUBLIC_KEY_B64");
        // Who only checks tokens has the public one; whether this process does, its role says.
        if production && jwt_private_key.is_none() && jwt_public_key.is_none() {
            return Err(error("JWT_PRIVATE_KEY_B64", "it is not set, and production makes no key of its own"));
        }
        let operator_token = vars.get("OPERATOR_TOKEN").map(Secret);
        if let Some(Secret(token)) = &operator_token
            && production
            && token.len() < 16
        {
            return Err(error("OPERATOR_TOKEN", "it is shorter than 16 characters"));
        }
        let database_url = vars.url("DATABASE_URL", &["postgres://", "postgresql://"])?;
        let redis_url = vars.url("REDIS_URL", &["redis://", "rediss://"])?;
        if redis_url.is_some() && database_url.is_none() {
            return Err(error("REDIS_URL", "DATABASE_URL is not set, and the stream alone keeps nothing for good"));
        }
        let ack = match vars.get("ACK") {
            None if database_url.is_some() => Ack::Postgres,
            None => Ack::Journal,
            Some(_) => vars.parse("ACK", |text| match text {
                "postgres" => Some(Ack::Postgres),
                "journal" => Some(Ack::Journal),
                _ => None,
            })?,
        };
        if ack == Ack::Postgres && database_url.is_none() {
            return Err(error("ACK", "postgres needs DATABASE_URL"));
        }
        let flusher_embedded = vars.parse("FLUSHER_EMBEDDED", boolean)?;
        if !flusher_embedded && database_url.is_none() {
            return Err(error("FLUSHER_EMBEDDED", "a league in SQLite has no other process to write its history"));
        }
        Ok(Self {
            env,
            league: vars.parse("LEAGUE", |text| league_name(text).then(|| text.to_owned()))?,
            api_port: vars.parse("API_PORT", |text| text.parse().ok())?,
            role: Role::All,
            ws_port: vars.parse("WS_PORT", |text| text.parse().ok())?,
            database_url,
            redis_url,
            ack,
            flusher_embedded,
            data: vars.parse("FTL_DATA", |text| Some(PathBuf::from(text)))?,
            cors_origins: vars.parse("CORS_ORIGINS", origins)?,
            operator_token,
            jwt_private_key,
            jwt_public_key,
            rate_limit_permille: vars.parse("RATE_LIMIT_SCALE", permille)?,
            rate_limit_off,
            flush_interval: vars.parse("FLUSH_INTERVAL", |text| duration(text).filter(|d| (1..=60_000).contains(&d.as_millis())))?,
            log_level: vars.parse("LOG_LEVEL", |text| Some(text.to_owned()))?,
            log_format: vars.parse("LOG_FORMAT", |text| match text {
                "text" => Some(LogFormat::Text),
                "json" => Some(LogFormat::Json),
                _ => None,
            })?,
            traces: vars.parse("OTEL_TRACES_EXPORTER", |text| match text {
                "none" => Some(TracesExporter::None),
                "stdout" => Some(TracesExporter::Stdout),
                "otlp" => Some(TracesExporter::Otlp),
                _ => None,
            })?,
            snapshot_every: 50_000,
            streams: vars.parse("STREAMS", above_zero)?,
            streams_per_account: vars.parse("STREAMS_PER_ACCOUNT", above_zero)?,
            stream_silence: Duration::from_secs(60),
            shown: vars.shown(),
        })
    }

    /// What `ftl config` prints for machines: variable, value (secrets hidden), whether the environment set it.
    pub fn rows(&self) -> &[(&'static str, String, bool)] {
        &self.shown
    }
}

impl fmt::Display for Config {
    /// One variable a line: name, value, where it comes from.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.shown.iter().map(|(name, ..)| name.len()).max().unwrap_or(0);
        let values = self.shown.iter().map(|(_, value, _)| value.len()).max().unwrap_or(0);
        for (name, value, set) in &self.shown {
            let from = if *set { "environment" } else { "default" };
            writeln!(f, "{name:names$}  {value:values$}  {from}")?;
        }
        Ok(())
    }
}

/// The variables, each looked up through its row of [`SETTINGS`].
struct Vars<'a> {
    lookup: &'a dyn Fn(&str) -> Option<String>,
}

impl Vars<'_> {
    fn get(&self, name: &str) -> Option<String> {
        (self.lookup)(name).filter(|value| !value.trim().is_empty())
    }

    fn parse<T>(&self, name: &'static str, parse: impl Fn(&str) -> Option<T>) -> Result<T, ConfigError> {
        let setting = settings::named(name);
        let set = self.get(name);
        let text = set.as_deref().unwrap_or(setting.default);
        parse(text.trim()).ok_or_else(|| error(name, &format!("{text:?} is none")))
    }

    /// An address with one of these schemes; its text is not shown, it may hold a password.
    fn url(&self, name: &'static str, schemes: &[&str]) -> Result<Option<Secret>, ConfigError> {
        let Some(url) = self.get(name) else { return Ok(None) };
        let known = schemes.iter().any(|scheme| url.starts_with(scheme));
        if known { Ok(Some(Secret(url))) } else { Err(error(name, "it is no such address")) }
    }

    /// What a later version brings is refused rather than ignored: whoever sets it counts on it.
    fn refuse_what_is_not_here(&self) -> Result<(), ConfigError> {
        for setting in SETTINGS.iter().filter(|setting| setting.only.is_some()) {
            let Some(value) = self.get(setting.name) else { continue };
            if !setting.only.unwrap_or(&[]).contains(&value.trim()) {
                let what = if setting.secret { "it".to_owned() } else { format!("{value:?}") };
                let traces = setting.name == "OTEL_TRACES_EXPORTER";
                let why = if traces { "needs a build with the feature otel" } else { "is for a later version" };
                return Err(error(setting.name, &format!("{what} {why}")));
            }
        }
        Ok(())
    }

    fn shown(&self) -> Vec<(&'static str, String, bool)> {
        let row = |setting: &Setting| {
            let set = self.get(setting.name);
            let value = match &set {
                Some(_) if setting.secret => "(hidden)".to_owned(),
                Some(value) => value.clone(),
                None => setting.default.to_owned(),
            };
            (setting.name, value, set.is_some())
        };
        SETTINGS.iter().map(row).collect()
    }
}

fn error(variable: &'static str, problem: &str) -> ConfigError {
    ConfigError { variable, takes: settings::named(variable).takes, problem: problem.to_owned() }
}

fn boolean(text: &str) -> Option<bool> {
    match text {
        "1" | "true" => Some(true),
        "0" | "false" => Some(false),
        _ => None,
    }
}

/// "0.5" is 500.
fn permille(text: &str) -> Option<u32> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || whole.len() > 4 || part.len() > 3 || !digits(whole) || !digits(part) {
        return None;
    }
    format!("{whole}{part:0<3}").parse().ok().filter(|n| *n > 0)
}

/// "100ms", "2s", "1m".
pub(crate) fn duration(text: &str) -> Option<Duration> {
    let split = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at(split);
    let number: u64 = number.parse().ok()?;
    match unit {
        "ms" => Some(Duration::from_millis(number)),
        "s" => Some(Duration::from_secs(number)),
        "m" => number.checked_mul(60).map(Duration::from_secs),
        _ => None,
    }
}

fn origins(text: &str) -> Option<Vec<String>> {
    // As browsers say it: in lower case, without a path.
    let written = |origin: &str| origin.trim().trim_end_matches('/').to_ascii_lowercase();
    let list: Vec<String> = text.split(',').map(written).filter(|origin| !origin.is_empty()).collect();
    list.iter().all(|origin| origin == "*" || origin.starts_with("http://") || origin.starts_with("https://")).then_some(list)
}

fn above_zero<T: FromStr + PartialOrd + From<bool>>(text: &str) -> Option<T> {
    text.parse().ok().filter(|number| *number >= T::from(true))
}

fn league_name(text: &str) -> bool {
    (1..=32).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(pairs: &'static [(&'static str, &'static str)]) -> Result<Config, ConfigError> {
        Config::from_lookup(|name| pairs.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned()))
    }

    #[test]
    fn an_empty_environment_is_a_development_league() {
        let config = with(&[]).unwrap();
        assert_eq!((config.env, config.league.as_str(), config.api_port), (Environment::Development, "main", 8080));
        assert_eq!(config.flush_interval, Duration::from_millis(100));
        assert_eq!(config.rate_limit_permille, 1000);
    }

    #[test]
    fn a_bad_value_is_refused_with_the_variable_and_what_it_takes() {
        let message = |pairs| with(pairs).unwrap_err().to_string();
        insta::assert_snapshot!(message(&[("API_PORT", "80800")]), @r#"API_PORT: "80800" is none; it takes a port, 0 for any free one"#);
        insta::assert_snapshot!(message(&[("ENV", "staging")]), @r#"ENV: "staging" is none; it takes development or production"#);
        insta::assert_snapshot!(message(&[("FLUSH_INTERVAL", "100")]), @r#"FLUSH_INTERVAL: "100" is none; it takes a time from 1ms to 1m, such as 100ms"#);
        insta::assert_snapshot!(message(&[("RATE_LIMIT_SCALE", "0")]), @r#"RATE_LIMIT_SCALE: "0" is none; it takes a decimal number above 0, at most three places"#);
    }

    #[test]
    fn production_needs_its_keys_and_keeps_its_limits() {
        let message = |pairs| with(pairs).unwrap_err().to_string();
        insta::assert_snapshot!(message(&[("ENV", "production")]), @"JWT_PRIVATE_KEY_B64: it is not set, and production makes no key of its own; it takes an Ed25519 private key, PKCS#8 DER in base64");
        insta::assert_snapshot!(message(&[("ENV", "production"), ("JWT_PRIVATE_KEY_B64", "AA=="), ("DISABLE_RATE_LIMIT", "1")]), @"DISABLE_RATE_LIMIT: limits stay on in production; it takes 1 or 0");
    }

    #[test]
    fn what_is_not_here_yet_is_refused() {
        let message = |pairs| with(pairs).unwrap_err().to_string();
        insta::assert_snapshot!(message(&[("GOOGLE_CLIENT_ID", "1")]), @r#"GOOGLE_CLIENT_ID: "1" is for a later version; it takes nothing in this version"#);
    }

    #[test]
    fn a_league_in_postgres_acknowledges_when_postgres_has_it_unless_told_otherwise() {
        const URL: (&str, &str) = ("DATABASE_URL", "postgres://u:p@h/db");
        let config = with(&[URL]).unwrap();
        assert_eq!((config.ack, config.redis_url.is_some()), (Ack::Postgres, false));
        assert_eq!(with(&[URL, ("REDIS_URL", "redis://h"), ("ACK", "journal")]).unwrap().ack, Ack::Journal);
        assert_eq!(with(&[]).unwrap().ack, Ack::Journal);
        let message = |pairs| with(pairs).unwrap_err().to_string();
        insta::assert_snapshot!(message(&[("DATABASE_URL", "mysql://u:secret@h/db")]), @"DATABASE_URL: it is no such address; it takes postgres://user:password@host:5432/database");
        insta::assert_snapshot!(message(&[("REDIS_URL", "redis://h")]), @"REDIS_URL: DATABASE_URL is not set, and the stream alone keeps nothing for good; it takes redis://host:6379 or rediss://host:6379/?sslrootcert=FILE, beside DATABASE_URL");
        insta::assert_snapshot!(message(&[("ACK", "postgres")]), @"ACK: postgres needs DATABASE_URL; it takes postgres (the default where DATABASE_URL is set) or journal");
        insta::assert_snapshot!(message(&[("FLUSHER_EMBEDDED", "0")]), @"FLUSHER_EMBEDDED: a league in SQLite has no other process to write its history; it takes 1 or 0: whether role all also writes history, facts and snapshots");
    }

    #[test]
    fn secrets_are_not_shown() {
        let config = with(&[("OPERATOR_TOKEN", "correct-horse-battery")]).unwrap();
        assert!(!format!("{config}{config:?}").contains("correct-horse"));
        assert!(config.to_string().contains("OPERATOR_TOKEN"));
    }
}
