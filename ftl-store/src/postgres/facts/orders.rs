//! `orders`.

use ftl_core::projection::{OrderEnd, OrderFate, Run, order_changes};
use ftl_core::units::{Direction, Lots, Money, Price};

use super::{FlushError, Target, columns};
use crate::postgres::column::{Id, ordered, sign};
use crate::postgres::copy::CopyRows;

pub(super) async fn write(to: &mut Target<'_>, run: Run<'_>) -> Result<u64, FlushError> {
    let changes = order_changes(run);
    let mut rows = CopyRows::of(26);
    for row in changes.made.values() {
        let end = row.end.as_ref();
        rows.row()
            .text(to.league)
            .uuid(row.order.0)
            .uuid(row.book.account.0)
            .integer(row.book.number.into())
            .integer(row.instrument.0.into())
            .boolean(row.opens)
            .opt(row.direction, |to, direction| to.smallint(sign(direction)))
            .bigint(row.lots.units())
            .opt(row.limit, price)
            .opt(row.slippage, |to, slippage| to.bigint(slippage.client_price.units()))
            .opt(row.slippage, |to, slippage| to.bigint(slippage.tolerance.0.into()))
            .opt(row.stop_loss, price)
            .opt(row.take_profit, price)
            .opt(row.position, |to, position| to.uuid(position.0))
            .bigint(ordered(row.placed_at.0))
            .bigint(ordered(row.placed_seq.0))
            .opt(row.due, |to, due| to.bigint(ordered(due.0)))
            .bigint(row.reserved.units())
            .opt(row.cancel_due, |to, due| to.bigint(ordered(due.0)))
            .text(state(end))
            .opt(end, |to, end| to.bigint(ordered(end.at.0)))
            .opt(end, |to, end| to.bigint(ordered(end.seq.0)))
            .opt(fill(end), |to, fill| to.bigint(fill.lots.units()))
            .opt(fill(end), |to, fill| to.bigint(fill.value.units()))
            .opt(fill(end), |to, fill| to.bigint(fill.fee.units()))
            .opt(cancel_reason(end), CopyRows::text);
    }
    let made = to.copy("orders", rows).await?;
    if changes.changed.is_empty() {
        return Ok(made);
    }
    let changed = changes.changed.iter().map(|(order, patch)| (order, patch, patch.end.as_ref()));
    columns!(changed =>
        order: |(order, ..)| Id(order.0),
        cancel_due: |(_, patch, _)| patch.cancel_due.map(|due| ordered(due.0)),
        states: |(.., end)| end.map(|end| state(Some(end))),
        ended_at: |(.., end)| end.map(|end| ordered(end.at.0)),
        ended_seq: |(.., end)| end.map(|end| ordered(end.seq.0)),
        position: |(.., end)| fill(end).map(|fill| fill.position),
        direction: |(.., end)| fill(end).map(|fill| sign(fill.direction)),
        filled_lots: |(.., end)| fill(end).map(|fill| fill.lots.units()),
        filled_value: |(.., end)| fill(end).map(|fill| fill.value.units()),
        filled_fee: |(.., end)| fill(end).map(|fill| fill.fee.units()),
        reason: |(.., end)| cancel_reason(end).map(str::to_owned),
    );
    let statement = format!(
        "UPDATE {} AS t SET
             cancel_due = coalesce(c.cancel_due, t.cancel_due), state = coalesce(c.state, t.state),
             ended_at = coalesce(c.ended_at, t.ended_at), ended_seq = coalesce(c.ended_seq, t.ended_seq),
             position = coalesce(c.position, t.position), direction = coalesce(c.direction, t.direction),
             filled_lots = coalesce(c.filled_lots, t.filled_lots), filled_value = coalesce(c.filled_value, t.filled_value),
             filled_fee = coalesce(c.filled_fee, t.filled_fee), cancel_reason = coalesce(c.reason, t.cancel_reason)
         FROM unnest($2::uuid[], $3::bigint[], $4::text[], $5::bigint[], $6::bigint[], $7::uuid[], $8::smallint[],
                     $9::bigint[], $10::bigint[], $11::bigint[], $12::text[])
             AS c (order_id, cancel_due, state, ended_at, ended_seq, position, direction,
                   filled_lots, filled_value, filled_fee, reason)
         WHERE t.league = $1 AND t.order_id = c.order_id",
        to.table("orders")
    );
    let found = to
        .execute(&statement, |query| {
            let query = query.bind(order).bind(cancel_due).bind(states).bind(ended_at).bind(ended_seq).bind(position);
            query.bind(direction).bind(filled_lots).bind(filled_value).bind(filled_fee).bind(reason)
        })
        .await?;
    Ok(made + to.all_found("orders", changes.changed.len(), found)?)
}

struct Fill {
    position: Id,
    direction: Direction,
    lots: Lots,
    value: Money,
    fee: Money,
}

fn fill(end: Option<&OrderEnd>) -> Option<Fill> {
    match end?.how {
        OrderFate::Filled { position, direction, lots, value, fee } => Some(Fill { position: Id(position.0), direction, lots, value, fee }),
        OrderFate::Cancelled(_) => None,
    }
}

fn cancel_reason(end: Option<&OrderEnd>) -> Option<&str> {
    match &end?.how {
        OrderFate::Filled { .. } => None,
        OrderFate::Cancelled(reason) => Some(reason.code()),
    }
}

fn state(end: Option<&OrderEnd>) -> &'static str {
    match end.map(|end| &end.how) {
        None => "live",
        Some(OrderFate::Filled { .. }) => "filled",
        Some(OrderFate::Cancelled(_)) => "cancelled",
    }
}

fn price(to: &mut CopyRows, price: Price) -> &mut CopyRows {
    to.bigint(price.units())
}
