//! Prices (R2), each from the open positions and the list of events, every time anew.

use ftl_core::fixture::{EventKind, Position, Reported};
use ftl_core::rules::{Formula, Settlement};
use ftl_core::units::{Direction, Price};

use super::exact::Exact;
use super::{Auditor, Match};

/// A count of 10⁻⁴ points that is only told, at the end of the range where it does not fit.
pub fn told_price(units: i128) -> Price {
    Price::from_units(i64::try_from(units).unwrap_or(if units < 0 { i64::MIN } else { i64::MAX }))
}

/// A count of 10⁻⁴ points as a price.
pub fn price(units: i128) -> Price {
    Price::from_units(i64::try_from(units).expect("a price fits 64 bits"))
}

impl Auditor {
    /// Contract size, as a factor.
    pub(super) fn contract(&self) -> i128 {
        i128::from(self.rules().contract_size)
    }

    /// R2.1 Σ direction × lots over the open positions, in 10⁻² lot.
    pub fn net(&self, instrument: usize) -> i128 {
        let of = self.positions.iter().filter(|p| p.instrument == instrument);
        of.map(|p| i128::from(p.direction.sign()) * i128::from(p.lots.units())).sum()
    }

    /// R3.1, in 10⁻⁴ point, rounded down.
    pub fn live_base(&self, instrument: usize) -> i128 {
        let (rules, i) = (self.rules(), &self.instruments[instrument]);
        let (floor, ceiling) = (i128::from(rules.floor.units()), i128::from(rules.ceiling.units()));
        let most = i128::from(rules.scoring.max_expected[i.position.index()].units());
        floor + Exact::ratio(i128::from(i.form.units()) * (ceiling - floor), most).floor()
    }

    /// R2.5, in 10⁻⁴ point: the parts of the live match's events as they were last looked at, in sum, cut to the range.
    pub fn bump(&self, instrument: usize) -> i128 {
        let Some(rules) = self.rules().bump else { return 0 };
        let Some(fixture) = self.live_fixture_of(instrument) else { return 0 };
        let m = &self.fixtures[fixture];
        let mut sum = 0;
        for listed in &m.events {
            let first = listed.who == Some(instrument);
            let second = listed.related == Some(instrument);
            let amount = |covered: bool, amount: Price| if covered { i128::from(amount.units()) } else { 0 };
            let covers = |statistic| m.covers(statistic);
            let (named_first, named_second) = match listed.event.kind {
                EventKind::Goal => (amount(covers(Reported::Goal), rules.goal), amount(covers(Reported::Assist), rules.assist)),
                EventKind::PenaltyGoal => (amount(covers(Reported::Goal), rules.goal), 0),
                EventKind::OwnGoal => (amount(covers(Reported::OwnGoal), rules.own_goal), 0),
                EventKind::Red | EventKind::SecondYellow => (amount(covers(Reported::Red), rules.red), 0),
                EventKind::Yellow => (amount(covers(Reported::Yellow), rules.yellow), 0),
                EventKind::PenaltyMissed => (amount(covers(Reported::PenaltyMissed), rules.penalty_missed), 0),
                EventKind::PenaltySaved => {
                    let missed = amount(covers(Reported::PenaltyMissed), rules.penalty_missed);
                    (amount(covers(Reported::PenaltySaved), rules.penalty_saved), missed)
                }
                _ => (0, 0),
            };
            let age = m.looked_at.since(listed.since).0;
            sum += if first { fading(named_first, age, rules.span.0) } else { 0 };
            sum += if second { fading(named_second, age, rules.span.0) } else { 0 };
        }
        if m.whistle && self.kept_clean_sheet(m, instrument) {
            sum += i128::from(rules.clean_sheet.units());
        }
        let base = self.live_base(instrument);
        let (floor, ceiling) = (i128::from(self.rules().floor.units()), i128::from(self.rules().ceiling.units()));
        sum.clamp(floor - base, ceiling - base)
    }

    /// R2.1 with an imbalance of `net`, in 10⁻⁴ point.
    pub(super) fn mark_at(&self, instrument: usize, net: i128) -> i128 {
        let crowd = Exact::ratio(i128::from(self.rules().k_mod.units()) * net, 1_000_000).floor();
        self.live_base(instrument) + self.bump(instrument) + crowd
    }

    /// R2.1: the price now.
    pub fn mark(&self, instrument: usize) -> i128 {
        self.mark_at(instrument, self.net(instrument))
    }

    /// What stop losses, take profits and margin look at: the mark from before the event while under review.
    pub(super) fn judged_mark(&self, instrument: usize) -> i128 {
        match self.instruments[instrument].review {
            Some(review) => i128::from(review.mark.units()),
            None => self.mark(instrument),
        }
    }

