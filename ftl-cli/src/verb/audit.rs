//! `ftl audit`: what must always hold (R11), over a league's journal executed again and what its history holds.

use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use ftl_core::audit::{Audit as Following, Check};
use ftl_core::hash::Hash;
use ftl_core::id::Seq;
use ftl_core::outcome::Outcome;
use ftl_core::rulebook::Standard;
use ftl_store::data_dir::{DataDir, OpenError};
use ftl_store::postgres::watermarks::Projection;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::failure::Failure;
use crate::league::Reading;
use crate::league::execution::Execution;
use crate::league::history::StoredHistory;
use crate::league::outcomes::OutcomesInStep;
use crate::league::place::{Place, Where};
use crate::output;

/// Violations of one check that people are shown.
const SHOWN: usize = 5;
/// Outcomes that are handed on together, and how many such may wait.
const TOGETHER: usize = 1_024;
const WAITING: usize = 4;

/// Outcomes in order; of some of them the hash of the state after them.
type Steps = Arc<Vec<(Outcome, Option<Hash>)>>;

/// Checks everything that must always hold.
///
/// Executes the journal again and checks hashes, postings, positions, margin, boards, history and the databases
/// themselves. A server may be serving the league meanwhile.
#[derive(Args)]
#[command(after_help = "Examples:
  ftl audit --data ./ftl-data
  ftl audit --data ./ftl-data --at 4711 --json")]
pub struct Audit {
    #[command(flatten)]
    place: Where,
    /// Up to this entry.
    #[arg(long, value_name = "SEQ")]
    at: Option<u64>,
    /// One JSON object on stdout.
    #[arg(long)]
    json: bool,
}

impl Audit {
    pub async fn run(self) -> Result<ExitCode, Failure> {
        let (head, checks) = match self.place.place() {
            Place::Directory(path) => match DataDir::at(&path).open_for_reading().await {
                Ok(league) => self.checks_of(Reading::of(league, &path).await?).await?,
                Err(error) => match unsound(&error) {
                    Some(check) => (Seq(0), vec![check]),
                    None => return Err(error.into()),
                },
            },
            place @ Place::Database { .. } => {
                let reading = Reading::open(&place).await?;
                let head = reading.head;
                match self.checks_of(reading).await {
                    Err(Failure::Damaged { at, what }) => {
                        let mut check = Check::named("chain");
                        check.that(false, at, || what);
                        (head, vec![check])
                    }
                    checks => checks?,
                }
            }
        };
        let ok = checks.iter().all(Check::ok);
        if self.json {
            output::json(&json!({"ok": ok, "head": head, "checks": checks.iter().map(as_json).collect::<Vec<_>>()}))?;
        } else {
            output::text_lines(&as_text(ok, head, &checks))?;
        }
        Ok(if ok { ExitCode::SUCCESS } else { ExitCode::from(1) })
    }

    async fn checks_of(&self, reading: Reading) -> Result<(Seq, Vec<Check>), Failure> {
        let to = reading.up_to(self.at)?;
        let mut execution = Execution::from_the_start(&reading, to);
        let (mut rows, mut facts) = Following::<Standard>::following(execution.state.clone()).split();
        let mut history = StoredHistory::of(&reading, Seq(0)).await?;
        let mut outcomes = match reading.outcomes() {
            Some(stored) => Some(OutcomesInStep::of(stored).await?),
            None => None,
        };
        let mut snapshots = Snapshots::of(&reading).await?;
        // Three things at once: the execution with the checks of its rows here, the facts and history beside it.
        let (to_facts, mut told) = mpsc::channel::<Steps>(WAITING);
        let facts_beside = tokio::task::spawn_blocking(move || {
            while let Some(steps) = told.blocking_recv() {
                steps.iter().for_each(|(outcome, hash)| facts.outcome(outcome, *hash));
            }
            facts
        });
        let (to_history, mut told) = mpsc::channel::<Steps>(WAITING);
        let history_beside = tokio::spawn(async move {
            while let Some(steps) = told.recv().await {
                for (outcome, _) in steps.iter() {
                    history.compare(outcome).await?;
                    if let Some(outcomes) = &mut outcomes {
                        outcomes.compare(outcome).await?;
                    }
                }
            }
            history.finish(to).await?;
            Ok::<_, Failure>((history, outcomes))
        });
        let mut steps = Vec::with_capacity(TOGETHER);
        loop {
            let next = execution.next().await?;
            let ended = next.is_none();
            if let Some((_, outcome)) = next {
                let hash = rows.entry(&mut execution.state, &outcome);
                snapshots.compare(&mut execution);
                steps.push((outcome, hash));
            }
            if ended || steps.len() == TOGETHER {
                let some: Steps = Arc::new(std::mem::replace(&mut steps, Vec::with_capacity(TOGETHER)));
                // A half that ended early failed, and says so below.
                if to_facts.send(Arc::clone(&some)).await.is_err() || to_history.send(some).await.is_err() || ended {
                    break;
                }
            }
        }
        drop((to_facts, to_history));
        let facts = facts_beside.await.map_err(Failure::could_not_run)?;
        let (history, outcomes) = history_beside.await.map_err(Failure::could_not_run)??;
        let mut checks = vec![chain(&reading), database(&reading).await?];
        checks.extend(Following::of(rows, facts).finish(&mut execution.state));
        checks.push(snapshots.check);
        checks.push(history_check(&history));
        checks.extend(outcomes.map(|outcomes| outcomes.check));
        if self.at.is_none() && reading.database().is_some() {
            checks.push(projections_check(&reading).await?);
        }
        Ok((to, checks))
    }
}

