//! A seeded stream of integers: bots and synthetic matches draw from it. The same seed and purpose, the same stream, on
//! every machine and for ever: it is BLAKE3's extendable output.
//!
//! It serves no secret: ids that must not be guessed come from the shells.

use crate::id::{AccountId, CommandId};

/// A stream of draws.
#[derive(Clone)]
pub struct Seeded {
    output: blake3::OutputReader,
    buffer: [u8; 512],
    used: usize,
}

impl std::fmt::Debug for Seeded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Seeded").field("position", &self.output.position()).field("used", &self.used).finish()
    }
}

impl Seeded {
    /// The stream of `seed` for one purpose; streams of different purposes are independent.
    pub fn new(purpose: &str, seed: u64) -> Self {
        Self::numbered(purpose, seed, 0)
    }

    /// The `n`-th stream of `seed` for one purpose.
    pub fn numbered(purpose: &str, seed: u64, n: u64) -> Self {
        let mut hasher = blake3::Hasher::new();
        hasher.update(b"ftl seeded 1");
        hasher.update(&seed.to_be_bytes());
        hasher.update(&n.to_be_bytes());
        hasher.update(purpose.as_bytes());
        let mut output = hasher.finalize_xof();
        let mut buffer = [0; 512];
        output.fill(&mut buffer);
        Self { output, buffer, used: 0 }
    }

    /// Sixty-four bits.
    pub fn next_u64(&mut self) -> u64 {
        let end = self.used.saturating_add(8);
        if end > self.buffer.len() {
            self.output.fill(&mut self.buffer);
            self.used = 0;
            return self.next_u64();
        }
        let mut bytes = [0; 8];
        bytes.copy_from_slice(&self.buffer[self.used..end]);
        self.used = end;
        u64::from_be_bytes(bytes)
    }

    /// From 0 to `n` − 1, evenly (the bias is below n / 2⁶⁴); 0 where `n` is 0.
    pub fn below(&mut self, n: u64) -> u64 {
        let product = u128::from(self.next_u64()).saturating_mul(u128::from(n));
        u64::try_from(product >> 64).unwrap_or(0)
    }

    /// From `low` to `high`, both included.
    pub fn between(&mut self, low: u64, high: u64) -> u64 {
        low.saturating_add(self.below(high.saturating_sub(low).saturating_add(1)))
    }

    /// True `n` times out of `of`.
    pub fn chance(&mut self, n: u64, of: u64) -> bool {
        self.below(of) < n
    }

    /// One of them; `None` of nothing.
    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        let n = self.below(u64::try_from(from.len()).unwrap_or(u64::MAX));
        usize::try_from(n).ok().and_then(|i| from.get(i))
    }

    /// A hundred and twenty-eight bits.
    pub fn next_u128(&mut self) -> u128 {
        let high = u128::from(self.next_u64());
        (high << 64) | u128::from(self.next_u64())
    }

    /// An id for a command.
    pub fn command_id(&mut self) -> CommandId {
        CommandId(self.next_u128())
    }

    /// An id for an account.
    pub fn account_id(&mut self) -> AccountId {
        AccountId(uuid::Builder::from_random_bytes(self.next_u128().to_be_bytes()).into_uuid().as_u128())
    }
}
