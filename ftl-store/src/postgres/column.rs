//! What a column of our tables holds, both ways: ids, books, codes.

use ftl_core::id::{AccountId, BookId, InstrumentIdx, Seq};
use ftl_core::ledger::LedgerAccount;
use ftl_core::time::At;
use ftl_core::units::{Direction, Lots, Money, Price};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::postgres::types::Oid;
use sqlx::postgres::{PgArgumentBuffer, PgHasArrayType, PgRow, PgTypeInfo, PgValueFormat, PgValueRef};
use sqlx::{Decode, Encode, Postgres, Row, Type};

/// A 128-bit id as a column of type `uuid`; sorts as the id does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Id(pub u128);

const UUID: Oid = Oid(2950);
const UUID_ARRAY: Oid = Oid(2951);

impl Type<Postgres> for Id {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(UUID)
    }
}

impl PgHasArrayType for Id {
    fn array_type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(UUID_ARRAY)
    }
}

impl Encode<'_, Postgres> for Id {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        buffer.extend_from_slice(&self.0.to_be_bytes());
        Ok(IsNull::No)
    }
}

impl Decode<'_, Postgres> for Id {
    fn decode(value: PgValueRef<'_>) -> Result<Self, BoxDynError> {
        match value.format() {
            PgValueFormat::Binary => Ok(Self(u128::from_be_bytes(value.as_bytes()?.try_into()?))),
            PgValueFormat::Text => Ok(Self(value.as_str()?.parse::<AccountId>()?.0)),
        }
    }
}

/// A number in its order: what does not fit stands at the end.
pub(super) fn ordered(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A number whose order does not matter: its bits.
pub(super) fn bits(number: u64) -> i64 {
    number.cast_signed()
}

/// A count as a statement's limit.
pub(super) fn limited(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

pub(super) fn seq(row: &PgRow, column: &str) -> Result<Seq, sqlx::Error> {
    row.try_get::<i64, _>(column).map(|seq| Seq(seq.cast_unsigned()))
}

pub(super) fn at(row: &PgRow, column: &str) -> Result<At, sqlx::Error> {
    row.try_get::<i64, _>(column).map(|at| At(at.cast_unsigned()))
}

pub(super) fn n(row: &PgRow) -> Result<u32, sqlx::Error> {
    row.try_get::<i32, _>("n").map(i32::cast_unsigned)
}

pub(super) fn id(row: &PgRow, column: &str) -> Result<u128, sqlx::Error> {
    row.try_get::<Id, _>(column).map(|id| id.0)
}

pub(super) fn book(row: &PgRow) -> Result<BookId, sqlx::Error> {
    Ok(BookId { account: AccountId(id(row, "account")?), number: narrow(row.try_get("book")?)? })
}

pub(super) fn instrument(row: &PgRow) -> Result<InstrumentIdx, sqlx::Error> {
    narrow(row.try_get("instrument")?).map(InstrumentIdx)
}

pub(super) fn money(row: &PgRow, column: &str) -> Result<Money, sqlx::Error> {
    row.try_get(column).map(Money::from_units)
}

pub(super) fn price(row: &PgRow, column: &str) -> Result<Price, sqlx::Error> {
    row.try_get(column).map(Price::from_units)
}

pub(super) fn lots(row: &PgRow, column: &str) -> Result<Lots, sqlx::Error> {
    row.try_get(column).map(Lots::from_units)
}

pub(super) fn direction(row: &PgRow) -> Result<Direction, sqlx::Error> {
    match row.try_get::<i16, _>("direction")? {
        1 => Ok(Direction::Long),
        -1 => Ok(Direction::Short),
        other => Err(unknown(format!("no direction is {other}"))),
    }
}

/// 1 long, −1 short.
pub(super) fn sign(direction: Direction) -> i16 {
    match direction {
        Direction::Long => 1,
        Direction::Short => -1,
    }
}

fn narrow(number: i32) -> Result<u16, sqlx::Error> {
    u16::try_from(number).map_err(|error| sqlx::Error::Decode(Box::new(error)))
}

/// The stable code of a value that is one of a few: its wire name.
pub(super) fn code(of: &impl Serialize) -> String {
    match serde_json::to_value(of) {
        Ok(serde_json::Value::String(code)) => code,
        other => unreachable!("a code is a word: {other:?}"),
    }
}

/// What a stable code stands for.
pub(super) fn coded<T: DeserializeOwned>(code: &str) -> Result<T, sqlx::Error> {
    use serde::de::IntoDeserializer;
    use serde::de::value::{Error, StrDeserializer};
    let text: StrDeserializer<'_, Error> = code.into_deserializer();
    T::deserialize(text).map_err(|error| unknown(error.to_string()))
}

/// An account of the ledger: what holds it, and whose wallet.
pub(super) fn holder(account: LedgerAccount) -> (&'static str, Option<BookId>) {
    match account {
        LedgerAccount::Wallet(book) => ("wallet", Some(book)),
        LedgerAccount::House => ("house", None),
        LedgerAccount::Insurance => ("insurance", None),
        LedgerAccount::Fees => ("fees", None),
        LedgerAccount::Mint => ("mint", None),
    }
}

/// The account of the ledger that a row names.
pub(super) fn ledger_account(row: &PgRow) -> Result<LedgerAccount, sqlx::Error> {
    match row.try_get::<&str, _>("holder")? {
        "wallet" => book(row).map(LedgerAccount::Wallet),
        "house" => Ok(LedgerAccount::House),
        "insurance" => Ok(LedgerAccount::Insurance),
        "fees" => Ok(LedgerAccount::Fees),
        "mint" => Ok(LedgerAccount::Mint),
        other => Err(unknown(format!("no ledger account is called {other}"))),
    }
}

pub(super) fn unknown(what: String) -> sqlx::Error {
    sqlx::Error::Decode(what.into())
}
