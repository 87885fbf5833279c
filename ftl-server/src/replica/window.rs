//! The frames of the last ten minutes or 200,000 entries: what a stream that was cut resumes from. Beside them, what a
//! reader who joins is shown at once: the last price and the minute bars of each instrument.

use std::collections::VecDeque;
use std::sync::Arc;

use ftl_core::id::{AccountId, FixtureId, InstrumentIdx, Seq};
use ftl_core::time::{At, Span};
use parking_lot::RwLock;
use rustc_hash::FxHashMap;

use super::live_bars::LiveBars;
use crate::wire::cursor::{BatchMark, Cursor, Reached};
use crate::wire::frame::public::{BarFrame, EventFrame, PublicFrame};
use crate::wire::frame::{Frames, PriceFrame};

/// Entries that it reaches back.
pub(super) const ENTRIES: u64 = 200_000;
/// How long it reaches back.
pub(super) const SPAN: Span = Span::minutes(10);

/// See the module.
#[derive(Debug, Default)]
pub struct Window(RwLock<Inner>);

#[derive(Debug, Default)]
struct Inner {
    /// Of the entries: another one when the journal lost its end, and what was told may not be what is.
    life: u64,
    /// Only entries that have something to tell, in order.
    frames: VecDeque<Arc<Frames>>,
    /// Everything behind this entry is here.
    from: Seq,
    /// Up to this entry.
    to: Seq,
    /// Where each batch begins that has entries here, and before the first of them the one that ends at `from`.
    batches: VecDeque<(Seq, BatchMark)>,
    /// The entries here that concern an account, in order.
    of_account: FxHashMap<AccountId, VecDeque<Seq>>,
    /// The entries here in which a match's events changed, in order.
    of_events: VecDeque<Seq>,
    /// The last price of each instrument.
    latest: FxHashMap<InstrumentIdx, PriceFrame>,
    bars: LiveBars,
}

/// Where the window stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Standing {
    /// A cursor of another life says nothing.
    pub life: u64,
    /// Everything behind this entry is here.
    pub from: Seq,
    /// Up to this entry.
    pub to: Reached,
}

/// What is behind a cursor.
pub(crate) enum Behind {
    /// In order, and the entry that the reader has seen everything up to then.
    Frames(Vec<Arc<Frames>>, Reached),
    /// It is no longer here, or of another life.
    Gone,
}

impl Window {
    /// Begins anew behind `from`, an entry of `at`.
    pub(crate) fn restart(&self, from: Reached, at: At) {
        let mut inner = self.0.write();
        *inner = Inner::behind(from, at, inner.life);
    }

    /// The same, with entries that may differ from those that were here. Whoever looks meanwhile sees the old life with its
    /// entries or the new one without.
    pub(crate) fn begin_another_life(&self, from: Reached, at: At) {
        let mut inner = self.0.write();
        *inner = Inner::behind(from, at, inner.life + 1);
    }

    /// Where a client goes on from, if everything behind it is here: it lies in this window, and in this journal.
    pub(crate) fn find(&self, cursor: Cursor) -> Option<Reached> {
        let inner = self.0.read();
        let here = (inner.from..=inner.to).contains(&cursor.seq).then(|| inner.reached(cursor.seq))?;
        cursor.batch.is_none_or(|batch| batch == here.batch).then_some(here)
    }

    /// Where it stands now.
    pub(crate) fn standing(&self) -> Standing {
        let inner = self.0.read();
        Standing { life: inner.life, from: inner.from, to: inner.reached(inner.to) }
    }

    /// Adds what the next entries tell.
    pub(crate) fn push(&self, new: impl Iterator<Item = Frames>) {
        let mut inner = self.0.write();
        for frames in new {
            inner.add(frames);
        }
    }

    /// At most `limit` frames behind `after`, an entry of `life`.
    pub(crate) fn behind(&self, life: u64, after: Seq, limit: usize) -> Behind {
        let inner = self.0.read();
        if after < inner.from || life != inner.life {
            return Behind::Gone;
        }
        let start = inner.frames.partition_point(|frames| frames.seq <= after);
        let frames: Vec<_> = inner.frames.range(start..).take(limit).cloned().collect();
        let upto = if frames.len() < limit { inner.to } else { frames.last().map_or(inner.to, |last| last.seq) };
        Behind::Frames(frames, inner.reached(upto.max(after)))
    }

