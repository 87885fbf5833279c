//! The description of the API, its page, and the headers of every response.

use crate::harness::Harness;

#[tokio::test]
async fn the_description_names_every_route() {
    let harness = Harness::start().await;
    let doc = harness.get("/api/openapi.json").send().await.ok();
    assert!(doc["openapi"].as_str().unwrap().starts_with("3.1"), "{}", doc["openapi"]);
    for (path, method) in [
        ("/api/auth/dev", "post"),
        ("/api/me", "get"),
        ("/api/instruments/{id}/price-history", "get"),
        ("/api/fixtures/{id}/squads", "get"),
        ("/api/positions/open", "post"),
        ("/api/positions/{id}", "patch"),
        ("/api/positions/{id}", "delete"),
        ("/api/orders/{id}", "delete"),
        ("/api/leaderboard/{kind}", "get"),
        ("/api/districts/{district}", "get"),
        ("/api/events", "get"),
        ("/api/admin/fixtures/{id}/events/{eventId}", "patch"),
        ("/api/admin/rules", "patch"),
        ("/api/admin/imports", "post"),
        ("/api/admin/quarantine", "post"),
        ("/readyz", "get"),
    ] {
        assert!(doc["paths"][path][method].is_object(), "{method} {path}");
    }
    let open = &doc["components"]["schemas"]["OpenRequest"]["properties"];
    assert!(open["clientPrice"].is_object() && open["slippageTolerance"].is_object(), "{open}");
}

#[tokio::test]
async fn the_page_needs_no_network() {
    let harness = Harness::start().await;
    let page = harness.get("/api/docs/").send().await;
    assert_eq!(page.status, 200);
    let html = page.body.as_str().unwrap();
    assert!(html.contains("swagger-ui"), "{html}");
    assert!(!html.contains("https://"), "{html}");
}

#[tokio::test]
async fn every_response_has_its_headers() {
    let harness = Harness::with(&[("CORS_ORIGINS", "https://play.example")]).await;
    let reply = harness.get("/api/instruments").header("Origin", "https://play.example").send().await;
    assert_eq!(reply.headers["access-control-allow-origin"], "https://play.example");
    assert_eq!(reply.headers["x-content-type-options"], "nosniff");
    assert!(reply.headers.contains_key("x-request-id"));
    let other = harness.get("/api/nothing").header("Origin", "https://evil.example").send().await;
    assert!(!other.headers.contains_key("access-control-allow-origin"));
    assert_eq!(other.headers["x-frame-options"], "DENY");
    let figures = harness.get("/metrics").send().await;
    assert!(figures.body.as_str().unwrap().contains("ftl_applied_seq"));
}
