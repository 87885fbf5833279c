//! Per account the history is linearisable: an answer that came before a call was made is of an earlier entry. What was lost
//! and named has no place in the order.

use std::collections::HashMap;

use ftl_core::id::AccountId;

use crate::journal::Final;
use crate::record::{Call, History};

pub fn check(journal: &Final, histories: &[History]) -> Vec<String> {
    let mut by_account: HashMap<AccountId, Vec<&Call>> = HashMap::new();
    for call in histories.iter().flat_map(|history| &history.calls) {
        let kept = journal
            .by_id
            .get(&call.id)
            .is_some_and(|became| became.iter().any(|became| Some(became.seq) == call.told.as_ref().map(|told| told.seq)));
        if kept {
            by_account.entry(call.account).or_default().push(call);
        }
    }
    let mut found = Vec::new();
    for mut calls in by_account.into_values() {
        // In the order of their ends, with the highest entry so far: a call that begins behind that must be beyond it.
        let mut begins = calls.clone();
        calls.sort_by_key(|call| call.told.as_ref().map(|told| told.received));
        begins.sort_by_key(|call| call.invoked());
        let mut ended = calls.into_iter().peekable();
        let mut highest: Option<&Call> = None;
        for call in begins {
            while let Some(before) = ended.next_if(|before| before.told.as_ref().is_some_and(|told| told.received < call.invoked())) {
                if seq(before) > highest.map_or(0, seq) {
                    highest = Some(before);
                }
            }
            if let Some(before) = highest.filter(|before| seq(before) >= seq(call)) {
                found.push(format!(
                    "{} was answered of entry {} before {} was asked, which is entry {}",
                    before.key,
                    seq(before),
                    call.key,
                    seq(call)
                ));
            }
        }
    }
    found
}

fn seq(call: &Call) -> u64 {
    call.told.as_ref().map_or(0, |told| told.seq)
}
