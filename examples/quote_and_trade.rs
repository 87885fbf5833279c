//! Quote and trade in ten lines: what it would cost, what it cost, what closing brings.
//!
//! `cargo run --release -p ftl-examples --example quote_and_trade`

use ftl_core::command::Action;
use ftl_core::outcome::Receipt;
use ftl_core::rejection::Rejection;
use ftl_core::rulebook::Standard;
use ftl_core::units::{Direction, Lots};
use ftl_examples::{League, market_order};

fn main() -> Result<(), Rejection> {
    let mut league = League::<Standard>::founded(1)?;
    let order = market_order(1, Direction::Long, Lots::from_units(100));

    let quote = league.state.quote(&order)?;
    println!("quote   1.00 lot at {} on average, margin {}", quote.position.entry_price, quote.position.margin);
    println!("        the worst single event would take {}", quote.worst_event);

    if let Receipt::Opened { position, portfolio, .. } = league.ask(Action::OpenPosition(order.clone()))? {
        println!("opened  at {} on average, equity {}, free {}", position.entry_price, portfolio.equity, portfolio.free);
        let close = Action::ClosePosition { book: order.book, position: position.id, lots: None };
        if let Receipt::Closed { exit_price, pnl, portfolio, .. } = league.ask(close)? {
            println!("closed  at {exit_price}, result {pnl}: a round trip with nobody in between costs nothing and gains nothing");
            println!("balance {}", portfolio.balance);
        }
    }
    println!("hash    {}", league.state.hash());
    Ok(())
}
