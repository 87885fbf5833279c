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
use ftl_core::season::{Attacker, Drift, HORIZONS, Made, MarkOut, PersonaLine, Season, Tally};
use ftl_core::units::Money;
use serde::Serialize;
use statrs::distribution::{ContinuousCDF, StudentsT};

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
    prices: BTreeMap<&'static str, Prices>,
    personas: Vec<Persona>,
    red_team: Vec<AttackerLine>,
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

/// Prices at kick-off in points, and what a goal does to its scorer's as a fraction of it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Prices {
    p10: f64,
    p50: f64,
    p90: f64,
    goals: u64,
    goal: f64,
}

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
    /// The share of them in which a long, and a short, at full margin from kick-off would have been washed out.
    washed_out_long: f64,
    washed_out_short: f64,
}

/// An attacker beside the random traders; returns are what was made of the margin committed.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AttackerLine {
    name: &'static str,
    accounts: usize,
    result: Money,
    committed: Money,
    #[serde(rename = "return")]
    returned: f64,
    /// Of the return, the match being the unit.
    stderr: f64,
    /// The part of the return that came of moves that are not the crowd's; the rest is zero-sum among traders.
    return_of_rules: f64,
    /// Of that part.
    stderr_of_rules: f64,
    /// Of a hundred random traders so many made less of what they committed.
    percentile: f64,
    verdict: Verdict,
}

/// Where an attacker ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Verdict {
    /// He committed nothing: the rules left him nothing to do.
    Idle,
    /// At or below the median of random traders.
    Below,
    /// Not to be told from a random trader: among the lower 97.5 % of them, or so near their median that in one of a
    /// thousand such seasons chance alone goes further.
    WithinNoise,
    /// He has more than chance gives, and has it from the crowd: what the rules moved gave him nothing that chance does
    /// not. Whoever leans against a crowd is paid by it (R6.2).
    OfTheCrowd,
    /// He has found something.
    Above,
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
    pub fn of(source: &str, season: &Season, took: Duration) -> Self {
        let hash = season.state().snapshot().hash();
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
            rules: plan.rules.preset,
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
            red_team: season.attackers().iter().map(|attacker| AttackerLine::of(attacker, &lines)).collect(),
            prices: Position::ALL.iter().map(|position| (name(*position), Prices::of(tally, *position))).collect(),
            skilled_over_random: superiority(&lines),
            personas: lines.iter().map(|line| Persona::of(line, tally.mark_outs().get(line.persona))).collect(),
            cancelled: tally.cancelled.clone(),
            refused: tally.refused.clone(),
        }
    }

    /// See [`Tally::house_bound`](ftl_core::season::Tally::house_bound), in millions of points.
    pub fn bound(&self) -> String {
        format!("{:.1} million points", self.house_bound.units() as f64 / 1e12)
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
        writeln!(
            out,
            "\n{:<12} {:>11} {:>8} {:>10} {:>11} {:>29}",
            "price moves", "footballers", "mean %", "a match %", "realised %", "washed out at full margin, %"
        )?;
        for (name, row) in &self.volatility {
            let [mean, per_match, realised] = [row.mean, row.per_match, row.realised].map(|ratio| 100.0 * ratio);
            let [long, short] = [row.washed_out_long, row.washed_out_short].map(|ratio| 100.0 * ratio);
            let full = format!("long {long:.1} short {short:.1}");
            writeln!(out, "{name:<12} {:>11} {mean:>+8.3} {per_match:>10.2} {realised:>11.2} {full:>29}", row.footballers)?;
        }
        writeln!(out, "\n{:<12} {:>8} {:>8} {:>8} {:>8} {:>16}", "price", "p10", "p50", "p90", "goals", "a goal is worth %")?;
        for (name, Prices { p10, p50, p90, goals, goal }) in &self.prices {
            writeln!(out, "{name:<12} {p10:>8.1} {p50:>8.1} {p90:>8.1} {goals:>8} {:>16.2}", 100.0 * goal)?;
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
        if !self.red_team.is_empty() {
            let columns = ["red team", "accounts", "result", "return %", "error", "of rules", "error", "percentile", "verdict"];
            let [a, b, c, d, e, f, g, h, i] = columns;
            writeln!(out, "\n{a:<46} {b:>8} {c:>14} {d:>9} {e:>7} {f:>9} {g:>7} {h:>10}  {i}")?;
        }
        for AttackerLine { name, accounts, result, returned, stderr, return_of_rules, stderr_of_rules, percentile, verdict, .. } in
            &self.red_team
        {
            let [returned, stderr, of_rules, stderr_of_rules] =
                [returned, stderr, return_of_rules, stderr_of_rules].map(|ratio| 100.0 * ratio);
            write!(out, "{name:<46} {accounts:>8} {:>14} {returned:>+9.3} {stderr:>7.3} ", result.to_string())?;
            writeln!(out, "{of_rules:>+9.3} {stderr_of_rules:>7.3} {percentile:>10.1}  {}", verdict.as_str())?;
        }
        for (what, counts) in [("cancelled", &self.cancelled), ("refused", &self.refused)] {
            let all: Vec<String> = counts.iter().map(|(code, n)| format!("{code} {n}")).collect();
            writeln!(out, "\n{what}: {}", if all.is_empty() { "nothing".to_owned() } else { all.join(", ") })?;
        }
        Ok(())
    }
}

