//! Where spans go: `OTEL_TRACES_EXPORTER`. To a collector they go over HTTP, to where the variables of OpenTelemetry say
//! (`OTEL_EXPORTER_OTLP_ENDPOINT`), in batches and from a thread of their own.

use opentelemetry::trace::TracerProvider;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider};
use tracing::Subscriber;
use tracing_opentelemetry::OpenTelemetryLayer;
use tracing_subscriber::registry::LookupSpan;

use crate::config::TracesExporter;

/// The collector's address cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("OTEL_TRACES_EXPORTER: {0}")]
pub struct ExporterError(String);

/// Spans go out until this is ended.
#[derive(Debug)]
pub struct Exporting(SdkTracerProvider);

impl Exporting {
    /// Sends what is left. It blocks.
    pub fn end(self) {
        if let Err(error) = self.0.shutdown() {
            tracing::warn!(%error, "the last spans were not sent");
        }
    }
}

/// A layer for the subscriber, and what ends it; `None` where nothing is exported.
pub fn begin<S: Subscriber + for<'span> LookupSpan<'span>>(
    exporter: TracesExporter,
    league: &str,
) -> Result<Option<(OpenTelemetryLayer<S, SdkTracer>, Exporting)>, ExporterError> {
    let resource =
        Resource::builder().with_service_name("ftl").with_attribute(opentelemetry::KeyValue::new("ftl.league", league.to_owned()));
    let building = SdkTracerProvider::builder().with_resource(resource.build());
    let provider = match exporter {
        TracesExporter::None => return Ok(None),
        TracesExporter::Stdout => building.with_simple_exporter(opentelemetry_stdout::SpanExporter::default()).build(),
        TracesExporter::Otlp => {
            let exporter = opentelemetry_otlp::SpanExporter::builder().with_http().build();
            building.with_batch_exporter(exporter.map_err(|error| ExporterError(error.to_string()))?).build()
        }
    };
    let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("ftl"));
    Ok(Some((layer, Exporting(provider))))
}
