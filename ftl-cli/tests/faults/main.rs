//! Faults with history checking: processes, databases and the network are broken while clients trade, and in the end every
//! promise of the journal is checked against everything that the clients were told.
//!
//! | file | is |
//! |---|---|
//! | `site`, `process`, `proxy` | what is broken and mended |
//! | `fault` | how, drawn from a seed |
//! | `clients`, `record` | who trades meanwhile, and what they were told |
//! | `journal`, `named` | what Postgres has in the end; what the processes say is lost |
//! | `checks` | one promise a file |
//! | `damage` | that the audit among them names what is damaged |
//! | `safeguards` | that all this fails where a safeguard of the product is switched off |
//!
//! `FTL_FAULTS=60` plays so many faults on each setup (without it a few); `FTL_FAULT_SEED=7` draws other ones,
//! `FTL_FAULT_ONLY=FLUSHALL` those of one kind, `FTL_FAULT_CLIENTS=16` has fewer clients. A failure prints the command that
//! plays them again.

mod checks;
mod clients;
mod damage;
mod fault;
mod journal;
mod named;
mod process;
mod proxy;
mod record;
mod safeguards;
mod site;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use checks::Contradictions;
use fault::Blow;
use site::{Setup, Site};

/// Faults where nobody says how many: so that all setups together take a minute.
const FEW: usize = 4;
/// Clients at once.
const CLIENTS: usize = 64;
/// Between two blows the league is left alone for so long, behind its first answers.
const CALM: Duration = Duration::from_millis(1_500);
/// Service resumes within this after a blow, on machines that are busy with other things too.
const RESUMED: Duration = Duration::from_secs(20);

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name} takes a number")))
}

