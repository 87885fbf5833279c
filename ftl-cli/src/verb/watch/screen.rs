//! The screen: one table of prices, the own book, what happened. Draws a board and reads keys; knows nothing else.

use std::time::Duration;

use ratatui::crossterm::event::{self, Event, KeyCode, KeyEventKind, KeyModifiers};
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style, Stylize};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, List, ListItem, Paragraph, Row as TableRow, Table};
use ratatui::{DefaultTerminal, Frame};

use super::board::{Board, Row};
use super::player::Portfolio;
use crate::failure::Failure;

/// A price that changed so lately is shown bold.
const FRESH: Duration = Duration::from_millis(700);
/// Heights of a line of changes.
const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// What somebody wants.
pub enum Key {
    Quit,
    /// Downwards.
    Scroll(isize),
}

/// A terminal that is given back when this is dropped, and after a panic.
pub struct Screen(DefaultTerminal);

impl Screen {
    pub fn open() -> Result<Self, Failure> {
        ratatui::try_init().map(Self).map_err(|error| Failure::could_not_run(format!("the terminal: {error}; --json needs none")))
    }

    pub fn draw(&mut self, board: &Board) -> Result<(), Failure> {
        self.0.draw(|frame| draw(frame, board)).map(drop).map_err(Failure::could_not_run)
    }

    /// The last key that means something, if one was pressed.
    pub fn key(&self) -> Option<Key> {
        let mut found = None;
        while event::poll(Duration::ZERO).ok()? {
            let Event::Key(key) = event::read().ok()? else { continue };
            if key.kind == KeyEventKind::Release {
                continue;
            }
            found = match key.code {
                KeyCode::Char('c') if key.modifiers.contains(KeyModifiers::CONTROL) => Some(Key::Quit),
                KeyCode::Char('q') | KeyCode::Esc => Some(Key::Quit),
                KeyCode::Down | KeyCode::Char('j') => Some(Key::Scroll(1)),
                KeyCode::Up | KeyCode::Char('k') => Some(Key::Scroll(-1)),
                KeyCode::PageDown => Some(Key::Scroll(10)),
                KeyCode::PageUp => Some(Key::Scroll(-10)),
                KeyCode::Home => Some(Key::Scroll(isize::MIN)),
                _ => found,
            };
        }
        found
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        ratatui::restore();
    }
}

/// Everything.
fn draw(frame: &mut Frame, board: &Board) {
    let held = board.portfolio.as_ref().map_or(0, |portfolio| portfolio.positions.len());
    let book = u16::try_from(held).unwrap_or(u16::MAX).saturating_add(4).min(frame.area().height / 3);
    let [head, prices, own, happenings, foot] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Min(5),
        Constraint::Length(book),
        Constraint::Length(frame.area().height / 4),
        Constraint::Length(1),
    ])
    .areas(frame.area());
    let mood = if board.connected { Color::Green } else { Color::Yellow };
    frame.render_widget(
        Line::from(vec![Span::styled("● ", mood), board.connection.as_str().into(), format!("   entry {}", board.seq).dim()]),
        head,
    );
    table(frame, board, prices);
    portfolio(frame, board.portfolio.as_ref(), own);
    let happened = board.happenings.iter().map(|text| ListItem::new(text.as_str()));
    frame.render_widget(List::new(happened).block(Block::bordered().title(" what happened ")), happenings);
    frame.render_widget(Line::from("q ends   ↑ ↓ scroll".dim()), foot);
}

fn table(frame: &mut Frame, board: &Board, area: Rect) {
    // From the left as many as there is room for, whole ones only.
    let columns = match area.width {
        72.. => 6,
        48.. => 4,
        34.. => 3,
        _ => 2,
    };
    let rows = board.rows.iter().skip(board.scrolled).take(area.height.into()).map(|row| price_row(row, columns));
    let name = Constraint::Min(if columns < 4 { 6 } else { 18 });
    let lengths = [10, 8, 6, 12, 20].map(Constraint::Length);
    let widths = std::iter::once(name).chain(lengths).take(columns);
    let titles = ["player", "price", "change", "", "team", "lately"].into_iter().take(columns);
    let shown = board.rows.len().saturating_sub(board.scrolled);
    let title =
        if board.scrolled > 0 { format!(" prices, the last {shown} of {} ", board.rows.len()) } else { format!(" prices, {shown} ") };
    frame.render_widget(Table::new(rows, widths).header(TableRow::new(titles).dim()).block(Block::bordered().title(title)), area);
}

fn price_row(row: &Row, columns: usize) -> TableRow<'_> {
    let bps = row.change_bps();
    let colour = match bps {
        1.. => Style::new().fg(Color::Green),
        ..=-1 => Style::new().fg(Color::Red),
        0 => Style::new(),
    };
    let fresh = row.changed.is_some_and(|changed| changed.elapsed() < FRESH);
    let price = Line::from(row.mark.to_string()).right_aligned();
    let price = if fresh { price.add_modifier(Modifier::BOLD) } else { price };
    let change = format!("{}{}.{:02}%", if bps < 0 { "-" } else { "+" }, bps.abs() / 100, bps.abs() % 100);
    let state = match &row.instrument {
        frozen if frozen.frozen => "frozen",
        reviewed if reviewed.under_review.is_some() => "review",
        playing if playing.in_play => "live",
        _ => "",
    };
    let cells = [
        row.instrument.name.as_str().into(),
        price,
        Line::styled(change, colour).right_aligned(),
        Line::from(state).dim(),
        Line::from(row.instrument.team.as_str()).dim(),
        Line::styled(lately(row, 20), colour),
    ];
    TableRow::new(cells.into_iter().take(columns))
}