impl Verdict {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Below => "below",
            Self::WithinNoise => "within noise",
            Self::OfTheCrowd => "of the crowd",
            Self::Above => "ABOVE",
        }
    }
}

impl AttackerLine {
    fn of(attacker: &Attacker, lines: &[PersonaLine]) -> Self {
        let all = MeanAndError::of_committed(attacker, |made| made.all);
        let of_rules = MeanAndError::of_committed(attacker, |made| made.of_base_moves);
        let of_random = |line: &&PersonaLine| PERSONAS[line.persona].kind == Kind::Random;
        let mut random: Vec<f64> =
            lines.iter().filter(of_random).flat_map(|line| line.returns.sorted()).map(|ratio| ratio.units() as f64 / 1e6).collect();
        random.sort_by(f64::total_cmp);
        let below = random.partition_point(|other| *other < all.mean) as f64;
        let percentile = if random.is_empty() { 50.0 } else { 100.0 * below / random.len() as f64 };
        let median = random.get(random.len() / 2).copied().unwrap_or(0.0);
        let chance = chance(attacker.by_match.len());
        let verdict = if attacker.committed == Money::ZERO {
            Verdict::Idle
        } else if all.mean <= median {
            Verdict::Below
        } else if percentile <= 97.5 || all.mean - median <= chance * all.stderr {
            Verdict::WithinNoise
        } else if of_rules.mean <= chance * of_rules.stderr {
            Verdict::OfTheCrowd
        } else {
            Verdict::Above
        };
        Self {
            name: attacker.name,
            accounts: attacker.seats,
            result: attacker.result,
            committed: attacker.committed,
            returned: all.mean,
            stderr: all.stderr,
            return_of_rules: of_rules.mean,
            stderr_of_rules: of_rules.stderr,
            percentile,
            verdict,
        }
    }
}

/// How many standard errors chance goes from the mean in one of a thousand seasons: Student's t, since few matches know
/// their own spread badly.
fn chance(matches: usize) -> f64 {
    let freedom = matches.saturating_sub(1).max(1) as f64;
    StudentsT::new(0.0, 1.0, freedom).map_or(f64::INFINITY, |t| t.inverse_cdf(0.9995))
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

    /// What an attacker made, or a part of it, of the margin that he committed. The error takes that to be much the same in
    /// each match.
    fn of_committed(attacker: &Attacker, part: impl Fn(&Made) -> Money) -> Self {
        let results: Vec<f64> = attacker.by_match.iter().map(|made| part(made).units() as f64).collect();
        let Self { mean, stderr } = Self::of(&results);
        let scale = results.len() as f64 / (attacker.committed.units() as f64).max(1.0);
        Self { mean: mean * scale, stderr: stderr * scale }
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
            washed_out_long: drift.washed_out[0] as f64 / n,
            washed_out_short: drift.washed_out[1] as f64 / n,
        }
    }
}

impl Prices {
    fn of(tally: &Tally, position: Position) -> Self {
        let prices = Distribution::of(tally.prices()[position.index()].clone());
        let [p10, p50, p90] = [10, 50, 90].map(|percent| prices.percentile(percent).units() as f64 / 1e6);
        let goals = &tally.goals()[position.index()];
        Self { p10, p50, p90, goals: goals.count, goal: goals.sum_ppm.get() as f64 / (goals.count as f64).max(1.0) / 1e6 }
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
