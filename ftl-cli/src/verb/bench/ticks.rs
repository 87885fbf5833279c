//! `price-change`, `margin-ticks`: what a clock tick costs where it touches nobody, and where it touches everybody.

use std::hint::black_box;

use ftl_core::event::Event;
use ftl_core::id::InstrumentIdx;
use ftl_core::outcome::Outcome;
use ftl_core::projection::{Bar, BarInterval, Row as HistoryRow, rows_of};
use ftl_core::rulebook::scoring::live_base;
use ftl_core::state::State;
use ftl_core::units::Score;
use ftl_workload::{Brink, Crowd, Lap};

use super::apply::at_fault;
use super::row::{Reach, Row};
use super::{Setting, progress};
use crate::failure::Failure;

/// Ticks under the clock.
const TICKS: u32 = 1_000;

/// Bars of every length: the last one of each instrument at hand, as a reader of a feed keeps them, those before it put
/// down.
#[derive(Default)]
struct Bars {
    last: Vec<[Option<Bar>; BarInterval::ALL.len()]>,
    ended: Vec<(InstrumentIdx, BarInterval, Bar)>,
}

/// Prices that drift, with 1,000 and with 1,000,000 holders.
pub fn price_change(setting: Setting) -> Result<Row, Failure> {
    let ticks = setting.size(TICKS, 50);
    let few = drift(setting.seed, 1_000, ticks)?;
    let holders = setting.size(1_000_000, 2_000);
    let many = drift(setting.seed, holders, ticks)?;
    let changes = f64::from(ticks) * f64::from(Crowd::instruments());
    let us = |lap: Lap| lap.cpu.as_secs_f64() * 1e6 / changes;
    let row = Row::new(us(many), "µs an instrument", us(few));
    let (value, ratio) = (row.value, row.ratio);
    Ok(row
        .reaching(&[("µs", value, Reach::AtMost(0.3)), ("ratio", ratio, Reach::AtMost(1.2))])
        .with("baseline", "the same with 1,000 holders")
        .with("clock", "this thread's processor")
        .with("holders", holders)
        .with("wallUs", many.wall.as_secs_f64() * 1e6 / changes)
        .with("bareArithmeticUs", bare()))
}

/// Time of `ticks` ticks, with their events, rows of history and bars.
fn drift(seed: u64, holders: u32, ticks: u32) -> Result<Lap, Failure> {
    let (mut crowd, mut state, mut refused) = (Crowd::new(seed, holders), State::<ftl_core::rulebook::Standard>::new(), None);
    let bar = progress(&format!("price changes, {holders} holders"), 2 * holders as usize);
    crowd.opening(|entry| {
        if let Err(rejection) = state.apply(&entry).answer.result {
            refused.get_or_insert(rejection);
        }
        bar.inc(1);
    });
    bar.finish_and_clear();
    if let Some(rejection) = refused {
        return Err(at_fault(&format!("{rejection:?}")));
    }
    let (mut lap, mut bars, mut changed) = (Lap::default(), Bars::default(), 0u64);
    for _ in 0..ticks {
        let entry = crowd.tick();
        let outcome = lap.time(|| {
            let outcome = state.apply(&entry);
            bars.fold(&rows_of(&outcome));
            outcome
        });
        changed += outcome.events.iter().filter(|event| matches!(event, Event::PriceChanged { .. })).count() as u64;
        if closed(&outcome) > 0 {
            return Err(at_fault("a price change touched somebody"));
        }
    }
    let expected = u64::from(ticks) * u64::from(Crowd::instruments());
    black_box(&bars.ended);
    if changed * 100 < expected * 95 {
        return Err(at_fault(&format!("{changed} of {expected} prices changed")));
    }
    Ok(lap)
}

impl Bars {
    fn fold(&mut self, rows: &[HistoryRow]) {
        for row in rows {
            let HistoryRow::Tick(tick) = row else { continue };
            let place = usize::from(tick.instrument.0);
            if place >= self.last.len() {
                self.last.resize(place + 1, Default::default());
            }
            for (interval, last) in BarInterval::ALL.into_iter().zip(&mut self.last[place]) {
                let (start, mark) = (interval.start(tick.at), tick.mark);
                match last {
                    Some(bar) if bar.start == start => (bar.high, bar.low, bar.close) = (bar.high.max(mark), bar.low.min(mark), mark),
                    _ => {
                        let ended = last.replace(Bar { start, open: mark, high: mark, low: mark, close: mark });
                        self.ended.extend(ended.map(|bar| (tick.instrument, interval, bar)));
                    }
                }
            }
        }
    }
}

