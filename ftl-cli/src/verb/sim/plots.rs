//! `--plot`: what a season came to, drawn. One file a question; each is an SVG on a light ground with units on its axes.

mod house;
mod lorenz;
mod mark_outs;
mod prices;
mod washouts;
mod wealth;

use std::path::Path;

use ftl_core::season::Season;
use ftl_core::season::persona::{Kind, PERSONAS};
use ftl_core::units::Money;
use plotters::coord::Shift;
use plotters::prelude::*;

use super::paths::Paths;
use super::report::Report;
use crate::failure::Failure;

/// An area that a chart is drawn on.
type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
/// What drawing returns.
type Drawn = Result<(), Box<dyn std::error::Error>>;

const SIZE: (u32, u32) = (1_100, 620);
const FONT: &str = "sans-serif";
const TITLE: (&str, i32) = (FONT, 20);
const LABEL: (&str, i32) = (FONT, 14);
/// Titles of axes.
const AXIS: (&str, i32) = (FONT, 15);
const MARGIN: u32 = 18;

/// Colours that are told apart on white, by those who see few colours too.
const BLUE: RGBColor = RGBColor(0, 114, 178);
const ORANGE: RGBColor = RGBColor(213, 94, 0);
const GREEN: RGBColor = RGBColor(0, 158, 115);
const PURPLE: RGBColor = RGBColor(204, 121, 167);
const SKY: RGBColor = RGBColor(86, 180, 233);
const GREY: RGBColor = RGBColor(110, 110, 110);

/// Draws everything that there is something to draw of.
pub fn draw(directory: &Path, season: &Season, paths: &Paths, report: &Report) -> Result<(), Failure> {
    std::fs::create_dir_all(directory).map_err(|error| Failure::file(directory, &error))?;
    let file = |name: &str, chart: &dyn Fn(&Area<'_>) -> Drawn| {
        let mut svg = String::new();
        on_white(&mut svg, chart).map_err(|error| Failure::could_not_run(format!("the plot {name}: {error}")))?;
        let path = directory.join(name);
        std::fs::write(&path, svg).map_err(|error| Failure::file(&path, &error))
    };
    if let Some(path) = paths.best() {
        file("prices.svg", &|area| prices::draw(area, season, path))?;
    }
    if season.plan().accounts > 0 {
        file("wealth.svg", &|area| wealth::draw(area, season))?;
        file("lorenz.svg", &|area| lorenz::draw(area, season))?;
        file("house.svg", &|area| house::draw(area, season, report))?;
        file("mark-outs.svg", &|area| mark_outs::draw(area, season))?;
        file("washouts.svg", &|area| washouts::draw(area, season))?;
    }
    Ok(())
}

fn on_white(svg: &mut String, chart: &dyn Fn(&Area<'_>) -> Drawn) -> Drawn {
    let area = SVGBackend::with_string(svg, SIZE).into_drawing_area();
    area.fill(&WHITE)?;
    chart(&area)?;
    area.present()?;
    Ok(())
}

/// Points; a drawing needs no more digits than a float has.
fn points(money: Money) -> f64 {
    money.units() as f64 / 1e6
}

/// A group of traders, its colour and what its members have, in rising order.
struct Group {
    name: &'static str,
    colour: RGBColor,
    wealth: Vec<f64>,
}

/// Those who know the priors, those who trade on nothing, those at full margin, and the rest.
fn groups(season: &Season) -> Vec<Group> {
    let lines = season.tally().personas(season.state());
    let kinds = [
        (Kind::Skilled, "skilled", BLUE),
        (Kind::Random, "random", GREY),
        (Kind::Careless, "careless", ORANGE),
        (Kind::Other, "all others", GREEN),
    ];
    let group = |(kind, name, colour)| {
        let of = lines.iter().filter(|line| PERSONAS[line.persona].kind == kind);
        let mut wealth: Vec<f64> = of.flat_map(|line| line.wealth.sorted()).map(|money| points(*money)).collect();
        wealth.sort_by(f64::total_cmp);
        Group { name, colour, wealth }
    };
    kinds.into_iter().map(group).filter(|group| !group.wealth.is_empty()).collect()
}

/// The Gini coefficient of amounts in rising order.
fn gini(sorted: &[f64]) -> f64 {
    let sum: f64 = sorted.iter().sum();
    if sum <= 0.0 {
        return 0.0;
    }
    let n = sorted.len() as f64;
    let weighted: f64 = (1u32..).zip(sorted).map(|(i, x)| f64::from(i) * x).sum();
    2.0 * weighted / (n * sum) - (n + 1.0) / n
}
