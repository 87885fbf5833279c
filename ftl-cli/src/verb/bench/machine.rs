//! What a record says of the machine it was made on.

use serde_json::{Value, json};

/// Cores, model, memory, and how busy the machine was.
pub fn describe() -> Value {
    let cpu = line_of("/proc/cpuinfo", "model name");
    let memory = line_of("/proc/meminfo", "MemTotal");
    let load = std::fs::read_to_string("/proc/loadavg").ok().and_then(|text| text.split(' ').next().map(str::to_owned));
    let cores = std::thread::available_parallelism().map(usize::from).unwrap_or(1);
    json!({"cores": cores, "cpu": cpu, "memory": memory, "loadBefore": load, "os": std::env::consts::OS, "at": jiff::Timestamp::now().to_string()})
}

/// What stands behind the first `key:` of a file of the kernel; nothing on other systems.
fn line_of(path: &str, key: &str) -> Option<String> {
    let text = std::fs::read_to_string(path).ok()?;
    let line = text.lines().find(|line| line.starts_with(key))?;
    line.split_once(':').map(|(_, value)| value.trim().to_owned())
}

/// The most memory that this process has held, in MiB.
pub fn peak_rss_mib() -> Option<f64> {
    let text = line_of("/proc/self/status", "VmHWM")?;
    text.split(' ').next()?.parse::<f64>().ok().map(|kib| kib / 1024.0)
}

/// The memory that this process holds, in MiB.
pub fn rss_mib() -> Option<f64> {
    let text = line_of("/proc/self/status", "VmRSS")?;
    text.split(' ').next()?.parse::<f64>().ok().map(|kib| kib / 1024.0)
}