    /// At most `limit` entries of `life` behind `after` and not behind `upto` that concern an account.
    pub(crate) fn of_account(&self, account: AccountId, life: u64, after: Seq, upto: Reached, limit: usize) -> Behind {
        let inner = self.0.read();
        if after < inner.from || life != inner.life {
            return Behind::Gone;
        }
        let Some(seqs) = inner.of_account.get(&account) else { return Behind::Frames(Vec::new(), upto) };
        let start = seqs.partition_point(|seq| *seq <= after);
        let wanted = seqs.range(start..).take_while(|seq| **seq <= upto.seq).take(limit);
        let frames: Vec<_> = wanted.filter_map(|seq| inner.at(*seq)).collect();
        let reached = if frames.len() < limit { upto } else { frames.last().map_or(upto, |last| inner.reached(last.seq)) };
        Behind::Frames(frames, reached)
    }

    /// What changed in a match's list of events behind `after` and not behind `upto`, as far as it is here.
    pub(crate) fn events_of(&self, fixture: &FixtureId, after: Seq, upto: Seq) -> Vec<EventFrame> {
        let inner = self.0.read();
        let start = inner.of_events.partition_point(|seq| *seq <= after);
        let entries = inner.of_events.range(start..).take_while(|seq| **seq <= upto).filter_map(|seq| inner.at(*seq));
        let of_entry = |frames: Arc<Frames>| {
            let events = frames.public.iter().filter_map(|frame| match frame {
                PublicFrame::Event(event) if event.fixture == *fixture => Some(event.clone()),
                _ => None,
            });
            events.collect::<Vec<_>>()
        };
        entries.flat_map(of_entry).collect()
    }

    /// The last price of an instrument, if it changed here.
    pub(crate) fn latest(&self, idx: InstrumentIdx) -> Option<PriceFrame> {
        self.0.read().latest.get(&idx).cloned()
    }

    /// The minute bars of an instrument that a reader who comes back behind `after` may not have.
    pub(crate) fn bars_of(&self, idx: InstrumentIdx, after: Seq) -> Vec<BarFrame> {
        self.0.read().bars.of(idx, after).cloned().collect()
    }

    /// The last minute bar of an instrument.
    pub(crate) fn last_bar(&self, idx: InstrumentIdx) -> Option<BarFrame> {
        self.0.read().bars.last(idx).cloned()
    }

    /// The same of every instrument, and up to which entry that is known.
    pub(crate) fn bars_since(&self, after: Seq) -> (Vec<BarFrame>, Seq) {
        let inner = self.0.read();
        (inner.bars.since(after).cloned().collect(), inner.to)
    }

    /// The minute bars that changed behind `after`, and up to which entry that is known.
    pub(crate) fn bars_behind(&self, after: Seq) -> (Vec<BarFrame>, Seq) {
        let inner = self.0.read();
        (inner.bars.behind(after), inner.to)
    }

    /// Everything behind this entry is in it.
    pub(crate) fn begin(&self) -> Seq {
        self.0.read().from
    }
}

impl Inner {
    fn behind(Reached { seq, batch }: Reached, at: At, life: u64) -> Self {
        let bars = LiveBars::new((seq > Seq(0)).then_some(at));
        Self { life, from: seq, to: seq, batches: VecDeque::from([(seq, batch)]), bars, ..Self::default() }
    }

    /// The batch that an entry came in, as far as that is known here.
    fn batch_of(&self, seq: Seq) -> Option<BatchMark> {
        let behind = self.batches.partition_point(|(first, _)| *first <= seq);
        self.batches.get(behind.checked_sub(1)?).map(|(_, batch)| *batch)
    }

    fn reached(&self, seq: Seq) -> Reached {
        Reached { seq, batch: self.batch_of(seq).unwrap_or_default() }
    }

    fn at(&self, seq: Seq) -> Option<Arc<Frames>> {
        let place = self.frames.binary_search_by_key(&seq, |frames| frames.seq).ok()?;
        self.frames.get(place).cloned()
    }

