//! A trade's way as one trace. In a build with the feature `otel`.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use opentelemetry::trace::TracerProvider;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SdkTracerProvider, SpanData, SpanExporter};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::harness::Harness;
use crate::shared::until;

/// Spans as they are exported, in memory.
#[derive(Clone, Debug, Default)]
struct Collected(Arc<Mutex<Vec<SpanData>>>);

impl SpanExporter for Collected {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        self.0.lock().unwrap().extend(batch);
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trade_is_one_trace_from_its_request_to_history() {
    let exporter = Collected::default();
    let provider = SdkTracerProvider::builder().with_simple_exporter(exporter.clone()).build();
    let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("test"));
    // Of the process: this test's binary runs one test a process, or the first to ask has it.
    tracing_subscriber::registry().with(layer).try_init().unwrap();
    let harness = Harness::start().await;
    harness.list("lionel-messi").await;
    let token = harness.player("anna").await;
    harness.open(&token, "lionel-messi", "long", "k1").await.ok();
    let of_the_trade = || {
        let spans = exporter.0.lock().unwrap().clone();
        let request = spans
            .iter()
            .find(|span| span.name == "request" && span.attributes.iter().any(|one| one.value.as_str() == "/api/positions/open"))?;
        let trace = request.span_context.trace_id();
        let names = spans.iter().filter(|span| span.span_context.trace_id() == trace).map(|span| span.name.to_string());
        Some(names.collect::<BTreeSet<String>>())
    };
    let expected = ["append", "apply", "flush", "request"].map(str::to_owned);
    until("the four spans", Duration::from_secs(5), async || of_the_trade() == Some(expected.clone().into())).await;
    harness.stop().await;
}
