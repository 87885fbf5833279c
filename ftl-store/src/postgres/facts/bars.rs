//! `bars`.

use ftl_core::projection::{TickRow, bars_of};

use super::{FlushError, Target, columns};
use crate::postgres::column::ordered;

pub(super) async fn write<'t>(to: &mut Target<'_>, ticks: impl Iterator<Item = &'t TickRow>) -> Result<u64, FlushError> {
    let bars = bars_of(ticks);
    if bars.is_empty() {
        return Ok(0);
    }
    let rows = bars.iter();
    columns!(rows =>
        instrument: |((instrument, ..), _)| i32::from(instrument.0),
        interval: |((_, interval, _), _)| i32::try_from(interval.millis()).unwrap_or(i32::MAX),
        start: |((.., start), _)| ordered(start.0),
        open: |(_, bar)| bar.open.units(),
        high: |(_, bar)| bar.high.units(),
        low: |(_, bar)| bar.low.units(),
        close: |(_, bar)| bar.close.units(),
    );
    let statement = format!(
        "INSERT INTO {} AS t (league, instrument, interval_ms, start, open, high, low, close)
         SELECT $1, * FROM unnest($2::integer[], $3::integer[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[])
         ON CONFLICT (league, instrument, interval_ms, start) DO UPDATE SET
             high = greatest(t.high, excluded.high), low = least(t.low, excluded.low), close = excluded.close",
        to.table("bars")
    );
    to.execute(&statement, |query| query.bind(instrument).bind(interval).bind(start).bind(open).bind(high).bind(low).bind(close)).await
}
