//! `ftl`: an operator's verbs. Each is a thin shell around what the libraries offer; see `verb`.
//!
//! What is asked for goes to stdout, everything else to stderr. Exit codes: 0 ok, 1 refused or something is wrong with
//! the data, 2 could not run.

mod failure;
mod league;
mod operator;
mod output;
mod verb;

use std::process::ExitCode;

use clap::Parser;

/// Many small things live shortly here: outcomes, frames, rows, requests. It takes no huge pages, which whoever touches one
/// first waits for.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let ftl = verb::Ftl::parse();
    match ftl.run() {
        Ok(exit) => exit,
        Err(failure) => {
            eprintln!("ftl: {failure}");
            failure.exit_code()
        }
    }
}
