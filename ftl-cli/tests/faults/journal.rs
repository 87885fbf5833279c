//! The journal as Postgres has it in the end, executed from its first entry.

use std::collections::{BTreeMap, HashMap};

use ftl_core::id::{BookId, CommandId, Seq};
use ftl_core::journal::ChainCheck;
use ftl_core::outcome::{Outcome, Receipt};
use ftl_server::wire::League;
use ftl_server::wire::answer::{CloseAnswer, OpenAnswer};
use ftl_server::wire::order::OrderRef;
use ftl_server::wire::portfolio::PortfolioAnswer;
use ftl_server::wire::position::{ClosedView, PositionView};
use ftl_store::archive::Archive;
use ftl_store::postgres::batches::PostgresBatches;
use ftl_store::postgres::connect::Database;
use serde_json::{Value, json};

use crate::clients::LEAGUE;
use crate::record::{History, Read, Told};

/// What a command came to.
pub struct Became {
    /// Its entry.
    pub seq: u64,
    /// The answer that a request must have had, status and body, where its client was told something else.
    pub otherwise: Option<(u16, Value)>,
}

/// See the module.
pub struct Final {
    pub head: u64,
    pub league: League,
    /// Everything that an id did: more than one is one too many.
    pub by_id: HashMap<CommandId, Vec<Became>>,
    /// Portfolios that were read and are not what the journal says of that entry.
    pub misread: Vec<(Read, Value)>,
    pub reads_checked: usize,
}

/// Reads and executes it; links and hashes are checked on the way.
pub async fn execute(url: &str, histories: &[History]) -> Final {
    let database = Database::at(url).unwrap();
    let batches = PostgresBatches::new(&database, LEAGUE);
    let mut reads: BTreeMap<u64, Vec<&Read>> = BTreeMap::new();
    for read in histories.iter().flat_map(|history| &history.reads) {
        reads.entry(read.body["seq"].as_u64().unwrap()).or_default().push(read);
    }
    let told: HashMap<CommandId, &Told> =
        histories.iter().flat_map(|history| &history.calls).filter_map(|call| Some((call.id, call.told.as_ref()?))).collect();
    let (mut league, mut check) = (League::new(), ChainCheck::default());
    let (mut by_id, mut misread, mut reads_checked) = (HashMap::<CommandId, Vec<Became>>::new(), Vec::new(), 0);
    loop {
        let found = batches.read(check.tip.seq, 4_096).await.unwrap();
        if found.is_empty() {
            break;
        }
        for batch in found {
            check.follow(&batch).unwrap();
            for entry in batch.entries() {
                let outcome = league.apply(&entry);
                if !outcome.replayed {
                    let answer = answer_of(&league, &outcome);
                    let as_told = told.get(&outcome.id).is_some_and(|told| same(&answer, told));
                    let became = Became { seq: outcome.seq.0, otherwise: (!as_told).then_some(answer) };
                    by_id.entry(outcome.id).or_default().push(became);
                }
                for read in reads.remove(&entry.seq.0).unwrap_or_default() {
                    reads_checked += 1;
                    let is = serde_json::to_value(PortfolioAnswer::of(&league, BookId::season(read.account))).unwrap();
                    if is != read.body {
                        misread.push((read.clone(), is));
                    }
                }
            }
        }
    }
    // What was read of an entry that is not there is not what the journal says either.
    misread.extend(reads.into_values().flatten().map(|read| (read.clone(), Value::Null)));
    Final { head: check.tip.seq.0, league, by_id, misread, reads_checked }
}

/// The answer that a request must have had.
fn answer_of(league: &League, outcome: &Outcome) -> (u16, Value) {
    let Outcome { seq: Seq(seq), answer, .. } = outcome;
    let (seq, replayed) = (*seq, false);
    let view = |receipt: &ftl_core::outcome::PositionReceipt| {
        let slug = league.instrument(receipt.instrument).unwrap().footballer.instrument.clone();
        PositionView::of_receipt(slug, receipt)
    };
    let body = match &answer.result {
        Ok(Receipt::Opened { order, position, portfolio }) => {
            let (order, position) = (OrderRef::filled(*order), Some(view(position)));
            serde_json::to_value(OpenAnswer { seq, replayed, order, position, portfolio: portfolio.into() })
        }
        Ok(Receipt::Closed { order, lots, exit_price, pnl, rest, portfolio, .. }) => {
            let (order, closed) = (OrderRef::filled(*order), Some(ClosedView::by_user(*lots, *exit_price, *pnl)));
            serde_json::to_value(CloseAnswer {
                seq,
                replayed,
                order,
                closed,
                position: rest.as_ref().map(view),
                portfolio: portfolio.into(),
            })
        }
        Ok(_) => Ok(json!({"seq": seq})),
        Err(rejection) => return (0, json!({"seq": seq, "code": rejection.code()})),
    };
    (200, body.unwrap())
}

/// Whether an answer is what the journal gives; a rejection by its code.
fn same((status, body): &(u16, Value), told: &Told) -> bool {
    let mut said = told.body();
    if *status == 0 {
        return (400..500).contains(&told.status) && said["code"] == body["code"] && said["seq"] == body["seq"];
    }
    said["replayed"] = false.into();
    *status == told.status && said == *body
}
