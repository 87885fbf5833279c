//! A league's stream and its head, as they stand in Redis.

use ftl_core::codec;
use ftl_core::hash::Hash;
use ftl_core::id::Seq;
use ftl_core::journal::{BatchId, ChainCheck, StoredBatch, Tip};
use ftl_core::time::At;
use redis::aio::ConnectionLike;
use redis::{Cmd, Pipeline, RedisResult, Value};

use super::connect::Keys;
use crate::appending::Head;
use crate::raw_batch::RawBatch;
use crate::safeguard::Safeguard;

/// An entry of a stream: `(id, ("b", blob))`.
pub(super) type Entry = (String, (String, Vec<u8>));

/// What a head consists of.
pub(super) const FIELDS: [&str; 7] = ["epoch", "last", "at", "batch_epoch", "id", "chain", "run"];

/// Where the journal ends; `None` where Redis knows of none.
pub(super) async fn head(connection: &mut impl ConnectionLike, keys: &Keys) -> RedisResult<Option<Head>> {
    Ok(head_of(&head_fields(connection, keys).await?))
}

/// The fields of the head, in their order.
pub(super) async fn head_fields(connection: &mut impl ConnectionLike, keys: &Keys) -> RedisResult<Vec<Value>> {
    redis::cmd("HMGET").arg(keys.head()).arg(&FIELDS).query_async(connection).await
}

/// The head out of its fields, in their order.
pub(super) fn head_of(fields: &[Value]) -> Option<Head> {
    let bytes = |place: usize| match fields.get(place) {
        Some(Value::BulkString(bytes)) => Some(bytes.as_slice()),
        _ => None,
    };
    let number = |place: usize| std::str::from_utf8(bytes(place)?).ok()?.parse::<u64>().ok();
    let tip = Tip { epoch: number(3)?, seq: Seq(number(1)?), batch_id: BatchId(u128::from_be_bytes(bytes(4)?.try_into().ok()?)) };
    let check = ChainCheck { tip, chain: Hash(bytes(5)?.try_into().ok()?), at: At(number(2)?) };
    Some(Head { epoch: number(0)?, check })
}

/// Whether the head was set in the life `run` of the server. In a later one it may be an older head: what a server loses
/// when it ends, it loses without a word.
pub(super) fn is_of(fields: &[Value], run: &str) -> bool {
    match fields.get(6) {
        Some(Value::BulkString(found)) => found == run.as_bytes() || Safeguard::Lives.is_off(),
        _ => run.is_empty(),
    }
}

/// Sets the head: from then on, while the server lives, the stream of its epoch takes batches.
pub(super) fn setting_head(keys: &Keys, head: &Head, run: &str) -> Cmd {
    let Head { epoch, check } = head;
    let mut set = redis::cmd("HSET");
    set.arg(keys.head())
        .arg("epoch")
        .arg(*epoch)
        .arg("last")
        .arg(check.tip.seq.0)
        .arg("at")
        .arg(check.at.0)
        .arg("batch_epoch")
        .arg(check.tip.epoch)
        .arg("id")
        .arg(&check.tip.batch_id.0.to_be_bytes()[..])
        .arg("chain")
        .arg(&check.chain.0[..])
        .arg("run")
        .arg(run);
    set
}

/// At most `count` entries from `from` on, itself included, and the head as it was at the same moment.
pub(super) async fn range(
    connection: &mut impl ConnectionLike,
    keys: &Keys,
    epoch: u64,
    from: Seq,
    count: usize,
) -> RedisResult<(Option<Head>, Vec<Entry>)> {
    let mut both = redis::pipe();
    both.atomic().cmd("HMGET").arg(keys.head()).arg(&FIELDS);
    both.cmd("XRANGE").arg(keys.stream(epoch)).arg(id(from)).arg("+").arg("COUNT").arg(count);
    let (fields, entries): (Vec<Value>, Vec<Entry>) = both.query_async(connection).await?;
    Ok((head_of(&fields), entries))
}

/// Batches for the stream of an epoch that takes none yet.
pub(super) fn refill(keys: &Keys, epoch: u64, batches: &[StoredBatch]) -> Pipeline {
    let mut pipe = redis::pipe();
    for batch in batches {
        let flat = RawBatch::flat(batch, &codec::encode(&batch.commands));
        pipe.cmd("XADD").arg(keys.stream(epoch)).arg(id(batch.last())).arg("b").arg(flat).ignore();
    }
    pipe
}

/// An entry as a batch; `None` where it is none.
pub(super) fn raw(entry: &Entry) -> Option<RawBatch> {
    let (id, (_, blob)) = entry;
    RawBatch::of_flat(seq(id)?, blob)
}

pub(super) fn id(seq: Seq) -> String {
    format!("{}-0", seq.0)
}

fn seq(id: &str) -> Option<Seq> {
    let (seq, rest) = id.split_once('-')?;
    if rest == "0" { seq.parse().ok().map(Seq) } else { None }
}
