//! `ftl completions`: what a shell needs to complete verbs and flags.

use std::process::ExitCode;

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use crate::failure::Failure;
use crate::output;

/// Prints completions for a shell.
#[derive(Args)]
#[command(after_help = "Example: ftl completions bash > ~/.local/share/bash-completion/completions/ftl")]
pub struct Completions {
    /// For which shell.
    shell: Shell,
}

impl Completions {
    pub fn run(self) -> Result<ExitCode, Failure> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut super::Ftl::command(), "ftl", &mut script);
        output::text_lines(&String::from_utf8_lossy(&script))?;
        Ok(ExitCode::SUCCESS)
    }
}
