//! `GET events`: the frames of the WebSocket as Server-Sent Events.
//!
//! `id:` stands on the last frame of an entry, so that a client's `Last-Event-ID` is always an entry that it has seen
//! whole. A reader pulls from the window; one that falls out of it is told `resync` and how things stand, and goes on
//! from there.

use std::collections::{HashSet, VecDeque};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::{Extension, State};
use axum::http::HeaderMap;
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use ftl_core::id::{AccountId, FixtureId, Seq};
use ftl_core::rejection::Rejection;
use futures::stream::{self, Stream};
use serde::Deserialize;
use tokio::sync::watch;
use tokio::time::Interval;
use utoipa::IntoParams;

use crate::app::App;
use crate::auth::Caller;
use crate::extract::Query;
use crate::problem::Problem;
use crate::replica::window::{Behind, Standing};
use crate::wire::League;
use crate::wire::cursor::{Cursor, NoCursor, Reached};
use crate::wire::frame::channel::{Channel, UnknownChannel};
use crate::wire::frame::public::{LeaderboardFrame, PublicFrame};
use crate::wire::frame::{Frames, PriceFrame, json, snapshot_of};
use crate::ws::{Place, Shared};

/// A silent stream says this often that it lives, and how far it is.
const KEEP_ALIVE: Duration = Duration::from_secs(20);
/// Between two looks at bars and the board.
const SLOWLY: Duration = Duration::from_secs(1);
/// Entries taken from the window at a time.
const PULL: usize = 256;

/// `GET events`.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct StreamParams {
    /// Slugs separated by commas; prices of all where it is left out.
    pub instruments: Option<String>,
    /// `prices`, `account`, `fixture:ID`, `activity`, `leaderboard`, separated by commas; the first two where it is left out.
    pub channels: Option<String>,
    /// A ticket of `ws/token`, instead of the header.
    pub token: Option<String>,
    /// Instead of `Last-Event-ID`, for clients that cannot send it.
    pub last_event_id: Option<String>,
    /// `true`: an `id` is `N-batch` and not `N` alone, so that a client is told `resync` where the entries that it has seen
    /// were lost or cut off, and others have their numbers by now.
    #[serde(default)]
    pub batch: bool,
}

/// Prices, bars and what concerns me, matches, activity and the leaderboard, from now on or from `Last-Event-ID` on.
#[utoipa::path(get, path = "/events", tag = "realtime", params(StreamParams), responses((status = 200, content_type = "text/event-stream", body = String)), security(("bearer" = [])))]
pub async fn events(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    Query(params): Query<StreamParams>,
) -> Result<Response, Problem> {
    if params.token.is_none() {
        match caller {
            Caller::Account(_) => {}
            Caller::Operator => return Err(Problem::forbidden("the operator is no participant")),
            Caller::Nobody => return Err(Problem::unauthorized("send Authorization: Bearer <token>, or ?token=")),
        }
    }
    // What cannot be told costs no ticket, and neither does a stream for which there is no place.
    let wanted = Wanted::of(&app, &params)?;
    let cursor = match (headers.get("last-event-id"), &params.last_event_id) {
        (Some(value), _) => Some(cursor_of("Last-Event-ID", value.to_str().unwrap_or_default())?),
        (None, Some(text)) => Some(cursor_of("lastEventId", text)?),
        (None, None) => None,
    };
    if let Some(cursor) = cursor {
        // It may be of another process, which is ahead; where it does not come the stream begins anew.
        let _ = app.replica.wait_for(Some(cursor.seq.0)).await;
    }
    let (me, place) = match (caller, &params.token) {
        (Caller::Account(me), _) => (me, app.hub.admit(me)?),
        (_, ticket) => app.let_in(ticket.as_deref().unwrap_or_default()).await?,
    };
    let reader = Reader::begin(&app, me, place, wanted, cursor)?;
    let mut response = Sse::new(frames_of(reader)).into_response();
    // A proxy that buffers a stream makes it none.
    response.headers_mut().insert("x-accel-buffering", axum::http::HeaderValue::from_static("no"));
    Ok(response)
}

fn cursor_of(field: &str, text: &str) -> Result<Cursor, Problem> {
    text.trim().parse().map_err(|error: NoCursor| Problem::invalid_field(field, error.to_string()))
}

