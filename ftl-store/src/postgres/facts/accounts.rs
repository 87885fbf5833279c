//! `accounts`.

use ftl_core::projection::{Run, account_changes};

use super::{FlushError, Target, columns};
use crate::postgres::column::{Id, code, ordered};
use crate::postgres::copy::CopyRows;

pub(super) async fn write(to: &mut Target<'_>, run: Run<'_>) -> Result<u64, FlushError> {
    let changes = account_changes(run);
    let mut rows = CopyRows::of(7);
    for row in changes.made.values() {
        rows.row()
            .text(to.league)
            .uuid(row.account.0)
            .text(row.district.as_str())
            .text(&code(&row.kind))
            .bigint(ordered(row.opened_at.0))
            .bigint(ordered(row.opened_seq.0))
            .boolean(row.suspended);
    }
    let made = to.copy("accounts", rows).await?;
    if changes.changed.is_empty() {
        return Ok(made);
    }
    let changed = changes.changed.iter();
    columns!(changed => account: |(account, _)| Id(account.0), suspended: |(_, patch)| patch.suspended);
    let statement = format!(
        "UPDATE {} AS t SET suspended = coalesce(c.suspended, t.suspended)
         FROM unnest($2::uuid[], $3::boolean[]) AS c (account, suspended)
         WHERE t.league = $1 AND t.account = c.account",
        to.table("accounts")
    );
    let found = to.execute(&statement, |query| query.bind(account).bind(suspended)).await?;
    Ok(made + to.all_found("accounts", changes.changed.len(), found)?)
}
