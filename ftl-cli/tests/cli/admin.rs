//! `ftl admin` against a server.

use std::process::{Command, Output};

use serde_json::json;

use super::serving::{Serving, TOKEN};
use super::{code, object};

fn admin(server: &Serving, token: &str, args: &[&str]) -> Output {
    let args = [&["admin"], args, &["--url", &server.url]].concat();
    Command::new(env!("CARGO_BIN_EXE_ftl")).args(args).env("OPERATOR_TOKEN", token).output().unwrap()
}

#[test]
fn rules_are_shown_tried_and_changed() {
    let directory = tempfile::tempdir().unwrap();
    let server = Serving::start(&directory.path().join("league"));
    let shown = || object(&admin(&server, TOKEN, &["rules", "--json"]));
    let before = shown();
    let set = ["rules", "--set", "feeBps=7", "--json"];
    let tried = admin(&server, TOKEN, &[&set[..], &["--dry-run"]].concat());
    assert_eq!(code(&tried), Some(0), "{tried:?}");
    assert_eq!(object(&tried)["dryRun"], json!(true));
    assert_eq!(shown(), before);
    let done = admin(&server, TOKEN, &set);
    assert_eq!(code(&done), Some(0), "{done:?}");
    assert_eq!(object(&done)["seq"], json!(before["seq"].as_u64().unwrap() + 1));
    assert_ne!(shown()["rules"], before["rules"]);
    server.stop();
}

#[test]
fn a_refusal_is_told_in_the_servers_words() {
    let directory = tempfile::tempdir().unwrap();
    let server = Serving::start(&directory.path().join("league"));
    let told = |output: &Output| String::from_utf8_lossy(&output.stderr).into_owned();
    let unknown = admin(&server, TOKEN, &["freeze", "nobody"]);
    assert_eq!(code(&unknown), Some(1));
    assert!(told(&unknown).contains("404 unknown_instrument"), "{}", told(&unknown));
    let forged = admin(&server, "another-token-of-the-tests", &["freeze", "nobody"]);
    assert_eq!(code(&forged), Some(1));
    assert!(told(&forged).contains("401"), "{}", told(&forged));
    server.stop();
}
