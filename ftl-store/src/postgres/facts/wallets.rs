//! `wallets`.

use ftl_core::projection::{Run, balance_changes};

use super::{FlushError, Target, columns};
use crate::postgres::column::{Id, holder};

pub(super) async fn write(to: &mut Target<'_>, run: Run<'_>) -> Result<u64, FlushError> {
    let changes = balance_changes(run);
    if changes.is_empty() {
        return Ok(0);
    }
    let changed = changes.iter().map(|(account, amount)| (holder(*account), amount.units()));
    columns!(changed =>
        account: |((_, book), _)| Id(book.map_or(0, |book| book.account.0)),
        book: |((_, book), _)| book.map_or(0, |book| i32::from(book.number)),
        holders: |((holder, _), _)| holder,
        amount: |(_, amount)| amount,
    );
    let statement = format!(
        "INSERT INTO {} AS t (league, account, book, holder, balance)
         SELECT $1, * FROM unnest($2::uuid[], $3::integer[], $4::text[], $5::bigint[])
         ON CONFLICT (league, account, book, holder) DO UPDATE SET balance = t.balance + excluded.balance",
        to.table("wallets")
    );
    to.execute(&statement, |query| query.bind(account).bind(book).bind(holders).bind(amount)).await
}
