//! `Desk`: a trade as one script over hashes in Redis, over a connection that pipelines. Made by the server beside ours
//! and by the row that asks what a core of Redis carries; it knows no HTTP.

use std::fmt::Write;
use std::sync::Arc;

use ftl_core::id::{AccountId, BookId};
use ftl_core::units::{Direction, Lots, Money, Price};
use redis::RedisResult;
use redis::aio::MultiplexedConnection;

/// The whole trade.
const TRADE: &str = include_str!("trade.lua");
/// Seconds for which an answer is kept: as long as ours.
const ANSWERS_KEPT: &str = "86400";
/// What everybody begins with, in millionths: more than a run can bind.
const BALANCE: u64 = 1_000_000_000_000;
/// Rows that are put in at once.
const TOGETHER: usize = 1_000;

/// See the module.
#[derive(Clone)]
pub struct Desk {
    pub redis: MultiplexedConnection,
    script: Arc<str>,
    is_flushed: bool,
}

/// What is asked of it.
pub struct Order<'a> {
    /// Of account and idempotency key.
    pub id: u128,
    /// A hash of what was asked.
    pub body: u64,
    pub account: AccountId,
    pub instrument: &'a str,
    pub direction: Direction,
    pub lots: Lots,
    /// Unix milliseconds.
    pub at: u64,
}

/// What it came to.
pub enum Filled {
    Opened {
        price: Price,
        cost: Money,
        margin: Money,
        balance: Money,
        equity: Money,
        used: Money,
    },
    /// The script's word for it.
    Refused(String),
}

/// Keys that something flushes.
pub const DIRTY: &str = "{reference}:dirty";

fn instrument(slug: &str) -> String {
    format!("{{reference}}:i:{slug}")
}

fn wallet(account: AccountId) -> String {
    format!("{{reference}}:w:{:032x}", account.0)
}

impl Desk {
    /// A desk for these instruments and wallets. `is_flushed`: what a trade touches is noted for whoever flushes.
    pub async fn found(mut redis: MultiplexedConnection, books: &[BookId], instruments: u16, is_flushed: bool) -> RedisResult<Self> {
        let script: String = redis::cmd("SCRIPT").arg("LOAD").arg(TRADE).query_async(&mut redis).await?;
        let mut pipe = redis::pipe();
        for n in 0..instruments {
            let row = [("base", 1_950_000_i64), ("mark", 1_950_000), ("imbalance", 0), ("most", 100_000_000)];
            pipe.hset_multiple(instrument(&format!("footballer-{n}")), &row).ignore();
            pipe.hset(instrument(&format!("footballer-{n}")), "depth", "0.01").ignore();
        }
        pipe.exec_async(&mut redis).await?;
        for some in books.chunks(TOGETHER) {
            let mut pipe = redis::pipe();
            for book in some {
                let row = [("balance", BALANCE), ("equity", BALANCE), ("used", 0), ("volume", 0)];
                pipe.hset_multiple(wallet(book.account), &row).ignore();
            }
            pipe.exec_async(&mut redis).await?;
        }
        Ok(Self { redis, script: script.into(), is_flushed })
    }

    /// The call of a trade.
    pub fn call(&self, order: &Order<'_>) -> redis::Cmd {
        let mut text = String::with_capacity(48);
        let mut key = |kind: char, id: u128| {
            text.clear();
            let _ = write!(text, "{{reference}}:{kind}:{id:032x}");
            text.clone()
        };
        let (answer, wallet, position) = (key('a', order.id), key('w', order.account.0), key('p', order.id));
        let account = &wallet[wallet.len() - 32..];
        let direction = if order.direction == Direction::Long { 1 } else { -1 };
        let mut call = redis::cmd("EVALSHA");
        call.arg(&*self.script).arg(7).arg(answer).arg(instrument(order.instrument)).arg(&wallet).arg(position);
        call.arg("{reference}:equity").arg("{reference}:volume").arg(DIRTY);
        // A lot is a hundred shares, and its unit a hundredth.
        call.arg(order.body).arg(direction).arg(order.lots.units()).arg(account).arg(order.instrument).arg(order.at);
        call.arg(ANSWERS_KEPT).arg(u8::from(self.is_flushed)).to_owned()
    }

    /// A trade.
    pub async fn trade(&self, order: &Order<'_>) -> RedisResult<Filled> {
        let answer: String = self.call(order).query_async(&mut self.redis.clone()).await?;
        Ok(read(&answer).unwrap_or(Filled::Refused(answer)))
    }
}

fn read(answer: &str) -> Option<Filled> {
    let mut figures = answer.strip_prefix("ok ")?.split(' ').map(|figure| figure.parse::<i64>());
    let mut next = || figures.next()?.ok();
    Some(Filled::Opened {
        price: Price::from_units(next()?),
        cost: Money::from_units(next()?),
        margin: Money::from_units(next()?),
        balance: Money::from_units(next()?),
        equity: Money::from_units(next()?),
        used: Money::from_units(next()?),
    })
}

/// Seconds that the thread which executes commands has used a processor.
pub async fn core_seconds(redis: &mut MultiplexedConnection) -> RedisResult<f64> {
    let info: String = redis::cmd("INFO").arg("cpu").query_async(redis).await?;
    let figure = |name: &str| info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')?.trim().parse::<f64>().ok());
    let thread = figure("used_cpu_user_main_thread").zip(figure("used_cpu_sys_main_thread"));
    Ok(thread.map(|(user, system)| user + system).unwrap_or_default())
}
