//! Positions closed by washout in each match, and the part of careless traders who lost one.

use ftl_core::season::Season;
use plotters::prelude::*;

use super::{AXIS, Area, BLUE, Drawn, LABEL, MARGIN, ORANGE, TITLE};

pub fn draw(area: &Area<'_>, season: &Season) -> Drawn {
    let lines: Vec<_> = season.tally().matches.iter().filter(|line| line.played).collect();
    let most = lines.iter().map(|line| line.washouts).max().unwrap_or(0).max(1) as f64;
    let share = |careless: [u64; 2]| if careless[0] > 0 { 100.0 * careless[1] as f64 / careless[0] as f64 } else { 0.0 };
    let highest = lines.iter().map(|line| share(line.careless)).fold(10.0, f64::max);
    let end = lines.len() as f64 + 0.5;

    let mut chart = ChartBuilder::on(area)
        .caption(format!("Washouts in each match: {} in all", season.tally().washouts), TITLE)
        .margin(MARGIN)
        .x_label_area_size(46)
        .y_label_area_size(64)
        .right_y_label_area_size(64)
        .build_cartesian_2d(0.0..end, 0.0..most * 1.15)?
        .set_secondary_coord(0.0..end, 0.0..highest * 1.15);
    let mesh = &mut chart.configure_mesh();
    mesh.x_desc("matches played").y_desc("positions closed by washout").axis_desc_style(AXIS).label_style(LABEL);
    mesh.light_line_style(WHITE).bold_line_style(BLACK.mix(0.12)).disable_x_mesh();
    mesh.x_label_formatter(&|x| format!("{x:.0}")).y_label_formatter(&|y| format!("{y:.0}")).draw()?;
    let axis = &mut chart.configure_secondary_axes();
    axis.y_desc("% of careless traders washed out").axis_desc_style(AXIS).label_style(LABEL).y_label_formatter(&|y| format!("{y:.0}"));
    axis.draw()?;
    let bars = lines.iter().enumerate().map(|(n, line)| {
        let x = (n + 1) as f64;
        Rectangle::new([(x - 0.35, 0.0), (x + 0.35, line.washouts as f64)], BLUE.mix(0.75).filled())
    });
    let series = chart.draw_series(bars)?;
    series.label("washouts, left").legend(|(x, y)| Rectangle::new([(x, y - 5), (x + 20, y + 5)], BLUE.mix(0.75).filled()));
    let dots = lines.iter().enumerate().map(|(n, line)| Circle::new(((n + 1) as f64, share(line.careless)), 4, ORANGE.filled()));
    let series = chart.draw_secondary_series(dots)?;
    series.label("careless traders washed out, right").legend(|(x, y)| Circle::new((x + 10, y), 4, ORANGE.filled()));
    let labels = &mut chart.configure_series_labels();
    labels.position(SeriesLabelPosition::UpperLeft).background_style(WHITE.mix(0.9)).border_style(BLACK.mix(0.3)).label_font(LABEL);
    labels.draw()?;
    Ok(())
}
