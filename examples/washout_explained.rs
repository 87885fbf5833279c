//! Washout explained: how far a price may fall before a book loses its position, and what happens then.
//!
//! `cargo run --release -p ftl-examples --example washout_explained`

use ftl_core::command::Action;
use ftl_core::event::Event;
use ftl_core::id::{AccountId, BookId};
use ftl_core::margin::{self, History, Standing};
use ftl_core::rejection::Rejection;
use ftl_core::rulebook::Standard;
use ftl_core::units::{Direction, Lots};
use ftl_examples::{League, market_order};

fn main() -> Result<(), Rejection> {
    let mut league = League::<Standard>::founded(130)?;
    let book = BookId::season(AccountId(1));
    league.ask(Action::OpenPosition(market_order(1, Direction::Long, Lots::from_units(360))))?;
    let before = Standing::of(&league.state, book);
    let rules = league.state.rules().clone();
    let mut history = History::begin(&league.state, book);
    println!("account 1 is long 3.60 lots; the crowd now sells, three lots at a time:\n");
    println!("{:>8} {:>10} {:>14} {:>10}", "sellers", "mark", "equity", "level");
    for seller in 2..=130 {
        let outcome = league.apply(Action::OpenPosition(market_order(seller, Direction::Short, Lots::from_units(300))));
        history.observe(&outcome.events);
        let (Some(portfolio), Some(mark)) = (league.state.portfolio(book), league.state.instruments().next().map(|i| i.live_base)) else {
            break;
        };
        let mark = league.state.mark(ftl_core::id::InstrumentIdx(0)).unwrap_or(mark);
        let level = portfolio.level_bps.map_or("flat".into(), |bps| format!("{}.{:02} %", bps / 100, bps % 100));
        let warned = outcome.events.iter().any(|event| matches!(event, Event::MarginWarned { book: warned } if *warned == book));
        if seller % 20 == 1 || warned || portfolio.level_bps.is_none() {
            println!("{:>8} {:>10} {:>14} {:>10}{}", seller - 1, mark, portfolio.equity, level, if warned { "  warned" } else { "" });
        }
        for close in &history.closes {
            println!("\nwashed out: the position brought {}, result {}", close.exit_value, close.pnl);
            println!("balance left: {}", portfolio.balance);
        }
        if !history.closes.is_empty() {
            break;
        }
    }
    let replayed = margin::replay::<Standard>(&rules, before, &history.steps);
    println!("the reference, looking at this book alone, says the same: {}", replayed == history.closes);
    Ok(())
}