    fn add(&mut self, mut frames: Frames) {
        self.to = frames.seq;
        if self.batches.back().is_none_or(|(_, batch)| *batch != frames.batch) {
            self.batches.push_back((frames.seq, frames.batch));
        }
        let oldest = frames.at.0.saturating_sub(SPAN.0);
        let lowest = Seq(frames.seq.0.saturating_sub(ENTRIES));
        for (idx, mark) in std::mem::take(&mut frames.marks) {
            if let Some(price) = frames.prices.iter().find(|price| price.idx == idx.0) {
                self.bars.fold(idx, &price.instrument, mark, frames.seq, frames.at, oldest);
            }
        }
        for price in &frames.prices {
            self.latest.insert(InstrumentIdx(price.idx), price.clone());
        }
        for (account, _) in &frames.accounts {
            let seqs = self.of_account.entry(*account).or_default();
            if seqs.back() != Some(&frames.seq) {
                seqs.push_back(frames.seq);
            }
        }
        if frames.public.iter().any(|frame| matches!(frame, PublicFrame::Event(_))) {
            self.of_events.push_back(frames.seq);
        }
        if !frames.is_empty() {
            self.frames.push_back(Arc::new(frames));
        }
        while self.frames.front().is_some_and(|front| front.at.0 < oldest || front.seq <= lowest) {
            if let Some(gone) = self.frames.pop_front() {
                self.forget(&gone);
            }
        }
        let oldest_told = lowest.max(self.from);
        while self.batches.get(1).is_some_and(|(second, _)| *second <= oldest_told) {
            self.batches.pop_front();
        }
    }

