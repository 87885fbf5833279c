//! A ticket opens one stream, at whichever process it is shown.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ftl_server::config::Role;
use ftl_server::serve::Server;
use ftl_server::stores::{Stores, default_genesis};
use futures::future::join_all;

use super::client::Client;
use crate::harness::Harness;
use crate::shared::{Site, until};

async fn shown_everywhere_at_once(site: Site) {
    let api = site.serve(Role::Api).await;
    let (one, other) = (site.serve(Role::Ws).await, site.serve(Role::Ws).await);
    let token = api.player("anna").await;
    for _ in 0..5 {
        let path = format!("/ws?token={}", api.ticket(&token).await);
        let show =
            async |at: &Harness| Client::open(at, &path, &[]).await.map(drop).map_err(|(status, body)| (status, body["detail"].clone()));
        let shown = join_all([&one, &other, &one, &other].map(&show)).await;
        assert_eq!(shown.iter().filter(|shown| shown.is_ok()).count(), 1, "{shown:?}");
        for refused in shown.into_iter().filter_map(Result::err) {
            assert_eq!(refused, (401, "the ticket was used already".into()));
        }
        // Nor does it open the other kind of stream.
        let query = path.trim_start_matches("/ws");
        other.get(&format!("/api/events{query}")).send().await.is(401, "unauthorized");
    }
    for harness in [one, other, api] {
        until("an empty hub", Duration::from_secs(5), async || harness.server.app.hub.connections() == 0).await;
        harness.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_is_claimed_once_among_processes_on_postgres() {
    shown_everywhere_at_once(Site::on_postgres()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_is_claimed_once_among_processes_behind_redis() {
    shown_everywhere_at_once(Site::behind_redis("journal")).await;
}

/// A process that only serves streams needs no key that signs.
#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_is_checked_with_the_public_key_alone() {
    let site = Site::on_postgres();
    let document = ring::signature::Ed25519KeyPair::generate_pkcs8(&ring::rand::SystemRandom::new()).unwrap();
    let pair = ring::signature::Ed25519KeyPair::from_pkcs8(document.as_ref()).unwrap();
    let private = STANDARD.encode(document.as_ref());
    let public = STANDARD.encode(ring::signature::KeyPair::public_key(&pair).as_ref());
    let api = site.serve_with(Role::Api, &[("JWT_PRIVATE_KEY_B64", &private)]).await;
    let ws = site.serve_with(Role::Ws, &[("JWT_PUBLIC_KEY_B64", &public)]).await;
    let other = site.serve_with(Role::Ws, &[]).await;
    let token = api.player("anna").await;
    let path = format!("/ws?token={}", api.ticket(&token).await);
    // Of another key it is none of this league's, and stays good.
    assert_eq!(Client::open(&other, &path, &[]).await.err().unwrap().0, 401);
    drop(Client::open(&ws, &path, &[]).await.unwrap());
    assert_eq!(Client::open(&ws, &format!("/ws?token={token}"), &[]).await.err().unwrap().1["detail"], "the token is for something else");
    // Who signs says what is missing.
    let mut config = site.config(&[("JWT_PUBLIC_KEY_B64", &public)]);
    config.role = Role::Api;
    let stores = Stores::of(&config).await.unwrap();
    let refused = Server::start(config, stores, default_genesis("main")).await.err().unwrap().to_string();
    assert!(refused.starts_with("JWT_PRIVATE_KEY_B64: it is not set, and role api signs tokens"), "{refused}");
    for harness in [ws, other, api] {
        harness.stop().await;
    }
}
