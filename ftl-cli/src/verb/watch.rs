//! `ftl watch`: live prices, what happens on the pitch, and one's own positions, in the terminal.
//!
//! ```text
//!  player: login, market, portfolio ──▶ board ──▶ screen        --json: every frame on a line
//!  stream: ticket, subscribe, resume ──frames──▶ ┘              cut: again, from the last entry seen whole
//! ```
//!
//! It knows of a league what any client may know: nothing here reads a store.

mod board;
mod frame;
mod player;
mod screen;
mod stream;

use std::io::IsTerminal;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use tokio::sync::{mpsc, watch};

use self::board::Board;
use self::player::Player;
use self::screen::{Key, Screen};
use self::stream::{News, Wanted};
use crate::failure::Failure;
use crate::output;

/// Between two drawings.
const DRAWN: Duration = Duration::from_millis(100);
/// Between two looks at what no frame tells: freezes, reviews, new fixtures.
const LOOKED: Duration = Duration::from_secs(10);
/// What waits to be read; beyond it the server waits, and leaves prices out.
const UNREAD: usize = 1_024;

/// Live prices, events and own positions in the terminal.
///
/// Without a token it logs in by name, which only a server in development lets it.
#[derive(Args)]
#[command(after_help = "Examples:
  ftl watch lionel-messi kylian-mbappe
  ftl watch --name player-1 --district Kannur
  ftl watch --json | head")]
pub struct Watch {
    /// Whom to watch, by slug; everybody where none is named.
    #[arg(value_name = "INSTRUMENT")]
    instruments: Vec<String>,
    /// The server.
    #[arg(long, env = "FTL_URL", default_value = "http://127.0.0.1:8080")]
    url: String,
    /// Where its streams are, if not at --url: the address of a process of the role ws.
    #[arg(long, env = "FTL_WS_URL")]
    ws_url: Option<String>,
    /// A participant's token, of a login.
    #[arg(long, env = "FTL_TOKEN", hide_env_values = true)]
    token: Option<String>,
    /// Who logs in where there is no token.
    #[arg(long, default_value = "watcher", conflicts_with = "token")]
    name: String,
    /// For whom he plays; the league's first district where none is named.
    #[arg(long, conflicts_with = "token")]
    district: Option<String>,
    /// Every frame as a line of JSON on stdout.
    #[arg(long)]
    json: bool,
}

impl Watch {
    pub async fn run(self) -> Result<ExitCode, Failure> {
        if !self.json && !std::io::stdout().is_terminal() {
            return Err(Failure::could_not_run("stdout is no terminal: --json prints a line for each frame"));
        }
        let player = match self.token {
            Some(token) => Player::with(&self.url, token)?,
            None => Player::log_in(&self.url, &self.name, self.district.as_deref()).await?,
        };
        let player = Arc::new(player);
        let market = player.market(&self.instruments).await?;
        let portfolio = player.portfolio().await?;
        // Behind this everything comes by frames.
        let from = portfolio.as_ref().map_or(market.seq, |portfolio| portfolio.seq);

        let (wanted, wants) = watch::channel(Wanted::of(&self.instruments, &market));
        let (sender, news) = mpsc::channel(UNREAD);
        let places = Arc::new(market.places());
        let at = self.ws_url.unwrap_or_else(|| self.url.clone());
        let streaming = tokio::spawn(stream::follow(Arc::clone(&player), at, places, wants, from, sender));
        let shown = if self.json {
            lines(news).await
        } else {
            let board = Board::new(player.url(), market, portfolio);
            on_screen(&player, board, wanted, news, &self.instruments).await
        };
        streaming.abort();
        shown.map(|()| ExitCode::SUCCESS)
    }
}

/// Until nobody reads, or Ctrl-C.
async fn lines(mut news: mpsc::Receiver<News>) -> Result<(), Failure> {
    use std::io::Write;
    loop {
        let told = tokio::select! {
            told = news.recv() => told,
            _ = tokio::signal::ctrl_c() => return Ok(()),
        };
        match told {
            None => return Ok(()),
            Some(News::Refused(failure)) => return Err(failure),
            Some(News::Connected { at }) => eprintln!("ftl: live from {at}"),
            Some(News::Cut { why, again_in }) => eprintln!("ftl: {why}; again in {again_in:.1?}"),
            Some(News::Frame(frame)) => {
                let mut out = std::io::stdout().lock();
                if !output::still_read(writeln!(out, "{}", frame.line()).and_then(|()| out.flush()))? {
                    return Ok(());
                }
            }
        }
    }
}

async fn on_screen(
    player: &Player,
    mut board: Board,
    wanted: watch::Sender<Wanted>,
    mut news: mpsc::Receiver<News>,
    named: &[String],
) -> Result<(), Failure> {
    let mut screen = Screen::open()?;
    let mut draw = tokio::time::interval(DRAWN);
    let mut look = tokio::time::interval_at(tokio::time::Instant::now() + LOOKED, LOOKED);
    loop {
        tokio::select! {
            told = news.recv() => match told {
                Some(News::Refused(failure)) => return Err(failure),
                Some(told) => board.take(told),
                None => return Ok(()),
            },
            _ = draw.tick() => {
                // What a position is worth only the server knows exactly; it is asked again when something moved it.
                if board.is_own_due() && let Ok(Some(portfolio)) = player.portfolio().await {
                    board.own(portfolio);
                }
                screen.draw(&board)?;
                match screen.key() {
                    Some(Key::Quit) => return Ok(()),
                    Some(Key::Scroll(lines)) => board.scroll(lines),
                    None => {}
                }
            }
            _ = look.tick() => {
                if let Ok(market) = player.market(named).await {
                    wanted.send_replace(Wanted::of(named, &market));
                    board.look(market);
                }
            }
        }
    }
}