/// The last changes, scaled to what they span.
fn lately(row: &Row, width: usize) -> String {
    let last: Vec<u64> = row.changes.iter().copied().skip(row.changes.len().saturating_sub(width)).collect();
    let (low, high) = (last.iter().min().copied().unwrap_or(0), last.iter().max().copied().unwrap_or(0));
    let bar = |value: u64| {
        let step = (value - low).saturating_mul(BARS.len() as u64 - 1).checked_div(high - low).unwrap_or(0);
        usize::try_from(step).ok().and_then(|step| BARS.get(step)).copied().unwrap_or('█')
    };
    last.into_iter().map(bar).collect()
}

fn portfolio(frame: &mut Frame, portfolio: Option<&Portfolio>, area: Rect) {
    let block = Block::bordered().title(" my book ");
    let Some(own) = portfolio else {
        frame.render_widget(Paragraph::new("no trade yet").dim().block(block), area);
        return;
    };
    let level = own.level_bps.map_or("–".to_owned(), |bps| format!("{}.{:02}%", bps / 100, bps % 100));
    // What is most looked for first: a narrow terminal leaves out the rest.
    let resting = match own.orders.len() {
        0 => String::new(),
        orders => format!("resting {orders}  "),
    };
    let [equity, open, free, used] = [&own.equity, &own.unrealised, &own.free, &own.used].map(|points| short(points));
    let mut lines = vec![Line::from(format!("equity {equity}  open {open}  level {level}  {resting}free {free}  used {used}"))];
    lines.extend(own.positions.iter().map(|held| {
        let colour = if held.unrealised.starts_with('-') { Color::Red } else { Color::Green };
        Line::from(vec![
            format!("{:<5} {:>5} ", held.direction, held.lots).into(),
            Span::styled(format!("{:>9}  ", short(&held.unrealised)), colour),
            format!("{:<24} {:>9} ▸ {:>9}", held.instrument, held.entry_price, held.mark).into(),
        ])
    }));
    frame.render_widget(Paragraph::new(lines).block(block), area);
}

/// Points to the hundredth: the rest is on the API.
fn short(points: &str) -> &str {
    let places = points.find('.').map_or(points.len(), |point| (point + 3).min(points.len()));
    points.get(..places).unwrap_or(points)
}

#[cfg(test)]
mod tests {
    use ftl_core::units::Price;
    use ratatui::Terminal;
    use ratatui::backend::TestBackend;

    use super::super::frame::Frame as Told;
    use super::super::player::{Instrument, Market};
    use super::super::stream::News;
    use super::*;

    fn board() -> Board {
        let instrument = |id: &str, idx, name: &str| Instrument {
            id: id.into(),
            idx,
            name: name.into(),
            team: "Argentina".into(),
            frozen: false,
            under_review: None,
            fixture: None,
            in_play: true,
            mark: Price::from_units(1_952_000),
        };
        let market = Market::new(7, vec![instrument("lionel-messi", 0, "Lionel Messi"), instrument("angel-di-maria", 1, "Ángel Di María")]);
        let mut board = Board::new("http://127.0.0.1:8080", market, None);
        board.take(News::Connected { at: "http://127.0.0.1:8080".into() });
        let mark = Price::from_units(2_050_000);
        let told = Told::Price { instrument: "lionel-messi".into(), seq: 9, at_ms: 1, mark, live_base: mark, settlement: mark };
        board.take(News::Frame(told));
        board
    }

    fn drawn(width: u16, height: u16) -> String {
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        terminal.draw(|frame| draw(frame, &board())).unwrap();
        terminal.backend().to_string()
    }

    #[test]
    fn a_price_that_rose_is_seen_at_eighty_columns() {
        let screen = drawn(80, 24);
        for expected in ["entry 9", "Lionel Messi", "205.0000", "+5.02%", "▁█", "Ángel Di María", "+0.00%", "no trade yet"] {
            assert!(screen.contains(expected), "{expected} in\n{screen}");
        }
    }

    #[test]
    fn a_small_terminal_shows_prices_without_teams() {
        let screen = drawn(50, 16);
        assert!(screen.contains("205.0000") && !screen.contains("Argentina"), "{screen}");
    }

    #[test]
    fn a_narrow_terminal_shows_each_price_whole() {
        let screen = drawn(36, 14);
        assert!(screen.contains("205.0000") && screen.contains("+5.02%"), "{screen}");
        let screen = drawn(24, 12);
        assert!(screen.contains("205.0000") && !screen.contains('%'), "{screen}");
        drawn(1, 1);
    }

    #[test]
    fn a_server_that_is_gone_is_said_before_why() {
        let mut terminal = Terminal::new(TestBackend::new(40, 12)).unwrap();
        let mut board = board();
        board.take(News::Cut { why: "http://127.0.0.1:8080 does not answer: error".into(), again_in: Duration::from_millis(1_600) });
        terminal.draw(|frame| draw(frame, &board)).unwrap();
        let screen = terminal.backend().to_string();
        assert!(screen.contains("● cut, again in 1.6s: http://127.0.0.1"), "{screen}");
    }
}
