//! An ordered end and a new start: nothing is lost, and the start goes on from a snapshot.

use serde_json::json;

use crate::harness::Harness;

#[tokio::test]
async fn a_league_goes_on_where_it_ended() {
    let harness = Harness::start().await;
    harness.list("lionel-messi").await;
    let token = harness.player("stayer").await;
    let opened = harness.open(&token, "lionel-messi", "long", "k").await.ok();
    let (seq, hash) = (harness.server.app.seq(), hash_of(&harness));
    let directory = harness.stop().await;
    let kept = std::fs::read_dir(directory.path().join("snapshots")).unwrap();
    assert!(kept.into_iter().any(|file| file.unwrap().file_name().to_string_lossy().starts_with("snapshot-")));

    let harness = Harness::on(directory, &[]).await;
    assert_eq!((harness.server.app.seq(), hash_of(&harness)), (seq, hash));
    let again = harness.open(&token, "lionel-messi", "long", "k").await.ok();
    assert_eq!((&again["replayed"], &again["seq"]), (&json!(true), &opened["seq"]));
    let trades = harness.get("/api/trades").bearer(&token).send().await.ok();
    assert_eq!(trades["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn history_that_was_lost_is_written_again_from_the_journal() {
    let harness = Harness::start().await;
    harness.list("lionel-messi").await;
    let token = harness.player("historian").await;
    for n in 0..10 {
        harness.open(&token, "lionel-messi", if n % 2 == 0 { "long" } else { "short" }, &n.to_string()).await;
    }
    let before = harness.get("/api/trades").bearer(&token).send().await.ok();
    let directory = harness.stop().await;
    for file in std::fs::read_dir(directory.path()).unwrap().map(Result::unwrap) {
        if file.file_name().to_string_lossy().starts_with("history.db") {
            std::fs::remove_file(file.path()).unwrap();
        }
    }
    let harness = Harness::on(directory, &[]).await;
    let after = harness.get("/api/trades").bearer(&token).send().await.ok();
    assert_eq!((&after["items"], &after["nextCursor"]), (&before["items"], &before["nextCursor"]));
}

fn hash_of(harness: &Harness) -> ftl_core::hash::Hash {
    harness.server.app.replica.read(Clone::clone).unwrap().hash()
}
