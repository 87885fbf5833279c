//! What the house has won from traders after each match, and what each match brought.

use ftl_core::season::Season;
use plotters::prelude::*;

use super::super::report::Report;
use super::{AXIS, Area, BLUE, Drawn, LABEL, MARGIN, SKY, TITLE, points};

pub fn draw(area: &Area<'_>, season: &Season, report: &Report) -> Drawn {
    let after: Vec<f64> = season.tally().matches.iter().filter(|line| line.played).map(|line| points(line.house) / 1_000.0).collect();
    let before = std::iter::once(0.0).chain(after.iter().copied());
    let each: Vec<f64> = after.iter().zip(before).map(|(after, before)| after - before).collect();
    let all = || after.iter().chain(&each).copied();
    let (low, high) = (all().fold(0.0, f64::min), all().fold(0.0, f64::max));
    let room = (high - low).max(1.0) * 0.08;

    let title = format!("The house: what it won from {} traders (it could have lost {} at most)", season.plan().accounts, report.bound());
    let mut chart = ChartBuilder::on(area)
        .caption(title, TITLE)
        .margin(MARGIN)
        .x_label_area_size(46)
        .y_label_area_size(76)
        .build_cartesian_2d(0.0..after.len() as f64 + 0.5, low - room..high + room)?;
    let mesh = &mut chart.configure_mesh();
    mesh.x_desc("matches played").y_desc("thousands of points").axis_desc_style(AXIS).label_style(LABEL);
    mesh.light_line_style(WHITE).bold_line_style(BLACK.mix(0.12)).x_label_formatter(&|x| format!("{x:.0}"));
    mesh.y_label_formatter(&|y| format!("{y:.0}")).draw()?;
    let bars = each.iter().enumerate().map(|(n, result)| {
        let x = (n + 1) as f64;
        Rectangle::new([(x - 0.35, 0.0), (x + 0.35, *result)], SKY.mix(0.8).filled())
    });
    let series = chart.draw_series(bars)?;
    series.label("one match").legend(|(x, y)| Rectangle::new([(x, y - 5), (x + 20, y + 5)], SKY.mix(0.8).filled()));
    let way = std::iter::once((0.0, 0.0)).chain(after.iter().enumerate().map(|(n, result)| ((n + 1) as f64, *result)));
    let series = chart.draw_series(LineSeries::new(way, BLUE.stroke_width(3)))?;
    series.label("all matches so far").legend(|(x, y)| PathElement::new([(x, y), (x + 20, y)], BLUE.stroke_width(3)));
    chart.draw_series(std::iter::once(PathElement::new([(0.0, 0.0), (after.len() as f64 + 0.5, 0.0)], BLACK.stroke_width(1))))?;
    let labels = &mut chart.configure_series_labels();
    labels.position(SeriesLabelPosition::UpperLeft).background_style(WHITE.mix(0.9)).border_style(BLACK.mix(0.3)).label_font(LABEL);
    labels.draw()?;
    Ok(())
}
