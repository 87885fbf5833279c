//! Figures of the process: one recorder for all that runs in it.

use std::sync::OnceLock;

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

/// The recorder's handle; the first call installs it.
pub fn figures() -> &'static PrometheusHandle {
    static FIGURES: OnceLock<PrometheusHandle> = OnceLock::new();
    FIGURES.get_or_init(|| {
        let recorder = PrometheusBuilder::new().build_recorder();
        let handle = recorder.handle();
        // An embedder may have a recorder of his own: then these figures are his.
        let _ = metrics::set_global_recorder(recorder);
        handle
    })
}
