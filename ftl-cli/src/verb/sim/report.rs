//! What a season came to, for machines and for people.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;

use ftl_core::fixture::Position;
use ftl_core::hash::Hash;
use ftl_core::id::Seq;
use ftl_core::rules::Preset;
use ftl_core::season::distribution::Distribution;
use ftl_core::season::persona::{Kind, PERSONAS};
use ftl_core::season::{Drift, HORIZONS, MarkOut, PersonaLine, Season};
use ftl_core::units::Money;
use serde::Serialize;

use super::memory;

/// See the module; money is in points as a decimal string, ratios are fractions of one.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    source: String,
    rules: Preset,
    seed: u64,
    accounts: u32,
    seq: Seq,
    hash: Hash,
    /// Orders accepted: opens and users' closes, filled at once or resting.
    orders: u64,
    /// Positions opened, and closes of any kind.
    fills: u64,
    /// Positions closed by washout.
    washouts: u64,
    bad_debt: Money,
    house: Money,
    house_bound: Money,
    drift: MeanAndError,
    wealth: Wealth,
    seconds: f64,
    commands_per_second: f64,
    peak_rss_mb: f64,
    matches: usize,
    goals: usize,
    /// Traders who lost a position by washout.
    washed_out: u64,
    washouts_by_events: [u64; 4],
    sudden_washouts: u64,
    careless: Careless,
    volatility: BTreeMap<&'static str, Volatility>,
    personas: Vec<Persona>,
    /// How often somebody skilled has made more than somebody random, of a hundred pairs.
    skilled_over_random: f64,
    cancelled: BTreeMap<String, u64>,
    refused: BTreeMap<String, u64>,
}

/// A mean and its standard error, the match being the unit.
#[derive(Serialize)]
struct MeanAndError {
    mean: f64,
    stderr: f64,
}

#[derive(Serialize)]
struct Wealth {
    p1: Money,
    p50: Money,
    p99: Money,
    gini: f64,
}

/// Careless traders at full margin, summed over matches.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Careless {
    traded: u64,
    washed_out: u64,
    share: f64,
}

/// How far a price goes in a match: the root mean square of its move, and of all its moves in play.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Volatility {
    footballers: u64,
    mean: f64,
    per_match: f64,
    realised: f64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Persona {
    persona: &'static str,
    traders: u64,
    orders: u64,
    washed_out: u64,
    median_result: Money,
    mean_result: Money,
    /// Realised over margin committed, the median of its traders.
    median_return: f64,
    gini: f64,
    /// The mean mark-out of a fill after 1, 5, 30 and 60 s, as a fraction of the price.
    mark_outs: Vec<f64>,
}

impl Report {
    pub fn of(source: &str, season: &mut Season, took: Duration) -> Self {
        let hash = season.state_mut().hash();
        let (state, tally, plan) = (season.state(), season.tally(), season.plan());
        let seconds = took.as_secs_f64();
        let lines = tally.personas(state);
        let wealth = Distribution::of(tally.wealth(state));
        let (by_position, scorers) = tally.drifts();
        let mut volatility: BTreeMap<&'static str, Volatility> =
            Position::ALL.iter().map(|position| (name(*position), Volatility::of(&by_position[position.index()]))).collect();
        volatility.insert("scorers", Volatility::of(scorers));
        let played = tally.matches.iter().filter(|line| line.played);
        let drifts: Vec<f64> = played.clone().map(|line| line.drift_ppm as f64 / 1e6).collect();
        let [traded, washed] = tally.matches.iter().fold([0, 0], |sum, line| [sum[0] + line.careless[0], sum[1] + line.careless[1]]);
        Self {
            source: source.to_owned(),
            rules: plan.rules,
            seed: plan.seed,
            accounts: plan.accounts,
            seq: state.seq(),
            hash,
            orders: tally.orders,
            fills: tally.fills,
            washouts: tally.washouts,
            bad_debt: tally.bad_debt,
            house: state.ledger().house,
            house_bound: tally.house_bound,
            drift: MeanAndError::of(&drifts),
            wealth: Wealth {
                p1: wealth.percentile(1),
                p50: wealth.percentile(50),
                p99: wealth.percentile(99),
                gini: wealth.gini_ppm() as f64 / 1e6,
            },
            seconds,
            commands_per_second: state.seq().0 as f64 / seconds.max(1e-9),
            peak_rss_mb: memory::peak_rss_mb(),
            matches: played.clone().count(),
            goals: played.map(|line| line.goals[0] + line.goals[1]).sum(),
            washed_out: tally.washed_out(),
            washouts_by_events: tally.washouts_by_events,
            sudden_washouts: tally.sudden_washouts,
            careless: Careless { traded, washed_out: washed, share: washed as f64 / (traded as f64).max(1.0) },
            volatility,
            skilled_over_random: superiority(&lines),
            personas: lines.iter().map(|line| Persona::of(line, tally.mark_outs().get(line.persona))).collect(),
            cancelled: tally.cancelled.clone(),
            refused: tally.refused.clone(),
        }
    }

    /// For people, within 100 columns.
    pub fn as_text(&self) -> String {
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = self.write(&mut text);
        text
    }