    /// R2.2: what an order of `lots` (10⁻² lot) costs, signed, in 10⁻⁶ point: a buyer pays (up), a seller takes in
    /// (down, negative). The curve's average is `live_base + bump + k × (net + d × q / 2)`, all of it exact until here.
    pub(super) fn order_value(&self, instrument: usize, direction: Direction, lots: i128) -> i128 {
        let rules = self.rules();
        let d = i128::from(direction.sign());
        let base = Exact::ratio(self.live_base(instrument) + self.bump(instrument), 10_000);
        let k = Exact::ratio(i128::from(rules.k_mod.units()), 100_000_000);
        let middle = Exact::ratio(2 * self.net(instrument) + d * lots, 200);
        let shares = Exact::ratio(lots * self.contract(), 100);
        let worth = (base + k * middle) * shares;
        // Half of the spread comes on top of what is paid and off what is taken in.
        let spread = i128::from(rules.spread_bps.0) * d * if worth < Exact::whole(0) { -1 } else { 1 };
        let with_spread = if spread == 0 { worth } else { worth * Exact::ratio(20_000 + spread, 20_000) };
        let in_micros = with_spread * Exact::whole(1_000_000);
        match direction {
            Direction::Long => in_micros.ceil(),
            Direction::Short => -in_micros.floor(),
        }
    }

    /// R7.2: the fee of a fill of this value.
    pub(super) fn fee(&self, value: i128) -> i128 {
        Exact::ratio(value.abs() * i128::from(self.rules().fee_bps.0), 10_000).ceil()
    }

    /// R6.2: `live_base + k × net / 2`, rounded down to a price unit.
    pub(super) fn clearing_price(&self, instrument: usize) -> i128 {
        let half = Exact::ratio(i128::from(self.rules().k_mod.units()) * self.net(instrument), 2_000_000).floor();
        self.live_base(instrument) + self.bump(instrument) + half
    }

    /// R6.2: the one price of full time.
    pub(super) fn settlement_price(&self, instrument: usize) -> i128 {
        match self.rules().settlement {
            Settlement::ClearingPrice => self.clearing_price(instrument),
            Settlement::Mark => self.mark(instrument),
        }
    }

    /// R2.4, in 10⁻² lot, from the `live_base` now.
    pub(super) fn side_cap_now(&self, instrument: usize) -> i128 {
        let rules = self.rules();
        let most = i128::from(rules.floor.units()) * i128::from(rules.exposure.floor_multiple);
        let reference = Exact::ratio(self.live_base(instrument).min(most), 10_000);
        let part = Exact::ratio(i128::from(rules.exposure.side_cap.0), 10_000);
        let lots_a_point = Exact::ratio(100_000_000, i128::from(rules.k_mod.units()));
        (part * reference * lots_a_point * Exact::whole(100)).floor()
    }

    /// R4.7: how far the worst single event moves the price against `direction`, in 10⁻⁴ point, rounded up.
    pub fn gap(&self, position: Position, direction: Direction) -> i128 {
        let rules = self.rules();
        let weights = &rules.scoring.weights[position.index()];
        let of = |statistic| i128::from(weights.of(statistic).units());
        let worst = match direction {
            Direction::Long => {
                let own_goal = of(Reported::OwnGoal).abs() + of(Reported::Conceded).abs() + of(Reported::CleanSheet);
                of(Reported::Red).abs().max(own_goal)
            }
            Direction::Short => {
                let goal = of(Reported::Goal) + of(Reported::ShotOnTarget);
                goal.max(of(Reported::PenaltySaved) + of(Reported::Save) + of(Reported::InsideBox))
            }
        };
        let w = match rules.scoring.formula {
            Formula::Martingale { weight, .. } | Formula::Blend { weight, .. } => i128::from(weight.0),
        };
        let range = i128::from(rules.ceiling.units()) - i128::from(rules.floor.units());
        let most = i128::from(rules.scoring.max_expected[position.index()].units());
        Exact::ratio(w * worst * range, 10_000 * most).ceil()
    }

    /// R4.7 at a mark, in 10⁻⁶ point.
    pub(super) fn margin_of(&self, position: Position, direction: Direction, lots: i128, mark: i128) -> i128 {
        let rules = &self.rules().margin;
        let mut a_share = Exact::ratio(mark, i128::from(rules.leverage)).ceil();
        if let Some(multiple) = rules.gap_multiple {
            a_share = a_share.max(Exact::ratio(i128::from(multiple.0) * self.gap(position, direction), 10_000).ceil());
        }
        a_share * lots * self.contract()
    }
}

/// R2.5: what is left of an event's part, rounded towards zero.
fn fading(whole: i128, age_ms: u64, span_ms: u64) -> i128 {
    let (age, span) = (i128::from(age_ms), i128::from(span_ms));
    if age >= span { 0 } else { Exact::ratio(whole * (span - age), span).towards_zero() }
}

impl Match {
    /// R3.6: whether the feed delivers it.
    pub(super) fn covers(&self, reported: Reported) -> bool {
        self.coverage.iter().any(|c| c.reported == reported)
    }
}
