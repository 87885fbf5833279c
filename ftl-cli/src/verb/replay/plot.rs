//! `--plot`: the prices that moved most, as lines over match time.

use std::collections::BTreeMap;
use std::path::Path;

use ftl_core::event::Event;
use ftl_core::id::InstrumentIdx;
use ftl_core::outcome::Outcome;
use ftl_core::replay::{Replay, ReplayReport};
use ftl_core::time::At;
use ftl_core::units::Price;
use plotters::prelude::*;

use crate::failure::Failure;

/// Lines drawn.
const LINES: usize = 8;
const SIZE: (u32, u32) = (1_200, 640);

/// Every change of every mark.
#[derive(Default)]
pub struct Plot {
    marks: BTreeMap<InstrumentIdx, Vec<(At, Price)>>,
}

impl Plot {
    pub fn observe(&mut self, outcome: &Outcome) {
        for event in &outcome.events {
            let (instrument, mark) = match event {
                Event::InstrumentListed { instrument, live_base, .. } => (*instrument, *live_base),
                Event::PriceChanged { instrument, mark, .. } => (*instrument, *mark),
                Event::PositionOpened(opened) => (opened.instrument, opened.mark),
                Event::PositionClosed(closed) => (closed.instrument, closed.mark),
                _ => continue,
            };
            self.marks.entry(instrument).or_default().push((outcome.at, mark));
        }
    }

    /// Draws the lines with the widest ranges.
    pub fn draw(&self, path: &Path, replay: &Replay, report: &ReplayReport) -> Result<(), Failure> {
        let mut svg = String::new();
        self.draw_into(&mut svg, replay, report).map_err(|error| Failure::could_not_run(format!("the plot: {error}")))?;
        std::fs::write(path, svg).map_err(|error| Failure::file(path, &error))
    }

    fn draw_into(&self, svg: &mut String, replay: &Replay, report: &ReplayReport) -> Result<(), Box<dyn std::error::Error>> {
        let mut chosen: Vec<_> = (0u16..).map(InstrumentIdx).zip(&report.instruments).collect();
        chosen.sort_by_key(|(_, line)| std::cmp::Reverse(line.high - line.low));
        chosen.truncate(LINES);
        let low = chosen.iter().map(|(_, line)| points(line.low)).fold(f64::INFINITY, f64::min);
        let high = chosen.iter().map(|(_, line)| points(line.high)).fold(0.0, f64::max);
        let end = minutes(replay, replay.source.kick_off.after(replay.source.length()));

        let area = SVGBackend::with_string(svg, SIZE).into_drawing_area();
        area.fill(&WHITE)?;
        let title = format!("{}: the prices that moved most", replay.source.name);
        let mut chart = ChartBuilder::on(&area)
            .caption(title, ("sans-serif", 20))
            .margin(16)
            .x_label_area_size(40)
            .y_label_area_size(60)
            .build_cartesian_2d(-10.0..end, low * 0.98..high * 1.02)?;
        chart.configure_mesh().x_desc("minutes since kick-off").y_desc("points a share").draw()?;
        for (n, (instrument, line)) in chosen.into_iter().enumerate() {
            let colour = Palette99::pick(n).to_rgba();
            let marks = self.marks.get(&instrument).into_iter().flatten();
            let way = marks.map(|(at, mark)| (minutes(replay, *at), points(*mark))).filter(|(at, _)| *at <= end);
            let series = chart.draw_series(LineSeries::new(way, colour.stroke_width(2)))?;
            series.label(line.slug.as_str()).legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], colour.stroke_width(2)));
        }
        chart.configure_series_labels().position(SeriesLabelPosition::UpperLeft).background_style(WHITE.mix(0.8)).draw()?;
        area.present()?;
        drop(chart);
        Ok(())
    }
}

/// Points a share; a drawing needs no more digits than a float has.
fn points(price: Price) -> f64 {
    price.units() as f64 / 10_000.0
}

fn minutes(replay: &Replay, at: At) -> f64 {
    (at.0 as f64 - replay.source.kick_off.0 as f64) / 60_000.0
}
