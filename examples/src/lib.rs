//! A league small enough to hold in the hand: what the examples share. Each example is a file beside this folder.

use ftl_core::command::{AccountKind, Action, Footballer, Genesis, OpenAccount, OpenPosition};
use ftl_core::feed::command;
use ftl_core::fixture::Position;
use ftl_core::id::{AccountId, BookId, CommandId, District, InstrumentId, InstrumentIdx};
use ftl_core::outcome::{Entry, Outcome, Receipt};
use ftl_core::rejection::Rejection;
use ftl_core::rulebook::Rulebook;
use ftl_core::rules::Preset;
use ftl_core::state::State;
use ftl_core::time::{At, Span};
use ftl_core::units::{Direction, Lots};

/// A league in memory, one second an entry.
pub struct League<R: Rulebook> {
    /// What is open and what is current.
    pub state: State<R>,
}

impl<R: Rulebook> League<R> {
    /// A fair league of a thousand accounts, one forward (`red-9`, instrument 0) and the accounts 1 to `accounts`.
    pub fn founded(accounts: u128) -> Result<Self, Rejection> {
        let mut league = Self { state: State::new() };
        let genesis = Genesis { rulebook: R::NAME.into(), ..Genesis::of("example", Preset::Fair, 1_000) };
        league.ask(Action::FoundLeague(Box::new(genesis)))?;
        let (instrument, position) = (InstrumentId::from("red-9"), Position::Forward);
        league.ask(Action::ListInstrument(Footballer { instrument, name: "Red 9".into(), team: "Red".into(), position, record: None }))?;
        for account in (1..=accounts).map(AccountId) {
            league.ask(Action::OpenAccount(OpenAccount { account, district: District::from("Kannur"), kind: AccountKind::Human }))?;
        }
        Ok(league)
    }

    /// Applies one command and gives its answer.
    pub fn ask(&mut self, action: Action) -> Result<Receipt, Rejection> {
        self.apply(action).answer.result
    }

    /// Applies one command and gives everything that happened.
    pub fn apply(&mut self, action: Action) -> Outcome {
        let seq = self.state.seq().next();
        let at = At(self.state.at().0).after(Span::seconds(1));
        self.state.apply(&Entry { seq, at, command: command(CommandId(u128::from(seq.0)), action) })
    }
}

/// A market order in `red-9`.
pub fn market_order(account: u128, direction: Direction, lots: Lots) -> OpenPosition {
    OpenPosition {
        book: BookId::season(AccountId(account)),
        instrument: InstrumentIdx(0),
        direction,
        lots,
        limit: None,
        slippage: None,
        stop_loss: None,
        take_profit: None,
    }
}
