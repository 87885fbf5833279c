//! How often somebody may ask: per address, per account, per refusal. A 429 means that nothing was appended.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::time::{Duration, Instant};

use axum::http::{HeaderMap, HeaderValue};
use ftl_core::id::AccountId;
use governor::clock::{Clock, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::DefaultKeyedStateStore;
use governor::{Quota, RateLimiter};
use parking_lot::Mutex;

use crate::config::Config;
use crate::problem::Problem;

/// Whom an address limit counts: an IPv4 address, or the /64 that one IPv6 subscriber has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Subscriber {
    /// The whole address.
    V4(u32),
    /// The upper half.
    V6(u64),
}

impl From<IpAddr> for Subscriber {
    fn from(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(v4) => Self::V4(v4.to_bits()),
            IpAddr::V6(v6) => Self::V6(u64::try_from(v6.to_bits() >> 64).unwrap_or_default()),
        }
    }
}

/// All limits; `None` where they are off.
pub struct Limits(Option<InForce>);

struct InForce {
    address: Limit<Subscriber>,
    unauthenticated: Limit<Subscriber>,
    auth: Limit<Subscriber>,
    trading: Limit<AccountId>,
    rejected: Limit<AccountId>,
    /// Accounts whose commands were refused too often, until when.
    barred: Mutex<HashMap<AccountId, Instant>>,
}

/// What a limit leaves; goes into the response's headers.
#[derive(Clone, Debug)]
pub struct Left {
    policy: Policy,
    remaining: u32,
}

#[derive(Clone, Debug)]
struct Policy {
    name: &'static str,
    window_seconds: u64,
    /// As it is told in every response.
    told: HeaderValue,
}

impl Limits {
    /// As configured.
    pub fn of(config: &Config) -> Self {
        if config.rate_limit_off {
            return Self(None);
        }
        let scaled = |n: u32| {
            let n = u64::from(n) * u64::from(config.rate_limit_permille) / 1000;
            NonZeroU32::new(u32::try_from(n).unwrap_or(u32::MAX)).unwrap_or(NonZeroU32::MIN)
        };
        Self(Some(InForce {
            address: Limit::new("address", Quota::per_second(scaled(2_000)), 1),
            unauthenticated: Limit::new("unauthenticated", Quota::per_minute(scaled(200)), 60),
            auth: Limit::new("auth", Quota::per_minute(scaled(20)), 60),
            trading: Limit::new("trading", Quota::per_second(scaled(20)).allow_burst(scaled(40)), 2),
            rejected: Limit::new("rejected", Quota::per_second(scaled(5)), 1),
            barred: Mutex::default(),
        }))
    }

    /// The ceiling of one address: a stadium shares one.
    pub fn address(&self, who: Subscriber) -> Result<(), Problem> {
        self.0.as_ref().map_or(Ok(()), |limits| limits.address.take(&who).map(drop))
    }

    /// Requests without a token.
    pub fn unauthenticated(&self, who: Subscriber) -> Result<Option<Left>, Problem> {
        self.0.as_ref().map(|limits| limits.unauthenticated.take(&who)).transpose()
    }

    /// Requests to the auth routes.
    pub fn auth(&self, who: Subscriber) -> Result<Option<Left>, Problem> {
        self.0.as_ref().map(|limits| limits.auth.take(&who)).transpose()
    }

    /// A trading request of `account`.
    pub fn trading(&self, account: AccountId) -> Result<Option<Left>, Problem> {
        let Some(limits) = &self.0 else { return Ok(None) };
        if let Some(until) = limits.barred.lock().get(&account)
            && let Some(wait) = until.checked_duration_since(Instant::now())
        {
            return Err(Problem::too_many("too_many_rejections", "too many of your commands were refused", seconds(wait)));
        }
        limits.trading.take(&account).map(Some)
    }

    /// A command of `account` was refused by the league.
    pub fn rejected(&self, account: AccountId) {
        let Some(limits) = &self.0 else { return };
        if let Err(wait) = limits.rejected.check(&account) {
            let now = Instant::now();
            let mut barred = limits.barred.lock();
            if barred.len() > 10_000 {
                barred.retain(|_, until| *until > now);
            }
            barred.insert(account, now + wait);
        }
    }

