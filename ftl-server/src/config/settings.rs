//! Every variable: name, what it takes, default. The reference page and `ftl config` are made of this table.

/// One variable.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// In the environment.
    pub name: &'static str,
    /// What a valid value is.
    pub takes: &'static str,
    /// In force where it is not set.
    pub default: &'static str,
    /// Its value is never shown.
    pub secret: bool,
    /// The values that this version can honour; `None`: whatever parses.
    pub only: Option<&'static [&'static str]>,
}

const fn setting(name: &'static str, default: &'static str, takes: &'static str) -> Setting {
    Setting { name, takes, default, secret: false, only: None }
}

const fn secret(name: &'static str, takes: &'static str) -> Setting {
    Setting { name, takes, default: "", secret: true, only: None }
}

const fn later(name: &'static str, only: &'static [&'static str], secret: bool, takes: &'static str) -> Setting {
    Setting { name, takes, default: "", secret, only: Some(only) }
}

/// What `OTEL_TRACES_EXPORTER` can be in this build.
const TRACES: &[&str] = if cfg!(feature = "otel") { &["none", "stdout", "otlp"] } else { &["none"] };

/// All of them, in the order of the reference.
pub const SETTINGS: &[Setting] = &[
    setting("ENV", "development", "development or production"),
    setting("LEAGUE", "main", "1 to 32 lower-case letters, digits, - or _"),
    setting("API_PORT", "8080", "a port, 0 for any free one"),
    setting("FTL_DATA", "./ftl-data", "a directory"),
    secret("DATABASE_URL", "postgres://user:password@host:5432/database"),
    secret("REDIS_URL", "redis://host:6379 or rediss://host:6379/?sslrootcert=FILE, beside DATABASE_URL"),
    setting("ACK", "", "postgres (the default where DATABASE_URL is set) or journal"),
    setting("FLUSHER_EMBEDDED", "1", "1 or 0: whether role all also writes history, facts and snapshots"),
    setting("WS_PORT", "8081", "a port, 0 for any free one; where role ws listens"),
    setting("CORS_ORIGINS", "", "origins separated by commas, such as https://play.example, or *"),
    setting("STREAMS", "20000", "a number above 0: WebSockets and event streams that a process takes"),
    setting("STREAMS_PER_ACCOUNT", "20000", "a number above 0: those of one account among them; 32 where strangers have accounts"),
    secret("OPERATOR_TOKEN", "a secret of at least 16 characters"),
    secret("JWT_PRIVATE_KEY_B64", "an Ed25519 private key, PKCS#8 DER in base64"),
    setting(
        "JWT_PUBLIC_KEY_B64",
        "",
        "the Ed25519 public key to it, 32 bytes or DER, in base64; enough for the roles ws, flusher and feed",
    ),
    setting("RATE_LIMIT_SCALE", "1", "a decimal number above 0, at most three places"),
    setting("DISABLE_RATE_LIMIT", "0", "1 or 0"),
    setting("FLUSH_INTERVAL", "100ms", "a time from 1ms to 1m, such as 100ms"),
    setting("LOG_LEVEL", "info", "a level, or a filter such as info,ftl_server=debug"),
    setting("LOG_FORMAT", "text", "text or json"),
    later("BOT_ENABLED", &["0", "false"], false, "0 in this version"),
    later("GOOGLE_CLIENT_ID", &[], false, "nothing in this version"),
    later("SMTP_URL", &[], true, "nothing in this version"),
    later("TELEGRAM_BOT_TOKEN", &[], true, "nothing in this version"),
    later("SPORTMONKS_API_KEY", &[], true, "nothing in this version"),
    Setting {
        only: Some(TRACES),
        default: "none",
        ..setting("OTEL_TRACES_EXPORTER", "", "none; in a build with the feature otel also stdout or otlp")
    },
    later("OTEL_METRICS_EXPORTER", &["none"], false, "none in this version"),
];

/// The row of `name`, which is one of them.
pub(super) fn named(name: &str) -> &'static Setting {
    SETTINGS.iter().find(|setting| setting.name == name).expect("every variable has its row")
}

/// The reference page `docs/reference/configuration.md`.
pub fn reference() -> String {
    let mut page = String::from(
        "# Configuration\n\nRead from the environment at start; `ftl config` prints what is in force, secrets hidden. A value that \
         cannot be\nused stops the start with the variable's name. Made from the code; do not edit.\n\n\
         | variable | takes | default |\n|---|---|---|\n",
    );
    for setting in SETTINGS {
        let default = if setting.default.is_empty() { String::new() } else { format!("`{}`", setting.default) };
        page.push_str(&format!("| `{}` | {} | {default} |\n", setting.name, setting.takes));
    }
    page
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_reference_page_is_what_the_code_says() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/reference/configuration.md");
        let page = super::reference();
        if std::env::var_os("UPDATE_REFERENCE").is_some() {
            std::fs::write(path, &page).unwrap();
        }
        let kept = std::fs::read_to_string(path).unwrap();
        assert_eq!(kept, page, "UPDATE_REFERENCE=1 cargo test -p ftl-server reference writes {path}");
    }
}
