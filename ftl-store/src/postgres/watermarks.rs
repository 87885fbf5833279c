//! Up to which entry each projection of a league is written. A watermark moves only from where its writer believes it to
//! be, in the transaction that writes the rows: of two writers of the same rows one finds that the other was first.

use ftl_core::id::Seq;
use sqlx::{PgConnection, PgPool, Row};

use super::column::ordered;
use crate::safeguard::Safeguard;

/// One of a league's projections: tables that are written together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Projection {
    /// Who plays.
    Accounts,
    /// Balances.
    Wallets,
    /// Who is on the market.
    Instruments,
    /// Positions, open and closed.
    CfdPositions,
    /// Orders, resting and over.
    Orders,
    /// Fills, and what closing ones came to.
    Trades,
    /// Postings.
    LedgerPostings,
    /// Price changes.
    PriceTicks,
    /// Bars of price changes.
    Bars,
    /// Matches, squads and lists of events.
    Fixtures,
    /// Realised results.
    Leaderboard,
    /// Answers of 24 hours.
    CommandIds,
}

impl Projection {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::Accounts,
        Self::Wallets,
        Self::Instruments,
        Self::CfdPositions,
        Self::Orders,
        Self::Trades,
        Self::LedgerPostings,
        Self::PriceTicks,
        Self::Bars,
        Self::Fixtures,
        Self::Leaderboard,
        Self::CommandIds,
    ];
    /// Those that hold the rows of [`ftl_core::projection::Row`].
    pub const HISTORY: [Self; 4] = [Self::Trades, Self::LedgerPostings, Self::PriceTicks, Self::Bars];

    /// Its name, which is that of its first table.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Accounts => "accounts",
            Self::Wallets => "wallets",
            Self::Instruments => "instruments",
            Self::CfdPositions => "cfd_positions",
            Self::Orders => "orders",
            Self::Trades => "trades",
            Self::LedgerPostings => "ledger_postings",
            Self::PriceTicks => "price_ticks",
            Self::Bars => "bars",
            Self::Fixtures => "fixtures",
            Self::Leaderboard => "leaderboard",
            Self::CommandIds => "command_ids",
        }
    }

    /// The tables that it writes.
    pub const fn tables(self) -> &'static [&'static str] {
        match self {
            Self::Accounts => &["accounts"],
            Self::Wallets => &["wallets"],
            Self::Instruments => &["instruments"],
            Self::CfdPositions => &["cfd_positions"],
            Self::Orders => &["orders"],
            Self::Trades => &["trades", "closed_positions"],
            Self::LedgerPostings => &["ledger_postings"],
            Self::PriceTicks => &["price_ticks"],
            Self::Bars => &["bars"],
            Self::Fixtures => &["fixtures", "fixture_squads", "match_events"],
            Self::Leaderboard => &["leaderboard"],
            Self::CommandIds => &["command_ids"],
        }
    }

    /// The projection of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|projection| projection.name() == name)
    }
}

/// The watermark of stored outcomes.
pub(super) const OUTCOMES: &str = "outcomes";

/// Makes the watermarks of a league that has none.
pub(super) async fn begin(pool: &PgPool, league: &str) -> Result<(), sqlx::Error> {
    let names: Vec<&str> = Projection::ALL.into_iter().map(Projection::name).chain([OUTCOMES]).collect();
    sqlx::query("INSERT INTO watermarks SELECT $1, name, 0 FROM unnest($2::text[]) AS name ON CONFLICT DO NOTHING")
        .bind(league)
        .bind(names)
        .execute(pool)
        .await?;
    Ok(())
}

/// Where a projection stands; 0 where it never began.
pub(super) async fn read(connection: &mut PgConnection, league: &str, projection: &str) -> Result<Seq, sqlx::Error> {
    let seq: Option<i64> = sqlx::query_scalar("SELECT seq FROM watermarks WHERE league = $1 AND projection = $2")
        .bind(league)
        .bind(projection)
        .fetch_optional(connection)
        .await?;
    Ok(Seq(seq.unwrap_or_default().cast_unsigned()))
}

/// Where everything of a league stands, by name.
pub(super) async fn all(pool: &PgPool, league: &str) -> Result<Vec<(String, Seq)>, sqlx::Error> {
    let rows = sqlx::query("SELECT projection, seq FROM watermarks WHERE league = $1").bind(league).fetch_all(pool).await?;
    rows.iter().map(|row| Ok((row.try_get(0)?, Seq(row.try_get::<i64, _>(1)?.cast_unsigned())))).collect()
}

/// Moves a watermark; `false`: it was not at `from`.
pub(super) async fn advance(
    connection: &mut PgConnection,
    league: &str,
    projection: &str,
    from: Seq,
    to: Seq,
) -> Result<bool, sqlx::Error> {
    let moved = sqlx::query("UPDATE watermarks SET seq = $4 WHERE league = $1 AND projection = $2 AND (seq = $3 OR $5)")
        .bind(league)
        .bind(projection)
        .bind(ordered(from.0))
        .bind(ordered(to.0))
        .bind(Safeguard::Watermarks.is_off())
        .execute(connection)
        .await?;
    Ok(moved.rows_affected() == 1)
}