    /// Forgets who has been quiet; called now and then, so that memory does not grow with every address ever seen.
    pub fn forget_the_quiet(&self) {
        let Some(limits) = &self.0 else { return };
        limits.address.limiter.retain_recent();
        limits.unauthenticated.limiter.retain_recent();
        limits.auth.limiter.retain_recent();
        limits.trading.limiter.retain_recent();
        limits.rejected.limiter.retain_recent();
    }
}

impl Left {
    /// Writes `RateLimit-Policy` and `RateLimit`.
    pub fn write(self, headers: &mut HeaderMap) {
        let Policy { name, window_seconds, told } = self.policy;
        headers.insert("ratelimit-policy", told);
        if let Ok(left) = HeaderValue::try_from(format!("\"{name}\";r={};t={window_seconds}", self.remaining)) {
            headers.insert("ratelimit", left);
        }
    }
}

/// One limit, counted by key.
struct Limit<K: Hash + Eq + Clone> {
    policy: Policy,
    limiter: RateLimiter<K, DefaultKeyedStateStore<K>, DefaultClock, StateInformationMiddleware>,
    /// Made once: making one asks the processor what it is, which a virtual machine answers slowly.
    clock: DefaultClock,
}

impl<K: Hash + Eq + Clone> Limit<K> {
    fn new(name: &'static str, quota: Quota, window_seconds: u64) -> Self {
        let told = HeaderValue::try_from(format!("\"{name}\";q={};w={window_seconds}", quota.burst_size()));
        let policy = Policy { name, window_seconds, told: told.unwrap_or_else(|_| HeaderValue::from_static(name)) };
        Self { policy, limiter: RateLimiter::keyed(quota).with_middleware(), clock: DefaultClock::default() }
    }

    fn check(&self, key: &K) -> Result<u32, Duration> {
        let taken = self.limiter.check_key(key);
        taken.map(|state| state.remaining_burst_capacity()).map_err(|not_until| not_until.wait_time_from(self.clock.now()))
    }

    fn take(&self, key: &K) -> Result<Left, Problem> {
        match self.check(key) {
            Ok(remaining) => Ok(Left { policy: self.policy.clone(), remaining }),
            Err(wait) => Err(Problem::too_many("rate_limited", format!("the limit is \"{}\"", self.policy.name), seconds(wait))),
        }
    }
}

/// Whole seconds, rounded up.
fn seconds(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(scale: &str) -> Limits {
        Limits::of(&Config::from_lookup(|name| (name == "RATE_LIMIT_SCALE").then(|| scale.to_owned())).unwrap())
    }

    #[test]
    fn an_account_may_trade_forty_times_at_once() {
        let limits = limits("1");
        let granted = (0..60).take_while(|_| limits.trading(AccountId(1)).is_ok()).count();
        assert!((40..=42).contains(&granted), "{granted}");
        assert!(limits.trading(AccountId(2)).is_ok());
    }

    #[test]
    fn the_scale_multiplies() {
        let limits = limits("0.1");
        let granted = (0..60).take_while(|_| limits.trading(AccountId(1)).is_ok()).count();
        assert!((4..=5).contains(&granted), "{granted}");
    }

    #[test]
    fn who_is_refused_too_often_must_wait() {
        let limits = limits("1");
        (0..10).for_each(|_| limits.rejected(AccountId(1)));
        assert_eq!(limits.trading(AccountId(1)).unwrap_err().code(), "too_many_rejections");
        assert!(limits.trading(AccountId(2)).is_ok());
    }

    #[test]
    fn an_ipv6_subscriber_is_his_64() {
        let key = |text: &str| Subscriber::from(text.parse::<IpAddr>().unwrap());
        assert_eq!(key("2001:db8:1:2::1"), key("2001:db8:1:2:ffff::9"));
        assert_ne!(key("2001:db8:1:2::1"), key("2001:db8:1:3::1"));
        assert_eq!(key("::ffff:10.0.0.1"), key("10.0.0.1"));
    }
}
