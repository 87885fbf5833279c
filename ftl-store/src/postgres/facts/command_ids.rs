//! `command_ids`.

use ftl_core::codec;
use ftl_core::outcome::Outcome;

use super::{FlushError, Target};
use crate::postgres::column::{bits, ordered};
use crate::postgres::copy::CopyRows;

pub(super) async fn write(to: &mut Target<'_>, outcomes: impl Iterator<Item = &Outcome>) -> Result<u64, FlushError> {
    let mut rows = CopyRows::of(6);
    // A replayed outcome is the first one's again.
    for outcome in outcomes.filter(|outcome| !outcome.replayed) {
        rows.row()
            .text(to.league)
            .uuid(outcome.id.0)
            .bigint(ordered(outcome.seq.0))
            .bigint(ordered(outcome.at.0))
            .bigint(bits(outcome.body))
            .bytes(&codec::encode(&outcome.answer));
    }
    to.copy("command_ids", rows).await
}
