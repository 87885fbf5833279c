//! Accounts and sessions, on SQLite and on PostgreSQL: the same checks on both.

use ftl_core::command::AccountKind;
use ftl_core::hash::Hash;
use ftl_core::id::District;
use ftl_core::time::At;
use ftl_store::identity::{Identities, NewIdentity, Session};
use ftl_store::postgres::identities::PostgresIdentities;

use crate::league::{found, open};

fn person(name: &str, district: &str) -> NewIdentity {
    NewIdentity { name: name.into(), district: District::from(district), kind: AccountKind::Human }
}

/// Runs a check on every implementation.
macro_rules! on_all {
    ($($name:ident)*) => {$(
        mod $name {
            #[tokio::test]
            async fn on_sqlite() {
                let (_dir, league) = crate::league::found().await;
                super::checks::$name(&*league.identities).await;
            }
            #[tokio::test]
            async fn on_postgres() {
                let database = crate::database::database().await;
                super::checks::$name(&super::PostgresIdentities::at(&database, "test", 2)).await;
            }
        }
    )*};
}

on_all! {
    the_same_name_is_the_same_account_and_keeps_its_district
    a_name_twice_in_one_request_is_one_account
    accounts_are_listed_by_pages
    a_session_ends_by_itself_or_when_it_is_ended_or_when_its_owner_is_forgotten
}

mod checks {
    use super::*;

    pub async fn the_same_name_is_the_same_account_and_keeps_its_district(identities: &impl Identities) {
        let bot = NewIdentity { kind: AccountKind::Bot, ..person("bot-1", "Kannur") };
        let first = identities.find_or_create(&[person("player-1", "Kannur"), bot], At(1_000)).await.unwrap();
        assert_eq!((first[0].name.as_str(), first[1].kind), ("player-1", AccountKind::Bot));
        assert_ne!(first[0].id, first[1].id);
        let again = identities.find_or_create(&[person("player-1", "Kollam"), person("player-2", "Kollam")], At(2_000)).await.unwrap();
        assert_eq!(again[0], first[0]);
        assert_eq!(again[1].district, District::from("Kollam"));
        assert_eq!(identities.by_id(first[1].id).await.unwrap(), Some(first[1].clone()));
        assert_eq!(identities.by_name("player-2").await.unwrap().as_ref(), Some(&again[1]));
        assert_eq!(identities.by_name("player-3").await.unwrap(), None);
    }

    pub async fn a_name_twice_in_one_request_is_one_account(identities: &impl Identities) {
        let made = identities.find_or_create(&[person("twice", "A"), person("twice", "B")], At(1)).await.unwrap();
        assert_eq!(made[0], made[1]);
    }

    pub async fn accounts_are_listed_by_pages(identities: &impl Identities) {
        for n in 0..7u64 {
            identities.find_or_create(&[person(&format!("player-{n}"), "A")], At(1_000 + n)).await.unwrap();
        }
        let mut names = Vec::new();
        let mut after = None;
        loop {
            let page = identities.list(after, 3).await.unwrap();
            let Some(last) = page.last() else { break };
            after = Some(last.id);
            names.extend(page.into_iter().map(|identity| identity.name));
        }
        assert_eq!(names, (0..7).map(|n| format!("player-{n}")).collect::<Vec<_>>());
    }

    pub async fn a_session_ends_by_itself_or_when_it_is_ended_or_when_its_owner_is_forgotten(identities: &impl Identities) {
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
}

#[tokio::test]
async fn accounts_are_there_after_a_restart() {
    let (dir, league) = found().await;
    let made = league.identities.find_or_create(&[person("player-1", "Kannur")], At(1_000)).await.unwrap();
    league.close().await.unwrap();
    let league = open(dir.path()).await.unwrap();
    assert_eq!(league.identities.find_or_create(&[person("player-1", "Kollam")], At(2_000)).await.unwrap(), made);
}

#[tokio::test]
async fn two_who_make_the_same_accounts_at_once_get_the_same() {
    let database = crate::database::database().await;
    let (one, other) = (PostgresIdentities::at(&database, "test", 4), PostgresIdentities::at(&database, "test", 4));
    let wanted: Vec<NewIdentity> = (0..50).map(|n| person(&format!("player-{n}"), "A")).collect();
    let backwards: Vec<NewIdentity> = wanted.iter().rev().cloned().collect();
    let (there, here) = futures::future::join(one.find_or_create(&wanted, At(1)), other.find_or_create(&backwards, At(1))).await;
    let mut here = here.unwrap();
    here.reverse();
    assert_eq!(there.unwrap(), here);
    let elsewhere = PostgresIdentities::at(&database, "other", 1);
    assert_eq!(elsewhere.by_name("player-1").await.unwrap(), None, "a league's accounts are its own");
}
