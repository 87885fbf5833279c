//! Readers in a process of their own: so many connections that one process has descriptors for one end only, and whose
//! memory must not be taken for the server's.
//!
//! It connects, says so; reads until everybody has as many bytes as were asked for, says so; and stays until its input ends.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, ChildStdout};

use serde::{Deserialize, Serialize};

use super::crowd::Crowd;
use super::site::{Site, connected};
use crate::failure::Failure;
use crate::verb::bench::part::Part;

const CONNECTED: &str = "connected";
const READ: &str = "read";

/// What the process is to do.
#[derive(Serialize, Deserialize)]
struct Errand {
    address: SocketAddr,
    tickets: Vec<String>,
    /// That come to each.
    bytes: usize,
}

/// The process, from outside. It ends with this.
pub struct Readers {
    child: Child,
    said: BufReader<ChildStdout>,
    _errand: tempfile::NamedTempFile,
}

/// `count` readers to whom `bytes` are to come, written down for another process.
pub fn errand(site: &Site, count: usize, bytes: usize) -> Result<tempfile::NamedTempFile, Failure> {
    let mut file = tempfile::NamedTempFile::new().map_err(Failure::could_not_run)?;
    let errand = Errand { address: site.address(), tickets: site.tickets(count)?, bytes };
    serde_json::to_writer(&mut file, &errand).map_err(Failure::could_not_run)?;
    file.flush().map_err(Failure::could_not_run)?;
    Ok(file)
}

impl Readers {
    /// Waits until all of them are connected.
    pub fn connect(file: tempfile::NamedTempFile) -> Result<Self, Failure> {
        let mut child = Part::Readers.spawn(file.path())?;
        let said = child.stdout.take().ok_or_else(|| Failure::could_not_run("no pipe"))?;
        let mut readers = Self { child, said: BufReader::new(said), _errand: file };
        readers.await_word(CONNECTED)?;
        Ok(readers)
    }

    /// Waits until everybody has what was asked for.
    pub fn have_read(&mut self) -> Result<(), Failure> {
        self.await_word(READ)
    }

    fn await_word(&mut self, word: &str) -> Result<(), Failure> {
        let mut line = String::new();
        self.said.read_line(&mut line).map_err(Failure::could_not_run)?;
        if line.trim_end() == word { Ok(()) } else { Err(Failure::could_not_run("the process with the readers failed")) }
    }
}

impl Drop for Readers {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

/// What the process does.
pub fn take(file: &Path) -> Result<(), Failure> {
    let bytes = std::fs::read(file).map_err(|error| Failure::file(file, &error))?;
    let errand: Errand = serde_json::from_slice(&bytes).map_err(Failure::could_not_run)?;
    super::descriptors(errand.tickets.len())?;
    read(errand).map_err(Failure::could_not_run)
}

fn read(errand: Errand) -> io::Result<()> {
    let mut crowd = Crowd::of(connected(errand.address, &errand.tickets)?)?;
    say(CONNECTED)?;
    crowd.read(errand.bytes)?;
    say(READ)?;
    io::stdin().lock().read_to_end(&mut Vec::new())?;
    Ok(())
}

fn say(word: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{word}")?;
    out.flush()
}
