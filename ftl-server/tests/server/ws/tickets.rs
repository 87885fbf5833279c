//! A ticket opens one stream, at whichever process it is shown.

use std::time::Duration;

use ftl_server::config::Role;
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