/// What a reader asked for.
struct Wanted {
    /// An `id` names its batch.
    batch: bool,
    prices: bool,
    account: bool,
    channels: Vec<Channel>,
    /// All where there is none.
    instruments: Option<HashSet<u16>>,
}

impl Wanted {
    fn of(app: &App, params: &StreamParams) -> Result<Self, Problem> {
        let both = params.channels.is_none();
        let mut wanted = Self { batch: params.batch, prices: both, account: both, channels: Vec::new(), instruments: None };
        for channel in params.channels.iter().flat_map(|channels| channels.split(',')) {
            match channel.trim() {
                "prices" => wanted.prices = true,
                "account" => wanted.account = true,
                other => {
                    let channel: Channel = other.parse().map_err(|UnknownChannel| {
                        Problem::invalid_field("channels", "takes prices, account, fixture:ID, activity, leaderboard")
                    })?;
                    if let Channel::Fixture(id) = &channel {
                        let known = |league: &League| league.fixture(id).map(drop).ok_or(league.seq());
                        app.replica.read(known)?.map_err(|seq| Problem::rejected(&Rejection::UnknownFixture, seq))?;
                    }
                    wanted.channels.push(channel);
                }
            }
        }
        if let Some(slugs) = &params.instruments {
            let numbers = slugs.split(',').map(|slug| app.instrument(slug.trim()).map(|idx| idx.0));
            wanted.instruments = Some(numbers.collect::<Result<_, _>>()?);
        }
        Ok(wanted)
    }

    /// What a client comes back with.
    fn id(&self, reached: Reached) -> String {
        if self.batch { reached.to_string() } else { reached.seq.to_string() }
    }

    fn wants(&self, idx: u16) -> bool {
        self.prices && self.instruments.as_ref().is_none_or(|wanted| wanted.contains(&idx))
    }

    fn wants_of_match(&self, id: &FixtureId) -> bool {
        self.channels.iter().any(|channel| matches!(channel, Channel::Fixture(wanted) if wanted == id))
    }

    fn wants_public(&self, frame: &PublicFrame) -> bool {
        match frame {
            PublicFrame::Status(status) => self.wants(status.idx) || status.fixture.as_ref().is_some_and(|id| self.wants_of_match(id)),
            PublicFrame::Fixture(fixture) => self.wants_of_match(&fixture.fixture),
            PublicFrame::Event(event) => self.wants_of_match(&event.fixture),
            PublicFrame::Activity(_) => self.channels.contains(&Channel::Activity),
        }
    }
}

/// One stream.
struct Reader {
    app: App,
    me: AccountId,
    _place: Place,
    wanted: Wanted,
    applied: watch::Receiver<Seq>,
    /// The window's when it was last read.
    life: u64,
    /// Everything up to here was sent or does not concern the reader.
    cursor: Reached,
    /// Bars were told as they were at this entry.
    bars: Seq,
    /// Where the reader came back, until he is told the bars that he may have missed.
    came_back: Option<Seq>,
    /// The board that was told last.
    board: Option<Arc<Shared<LeaderboardFrame>>>,
    ready: VecDeque<Event>,
    /// When it said something last.
    said: Instant,
    slowly: Interval,
}

impl Drop for Reader {
    fn drop(&mut self) {
        if self.wanted.channels.contains(&Channel::Leaderboard) {
            self.app.hub.leaderboard.leave();
        }
    }
}

impl Reader {
    fn begin(app: &App, me: AccountId, place: Place, wanted: Wanted, cursor: Option<Cursor>) -> Result<Self, Problem> {
        let applied = app.replica.follow();
        let window = app.replica.window();
        let Standing { life, to: head, .. } = window.standing();
        if wanted.channels.contains(&Channel::Leaderboard) {
            app.hub.leaderboard.enter();
        }
        let mut reader = Self {
            app: app.clone(),
            me,
            _place: place,
            wanted,
            applied,
            life,
            cursor: head,
            bars: head.seq,
            came_back: None,
            board: None,
            ready: VecDeque::new(),
            said: Instant::now(),
            slowly: tokio::time::interval(SLOWLY),
        };
        if let Some(cursor) = cursor {
            let Some(here) = window.find(cursor) else {
                reader.resync()?;
                return Ok(reader);
            };
            (reader.cursor, reader.came_back) = (here, Some(here.seq));
        }
        // A reader that is cut within its first entry needs a cursor too.
        let begins = reader.position("from here");
        reader.ready.push_back(begins);
        Ok(reader)
    }

