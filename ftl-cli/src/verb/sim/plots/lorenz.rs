//! Lorenz curves: which part of all points the poorest so many percent have.

use ftl_core::season::Season;
use plotters::prelude::*;

use super::{AXIS, Area, Drawn, Group, LABEL, MARGIN, PURPLE, TITLE, gini, groups};

pub fn draw(area: &Area<'_>, season: &Season) -> Drawn {
    let mut groups = groups(season);
    let mut everybody: Vec<f64> = groups.iter().flat_map(|group| group.wealth.iter().copied()).collect();
    everybody.sort_by(f64::total_cmp);
    groups.insert(0, Group { name: "everybody", colour: PURPLE, wealth: everybody });

    let mut chart = ChartBuilder::on(area)
        .caption("How evenly wealth is spread (Lorenz curves)", TITLE)
        .margin(MARGIN)
        .x_label_area_size(46)
        .y_label_area_size(64)
        .build_cartesian_2d(0.0..100.0, 0.0..100.0)?;
    let mesh = &mut chart.configure_mesh();
    mesh.x_desc("the poorest so many % of the group").y_desc("have so many % of its points").axis_desc_style(AXIS).label_style(LABEL);
    mesh.light_line_style(WHITE).bold_line_style(BLACK.mix(0.12));
    mesh.x_label_formatter(&|x| format!("{x:.0}")).y_label_formatter(&|y| format!("{y:.0}")).draw()?;
    let even = chart.draw_series(DashedLineSeries::new([(0.0, 0.0), (100.0, 100.0)], 6, 5, BLACK.mix(0.5).stroke_width(1)))?;
    even.label("all have the same").legend(|(x, y)| PathElement::new([(x, y), (x + 20, y)], BLACK.mix(0.5)));
    for Group { name, colour, wealth } in groups {
        let total: f64 = wealth.iter().sum::<f64>().max(f64::MIN_POSITIVE);
        let mut sum = 0.0;
        let step = (wealth.len() / 500).max(1);
        let n = wealth.len() as f64;
        let points = wealth.iter().enumerate().filter_map(|(i, amount)| {
            sum += amount;
            ((i + 1) % step == 0 || i + 1 == wealth.len()).then(|| (100.0 * (i + 1) as f64 / n, 100.0 * sum / total))
        });
        let way: Vec<(f64, f64)> = std::iter::once((0.0, 0.0)).chain(points).collect();
        let series = chart.draw_series(LineSeries::new(way, colour.stroke_width(if name == "everybody" { 3 } else { 2 })))?;
        series
            .label(format!("{name}: Gini {:.3}", gini(&wealth)))
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 20, y)], colour.stroke_width(3)));
    }
    let labels = &mut chart.configure_series_labels();
    labels.position(SeriesLabelPosition::UpperLeft).background_style(WHITE.mix(0.9)).border_style(BLACK.mix(0.3)).label_font(LABEL);
    labels.draw()?;
    Ok(())
}
