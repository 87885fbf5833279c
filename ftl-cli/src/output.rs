//! What a verb prints on stdout: one JSON object for machines, lines for people. A reader that went away is no failure.

use std::io::{self, ErrorKind, IsTerminal, Write};
use std::path::Path;

use serde::Serialize;

use crate::failure::Failure;

/// One object, on one line where a machine reads it.
pub fn json<T: Serialize>(value: &T) -> Result<(), Failure> {
    let text = serde_json::to_string(value).map_err(Failure::could_not_run)?;
    text_lines(&format!("{text}\n"))
}

/// Lines for people, with their ends.
pub fn text_lines(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    still_read(out.write_all(text.as_bytes()).and_then(|()| out.flush())).map(drop)
}

/// Whether somebody still reads; any other failure of stdout is one of the verb.
pub fn still_read(written: io::Result<()>) -> Result<bool, Failure> {
    match written {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(Failure::file(Path::new("stdout"), &error)),
    }
}

/// Whether a person looks at stderr: only then are there progress bars.
pub fn is_watched() -> bool {
    io::stderr().is_terminal()
}

/// A text in lines of at most 80 columns, each behind `indent` spaces.
pub fn wrapped(text: &str, indent: usize) -> String {
    let width = 80 - indent;
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let line = lines.last_mut().map(|line| line.chars().count()).unwrap_or(0);
        match lines.last_mut() {
            Some(last) if line == 0 || line + 1 + word.chars().count() <= width => {
                if line > 0 {
                    last.push(' ');
                }
                last.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines.iter().map(|line| format!("{:indent$}{line}\n", "")).collect()
}
