//! `cfd_positions`.

use ftl_core::projection::{Run, position_changes};
use ftl_core::units::Price;

use super::{FlushError, Target, columns};
use crate::postgres::column::{Id, ordered, sign};
use crate::postgres::copy::CopyRows;

pub(super) async fn write(to: &mut Target<'_>, run: Run<'_>) -> Result<u64, FlushError> {
    let changes = position_changes(run);
    let mut rows = CopyRows::of(23);
    for row in changes.made.values() {
        rows.row()
            .text(to.league)
            .uuid(row.position.0)
            .uuid(row.book.account.0)
            .integer(row.book.number.into())
            .integer(row.instrument.0.into())
            .uuid(row.order.0)
            .smallint(sign(row.direction))
            .bigint(ordered(row.opened_at.0))
            .bigint(ordered(row.opened_seq.0))
            .bigint(row.opened_lots.units())
            .bigint(row.lots.units())
            .bigint(row.entry_cost.units())
            .bigint(row.margin.units())
            .opt(row.stop_loss, price)
            .opt(row.take_profit, price)
            .opt(row.pending.and_then(|pending| pending.stop_loss), price)
            .opt(row.pending.and_then(|pending| pending.take_profit), price)
            .opt(row.pending, |to, pending| to.bigint(ordered(pending.due.0)))
            .bigint(row.realised.units())
            .bigint(row.fees.units())
            .opt(row.closed, |to, (at, ..)| to.bigint(ordered(at.0)))
            .opt(row.closed, |to, (_, seq, _)| to.bigint(ordered(seq.0)))
            .opt(row.closed, |to, (.., reason)| to.text(reason.code()));
    }
    let made = to.copy("cfd_positions", rows).await?;
    if changes.changed.is_empty() {
        return Ok(made);
    }
    let changed = changes.changed.iter();
    columns!(changed =>
        position: |(position, _)| Id(position.0),
        lots: |(_, patch)| patch.lots.map(|lots| lots.units()),
        entry_cost_gone: |(_, patch)| patch.entry_cost_gone.units(),
        realised: |(_, patch)| patch.realised.units(),
        fees: |(_, patch)| patch.fees.units(),
        armed: |(_, patch)| patch.triggers.is_some(),
        stop_loss: |(_, patch)| patch.triggers.and_then(|(stop_loss, _)| stop_loss).map(Price::units),
        take_profit: |(_, patch)| patch.triggers.and_then(|(_, take_profit)| take_profit).map(Price::units),
        waits: |(_, patch)| patch.pending.is_some(),
        pending_stop_loss: |(_, patch)| patch.pending.flatten().and_then(|pending| pending.stop_loss).map(Price::units),
        pending_take_profit: |(_, patch)| patch.pending.flatten().and_then(|pending| pending.take_profit).map(Price::units),
        pending_due: |(_, patch)| patch.pending.flatten().map(|pending| ordered(pending.due.0)),
        closed_at: |(_, patch)| patch.closed.map(|(at, ..)| ordered(at.0)),
        closed_seq: |(_, patch)| patch.closed.map(|(_, seq, _)| ordered(seq.0)),
        close_reason: |(_, patch)| patch.closed.map(|(.., reason)| reason.code()),
    );
    let statement = format!(
        "UPDATE {} AS t SET
             lots = coalesce(c.lots, t.lots), entry_cost = t.entry_cost - c.entry_cost_gone,
             realised = t.realised + c.realised, fees = t.fees + c.fees,
             stop_loss = CASE WHEN c.armed THEN c.stop_loss ELSE t.stop_loss END,
             take_profit = CASE WHEN c.armed THEN c.take_profit ELSE t.take_profit END,
             pending_stop_loss = CASE WHEN c.waits THEN c.pending_stop_loss ELSE t.pending_stop_loss END,
             pending_take_profit = CASE WHEN c.waits THEN c.pending_take_profit ELSE t.pending_take_profit END,
             pending_due = CASE WHEN c.waits THEN c.pending_due ELSE t.pending_due END,
             closed_at = coalesce(c.closed_at, t.closed_at), closed_seq = coalesce(c.closed_seq, t.closed_seq),
             close_reason = coalesce(c.close_reason, t.close_reason)
         FROM unnest($2::uuid[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::boolean[], $8::bigint[], $9::bigint[],
                     $10::boolean[], $11::bigint[], $12::bigint[], $13::bigint[], $14::bigint[], $15::bigint[], $16::text[])
             AS c (position, lots, entry_cost_gone, realised, fees, armed, stop_loss, take_profit,
                   waits, pending_stop_loss, pending_take_profit, pending_due, closed_at, closed_seq, close_reason)
         WHERE t.league = $1 AND t.position = c.position",
        to.table("cfd_positions")
    );
    let found = to
        .execute(&statement, |query| {
            let query = query.bind(position).bind(lots).bind(entry_cost_gone).bind(realised).bind(fees);
            let query = query.bind(armed).bind(stop_loss).bind(take_profit);
            let query = query.bind(waits).bind(pending_stop_loss).bind(pending_take_profit).bind(pending_due);
            query.bind(closed_at).bind(closed_seq).bind(close_reason)
        })
        .await?;
    Ok(made + to.all_found("cfd_positions", changes.changed.len(), found)?)
}

fn price(to: &mut CopyRows, price: Price) -> &mut CopyRows {
    to.bigint(price.units())
}
