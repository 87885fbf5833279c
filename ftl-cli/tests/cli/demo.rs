use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use crate::{code, ftl, object};

/// Ended with the test, whatever comes.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test]
async fn the_tour_s_line_trades_and_the_league_is_sound_after_a_kill() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("league");
    let mut command = Command::new(env!("CARGO_BIN_EXE_ftl"));
    command.args(["demo", "--json", "--port", "0", "--bots", "20", "--speed", "60", "--data"]).arg(&data);
    let mut running = Running(command.stdout(Stdio::piped()).spawn().unwrap());
    let mut line = String::new();
    BufReader::new(running.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let visit: Value = serde_json::from_str(&line).unwrap();
    let text = |key: &str| visit[key].as_str().unwrap().to_owned();
    assert!(text("curl").contains(&text("token")) && text("audit").contains(data.to_str().unwrap()), "{visit}");

    let open = reqwest::Client::new()
        .post(format!("{}/api/positions/open?wait=8s", text("url")))
        .bearer_auth(text("token"))
        .header("idempotency-key", "first")
        .json(&json!({"instrument": "lionel-messi", "direction": "long", "lots": "1.00"}));
    let answer = open.send().await.unwrap();
    let (status, body): (_, Value) = (answer.status(), answer.json().await.unwrap());
    assert_eq!((status.as_u16(), &body["order"]["status"]), (200, &json!("filled")), "{body}");

    drop(running);
    let audit = ftl(&["audit", "--data", data.to_str().unwrap(), "--json"]);
    assert_eq!(code(&audit), Some(0), "{}", object(&audit));
}