    /// Says that frames are missing, and how things stand.
    fn resync(&mut self) -> Result<(), Problem> {
        let me = self.me;
        let standing = self.app.replica.window().standing();
        let now = self.app.now();
        let (frames, prices) = self.app.replica.read(|league| {
            let price = |row| PriceFrame::of(league, row, league.seq(), now);
            let wanted = league.instruments().filter(|row| self.wanted.wants(row.idx.0));
            (snapshot_of(league, me), wanted.map(price).collect::<Vec<_>>())
        })?;
        self.ready.push_back(Event::default().data(r#"{"type":"resync"}"#));
        if self.wanted.account {
            self.ready.extend(frames.iter().map(|frame| Event::default().data(json(frame))));
        }
        self.ready.extend(prices.iter().map(|frame| Event::default().data(json(frame))));
        self.life = standing.life;
        // Read before the state: what is told twice is as it was told.
        self.cursor = standing.to;
        self.bars = Seq(0);
        self.ready.push_back(self.position("in step"));
        Ok(())
    }

    /// No frame: only how far the reader is.
    fn position(&self, comment: &str) -> Event {
        Event::default().id(self.wanted.id(self.cursor)).comment(comment)
    }

    /// What an entry has for this reader, whole.
    fn take(&mut self, frames: &Frames) {
        let before = self.ready.len();
        let mut texts: Vec<Arc<str>> = Vec::new();
        texts.extend(frames.prices.iter().filter(|frame| self.wanted.wants(frame.idx)).map(json));
        texts.extend(frames.public.iter().filter(|frame| self.wanted.wants_public(frame)).map(json));
        if self.wanted.account {
            let mine = frames.accounts.iter().filter(|(account, _)| *account == self.me);
            texts.extend(mine.map(|(_, frame)| json(frame)));
        }
        let last = texts.len().saturating_sub(1);
        let id = self.wanted.id(Reached { seq: frames.seq, batch: frames.batch });
        for (n, text) in texts.into_iter().enumerate() {
            let event = Event::default().data(text);
            self.ready.push_back(if n == last { event.id(&id) } else { event });
        }
        metrics::counter!("ftl_frames_total").increment((self.ready.len() - before) as u64);
    }

    /// Bars and the board: once a second, as they are now. They are no part of an entry, and move no cursor.
    fn look_slowly(&mut self) {
        if self.wanted.prices {
            let window = self.app.replica.window();
            let (bars, upto) = self.came_back.take().map_or_else(|| window.bars_behind(self.bars), |since| window.bars_since(since));
            self.bars = upto;
            let wanted = bars.iter().filter(|bar| self.wanted.wants(bar.idx));
            self.ready.extend(wanted.map(|bar| Event::default().data(json(bar))));
        }
        if self.wanted.channels.contains(&Channel::Leaderboard) {
            let last = self.app.hub.leaderboard.last();
            let same = match (&last, &self.board) {
                (Some(last), Some(told)) => Arc::ptr_eq(last, told),
                (last, told) => last.is_none() && told.is_none(),
            };
            if !same {
                self.ready.extend(last.iter().map(|board| Event::default().data(json(&board.frame))));
                self.board = last;
            }
        }
    }

    /// The next event; `None` ends the stream.
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                self.said = Instant::now();
                return Some(event);
            }
            match self.app.replica.window().behind(self.life, self.cursor.seq, PULL) {
                Behind::Frames(frames, upto) => {
                    self.cursor = upto;
                    frames.iter().for_each(|frames| self.take(frames));
                    if !self.ready.is_empty() {
                        continue;
                    }
                }
                // Too slow, or the entries are others now: what was told may not be so.
                Behind::Gone => {
                    self.resync().ok()?;
                    continue;
                }
            }
            let ending = self.app.ending.clone();
            tokio::select! {
                changed = self.applied.changed() => changed.ok()?,
                () = ending.cancelled() => return None,
                _ = self.slowly.tick() => {
                    self.look_slowly();
                    if self.ready.is_empty() && self.said.elapsed() >= KEEP_ALIVE {
                        self.ready.push_back(self.position("alive"));
                    }
                }
            }
        }
    }
}

fn frames_of(reader: Reader) -> impl Stream<Item = Result<Event, Infallible>> {
    stream::unfold(reader, |mut reader| async move { reader.next().await.map(|event| (Ok(event), reader)) })
}
