//! What a client was told is in the journal, once, and as it was told. Under `ACK=journal` it may be lost, and is named then.

use crate::journal::Final;
use crate::record::History;

/// Answers that were acknowledged and are in a range that is named as lost.
#[derive(Default)]
pub struct Lost(pub usize);

pub fn check(journal: &Final, histories: &[History], keeps_everything: bool, named: &[(u64, u64)]) -> (Vec<String>, Lost) {
    let (mut found, mut lost) = (Vec::new(), Lost::default());
    for call in histories.iter().flat_map(|history| &history.calls) {
        let became = journal.by_id.get(&call.id).map(Vec::as_slice).unwrap_or_default();
        if became.len() > 1 {
            let seqs: Vec<u64> = became.iter().map(|became| became.seq).collect();
            found.push(format!("{} was executed at each of {seqs:?}", call.key));
        }
        let Some(told) = &call.told else {
            found.push(format!("{} was never answered: {:?}", call.key, call.attempts.last()));
            continue;
        };
        let seq = told.seq;
        if became.iter().any(|became| became.otherwise.is_none()) {
            continue;
        }
        let is_named = named.iter().any(|(first, last)| (*first..=*last).contains(&seq));
        if !keeps_everything && is_named {
            lost.0 += 1;
            continue;
        }
        let is: Vec<_> = became.iter().map(|became| &became.otherwise).collect();
        let attempts: Vec<_> = call.attempts.iter().map(|attempt| (attempt.api, &attempt.answer, attempt.took)).collect();
        found.push(format!("{} was told {} {}, the journal has {is:?}; {attempts:?}", call.key, told.status, told.body()));
    }
    (found, lost)
}
