//! What traders have in the end: of each group the part that has so much, in bins of equal width.

use ftl_core::season::Season;
use plotters::prelude::*;

use super::{AXIS, Area, Drawn, LABEL, MARGIN, TITLE, groups};

const BINS: usize = 60;

pub fn draw(area: &Area<'_>, season: &Season) -> Drawn {
    let groups = groups(season);
    let mut all: Vec<f64> = groups.iter().flat_map(|group| group.wealth.iter().copied()).collect();
    all.sort_by(f64::total_cmp);
    // The richest half percent is counted in the last bin.
    let most = all.get(all.len().saturating_sub(1) * 995 / 1_000).copied().unwrap_or(1.0).max(1.0);
    let width = most / BINS as f64;
    let parts = |wealth: &[f64]| {
        let mut bins = vec![0.0; BINS];
        for amount in wealth {
            let bin = ((amount / width).max(0.0) as usize).min(BINS - 1);
            bins[bin] += 100.0 / wealth.len() as f64;
        }
        bins
    };
    let rows: Vec<_> = groups.iter().map(|group| (group, parts(&group.wealth))).collect();
    let highest = rows.iter().flat_map(|(_, bins)| bins.iter().copied()).fold(1.0, f64::max);

    let title = format!("What {} traders have after {} matches", season.plan().accounts, season.tally().matches.len());
    let mut chart = ChartBuilder::on(area)
        .caption(title, TITLE)
        .margin(MARGIN)
        .x_label_area_size(46)
        .y_label_area_size(64)
        // The careless who have nothing left would flatten everybody else.
        .build_cartesian_2d(0.0..most / 1_000.0, 0.0..highest.min(40.0) * 1.05)?;
    let mesh = &mut chart.configure_mesh();
    mesh.x_desc("wealth, thousands of points (all began with 10; the last bin holds whoever has more)")
        .y_desc(format!("% of the group, in bins of {width:.0} points"));
    mesh.axis_desc_style(AXIS).label_style(LABEL).light_line_style(WHITE).bold_line_style(BLACK.mix(0.12));
    mesh.x_label_formatter(&|x| format!("{x:.0}")).y_label_formatter(&|y| format!("{y:.0}")).draw()?;
    for (group, bins) in rows {
        let corners = bins.iter().enumerate().flat_map(|(n, part)| {
            let (from, to) = (n as f64 * width / 1_000.0, (n + 1) as f64 * width / 1_000.0);
            let part = part.min(highest.min(40.0) * 1.04);
            [(from, part), (to, part)]
        });
        let colour = group.colour;
        let median = group.wealth.get(group.wealth.len() / 2).copied().unwrap_or(0.0);
        let series = chart.draw_series(LineSeries::new(corners, colour.stroke_width(2)))?;
        series
            .label(format!("{}: {} traders, half have {median:.0} or more", group.name, group.wealth.len()))
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 20, y)], colour.stroke_width(3)));
    }
    let labels = &mut chart.configure_series_labels();
    labels.position(SeriesLabelPosition::UpperRight).background_style(WHITE.mix(0.9)).border_style(BLACK.mix(0.3)).label_font(LABEL);
    labels.draw()?;
    Ok(())
}
