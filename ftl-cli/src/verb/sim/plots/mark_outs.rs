//! Where the mark stands 1, 5, 30 and 60 s after a fill, on average, from the side of whoever was filled: a row for each
//! persona.

use ftl_core::season::persona::PERSONAS;
use ftl_core::season::{HORIZONS, MarkOut, Season};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::{AXIS, Area, BLUE, Drawn, FONT, GREEN, LABEL, MARGIN, ORANGE, PURPLE, TITLE};

const COLOURS: [RGBColor; 4] = [PURPLE, BLUE, GREEN, ORANGE];

pub fn draw(area: &Area<'_>, season: &Season) -> Drawn {
    let rows: Vec<(usize, [(f64, f64); 4])> =
        season.tally().mark_outs().iter().enumerate().map(|(n, row)| (n, row.map(mean_and_error))).collect();
    let reach = rows.iter().flat_map(|(_, row)| row).map(|(mean, error)| mean.abs() + 1.96 * error).fold(0.5, f64::max) * 1.1;

    let mut chart = ChartBuilder::on(area)
        .caption("Mark-outs: where the mark is after a fill, seen from who was filled", TITLE)
        .margin(MARGIN)
        .x_label_area_size(46)
        .y_label_area_size(110)
        .build_cartesian_2d(-reach..reach, -0.7..rows.len() as f64 - 0.3)?;
    let mesh = &mut chart.configure_mesh();
    mesh.x_desc("mean move in the trader's favour, 0.01 % of the price; bars are 95 % of a mean, as if fills were independent");
    mesh.axis_desc_style(AXIS).label_style(LABEL).light_line_style(WHITE).bold_line_style(BLACK.mix(0.12));
    mesh.disable_y_mesh().y_labels(0).x_label_formatter(&|x| format!("{x:.1}")).draw()?;
    chart.draw_series(std::iter::once(PathElement::new([(0.0, -0.7), (0.0, rows.len() as f64 - 0.3)], BLACK.stroke_width(1))))?;
    for (n, row) in &rows {
        // The first persona stands on top.
        let middle = (rows.len() - 1 - n) as f64;
        let (_, y) = chart.backend_coord(&(-reach, middle));
        let style = TextStyle::from((FONT, 14).into_font()).pos(Pos::new(HPos::Right, VPos::Center));
        let (left, _) = chart.backend_coord(&(-reach, middle));
        area.draw(&Text::new(PERSONAS[*n].code.replace('_', " "), (left - 10, y), style))?;
        for ((horizon, (mean, error)), colour) in row.iter().enumerate().zip(COLOURS) {
            let y = middle + 0.24 - 0.16 * horizon as f64;
            let bar = [(mean - 1.96 * error, y), (mean + 1.96 * error, y)];
            chart.draw_series(std::iter::once(PathElement::new(bar, colour.stroke_width(2))))?;
            chart.draw_series(std::iter::once(Circle::new((*mean, y), 4, colour.filled())))?;
        }
    }
    for (seconds, colour) in HORIZONS.into_iter().zip(COLOURS) {
        let nothing = chart.draw_series(std::iter::empty::<Circle<(f64, f64), i32>>())?;
        nothing.label(format!("after {seconds} s")).legend(move |(x, y)| Circle::new((x + 10, y), 4, colour.filled()));
    }
    let labels = &mut chart.configure_series_labels();
    labels.position(SeriesLabelPosition::LowerRight).background_style(WHITE.mix(0.9)).border_style(BLACK.mix(0.3)).label_font(LABEL);
    labels.draw()?;
    Ok(())
}

/// In 0.01 %.
fn mean_and_error(row: MarkOut) -> (f64, f64) {
    let n = (row.count as f64).max(1.0);
    let mean = row.sum_ppm.get() as f64 / n;
    let variance = (row.squares.get() as f64 / n - mean * mean).max(0.0);
    (mean / 100.0, (variance / n).sqrt() / 100.0)
}
