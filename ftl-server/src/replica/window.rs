//! The frames of the last ten minutes or 200,000 entries: what a stream that was cut resumes from.

use std::collections::VecDeque;
use std::sync::Arc;

use ftl_core::id::Seq;
use ftl_core::time::Span;
use parking_lot::RwLock;

use crate::wire::frame::Frames;

const ENTRIES: usize = 200_000;
const SPAN: Span = Span::minutes(10);

/// See the module.
#[derive(Debug, Default)]
pub struct Window(RwLock<Inner>);

#[derive(Debug, Default)]
struct Inner {
    /// Only entries that have something to tell, in order.
    frames: VecDeque<Arc<Frames>>,
    /// Everything behind this entry is here.
    from: Seq,
    /// Up to this entry.
    to: Seq,
}

/// What is behind a cursor.
pub(crate) enum Behind {
    /// In order, and the entry that the reader has seen everything up to then.
    Frames(Vec<Arc<Frames>>, Seq),
    /// It is no longer here.
    Gone,
}

impl Window {
    /// Begins anew behind `from`.
    pub(crate) fn restart(&self, from: Seq) {
        *self.0.write() = Inner { frames: VecDeque::new(), from, to: from };
    }

    /// Adds what the next entries tell.
    pub(crate) fn push(&self, new: impl Iterator<Item = Frames>) {
        let mut inner = self.0.write();
        for frames in new {
            inner.to = frames.seq;
            let oldest = frames.at.0.saturating_sub(SPAN.0);
            let lowest = Seq(frames.seq.0.saturating_sub(ENTRIES as u64));
            if !frames.is_empty() {
                inner.frames.push_back(Arc::new(frames));
            }
            while inner.frames.front().is_some_and(|front| front.at.0 < oldest || front.seq <= lowest) {
                if let Some(gone) = inner.frames.pop_front() {
                    inner.from = gone.seq;
                }
            }
        }
    }

    /// At most `limit` frames behind `after`.
    pub(crate) fn behind(&self, after: Seq, limit: usize) -> Behind {
        let inner = self.0.read();
        if after < inner.from {
            return Behind::Gone;
        }
        let start = inner.frames.partition_point(|frames| frames.seq <= after);
        let frames: Vec<_> = inner.frames.range(start..).take(limit).cloned().collect();
        let upto = if frames.len() < limit { inner.to } else { frames.last().map_or(inner.to, |last| last.seq) };
        Behind::Frames(frames, upto.max(after))
    }

    /// The last entry in it.
    pub(crate) fn end(&self) -> Seq {
        self.0.read().to
    }
}

#[cfg(test)]
mod tests {
    use ftl_core::id::InstrumentId;
    use ftl_core::time::At;

    use super::*;
    use crate::wire::Time;
    use crate::wire::frame::PriceFrame;

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
        Frames { seq: Seq(seq), at: At(at), prices: if told { vec![price] } else { Vec::new() }, accounts: Vec::new() }
    }

    fn seqs(window: &Window, after: u64) -> Option<(Vec<u64>, u64)> {
        match window.behind(Seq(after), 100) {
            Behind::Frames(frames, upto) => Some((frames.iter().map(|f| f.seq.0).collect(), upto.0)),
            Behind::Gone => None,
        }
    }

    #[test]
    fn a_reader_gets_what_is_behind_his_cursor() {
        let window = Window::default();
        window.restart(Seq(10));
        window.push([entry(11, 1, true), entry(12, 1, false), entry(13, 1, true)].into_iter());
        assert_eq!(seqs(&window, 10), Some((vec![11, 13], 13)));
        assert_eq!(seqs(&window, 12), Some((vec![13], 13)));
        assert_eq!(seqs(&window, 13), Some((vec![], 13)));
        assert_eq!(seqs(&window, 9), None);
    }

    #[test]
    fn what_is_older_than_ten_minutes_is_gone() {
        let window = Window::default();
        window.push([entry(1, 1_000, true), entry(2, 2_000, true), entry(3, 601_500, true)].into_iter());
        assert_eq!(seqs(&window, 0), None);
        assert_eq!(seqs(&window, 1), Some((vec![2, 3], 3)));
    }
}