#[tokio::test(flavor = "multi_thread")]
async fn on_postgres_nothing_acknowledged_is_lost_or_done_twice() {
    run(Setup::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_postgres_acknowledged_behind_redis_is_neither_lost_nor_done_twice() {
    run(Setup::RedisAcknowledgedByPostgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_redis_acknowledged_alone_is_kept_or_named_as_lost() {
    run(Setup::RedisAlone).await;
}

/// Figures of a run.
#[derive(Default)]
struct Figures {
    kinds: BTreeMap<&'static str, usize>,
    doubles: usize,
    /// Appends that a fault met under way.
    caught: usize,
    longest_resume: Duration,
    calm: Duration,
    calm_trades: u64,
}

async fn run(setup: Setup) {
    let seed = number("FTL_FAULT_SEED").unwrap_or(2_026);
    let faults = number("FTL_FAULTS").map_or(FEW, |count| count as usize);
    let only = std::env::var("FTL_FAULT_ONLY").ok();
    let these = only.as_ref().map(|only| format!("FTL_FAULT_ONLY='{only}' ")).unwrap_or_default();
    let test = std::thread::current().name().unwrap_or_default().to_owned();
    let again = format!("{these}FTL_FAULTS={faults} FTL_FAULT_SEED={seed} cargo test --release -p ftl-cli --test faults {test}");
    println!("{setup:?}: {faults} faults; {again}");

    let site = Arc::new(Site::start(setup).await);
    let crowd = clients::start(&site, number("FTL_FAULT_CLIENTS").map_or(CLIENTS, |count| count as usize), seed).await;
    let mut figures = Figures::default();
    calm(&crowd, &mut figures).await;
    for (n, blow) in fault::schedule(setup, faults, seed, only.as_deref()).into_iter().enumerate() {
        let begun = Instant::now();
        for fault in &blow {
            *figures.kinds.entry(fault.kind()).or_default() += 1;
        }
        figures.doubles += usize::from(blow.len() > 1);
        figures.caught += fault::strike(&site, &blow, seed ^ (n as u64 + 1)).await;
        let struck = begun.elapsed();
        let resumed = resume(&site, &crowd, &blow).await;
        println!("{n:3} {blow:?}: {} ms, service {} ms behind", struck.as_millis(), resumed.as_millis());
        figures.longest_resume = figures.longest_resume.max(resumed);
        calm(&crowd, &mut figures).await;
    }
    let players = crowd.players.clone();
    let trades = crowd.trades();
    let histories = crowd.end().await;
    let seq = site.all_ready(Duration::from_secs(30)).await;

    let named = named::losses(&site).await;
    flushed(&site, seq).await;
    let journal = journal::execute(site.database_url(), &histories).await;
    let mut found = Contradictions::default();
    let (unkept, lost) = checks::kept::check(&journal, &histories, setup.keeps_everything(), &named);
    found.of("kept", unkept);
    found.of("order", checks::order::check(&journal, &histories));
    found.of("reads", checks::reads::check(&journal, &histories, &named));
    found.of("processes", checks::processes::check(&site, &journal, seq, &players).await);
    found.of("stopped", named::stops(&site).await);
    found.of("audit", checks::audit::check(site.database_url()));
    found.of("projections", checks::projections::check(site.database_url()).await);

    let calls: usize = histories.iter().map(|history| history.calls.len()).sum();
    let retried = histories.iter().flat_map(|history| &history.calls).filter(|call| call.attempts.len() > 1).count();
    let longest = histories.iter().flat_map(|history| &history.calls).flat_map(|call| &call.attempts).map(|attempt| attempt.took).max();
    println!("{setup:?}, seed {seed}:");
    for (kind, count) in &figures.kinds {
        println!("  {count:4}  {kind}");
    }
    println!("  {:4}  two at once; {} appends caught under way", figures.doubles, figures.caught);
    println!(
        "{} trades acknowledged, {:.0}/s between faults; {calls} calls, {retried} of them asked again; longest request {longest:?}",
        trades,
        figures.calm_trades as f64 / figures.calm.as_secs_f64()
    );
    println!(
        "journal of {seq} entries, {} reads checked, {} answers lost and named in {named:?}; service back within {:?}",
        journal.reads_checked, lost.0, figures.longest_resume
    );
    if !found.list().is_empty() {
        panic!("{}\n{}again: {again}", found.list().join("\n"), site.last_words().await);
    }
}

/// Waits until each api has acknowledged a trade that was first asked for behind the blow; says how long that took.
async fn resume(site: &Site, crowd: &clients::Crowd, blow: &Blow) -> Duration {
    let begun = Instant::now();
    crowd.begin_anew();
    loop {
        let fresh = crowd.fresh();
        if fresh.iter().all(|of_one| *of_one > 0) {
            return begun.elapsed();
        }
        if begun.elapsed() > RESUMED {
            let mut ready = Vec::new();
            for process in 0..site.processes.len() {
                ready.push(site.readyz(process).await);
            }
            panic!("no service {RESUMED:?} behind {blow:?}: {fresh:?}; {ready:?}\n{}", site.last_words().await);
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

async fn calm(crowd: &clients::Crowd, figures: &mut Figures) {
    let (before, begun) = (crowd.trades(), Instant::now());
    tokio::time::sleep(CALM).await;
    figures.calm += begun.elapsed();
    figures.calm_trades += crowd.trades() - before;
}

/// Waits until Postgres has the journal and every projection up to `seq`.
async fn flushed(site: &Site, seq: u64) {
    use ftl_store::postgres::batches::PostgresBatches;
    use ftl_store::postgres::connect::Database;
    use ftl_store::postgres::flusher::{Batches, Flusher};
    let database = Database::at(site.database_url()).unwrap();
    let batches = Batches::Archive(Arc::new(PostgresBatches::new(&database, clients::LEAGUE)));
    let flusher = Flusher::open(&database, clients::LEAGUE, batches).await.unwrap();
    let begun = Instant::now();
    loop {
        let watermarks = flusher.watermarks().await.unwrap();
        if watermarks.values().all(|watermark| watermark.0 >= seq) {
            return;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "projections up to {seq}: {watermarks:?}\n{}", site.last_words().await);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
