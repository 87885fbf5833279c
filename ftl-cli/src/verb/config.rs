//! `ftl config`: the configuration in force, secrets hidden.

use std::process::ExitCode;

use clap::Args;
use serde_json::{Map, Value, json};

use crate::failure::Failure;
use crate::output;

/// Prints the configuration in force: every variable, its value, where it comes from.
#[derive(Args)]
#[command(after_help = "Example: API_PORT=9000 ftl config")]
pub struct Config {
    /// One JSON object on stdout.
    #[arg(long)]
    json: bool,
}

impl Config {
    pub fn run(self) -> Result<ExitCode, Failure> {
        let config = ftl_server::config::Config::from_env()?;
        if self.json {
            let row = |(name, value, set): &(&'static str, String, bool)| {
                let from = if *set { "environment" } else { "default" };
                ((*name).to_owned(), json!({"value": value, "from": from}))
            };
            output::json(&config.rows().iter().map(row).collect::<Map<String, Value>>())?;
        } else {
            output::text_lines(&config.to_string())?;
        }
        Ok(ExitCode::SUCCESS)
    }
}
