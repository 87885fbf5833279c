//! A server in a process of its own, for the verbs that talk to one.

use std::path::Path;

/// Its operator's.
pub const TOKEN: &str = "operator-token-of-the-tests";

/// `ftl serve` in a process of its own.
pub struct Serving {
    process: std::process::Child,
    /// Where it listens.
    pub url: String,
}

impl Serving {
    /// Serves the league in `data`, which need not exist, and answers when it returns.
    pub fn start(data: &Path) -> Self {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut process = std::process::Command::new(env!("CARGO_BIN_EXE_ftl"))
            .args(["serve", "--data", data.to_str().unwrap()])
            .env("API_PORT", port.to_string())
            .env("OPERATOR_TOKEN", TOKEN)
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        let answers = || {
            use std::io::{Read, Write};
            let mut stream = std::net::TcpStream::connect(("127.0.0.1", port)).ok()?;
            stream.write_all(b"GET /readyz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").ok()?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer).ok()?;
            answer.starts_with("HTTP/1.1 200").then_some(())
        };
        while answers().is_none() {
            assert!(process.try_wait().unwrap().is_none(), "the server ended");
            std::thread::yield_now();
        }
        Self { process, url: format!("http://127.0.0.1:{port}") }
    }

    /// As Ctrl-C does, and waits for its end.
    pub fn stop(mut self) {
        let id = self.process.id().to_string();
        assert!(std::process::Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        assert!(self.process.wait().unwrap().success());
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        drop(self.process.kill());
    }
}