    fn write(&self, out: &mut String) -> std::fmt::Result {
        let Self { source, matches, goals, accounts, seq, orders, fills, washouts, washed_out, .. } = self;
        writeln!(out, "{source}: {matches} matches, {goals} goals, {accounts} traders, seed {}", self.seed)?;
        writeln!(
            out,
            "{seq} commands, {orders} orders, {fills} fills in {:.1} s: {:.0} commands/s",
            self.seconds, self.commands_per_second
        )?;
        writeln!(out, "{washouts} washouts of {washed_out} traders, bad debt {}", self.bad_debt)?;
        writeln!(out, "the house has won {}; its present book could cost {} at most", self.house, self.house_bound)?;
        let (mean, error) = (100.0 * self.drift.mean, 100.0 * self.drift.stderr);
        writeln!(out, "prices drifted by {mean:+.3} ± {error:.3} % a match (two in three such means lie within the error)")?;
        writeln!(out, "\n{:<12} {:>11} {:>12} {:>12} {:>12}", "volatility", "footballers", "mean %", "a match %", "realised %")?;
        for (name, row) in &self.volatility {
            let (mean, per_match, realised) = (100.0 * row.mean, 100.0 * row.per_match, 100.0 * row.realised);
            writeln!(out, "{name:<12} {:>11} {mean:>+12.3} {per_match:>12.2} {realised:>12.2}", row.footballers)?;
        }
        if *accounts > 0 {
            self.write_people(out)?;
        }
        writeln!(out, "\nhash  {}", self.hash)
    }

    fn write_people(&self, out: &mut String) -> std::fmt::Result {
        let Wealth { p1, p50, p99, gini } = &self.wealth;
        writeln!(out, "\nwealth: 1 % have {p1} or less, half {p50}, 99 % {p99}; Gini {gini:.3}")?;
        let percent = 100.0 * self.careless.share;
        writeln!(out, "of careless traders at full margin {percent:.1} % were washed out in a match")?;
        writeln!(out, "somebody skilled has made more than somebody random {:.0} times of 100", 100.0 * self.skilled_over_random)?;
        let columns = ["persona", "traders", "orders", "washed out", "median result", "return %", "Gini", "1 s", "5 s", "30 s", "60 s"];
        writeln!(out, "\n{:>97}", "mark-out in 0.01 %, after")?;
        let [a, b, c, d, e, f, g, h, i, j, k] = columns;
        writeln!(out, "{a:<11} {b:>7} {c:>8} {d:>10} {e:>15} {f:>8} {g:>5} {h:>6} {i:>6} {j:>6} {k:>6}")?;
        for line in &self.personas {
            let Persona { persona, traders, orders, washed_out, median_result, median_return, gini, mark_outs, .. } = line;
            write!(
                out,
                "{persona:<11} {traders:>7} {orders:>8} {washed_out:>10} {:>15} {:>+8.2} {gini:>5.3}",
                median_result.to_string(),
                100.0 * median_return
            )?;
            for mark_out in mark_outs {
                write!(out, " {:>+6.2}", 1e4 * mark_out)?;
            }
            writeln!(out)?;
        }
        for (what, counts) in [("cancelled", &self.cancelled), ("refused", &self.refused)] {
            let all: Vec<String> = counts.iter().map(|(code, n)| format!("{code} {n}")).collect();
            writeln!(out, "\n{what}: {}", if all.is_empty() { "nothing".to_owned() } else { all.join(", ") })?;
        }
        Ok(())
    }
}

impl MeanAndError {
    fn of(values: &[f64]) -> Self {
        let n = values.len() as f64;
        if values.is_empty() {
            return Self { mean: 0.0, stderr: 0.0 };
        }
        let mean = values.iter().sum::<f64>() / n;
        let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (n - 1.0).max(1.0);
        Self { mean, stderr: (variance / n).sqrt() }
    }
}

impl Volatility {
    fn of(drift: &Drift) -> Self {
        let n = (drift.count as f64).max(1.0);
        Self {
            footballers: drift.count,
            mean: drift.sum_ppm.get() as f64 / n / 1e6,
            per_match: (drift.squares.get() as f64 / n).sqrt() / 1e6,
            realised: (drift.realised.get() as f64 / n).sqrt() / 1e6,
        }
    }
}

impl Persona {
    fn of(line: &PersonaLine, mark_outs: Option<&[MarkOut; 4]>) -> Self {
        let mean = |row: &MarkOut| row.sum_ppm.get() as f64 / (row.count as f64).max(1.0) / 1e6;
        Self {
            persona: PERSONAS[line.persona].code,
            traders: line.traders,
            orders: line.orders,
            washed_out: line.washed_out,
            median_result: line.results.percentile(50),
            mean_result: line.results.mean(),
            median_return: line.returns.percentile(50).units() as f64 / 1e6,
            gini: line.wealth.gini_ppm() as f64 / 1e6,
            mark_outs: mark_outs.map_or_else(|| vec![0.0; HORIZONS.len()], |rows| rows.iter().map(mean).collect()),
        }
    }
}

/// The share of pairs of somebody skilled and somebody random in which the skilled has made more; ties count a half.
fn superiority(lines: &[PersonaLine]) -> f64 {
    let of = |kind: Kind| lines.iter().filter(move |line| PERSONAS[line.persona].kind == kind).flat_map(|line| line.results.sorted());
    let mut random: Vec<&Money> = of(Kind::Random).collect();
    random.sort_unstable();
    let (mut above, mut pairs) = (0.0, 0.0);
    for skilled in of(Kind::Skilled) {
        let below = random.partition_point(|other| *other < skilled) as f64;
        let not_above = random.partition_point(|other| *other <= skilled) as f64;
        above += (below + not_above) / 2.0;
        pairs += random.len() as f64;
    }
    if pairs > 0.0 { above / pairs } else { 0.5 }
}

const fn name(position: Position) -> &'static str {
    match position {
        Position::Forward => "forward",
        Position::Midfielder => "midfielder",
        Position::Defender => "defender",
        Position::Goalkeeper => "goalkeeper",
    }
}
