//! `instruments`.

use ftl_core::instrument::Review;
use ftl_core::projection::{Run, instrument_changes};

use super::{FlushError, Target, columns};
use crate::postgres::column::{code, ordered};
use crate::postgres::copy::CopyRows;

pub(super) async fn write(to: &mut Target<'_>, run: Run<'_>) -> Result<u64, FlushError> {
    let changes = instrument_changes(run);
    let mut rows = CopyRows::of(18);
    for row in changes.made.values() {
        rows.row()
            .text(to.league)
            .integer(row.instrument.0.into())
            .text(row.footballer.instrument.as_str())
            .text(&row.footballer.name)
            .text(&row.footballer.team)
            .text(&code(&row.footballer.position))
            .bigint(ordered(row.listed_at.0))
            .bigint(ordered(row.listed_seq.0))
            .bigint(row.form.units())
            .bigint(row.live_base.units())
            .bigint(row.bump.units())
            .bigint(row.mark.units())
            .bigint(row.net.units())
            .bigint(row.side_cap.units())
            .boolean(row.active)
            .boolean(row.frozen)
            .opt(row.review, |to, review| to.bigint(review.mark.units()))
            .opt(row.review, |to, review| to.bigint(until(&review)));
    }
    let made = to.copy("instruments", rows).await?;
    if changes.changed.is_empty() {
        return Ok(made);
    }
    let changed = changes.changed.iter();
    columns!(changed =>
        instrument: |(instrument, _)| i32::from(instrument.0),
        form: |(_, patch)| patch.price.map(|(form, ..)| form.units()),
        live_base: |(_, patch)| patch.price.map(|(_, live_base, _)| live_base.units()),
        bump: |(_, patch)| patch.price.map(|(.., bump)| bump.units()),
        mark: |(_, patch)| patch.mark.map(|(mark, _)| mark.units()),
        net: |(_, patch)| patch.mark.map(|(_, net)| net.units()),
        side_cap: |(_, patch)| patch.side_cap.map(|side_cap| side_cap.units()),
        active: |(_, patch)| patch.active,
        frozen: |(_, patch)| patch.frozen,
        reviewed: |(_, patch)| patch.review.is_some(),
        review_mark: |(_, patch)| patch.review.flatten().map(|review| review.mark.units()),
        review_until: |(_, patch)| patch.review.flatten().map(|review| until(&review)),
    );
    let statement = format!(
        "UPDATE {} AS t SET
             form = coalesce(c.form, t.form), live_base = coalesce(c.live_base, t.live_base), bump = coalesce(c.bump, t.bump),
             mark = coalesce(c.mark, t.mark), net = coalesce(c.net, t.net), side_cap = coalesce(c.side_cap, t.side_cap),
             active = coalesce(c.active, t.active), frozen = coalesce(c.frozen, t.frozen),
             review_mark = CASE WHEN c.reviewed THEN c.review_mark ELSE t.review_mark END,
             review_until = CASE WHEN c.reviewed THEN c.review_until ELSE t.review_until END
         FROM unnest($2::integer[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[],
                     $9::boolean[], $10::boolean[], $11::boolean[], $12::bigint[], $13::bigint[])
             AS c (instrument, form, live_base, bump, mark, net, side_cap, active, frozen, reviewed, review_mark, review_until)
         WHERE t.league = $1 AND t.instrument = c.instrument",
        to.table("instruments")
    );
    let found = to
        .execute(&statement, |query| {
            let query = query.bind(instrument).bind(form).bind(live_base).bind(bump).bind(mark).bind(net).bind(side_cap);
            query.bind(active).bind(frozen).bind(reviewed).bind(review_mark).bind(review_until)
        })
        .await?;
    Ok(made + to.all_found("instruments", changes.changed.len(), found)?)
}

fn until(review: &Review) -> i64 {
    ordered(review.until().0)
}
