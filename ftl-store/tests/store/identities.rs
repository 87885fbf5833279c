//! Accounts and sessions.

use ftl_core::command::AccountKind;
use ftl_core::hash::Hash;
use ftl_core::id::District;
use ftl_core::time::At;
use ftl_store::identity::{Identities, NewIdentity, Session};

use crate::league::{found, open};

fn person(name: &str, district: &str) -> NewIdentity {
    NewIdentity { name: name.into(), district: District::from(district), kind: AccountKind::Human }
}

#[tokio::test]
async fn the_same_name_is_the_same_account_and_keeps_its_district() {
    let (dir, league) = found().await;
    let bot = NewIdentity { kind: AccountKind::Bot, ..person("bot-1", "Kannur") };
    let first = league.identities.find_or_create(&[person("player-1", "Kannur"), bot], At(1_000)).await.unwrap();
    assert_eq!((first[0].name.as_str(), first[1].kind), ("player-1", AccountKind::Bot));
    assert_ne!(first[0].id, first[1].id);
    league.close().await.unwrap();

    let league = open(dir.path()).await.unwrap();
    let again = league.identities.find_or_create(&[person("player-1", "Kollam"), person("player-2", "Kollam")], At(2_000)).await.unwrap();
    assert_eq!(again[0], first[0]);
    assert_eq!(again[1].district, District::from("Kollam"));
    assert_eq!(league.identities.by_id(first[1].id).await.unwrap(), Some(first[1].clone()));
    assert_eq!(league.identities.by_name("player-2").await.unwrap().as_ref(), Some(&again[1]));
    assert_eq!(league.identities.by_name("player-3").await.unwrap(), None);
}

#[tokio::test]
async fn a_name_twice_in_one_request_is_one_account() {
    let (_dir, league) = found().await;
    let made = league.identities.find_or_create(&[person("twice", "A"), person("twice", "B")], At(1)).await.unwrap();
    assert_eq!(made[0], made[1]);
}

#[tokio::test]
async fn accounts_are_listed_by_pages() {
    let (_dir, league) = found().await;
    for n in 0..7u64 {
        league.identities.find_or_create(&[person(&format!("player-{n}"), "A")], At(1_000 + n)).await.unwrap();
    }
    let mut names = Vec::new();
    let mut after = None;
    loop {
        let page = league.identities.list(after, 3).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.id);
        names.extend(page.into_iter().map(|identity| identity.name));
    }
    assert_eq!(names, (0..7).map(|n| format!("player-{n}")).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_session_ends_by_itself_or_when_it_is_ended_or_when_its_owner_is_forgotten() {
    let (_dir, league) = found().await;
    let identities = &league.identities;
    let account = identities.find_or_create(&[person("player-1", "A")], At(0)).await.unwrap().remove(0).id;
    let session = |n: u8| Session { token_hash: Hash::of(&[n]), account, created_at: At(u64::from(n)), expires_at: At(100) };
    for n in 1..=3 {
        identities.open_session(&session(n)).await.unwrap();
    }
    let in_force = async |n: u8, now: u64| identities.session(&Hash::of(&[n]), At(now)).await.unwrap();
    assert_eq!(in_force(1, 99).await, Some(session(1)));
    assert_eq!(in_force(1, 100).await, None);
    assert_eq!(identities.sessions_of(account, At(50)).await.unwrap(), [session(3), session(2), session(1)]);
    assert!(identities.end_session(&Hash::of(&[2])).await.unwrap());
    assert!(!identities.end_session(&Hash::of(&[2])).await.unwrap());
    assert_eq!(in_force(2, 50).await, None);

    assert!(identities.forget(account).await.unwrap());
    assert_eq!(in_force(1, 50).await, None);
    assert_eq!(identities.by_id(account).await.unwrap(), None);
}
