//! `ftl admin`: what an operator does to a running league, from a shell. Each verb is one request of the admin API.

mod deed;
mod fork;

use std::process::ExitCode;

use clap::Args;
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::operator::Operator;
use crate::output;
use deed::Deed;

/// Does one thing to a running league, as its operator.
///
/// OPERATOR_TOKEN in the environment is the server's.
#[derive(Args)]
#[command(after_help = "Examples:
  ftl admin freeze lionel-messi --reason injury
  ftl admin event final-2022 --id goal-1 --type goal --minute 23 --instrument lionel-messi --dry-run
  ftl admin rules --set margin.washoutBps=4000 --reason season_2
  ftl admin quarantine --seq 4711 --reason panic
  ftl admin fork --at 4710 --reason damaged_feed")]
pub struct Admin {
    #[command(subcommand)]
    deed: Deed,
    /// The server.
    #[arg(long, global = true, env = "FTL_URL", default_value = "http://127.0.0.1:8080")]
    url: String,
    /// Why, as a code of 1 to 64 lower-case letters, digits and _; kept in the audit log.
    #[arg(long, global = true, default_value = "operator")]
    reason: String,
    /// Only says what would happen.
    #[arg(long, global = true)]
    dry_run: bool,
    /// The answer as one JSON object on stdout.
    #[arg(long, global = true)]
    json: bool,
}

impl Admin {
    pub async fn run(self) -> Result<ExitCode, Failure> {
        if let Deed::Fork { at, place } = &self.deed {
            return fork::run(place, *at, &self.reason, self.dry_run, self.json).await;
        }
        let request = self.deed.request()?;
        if self.dry_run && !request.tries {
            return Err(Failure::refused("this has no dry run: leave --dry-run out"));
        }
        let body = request.body.map(|mut body| {
            body["reason"] = json!(self.reason);
            if self.dry_run {
                body["dryRun"] = json!(true);
            }
            body
        });
        let answer = Operator::of(&self.url)?.send(request.method, &request.path, body.as_ref()).await?;
        if self.json {
            output::json(&answer)?;
        } else {
            output::text_lines(&told(&answer))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// An answer for people: where it went and what happened, one event a line.
fn told(answer: &Value) -> String {
    let Some(events) = answer["events"].as_array() else {
        return format!("{answer:#}\n");
    };
    let seq = &answer["seq"];
    let mut text = match (answer["dryRun"].as_bool(), answer["replayed"].as_bool()) {
        (Some(true), _) => format!("nothing is done; behind entry {seq} this would happen:\n"),
        (_, Some(true)) => format!("done before, entry {seq}\n"),
        _ => format!("done, entry {seq}\n"),
    };
    for event in events {
        text.push_str(&output::wrapped(&event.to_string(), 2));
    }
    text
}
