//! `ftl admin fork`: cuts a league's journal, with every process stopped.

use std::process::ExitCode;

use ftl_core::id::Seq;
use ftl_core::journal::Clock;
use ftl_store::clock::SystemClock;
use ftl_store::data_dir::DataDir;
use ftl_store::fork::{Forked, in_database, in_directory};
use ftl_store::postgres::connect::Database;
use ftl_store::postgres::migrations;
use ftl_store::redis::connect::RedisServer;
use serde_json::json;

use crate::failure::Failure;
use crate::league::place::{Place, Where};
use crate::output;

/// Where the whole journal, or what is cut off of it, is kept.
enum Kept {
    Directory,
    Tables,
}

/// Cuts the journal of the league at `place` behind entry `at`.
pub(super) async fn run(place: &Where, at: u64, reason: &str, dry_run: bool, as_json: bool) -> Result<ExitCode, Failure> {
    let (done, kept) = match place.place() {
        Place::Directory(path) => {
            let now = SystemClock.now();
            (in_directory(&DataDir::at(path), Seq(at), reason, now, dry_run).await?, Kept::Directory)
        }
        Place::Database { url, league } => {
            let database = Database::at(&url)?;
            migrations::require_current(&database).await?;
            let redis = std::env::var("REDIS_URL").ok().map(|url| RedisServer::at(&url)).transpose().map_err(Failure::could_not_run)?;
            (in_database(&database, redis.as_ref(), &league, Seq(at), reason, dry_run).await?, Kept::Tables)
        }
    };
    if as_json {
        output::json(&json!({"dryRun": dry_run, "epoch": done.epoch, "at": done.at, "cutTo": done.cut_to}))?;
    } else {
        output::text_lines(&told(&done, &kept, dry_run))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn told(done: &Forked, kept: &Kept, dry_run: bool) -> String {
    let Forked { epoch, at, cut_to } = done;
    let (first, last) = (at.next(), *cut_to);
    if dry_run {
        return format!("nothing is done; this would cut off entries {first} to {last}\n");
    }
    match kept {
        Kept::Directory => format!("entries {first} to {last} are cut off; the journal as it was is kept under forks/\n"),
        Kept::Tables => format!(
            "entries {first} to {last} are cut off and kept in cut_batches; the league goes on in epoch {epoch}\n\
             start a flusher: it builds the projections anew, and a new stream where there is one\n"
        ),
    }
}
