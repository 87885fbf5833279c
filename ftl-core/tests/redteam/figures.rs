//! Sums over matches, played on two threads; means and standard errors of ratios.

use ftl_core::fixture::Position;
use ftl_core::redteam::TEAM;
use ftl_core::redteam::play::{Played, play};
use ftl_core::rules::Rules;
use std::fmt::Write;

/// Σ y / Σ x over matches, and its standard error: √(Σ (y − r·x)²) / Σ x.
#[derive(Clone, Default)]
pub struct Ratio {
    pub name: &'static str,
    n: f64,
    traded: f64,
    x: f64,
    y: f64,
    xx: f64,
    xy: f64,
    yy: f64,
}

impl Ratio {
    fn add(&mut self, y: f64, x: f64) {
        self.n += 1.0;
        self.traded += f64::from(x > 0.0);
        self.x += x;
        self.y += y;
        self.xx += x * x;
        self.xy += x * y;
        self.yy += y * y;
    }
    fn join(&mut self, o: &Self) {
        self.n += o.n;
        self.traded += o.traded;
        self.x += o.x;
        self.y += o.y;
        self.xx += o.xx;
        self.xy += o.xy;
        self.yy += o.yy;
    }
    pub fn mean(&self) -> f64 {
        if self.x > 0.0 { self.y / self.x } else { 0.0 }
    }
    pub fn error(&self) -> f64 {
        let r = self.mean();
        if self.x > 0.0 { (self.yy - 2.0 * r * self.xy + r * r * self.xx).max(0.0).sqrt() / self.x } else { 0.0 }
    }
    pub fn never_traded(&self) -> bool {
        self.traded == 0.0
    }
    pub fn low(&self, wide: f64) -> f64 {
        self.mean() - wide * self.error()
    }
}

#[derive(Clone)]
pub struct Figures {
    pub rows: Vec<Ratio>,
    pub drifts: Vec<Ratio>,
}

impl Figures {
    fn new() -> Self {
        let rows = TEAM.iter().map(|member| Ratio { name: (member.make)().name(), ..Ratio::default() }).collect();
        let names = ["forward", "midfielder", "defender", "goalkeeper"];
        Self { rows, drifts: names.map(|name| Ratio { name, ..Ratio::default() }).to_vec() }
    }

    fn add(&mut self, played: &Played) {
        for (row, result) in self.rows.iter_mut().zip(&played.results) {
            row.add(result.pnl.units() as f64, result.stake.units() as f64);
        }
        for position in Position::ALL {
            let of = played.drifts.iter().zip(&played.began).filter(|((player, _), _)| player.position == position);
            let (y, x) = of.fold((0.0, 0.0), |(y, x), ((_, drift), began)| (y + drift.units() as f64, x + began.units() as f64));
            self.drifts[position.index()].add(y, x);
        }
    }

    pub fn table(&self, preset: &str, verdict: impl Fn(&Ratio) -> &'static str) -> String {
        let mut text = format!(
            "{:<48} {:>7} {:>8} {:>9} {:>8}  verdict\n",
            format!("{preset}: result in % of stake"),
            "matches",
            "traded",
            "mean",
            "error"
        );
        for row in &self.rows {
            let (mean, error) = (100.0 * row.mean(), 100.0 * row.error());
            let _ = writeln!(text, "{:<48} {:>7} {:>8} {mean:>9.3} {error:>8.3}  {}", row.name, row.n, row.traded, verdict(row));
        }
        text
    }

    pub fn drift_table(&self) -> String {
        let mut text = String::from("move of the price over a match, in % of it, without trading\n");
        for row in &self.drifts {
            let _ = writeln!(text, "{:<48} {:>7} {:>18.4} {:>8.4}", row.name, row.n, 100.0 * row.mean(), 100.0 * row.error());
        }
        text
    }
}

/// Plays matches 0 to `n` − 1 of `seed` on two threads; the sums do not depend on how they are shared out, but for
/// the rounding of floats.
pub fn play_all(seed: u64, n: u64, rules: &Rules) -> Figures {
    let part = |first: u64| {
        let mut figures = Figures::new();
        for number in (first..n).step_by(2) {
            let mut traders: Vec<_> = TEAM.iter().map(|member| (member.make)()).collect();
            let played = play(seed, number, rules, &mut traders);
            assert!(played.refused.is_empty(), "match {number} of seed {seed}: {:?}", played.refused);
            figures.add(&played);
        }
        figures
    };
    let (mut figures, odd) = std::thread::scope(|scope| {
        let odd = scope.spawn(|| part(1));
        (part(0), odd.join().expect("the other half of the matches"))
    });
    figures.rows.iter_mut().zip(&odd.rows).chain(figures.drifts.iter_mut().zip(&odd.drifts)).for_each(|(a, b)| a.join(b));
    figures
}
