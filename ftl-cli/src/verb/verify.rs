//! `ftl verify`: a journal executed again and compared with what was stored; for one fill, its receipt.

mod receipt;

use std::process::ExitCode;

use clap::Args;
use ftl_core::hash::Hash;
use ftl_core::id::{OrderId, PositionId, Seq};
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::league::Reading;
use crate::league::execution::Execution;
use crate::league::history::StoredHistory;
use crate::league::place::Where;
use crate::output;

/// Executes entries again and compares state hashes and history with what is stored.
///
/// With --position or --fill it prints receipts instead: the command, the rules in force, the inputs, the arithmetic
/// and the outcome of every fill.
#[derive(Args)]
#[command(after_help = "Examples:
  ftl verify --data ./ftl-data
  ftl verify --from 4000 --to 5000 --json
  ftl verify --fill 0193a5f0-0000-7000-8000-000000120000")]
pub struct Verify {
    #[command(flatten)]
    place: Where,
    /// From this entry on.
    #[arg(long, value_name = "SEQ", default_value_t = 1)]
    from: u64,
    /// Up to this entry.
    #[arg(long, value_name = "SEQ")]
    to: Option<u64>,
    /// Receipts of every fill of this position.
    #[arg(long, value_name = "ID", conflicts_with = "fill")]
    position: Option<PositionId>,
    /// Receipts of the fills of this order.
    #[arg(long, value_name = "ID")]
    fill: Option<OrderId>,
    /// One JSON object on stdout.
    #[arg(long)]
    json: bool,
}

/// What differs from what is stored.
struct Mismatch {
    seq: Seq,
    expected: Value,
    got: Value,
}

impl Verify {
    pub async fn run(self) -> Result<ExitCode, Failure> {
        let reading = Reading::open(&self.place.place()).await?;
        let to = reading.up_to(self.to)?;
        if self.from == 0 || self.from > to.0.max(1) {
            return Err(Failure::refused(format!("--from takes 1 to {to}")));
        }
        match (self.position, self.fill) {
            (None, None) => self.compare(&reading, to).await,
            (position, fill) => self.receipts(&reading, to, position, fill).await,
        }
    }

    async fn compare(&self, reading: &Reading, to: Seq) -> Result<ExitCode, Failure> {
        let before = Seq(self.from.saturating_sub(1));
        let mut execution = Execution::near(reading, before, to).await?;
        execution.skip_to(before).await?;
        let mut history = StoredHistory::of(reading, before).await?;
        let heads = reading.snapshot_heads().await?;
        let mut mismatch = None;
        while let (None, Some((_, outcome))) = (&mismatch, execution.next().await?) {
            history.compare(&outcome).await?;
            let stored = heads.iter().find(|head| head.journal.tip.seq == outcome.seq).map(|head| head.state_hash);
            mismatch = of_history(&history).or_else(|| of_hash(outcome.seq, stored?, execution.state.hash()));
        }
        if mismatch.is_none() {
            history.finish(to).await?;
            mismatch = of_history(&history);
        }
        self.say(&mut execution, to, mismatch)
    }

    fn say(&self, execution: &mut Execution, to: Seq, mismatch: Option<Mismatch>) -> Result<ExitCode, Failure> {
        let (ok, hash) = (mismatch.is_none(), execution.state.hash());
        if self.json {
            let mismatch = mismatch.map(|found| json!({"seq": found.seq, "expected": found.expected, "got": found.got}));
            output::json(&json!({"ok": ok, "from": self.from, "to": to, "hash": hash, "mismatch": mismatch}))?;
        } else {
            let verdict = match &mismatch {
                None => format!("entries {} to {to} give what is stored\nhash {hash}\n", self.from),
                Some(found) => {
                    let what = format!("entry {}: stored {}, executed {}", found.seq, found.expected, found.got);
                    output::wrapped(&what, 0) + "keep the files and restore a backup\n"
                }
            };
            output::text_lines(&verdict)?;
        }
        Ok(if ok { ExitCode::SUCCESS } else { ExitCode::from(1) })
    }

    async fn receipts(
        &self,
        reading: &Reading,
        to: Seq,
        position: Option<PositionId>,
        order: Option<OrderId>,
    ) -> Result<ExitCode, Failure> {
        let mut execution = Execution::from_the_start(reading, to);
        let mut receipts = Vec::new();
        loop {
            let Some(seq) = execution.peek().await?.map(|entry| entry.seq) else { break };
            // A clone shares its rows; it is what the fill saw.
            let before = execution.state.clone();
            let Some((entry, outcome)) = execution.next().await? else { break };
            debug_assert_eq!(seq, outcome.seq);
            receipts.extend(receipt::of_entry(before, &entry, &outcome, |fill| {
                position.is_some_and(|id| fill.position == id) || order.is_some_and(|id| fill.order == Some(id))
            }));
        }
        if receipts.is_empty() {
            return Err(Failure::refused(format!("no fill of that id up to entry {to}; ftl export fills lists them")));
        }
        if self.json {
            output::json(&json!({"receipts": receipts}))?;
        } else {
            let text: Vec<String> = receipts.iter().map(receipt::as_text).collect();
            output::text_lines(&text.join("\n"))?;
        }
        let ok = receipts.iter().all(|receipt| receipt["ok"] == json!(true));
        Ok(if ok { ExitCode::SUCCESS } else { ExitCode::from(1) })
    }
}

fn of_history(history: &StoredHistory) -> Option<Mismatch> {
    let found = history.differences.iter().min_by_key(|difference| difference.seq)?;
    Some(Mismatch { seq: found.seq, expected: json!(found.stored), got: json!(found.executed) })
}

fn of_hash(seq: Seq, stored: Hash, got: Hash) -> Option<Mismatch> {
    (stored != got).then(|| Mismatch { seq, expected: json!(stored), got: json!(got) })
}
