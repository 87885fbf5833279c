//! The command as an operator meets it: what is printed, the exit codes, and that the crates know only what they may.

mod admin;
mod bench;
mod demo;
mod dependencies;
mod import;
mod league;
mod replay;
mod serving;
mod sim;
mod watch;

use std::process::{Command, Output};

use serde_json::Value;

/// Runs `ftl` to its end, without a terminal and without an environment that says where a league is.
fn ftl(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_ftl")).args(args).env_remove("FTL_DATA").output().expect("ftl runs")
}

/// The one object on stdout.
fn object(output: &Output) -> Value {
    let text = String::from_utf8_lossy(&output.stdout);
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text} {}", String::from_utf8_lossy(&output.stderr)))
}

fn code(output: &Output) -> Option<i32> {
    output.status.code()
}