    fn forget(&mut self, gone: &Frames) {
        self.from = gone.seq;
        for (account, _) in &gone.accounts {
            if let Some(seqs) = self.of_account.get_mut(account) {
                if seqs.front() == Some(&gone.seq) {
                    seqs.pop_front();
                }
                if seqs.is_empty() {
                    self.of_account.remove(account);
                }
            }
        }
        if self.of_events.front() == Some(&gone.seq) {
            self.of_events.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use ftl_core::id::InstrumentId;
    use ftl_core::units::Price;

    use super::*;
    use crate::wire::Time;

    fn entry(seq: u64, at: u64, told: bool) -> Frames {
        let price = PriceFrame {
            idx: 0,
            instrument: InstrumentId::from("a"),
            seq,
            at: Time(At(at)),
            mark: Default::default(),
            live_base: Default::default(),
            settlement: Default::default(),
        };
        Frames { prices: if told { vec![price] } else { Vec::new() }, ..Frames::none(Seq(seq), At(at)) }
    }

    fn marked(seq: u64, at: u64, marks: &[i64]) -> Frames {
        let marks = marks.iter().map(|mark| (InstrumentIdx(0), Price::from_units(*mark))).collect();
        Frames { marks, ..entry(seq, at, true) }
    }

    fn seqs(window: &Window, after: u64) -> Option<(Vec<u64>, u64)> {
        match window.behind(0, Seq(after), 100) {
            Behind::Frames(frames, upto) => Some((frames.iter().map(|f| f.seq.0).collect(), upto.seq.0)),
            Behind::Gone => None,
        }
    }

    #[test]
    fn a_reader_gets_what_is_behind_his_cursor() {
        let window = Window::default();
        window.restart(reached(10, 0), At(0));
        window.push([entry(11, 1, true), entry(12, 1, false), entry(13, 1, true)].into_iter());
        assert_eq!(seqs(&window, 10), Some((vec![11, 13], 13)));
        assert_eq!(seqs(&window, 12), Some((vec![13], 13)));
        assert_eq!(seqs(&window, 13), Some((vec![], 13)));
        assert_eq!(seqs(&window, 9), None);
    }

    #[test]
    fn a_cursor_of_another_life_says_nothing() {
        let window = Window::default();
        window.push([entry(1, 1, true), entry(2, 2, true)].into_iter());
        window.begin_another_life(Reached::default(), At(0));
        window.push([entry(1, 1, true)].into_iter());
        assert_eq!(seqs(&window, 1), None);
        let Standing { life, to, .. } = window.standing();
        assert!(matches!(window.behind(life, to.seq, 100), Behind::Frames(frames, upto) if frames.is_empty() && upto.seq == Seq(1)));
    }

    fn of_batch(seq: u64, batch: u32) -> Frames {
        Frames { batch: BatchMark(batch), ..entry(seq, 1, seq.is_multiple_of(2)) }
    }

    fn reached(seq: u64, batch: u32) -> Reached {
        Reached { seq: Seq(seq), batch: BatchMark(batch) }
    }

    #[test]
    fn a_cursor_of_another_journal_says_nothing() {
        let window = Window::default();
        window.restart(reached(10, 7), At(0));
        window.push([of_batch(11, 8), of_batch(12, 8), of_batch(13, 9)].into_iter());
        let has = |seq, batch: Option<u32>| window.find(Cursor { seq: Seq(seq), batch: batch.map(BatchMark) }).is_some();
        for (seq, batch) in [(10, 7), (11, 8), (12, 8), (13, 9)] {
            assert!(has(seq, Some(batch)) && has(seq, None), "{seq}");
            assert!(!has(seq, Some(batch + 1)), "{seq}");
        }
        assert!(!has(9, None) && !has(14, None));
        assert_eq!(window.standing().to, reached(13, 9));
        // As far as the window goes, and no further.
        window.push([Frames { batch: BatchMark(10), ..entry(ENTRIES + 12, 2, true) }].into_iter());
        assert_eq!(window.0.read().batches.len(), 3);
    }

    #[test]
    fn what_is_older_than_ten_minutes_is_gone() {
        let window = Window::default();
        window.push([entry(1, 1_000, true), entry(2, 2_000, true), entry(3, 601_500, true)].into_iter());
        assert_eq!(seqs(&window, 0), None);
        assert_eq!(seqs(&window, 1), Some((vec![2, 3], 3)));
    }

    #[test]
    fn a_bar_holds_every_mark_of_its_minute() {
        let window = Window::default();
        window.push([marked(1, 59_000, &[10]), marked(2, 60_000, &[12, 30, 14]), marked(3, 61_000, &[11])].into_iter());
        let bars = window.bars_of(InstrumentIdx(0), Seq(0));
        let shape = |bar: &BarFrame| (bar.seq, bar.start.0.0, [bar.open, bar.high, bar.low, bar.close].map(|price| price.units()));
        assert_eq!(bars.iter().map(shape).collect::<Vec<_>>(), [(1, 0, [10; 4]), (3, 60_000, [12, 30, 11, 11])]);
        assert_eq!(window.bars_behind(Seq(2)).0.iter().map(|bar| bar.seq).collect::<Vec<_>>(), [3]);
        assert_eq!(window.bars_behind(Seq(3)), (vec![], Seq(3)));
    }

    #[test]
    fn who_was_cut_at_the_entry_that_moved_a_bar_is_told_it_again_and_the_one_before() {
        let window = Window::default();
        window.push((1..=5).map(|n| marked(n, n * 60_000, &[10])));
        let seqs = |bars: Vec<BarFrame>| bars.iter().map(|bar| bar.seq).collect::<Vec<_>>();
        for (after, told) in [(0, vec![1, 2, 3, 4, 5]), (2, vec![1, 2, 3, 4, 5]), (3, vec![2, 3, 4, 5]), (5, vec![4, 5])] {
            assert_eq!(seqs(window.bars_of(InstrumentIdx(0), Seq(after))), told, "{after}");
            assert_eq!(window.bars_since(Seq(after)).1, Seq(5));
            assert_eq!(seqs(window.bars_since(Seq(after)).0), told, "{after}");
        }
    }

    #[test]
    fn a_bar_that_began_before_the_window_is_not_told() {
        let window = Window::default();
        window.restart(reached(7, 0), At(61_000));
        window.push([marked(8, 62_000, &[10]), marked(9, 120_000, &[12])].into_iter());
        let starts: Vec<u64> = window.bars_of(InstrumentIdx(0), Seq(0)).iter().map(|bar| bar.start.0.0).collect();
        assert_eq!(starts, [120_000]);
    }
}