/// Opening, or reading, walked every hash and every link: it would have been refused.
fn chain(reading: &Reading) -> Check {
    let mut check = Check::named("chain");
    check.checked = reading.head.0;
    check
}

/// A league that is refused because of what is stored.
fn unsound(error: &OpenError) -> Option<Check> {
    let (name, seq) = match error {
        OpenError::Corrupt { at, .. } => ("chain", *at),
        OpenError::LostTail { head, .. } => ("chain", *head),
        OpenError::OtherHistory { marked } => ("chain", *marked),
        OpenError::Marker { .. } => ("chain", Seq(0)),
        OpenError::Damaged { .. } => ("database", Seq(0)),
        _ => return None,
    };
    let mut check = Check::named(name);
    check.that(false, seq, || error.to_string());
    Some(check)
}

/// What the databases say of themselves.
async fn database(reading: &Reading) -> Result<Check, Failure> {
    let mut check = Check::named("database");
    let found = reading.integrity().await?;
    check.that(found.is_empty(), reading.head, || found.join("; "));
    Ok(check)
}

/// R11.7: the state has the hash that each snapshot says. One that is damaged says nothing, and is named.
struct Snapshots {
    expected: std::collections::BTreeMap<Seq, Hash>,
    check: Check,
}

impl Snapshots {
    async fn of(reading: &Reading) -> Result<Self, Failure> {
        let heads = reading.snapshot_heads().await?;
        let expected = heads.into_iter().map(|head| (head.journal.tip.seq, head.state_hash)).collect();
        let mut check = Check::named("snapshots");
        for damaged in reading.damaged_snapshots().await? {
            check.that(false, reading.head, || damaged);
        }
        Ok(Self { expected, check })
    }

    fn compare(&mut self, execution: &mut Execution) {
        let Some(expected) = self.expected.get(&execution.state.seq()) else { return };
        let got = execution.state.hash();
        self.check.that(got == *expected, execution.state.seq(), || format!("the snapshot has hash {expected}, execution gives {got}"));
    }
}

fn history_check(history: &StoredHistory) -> Check {
    let mut check = Check::named("history");
    for difference in &history.differences {
        check.that(false, difference.seq, || format!("stored {:?}, executed {:?}", difference.stored, difference.executed));
    }
    check.checked = history.compared;
    check
}

/// Every table of a database against one that is built anew.
async fn projections_check(reading: &Reading) -> Result<Check, Failure> {
    let mut check = Check::named("projections");
    let found = reading.differences(SHOWN).await?;
    for difference in &found {
        let whose = if difference.stored { "stored, and the journal does not make it" } else { "made by the journal, and not stored" };
        check.that(false, reading.head, || format!("{}: {whose}: {}", difference.table, difference.row));
    }
    check.checked = Projection::ALL.len() as u64;
    Ok(check)
}

fn as_json(check: &Check) -> Value {
    let violations: Vec<Value> = check.violations.iter().map(|found| json!({"seq": found.seq, "what": found.what})).collect();
    json!({"name": check.name, "ok": check.ok(), "checked": check.checked, "violations": violations})
}

/// Within 80 columns; a violation's text may be longer and is wrapped.
fn as_text(ok: bool, head: Seq, checks: &[Check]) -> String {
    let mut text = String::new();
    for check in checks {
        let verdict = if check.ok() { "ok" } else { "VIOLATED" };
        text += &format!("{:16} {verdict:9} {:>12} checked\n", check.name, check.checked);
        for found in check.violations.iter().take(SHOWN) {
            text += &output::wrapped(&format!("after entry {}: {}", found.seq, found.what), 4);
        }
        let more = check.more + u64::try_from(check.violations.len().saturating_sub(SHOWN)).unwrap_or(0);
        if more > 0 {
            text += &format!("    and {more} more; --json lists them\n");
        }
    }
    let verdict = if ok { "everything holds" } else { "something does not hold: keep the files, restore a backup" };
    text + &format!("up to entry {head}: {verdict}\n")
}
