//! The port for tickets that open one stream: whoever claims one first has it, at whichever process he comes in.

use std::collections::HashMap;
use std::sync::Mutex;

use async_trait::async_trait;
use ftl_core::time::{At, Span};

/// The claims do not answer: the ticket may be used or not, and the client gets another one.
#[derive(Debug, thiserror::Error)]
#[error("the tickets do not answer: {0}")]
pub struct TicketError(pub String);

/// See the module.
#[async_trait]
pub trait Tickets: Send + Sync {
    /// Whether this is the first claim of a ticket that ends at `until`. `now` is before that.
    async fn claim(&self, id: &str, until: At, now: At) -> Result<bool, TicketError>;
}

/// Between two clearings.
const CLEARING: Span = Span::seconds(10);

/// Claims at this process alone.
#[derive(Debug, Default)]
pub struct TicketsHere(Mutex<Claimed>);

#[derive(Debug, Default)]
struct Claimed {
    /// When they end.
    tickets: HashMap<String, At>,
    cleared: At,
}

#[async_trait]
impl Tickets for TicketsHere {
    async fn claim(&self, id: &str, until: At, now: At) -> Result<bool, TicketError> {
        let mut claimed = self.0.lock().map_err(|error| TicketError(error.to_string()))?;
        // Tickets last a minute: the map stays as small as the connections of one.
        if claimed.cleared.after(CLEARING) <= now {
            claimed.tickets.retain(|_, until| *until > now);
            claimed.cleared = now;
        }
        Ok(claimed.tickets.insert(id.to_owned(), until).is_none())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_ticket_is_claimed_once_and_forgotten_when_it_has_ended() {
        let tickets = TicketsHere::default();
        assert!(tickets.claim("a", At(60_000), At(0)).await.unwrap());
        assert!(!tickets.claim("a", At(60_000), At(59_000)).await.unwrap());
        assert!(tickets.claim("b", At(160_000), At(100_000)).await.unwrap());
        assert_eq!(tickets.0.lock().unwrap().tickets.len(), 1);
    }
}
