//! The prices that moved most in one match, over the time played, with what happened on the pitch.

use ftl_core::fixture::{EventKind, Fixture, Side};
use ftl_core::season::Season;
use ftl_core::units::Price;
use plotters::prelude::*;

use super::super::paths::Path;
use super::{AXIS, Area, Drawn, FONT, LABEL, MARGIN, TITLE};

/// Lines drawn.
const LINES: usize = 8;

pub fn draw(area: &Area<'_>, season: &Season, path: &Path) -> Drawn {
    let state = season.state();
    let Some(fixture) = state.fixture_at(path.fixture) else { return Ok(()) };
    let range = |marks: &[(u64, Price)]| {
        let marks = marks.iter().map(|(_, mark)| *mark);
        (marks.clone().min().unwrap_or_default(), marks.max().unwrap_or_default())
    };
    let mut chosen: Vec<_> = path.marks.iter().map(|(instrument, marks)| (*instrument, marks, range(marks))).collect();
    chosen.sort_by_key(|(instrument, _, (low, high))| (std::cmp::Reverse(*high - *low), *instrument));
    chosen.truncate(LINES);
    let low = chosen.iter().map(|(.., (low, _))| points(*low)).fold(f64::INFINITY, f64::min);
    let high = chosen.iter().map(|(.., (_, high))| points(*high)).fold(0.0, f64::max);
    let end = chosen.iter().filter_map(|(_, marks, _)| marks.last()).map(|(clock, _)| minutes(*clock)).fold(1.0, f64::max);
    let above = (high - low).max(1.0) * 0.22;

    let (home, away) = (fixture.goals(Side::Home), fixture.goals(Side::Away));
    let title = format!("{} {home}–{away} {}: the prices that moved most", fixture.home, fixture.away);
    let mut chart = ChartBuilder::on(area)
        .caption(title, TITLE)
        .margin(MARGIN)
        .margin_right(190)
        .x_label_area_size(46)
        .y_label_area_size(64)
        .build_cartesian_2d(0.0..end, low * 0.99..high + above)?;
    let mesh = &mut chart.configure_mesh();
    mesh.x_desc("minutes played").y_desc("price, points a share").axis_desc_style(AXIS).label_style(LABEL);
    mesh.light_line_style(WHITE).bold_line_style(BLACK.mix(0.12)).x_label_formatter(&|x| format!("{x:.0}"));
    mesh.y_label_formatter(&|y| format!("{y:.0}")).draw()?;

    for (n, (clock, what, loud)) in news(fixture).into_iter().enumerate() {
        let colour = if loud { BLACK.mix(0.55) } else { RED.mix(0.55) };
        chart
            .draw_series(std::iter::once(PathElement::new([(clock, low * 0.99), (clock, high + above * 0.97)], colour.stroke_width(1))))?;
        // Labels of neighbours stand below one another.
        let place = high + above * (0.92 - 0.19 * (n % 5) as f64);
        let near_the_end = clock > end * 0.8;
        let anchor = if near_the_end { plotters::style::text_anchor::HPos::Right } else { plotters::style::text_anchor::HPos::Left };
        let style = TextStyle::from((FONT, 12).into_font())
            .pos(plotters::style::text_anchor::Pos::new(anchor, plotters::style::text_anchor::VPos::Center));
        let x = if near_the_end { clock - end * 0.004 } else { clock + end * 0.004 };
        chart.draw_series(std::iter::once(Text::new(what, (x, place), style)))?;
    }
    let mut names = Vec::new();
    for (n, (instrument, marks, _)) in chosen.into_iter().enumerate() {
        let colour = Palette99::pick(n).to_rgba();
        let line = marks.iter().map(|(clock, mark)| (minutes(*clock), points(*mark)));
        chart.draw_series(LineSeries::new(line, colour.stroke_width(2)))?;
        let name = state.instrument(instrument).map_or("", |row| row.footballer.name.as_str());
        names.push((marks.last().map_or(0.0, |(_, mark)| points(*mark)), name.to_owned(), colour));
    }
    // Names stand at the ends of their lines, none on top of another.
    names.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut last = i32::MIN;
    for (price, name, colour) in names {
        let (x, y) = chart.backend_coord(&(end, price));
        let y = y.max(last.saturating_add(17));
        last = y;
        area.draw(&PathElement::new([(x + 2, y), (x + 14, y)], colour.stroke_width(3)))?;
        let style = TextStyle::from((FONT, 13).into_font()).pos(plotters::style::text_anchor::Pos::new(
            plotters::style::text_anchor::HPos::Left,
            plotters::style::text_anchor::VPos::Center,
        ));
        area.draw(&Text::new(name, (x + 18, y), style))?;
    }
    Ok(())
}

/// What people remember of a match: minutes played, what happened, and whether it was a goal.
fn news(fixture: &Fixture) -> Vec<(f64, String, bool)> {
    let row = |listed: &ftl_core::fixture::Listed| {
        let who = fixture.at_place(listed.who).map_or("", |participant| participant.slug.as_str());
        let (what, is_goal) = match listed.event.kind {
            EventKind::Goal => ("goal", true),
            EventKind::PenaltyGoal => ("penalty", true),
            EventKind::OwnGoal => ("own goal", true),
            EventKind::Red => ("red", false),
            EventKind::SecondYellow => ("second yellow", false),
            EventKind::PenaltyMissed | EventKind::PenaltySaved => ("penalty missed", false),
            _ => return None,
        };
        Some((minutes(listed.event.clock.map_or(0, |clock| clock.0)), format!("{what}, {who}"), is_goal))
    };
    fixture.events.iter().filter_map(row).collect()
}

fn points(price: Price) -> f64 {
    price.units() as f64 / 1e4
}

fn minutes(clock: u64) -> f64 {
    clock as f64 / 60_000.0
}