/// From form to price and nothing else, in µs.
fn bare() -> f64 {
    let rules = ftl_core::rules::Rules::fair(1_000);
    let n = 1_000_000u32;
    let (lap, ()) = Lap::of(|| {
        for form in 0..i64::from(n) {
            black_box(live_base(&rules, ftl_core::fixture::Position::Forward, Score::from_units(4_000_000 + form)));
        }
    });
    lap.cpu.as_secs_f64() * 1e6 / f64::from(n)
}

/// 100,000 books at 50 to 51 %, prices that tremble by a thousandth.
pub fn margin_ticks(setting: Setting) -> Result<Row, Failure> {
    let (books, ticks) = (setting.size(100_000, 1_000), setting.size(TICKS, 20));
    let one = tremble(setting.seed, books, 1, ticks)?;
    let two = tremble(setting.seed, books, 2, ticks.div_ceil(10))?;
    let ms = |lap: Lap, n: u32| lap.cpu.as_secs_f64() * 1e3 / f64::from(n);
    let scan = scan(books);
    let row = Row::new(ms(one, ticks), "ms a tick", scan);
    let value = row.value;
    Ok(row
        .reaching(&[("ms a tick", value, Reach::AtMost(5.0))])
        .with("baseline", "every book valued in each tick, in a flat array without the engine")
        .with("clock", "this thread's processor")
        .with("books", books)
        .with("ticks", ticks)
        .with("wallMs", one.wall.as_secs_f64() * 1e3 / f64::from(ticks))
        .with("msWhereEachHoldsTwo", ms(two, ticks.div_ceil(10))))
}

fn tremble(seed: u64, books: u32, holds: u16, ticks: u32) -> Result<Lap, Failure> {
    let (mut brink, mut state) = at_the_brink(seed, books, holds)?;
    let bar = progress(&format!("{books} books at 50 %, each in {holds}"), ticks as usize);
    let mut lap = Lap::default();
    for _ in 0..ticks {
        let entries = brink.tremble();
        let outcomes: Vec<Outcome> = lap.time(|| entries.iter().map(|entry| state.apply(entry)).collect());
        if let Some(refused) = outcomes.iter().find_map(|outcome| outcome.answer.result.as_ref().err()) {
            return Err(at_fault(&format!("{refused:?}")));
        }
        if outcomes.iter().map(closed).sum::<usize>() > 0 {
            return Err(at_fault("a book was washed out"));
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(lap)
}

/// A league where every book stands at 50 to 51 %.
pub fn at_the_brink(seed: u64, books: u32, holds: u16) -> Result<(Brink, State), Failure> {
    let (mut brink, mut state) = (Brink::new(seed, books, holds), State::new());
    for entry in brink.opening() {
        let outcome = state.apply(&entry);
        if let Err(refused) = &outcome.answer.result {
            return Err(at_fault(&format!("{refused:?}")));
        }
        if closed(&outcome) > 0 {
            return Err(at_fault("a book was washed out before its time"));
        }
    }
    let level = |book: &ftl_core::book::Book| state.portfolio(book.id).and_then(|portfolio| portfolio.level_bps);
    if let Some(off) = state.books().filter_map(level).find(|level| !(5_000..=5_150).contains(level)) {
        return Err(at_fault(&format!("a book stands at {off} basis points")));
    }
    Ok((brink, state))
}

/// Positions that an entry closed.
pub fn closed(outcome: &Outcome) -> usize {
    outcome.events.iter().filter(|event| matches!(event, Event::PositionClosed(_))).count()
}

/// The level of each book by plain arithmetic, in ms.
fn scan(books: u32) -> f64 {
    let rows: Vec<(i64, i64, i64)> = (0..i64::from(books)).map(|n| (8_130 + n % 7, 3, 58_248 + n % 5)).collect();
    let turns = 100;
    let (lap, ()) = Lap::of(|| {
        for mark in 0..turns {
            black_box(
                rows.iter().filter(|(balance, shares, cost)| (balance + shares * (18_000 + mark) - cost) * 10_000 <= 8_100 * 5_000).count(),
            );
        }
    });
    lap.cpu.as_secs_f64() * 1e3 / turns as f64
}
