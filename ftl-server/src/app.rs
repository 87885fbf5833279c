//! What every handler shares. Cheap to clone; built once by `serve`.

use std::sync::Arc;

use ftl_core::id::{AccountId, InstrumentIdx, Seq};
use ftl_core::journal::Clock;
use ftl_core::rejection::Rejection;
use ftl_core::time::At;
use ftl_store::postgres::presence::{self, PresenceError, Process};

use crate::auth::Tokens;
use crate::config::{Config, Environment};
use crate::equity::EquityModel;
use crate::history::History;
use crate::limits::Limits;
use crate::past::Past;
use crate::problem::Problem;
use crate::replays::Replays;
use crate::replica::Replica;
use crate::stores::shared::SharedLeague;
use crate::ws::{Hub, Place};

/// See the module.
#[derive(Clone)]
pub struct App(Arc<Parts>);

/// The parts of an [`App`].
pub struct Parts {
    /// In force.
    pub config: Config,
    /// The league in this process.
    pub replica: Replica,
    /// What is no part of the state.
    pub history: Arc<History>,
    /// Names and districts.
    pub identities: Arc<dyn ftl_store::identity::Identities>,
    /// Logins.
    pub tokens: Tokens,
    /// Tickets that opened a stream.
    pub tickets: Arc<dyn ftl_store::tickets::Tickets>,
    /// WebSockets.
    pub hub: Hub,
    /// How often somebody may ask.
    pub limits: Limits,
    /// Wall-clock time.
    pub clock: Arc<dyn Clock>,
    /// The `equity` board.
    pub equity: EquityModel,
    /// The league as it was.
    pub past: Past,
    /// Matches that are played into the league.
    pub replays: Replays,
    /// One import at a time.
    pub importing: tokio::sync::Mutex<()>,
    /// Makes command ids of accounts and keys.
    pub command_key: [u8; 32],
    /// Where the league's other processes are seen, if there may be some.
    pub shared: Option<SharedLeague>,
    /// Cut when the server ends: streams watch it.
    pub ending: tokio_util::sync::CancellationToken,
}

impl std::ops::Deref for App {
    type Target = Parts;
    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl App {
    /// The app of these parts.
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }

    /// Now.
    pub fn now(&self) -> At {
        self.clock.now()
    }

    /// Whether anybody may log in under any name.
    pub fn is_development(&self) -> bool {
        self.config.env == Environment::Development
    }

    /// The number of an instrument. From the market: no request waits for the state's lock to learn it.
    pub(crate) fn instrument(&self, slug: &str) -> Result<InstrumentIdx, Problem> {
        let market = self.replica.market()?;
        let found = market.find(slug).map(|row| InstrumentIdx(row.idx));
        found.ok_or_else(|| Problem::rejected(&Rejection::UnknownInstrument, market.seq))
    }

    /// The name that an account gave itself; none where nobody remembers it.
    pub(crate) async fn name_of(&self, account: AccountId) -> Option<String> {
        self.identities.by_id(account).await.ok().flatten().map(|identity| identity.name)
    }

    /// Lets the holder of a ticket in, once. Where there is no place for him the ticket stays good.
    pub(crate) async fn let_in(&self, ticket: &str) -> Result<(AccountId, Place), Problem> {
        let now = self.now();
        let ticket = self.tokens.ticket_of(ticket, now)?;
        let place = self.hub.admit(ticket.account)?;
        match self.tickets.claim(&ticket.id, ticket.until, now).await {
            Ok(true) => Ok((ticket.account, place)),
            Ok(false) => Err(Problem::unauthorized("the ticket was used already")),
            Err(error) => {
                tracing::warn!(%error, "a ticket cannot be claimed");
                Err(Problem::unavailable("tickets_unavailable", "Tickets cannot be checked", "try again with another ticket"))
            }
        }
    }

    /// The processes of the league that live, this one among them; none where it is alone.
    pub(crate) async fn others(&self) -> Result<Vec<Process>, Problem> {
        let Some(shared) = &self.shared else { return Ok(Vec::new()) };
        presence::living_of(&shared.database, &self.config.league).await.map_err(presence_unknown)
    }

    /// Accounts with a stream, each once, at whichever process; as of two seconds ago where there are several.
    pub(crate) async fn accounts_here(&self) -> Result<u64, Problem> {
        let Some(shared) = &self.shared else { return Ok(self.hub.presence.count() as u64) };
        presence::accounts_here(&shared.database, &self.config.league).await.map_err(presence_unknown)
    }

    /// The last entry applied.
    pub fn seq(&self) -> Seq {
        self.replica.applied()
    }
}

fn presence_unknown(error: PresenceError) -> Problem {
    tracing::error!(%error, "who lives, and who is here, is not known");
    Problem::unavailable("database_unavailable", "The database does not answer", "try again")
}
