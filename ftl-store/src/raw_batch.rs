//! A batch as a store holds it: checked without being decoded. Every store's rows become one of these.

use ftl_core::codec::{self, DecodeError};
use ftl_core::hash::Hash;
use ftl_core::id::Seq;
use ftl_core::journal::{BatchId, ChainCheck, ReadError, StoredBatch, Tip};
use ftl_core::time::At;

use crate::safeguard::Safeguard;

/// Everything before the commands, in the flat form: ids, first seq, time, epoch and chain hash, big-endian.
const FLAT_HEAD: usize = 16 + 16 + 8 + 8 + 8 + 32;

/// See the module.
pub(crate) struct RawBatch {
    pub(crate) last: Seq,
    /// Everything but the commands.
    pub(crate) batch: StoredBatch,
    pub(crate) encoded: Vec<u8>,
}

impl RawBatch {
    /// The flat form: one string of bytes, for stores that know no columns. Its place says which entry is its last.
    pub(crate) fn flat(batch: &StoredBatch, encoded: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(FLAT_HEAD + encoded.len());
        bytes.extend_from_slice(&batch.batch_id.0.to_be_bytes());
        bytes.extend_from_slice(&batch.prev.0.to_be_bytes());
        bytes.extend_from_slice(&batch.first.0.to_be_bytes());
        bytes.extend_from_slice(&batch.at.0.to_be_bytes());
        bytes.extend_from_slice(&batch.epoch.to_be_bytes());
        bytes.extend_from_slice(&batch.chain.0);
        bytes.extend_from_slice(encoded);
        bytes
    }

    /// Reads the flat form back; `None` where it is too short to be one.
    pub(crate) fn of_flat(last: Seq, bytes: &[u8]) -> Option<Self> {
        let (batch_id, rest) = bytes.split_first_chunk()?;
        let (prev, rest) = rest.split_first_chunk()?;
        let (first, rest) = rest.split_first_chunk()?;
        let (at, rest) = rest.split_first_chunk()?;
        let (epoch, rest) = rest.split_first_chunk()?;
        let (chain, encoded) = rest.split_first_chunk()?;
        let batch = StoredBatch {
            batch_id: BatchId(u128::from_be_bytes(*batch_id)),
            prev: BatchId(u128::from_be_bytes(*prev)),
            first: Seq(u64::from_be_bytes(*first)),
            at: At(u64::from_be_bytes(*at)),
            epoch: u64::from_be_bytes(*epoch),
            chain: Hash(*chain),
            commands: Vec::new(),
        };
        Some(Self { last, batch, encoded: encoded.to_vec() })
    }

    /// The check as it stands after this batch, taken on trust.
    pub(crate) fn check(&self) -> ChainCheck {
        let tip = Tip { epoch: self.batch.epoch, seq: self.last, batch_id: self.batch.batch_id };
        ChainCheck { tip, chain: self.batch.chain, at: self.batch.at }
    }

    /// The rules of [`ChainCheck::follow`], over the bytes as they are stored.
    pub(crate) fn follow(&self, check: &mut ChainCheck) -> Result<(), ReadError> {
        let batch = &self.batch;
        if Safeguard::Links.is_off() {
            *check = self.check();
            return Ok(());
        }
        let corrupt = |what: String| Err(ReadError::Corrupt { at: check.tip.seq.next(), what });
        if batch.first != check.tip.seq.next() {
            return corrupt(format!("a batch begins at {}, expected {}", batch.first, check.tip.seq.next()));
        }
        if batch.prev != check.tip.batch_id {
            return corrupt("does not link to the batch before".into());
        }
        if batch.at < check.at {
            return corrupt("its time goes back".into());
        }
        if batch.epoch < check.tip.epoch {
            return corrupt("its epoch goes back".into());
        }
        if batch.chain_over(&check.chain, &self.encoded) != batch.chain {
            return corrupt("its hash does not match".into());
        }
        // The row's key is not hashed: it follows from the number of commands, which is.
        let count = count(&self.encoded).filter(|count| *count > 0);
        if count.and_then(|count| batch.first.0.checked_add(count - 1)) != Some(self.last.0) {
            return corrupt(format!("its last entry is not {}", self.last));
        }
        *check = self.check();
        Ok(())
    }

    pub(crate) fn decode(self) -> Result<StoredBatch, ReadError> {
        let first = self.batch.first;
        match codec::decode(&self.encoded) {
            Ok(commands) => Ok(StoredBatch { commands, ..self.batch }),
            // Its hash held, so these are the bytes that were written.
            Err(error) => Err(ReadError::Corrupt { at: first, what: unreadable(error) }),
        }
    }
}

fn unreadable(error: DecodeError) -> String {
    format!("cannot be read: {error}")
}

/// How many commands an encoded batch holds: a format byte, then a varint.
pub(crate) fn count(encoded: &[u8]) -> Option<u64> {
    let mut count = 0u64;
    for (place, byte) in encoded.get(1..)?.iter().take(10).enumerate() {
        let bits = u64::from(byte & 0x7f);
        count |= bits.checked_shl(u32::try_from(place).ok()? * 7)?;
        if byte & 0x80 == 0 {
            return Some(count);
        }
    }
    None
}
