//! A thread that owns the writing side of many sockets. It never waits for one: a socket that takes no more keeps what it
//! is to get in its outbox, and whoever waits for it to be writable again is a task of its own.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use ftl_core::id::InstrumentIdx;
use slab::Slab;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};
use tungstenite::protocol::frame::Frame;

use super::close::Close;
use super::connection::{Connection, Slot};
use super::message::{cursor, framed, json, price, text};
use super::outbox::{Key, Stuck};
use super::reader::Guest;
use super::request::{Request, Topic};
use super::round::Round;
use super::socket::Socket;
use super::subscriptions::Subscriptions;
use crate::app::App;
use crate::replica::window::{Behind, Standing};
use crate::wire::cursor::{Cursor, Reached};
use crate::wire::frame::channel::Channel;
use crate::wire::frame::public::{FixtureFrame, PublicFrame, StatusFrame};
use crate::wire::frame::{PriceFrame, snapshot_of};

/// Between two pings, and between two words on how far a silent reader is.
const PING: u64 = 20;
/// How long a close frame may be on its way.
const FAREWELL: Duration = Duration::from_secs(5);
/// How long a server that ends waits for clients that were told.
const LINGER: Duration = Duration::from_millis(900);
/// Subscriptions of one connection.
const SUBSCRIPTIONS: usize = 2_000;
/// Entries caught up with at a time.
const CATCH_UP: usize = 64;
/// Tasks done before rounds have their turn again.
const TASKS: usize = 256;
/// The reconnects of a drained process are spread over at least this, and over a millisecond a connection.
const SPREAD: u64 = 500;

/// What a shard is asked to do.
#[derive(Debug)]
pub(super) enum Task {
    /// Takes in a connection, and says where it is.
    Join { socket: Arc<Socket>, guest: Guest, slot: oneshot::Sender<Slot> },
    /// A client asks.
    Ask(Slot, Request),
    /// The protocol answers a client.
    Say(Slot, Bytes),
    /// A client is to go.
    Close(Slot, Close),
    /// A socket that was full takes more.
    Writable(Slot),
    /// A connection is over.
    Left(Slot),
    /// The server ends, with so many connections in all.
    Drain(usize),
}

/// Where a shard hears.
#[derive(Debug)]
pub(super) struct Inbox {
    pub tasks: mpsc::Receiver<Task>,
    pub rounds: mpsc::Receiver<Arc<Round>>,
}

/// See the module.
pub(super) struct Shard {
    app: App,
    runtime: Handle,
    tasks: mpsc::Sender<Task>,
    readers: Readers,
    subscriptions: Subscriptions,
    /// Everything up to this entry was told.
    at: Reached,
    /// The window's when that was read.
    life: u64,
    /// Connections ever taken in.
    number: u64,
    /// Seconds since the start.
    second: u64,
    draining: Option<Instant>,
    ping: Bytes,
}

/// The connections, and those with something new in their outboxes.
#[derive(Default)]
struct Readers {
    all: Slab<Connection>,
    touched: Vec<usize>,
}

impl Readers {
    /// Puts something newer into an outbox.
    fn put(&mut self, place: usize, key: &Key, frame: &Bytes) {
        self.tell(place, |reader| {
            reader.outbox.put(key.clone(), frame);
            true
        });
    }

    /// Puts something that is never dropped into an outbox.
    fn keep(&mut self, place: usize, frame: &Bytes) {
        self.tell(place, |reader| reader.outbox.keep(frame.clone()).is_ok());
    }

    fn tell(&mut self, place: usize, put: impl FnOnce(&mut Connection) -> bool) {
        let Some(reader) = self.all.get_mut(place).filter(|reader| reader.closing.is_none()) else { return };
        if !put(reader) {
            reader.end_with(Close::TooSlow, Close::TooSlow.frame());
        }
        if !reader.touched {
            reader.touched = true;
            self.touched.push(place);
        }
    }
}

impl Connection {
    /// Nothing more than this is said.
    fn end_with(&mut self, why: Close, frame: Bytes) {
        if self.closing.is_none() {
            metrics::counter!("ftl_ws_closes_total", "code" => why.code().to_string()).increment(1);
            self.closing = Some(Instant::now());
            self.socket.close();
            self.outbox.end_with(frame);
        }
    }
}

impl Shard {
    pub fn new(app: App, tasks: mpsc::Sender<Task>) -> Self {
        let Standing { life, to: at, .. } = app.replica.window().standing();
        Self {
            app,
            runtime: Handle::current(),
            tasks,
            readers: Readers::default(),
            subscriptions: Subscriptions::default(),
            at,
            life,
            number: 0,
            second: 0,
            draining: None,
            ping: framed(Frame::ping(Bytes::new())),
        }
    }

    /// Until the server has ended and everybody is told.
    pub async fn run(mut self, mut inbox: Inbox) {
        let mut seconds = tokio::time::interval(Duration::from_secs(1));
        seconds.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
        loop {
            tokio::select! {
                task = inbox.tasks.recv() => {
                    let Some(task) = task else { return };
                    self.act(task);
                    for _ in 1..TASKS {
                        let Ok(task) = inbox.tasks.try_recv() else { break };
                        self.act(task);
                    }
                }
                Some(round) = inbox.rounds.recv() => self.deliver(&round),
                _ = seconds.tick() => self.look_around(),
            }
            if self.is_over() {
                return;
            }
        }
    }

    /// The server ends and everybody is gone, or was told and has had his time to go.
    fn is_over(&self) -> bool {
        let Some(since) = self.draining else { return false };
        let told = || self.readers.all.iter().all(|(_, reader)| !reader.outbox.full);
        self.readers.all.is_empty() || since.elapsed() > FAREWELL || (since.elapsed() >= LINGER && told())
    }

    fn act(&mut self, task: Task) {
        match task {
            Task::Join { socket, guest, slot } => self.join(socket, guest, slot),
            Task::Ask(slot, request) if self.is_here(slot) => self.answer(slot.place, request),
            Task::Say(slot, bytes) if self.is_here(slot) => {
                self.readers.keep(slot.place, &bytes);
                self.flush_touched();
            }
            Task::Close(slot, why) if self.is_here(slot) => self.close(slot.place, why),
            Task::Writable(slot) if self.is_here(slot) => {
                let reader = &mut self.readers.all[slot.place];
                reader.awaited = false;
                self.flush(slot.place);
            }
            Task::Left(slot) if self.is_here(slot) => self.leave(slot.place),
            Task::Drain(connections) => self.drain(connections),
            // Of a connection that is over.
            Task::Ask(..) | Task::Say(..) | Task::Close(..) | Task::Writable(_) | Task::Left(_) => {}
        }
    }

    fn is_here(&self, slot: Slot) -> bool {
        self.readers.all.get(slot.place).is_some_and(|reader| reader.slot == slot)
    }

    fn join(&mut self, socket: Arc<Socket>, guest: Guest, told: oneshot::Sender<Slot>) {
        self.number += 1;
        let entry = self.readers.all.vacant_entry();
        let slot = Slot { place: entry.key(), number: self.number };
        entry.insert(Connection {
            slot,
            socket,
            account: guest.account,
            format: guest.format,
            outbox: Default::default(),
            topics: Default::default(),
            everything: false,
            from: self.at.seq,
            catching_up: None,
            resumed: None,
            closing: None,
            touched: false,
            moved: false,
            awaited: false,
        });
        self.subscriptions.join(guest.account, slot.place);
        // Where nobody reads any more, the connection is over.
        if told.send(slot).is_err() {
            return self.leave(slot.place);
        }
        if self.draining.is_some() {
            return self.send_away(slot.place, SPREAD / 2 + self.number * 97 % SPREAD);
        }
        match guest.from {
            Some(cursor) => self.resume(slot.place, cursor),
            None => self.readers.keep(slot.place, &cursor(self.at)),
        }
        self.flush_touched();
    }

    fn leave(&mut self, place: usize) {
        let reader = self.readers.all.remove(place);
        self.subscriptions.leave(reader.account, place);
        for topic in &reader.topics {
            self.subscriptions.remove(topic, place);
            self.forget_board(topic);
        }
    }

    fn forget_board(&self, topic: &Topic) {
        if *topic == Topic::Channel(Channel::Leaderboard) {
            self.app.hub.leaderboard.leave();
        }
    }

    fn answer(&mut self, place: usize, request: Request) {
        match request {
            Request::Subscribe(topic) => self.subscribe(place, topic),
            Request::Unsubscribe(topic) => {
                let reader = &mut self.readers.all[place];
                if reader.topics.swap_remove(&topic) {
                    reader.everything &= topic != Topic::Channel(Channel::Prices);
                    self.subscriptions.remove(&topic, place);
                    self.forget_board(&topic);
                }
            }
            Request::Resume(cursor) => self.resume(place, cursor),
        }
        self.flush_touched();
    }

    fn subscribe(&mut self, place: usize, topic: Topic) {
        let reader = &mut self.readers.all[place];
        if reader.topics.len() >= SUBSCRIPTIONS {
            return self.close(place, Close::TooMany);
        }
        if !reader.topics.insert(topic.clone()) {
            return;
        }
        reader.everything |= topic == Topic::Channel(Channel::Prices);
        self.subscriptions.add(topic.clone(), place);
        if topic == Topic::Channel(Channel::Leaderboard) {
            self.app.hub.leaderboard.enter();
        }
        self.show(place, &topic);
    }

    /// How things stand in what a reader asked for; from where he resumed on, if he did.
    fn show(&mut self, place: usize, topic: &Topic) {
        match topic {
            Topic::Instrument(idx) => self.show_instrument(place, *idx),
            Topic::Channel(Channel::Prices) => {
                let count = self.app.replica.market().map_or(0, |market| market.instruments.len());
                let all = (0..count).filter_map(|idx| u16::try_from(idx).ok());
                all.for_each(|idx| self.show_instrument(place, InstrumentIdx(idx)));
            }
            Topic::Channel(Channel::Fixture(id)) => {
                let standing = self.app.replica.read(|league| league.fixture(id).map(|row| FixtureFrame::of(league, row)));
                if let Ok(Some(frame)) = standing {
                    self.readers.put(place, &Key::Fixture(id.clone()), &json(&PublicFrame::Fixture(frame)));
                }
                if let Some(since) = self.readers.all[place].resumed {
                    for event in self.app.replica.window().events_of(id, since, self.at.seq) {
                        self.readers.keep(place, &json(&PublicFrame::Event(event)));
                    }
                }
            }
            Topic::Channel(Channel::Leaderboard) => {
                if let Some(frame) = self.app.hub.leaderboard.last() {
                    self.readers.put(place, &Key::Leaderboard, frame.text());
                }
            }
            Topic::Channel(Channel::Activity) => {}
        }
    }

    fn show_instrument(&mut self, place: usize, idx: InstrumentIdx) {
        let window = self.app.replica.window();
        let Ok(market) = self.app.replica.market() else { return };
        let Some(row) = market.instruments.get(idx.index()) else { return };
        let reader = &self.readers.all[place];
        let now = window.latest(idx).unwrap_or_else(|| PriceFrame::now(row, window.begin(), self.app.now()));
        let bars = match reader.resumed {
            Some(since) => window.bars_of(idx, since),
            None => window.last_bar(idx).into_iter().collect(),
        };
        let status = PublicFrame::Status(StatusFrame::now(row, market.seq, self.app.now()));
        let frame = price(&now, reader.format);
        self.readers.put(place, &Key::Price(idx.0), &frame);
        self.readers.put(place, &Key::Status(idx.0), &json(&status));
        for bar in bars {
            self.readers.put(place, &Key::Bar(idx.0, bar.start.0.0), &json(&bar));
        }
    }

    fn resume(&mut self, place: usize, wanted: Cursor) {
        let Some(here) = self.app.replica.window().find(wanted) else { return self.resync(place) };
        let seq = here.seq;
        let reader = &mut self.readers.all[place];
        // What stood in an earlier cursor counts from here on only.
        reader.moved = false;
        reader.resumed = Some(seq);
        reader.from = self.at.seq.max(seq);
        reader.catching_up = (seq < self.at.seq).then_some(seq);
        let topics: Vec<Topic> = reader.topics.iter().cloned().collect();
        self.readers.keep(place, &text(format!(r#"{{"type":"resumed","seq":{}}}"#, seq.0)));
        topics.iter().for_each(|topic| self.show(place, topic));
        match seq < self.at.seq {
            true => self.catch_up(place),
            false => self.readers.keep(place, &cursor(here)),
        }
    }

    /// Gives a reader who resumed what he missed, as fast as he takes it.
    fn catch_up(&mut self, place: usize) {
        loop {
            let reader = &mut self.readers.all[place];
            let Some(after) = reader.catching_up.filter(|_| !reader.outbox.full && reader.closing.is_none()) else { return };
            match self.app.replica.window().of_account(reader.account, self.life, after, self.at, CATCH_UP) {
                Behind::Gone => return self.resync(place),
                Behind::Frames(entries, reached) => {
                    let account = reader.account;
                    let mine = entries.iter().flat_map(|entry| entry.accounts.iter().filter(|(whose, _)| *whose == account));
                    mine.for_each(|(_, frame)| self.readers.keep(place, &json(frame)));
                    let reader = &mut self.readers.all[place];
                    reader.catching_up = (reached.seq < self.at.seq).then_some(reached.seq);
                    reader.from = self.at.seq;
                    self.readers.keep(place, &cursor(reached));
                }
            }
            self.flush_once(place);
        }
    }

    /// Says that frames are missing, and how things stand.
    fn resync(&mut self, place: usize) {
        let reader = &mut self.readers.all[place];
        let account = reader.account;
        // Before the state: what he is told of twice when he resumes from there is as he has it.
        let reached = self.app.replica.window().standing().to;
        let Ok((seq, frames)) = self.app.replica.read(|league| (league.seq(), snapshot_of(league, account))) else {
            return self.close(place, Close::Unavailable);
        };
        reader.resumed = None;
        reader.catching_up = None;
        reader.from = seq;
        let topics: Vec<Topic> = reader.topics.iter().cloned().collect();
        self.readers.keep(place, &text(r#"{"type":"resync"}"#));
        frames.iter().for_each(|frame| self.readers.keep(place, &json(frame)));
        self.readers.keep(place, &cursor(reached));
        topics.iter().for_each(|topic| self.show(place, topic));
    }

    fn deliver(&mut self, round: &Round) {
        // In another life the entries may be fewer.
        if round.resync || round.upto.seq > self.at.seq {
            (self.at, self.life) = (round.upto, round.life);
        }
        if round.resync {
            let places: Vec<usize> = self.readers.all.iter().map(|(place, _)| place).collect();
            places.into_iter().for_each(|place| self.resync(place));
            return self.flush_touched();
        }
        let Self { readers, subscriptions, .. } = self;
        for entry in &round.entries {
            for (account, frame) in &entry.accounts {
                let mut bytes: Option<Bytes> = None;
                for place in subscriptions.of_account(*account) {
                    let reader = &mut readers.all[place];
                    if reader.catching_up.is_some() || entry.seq <= reader.from {
                        continue;
                    }
                    reader.moved = true;
                    readers.keep(place, bytes.get_or_insert_with(|| json(frame)));
                }
            }
        }
        for said in &round.said {
            let topic = match &said.frame {
                PublicFrame::Event(event) => Channel::Fixture(event.fixture.clone()),
                _ => Channel::Activity,
            };
            subscriptions.of(&Topic::Channel(topic)).for_each(|place| readers.keep(place, said.text()));
        }
        let everything = Topic::Channel(Channel::Prices);
        for price in &round.prices {
            let key = Key::Price(price.idx());
            for place in subscriptions.of_instrument(price.idx()) {
                let reader = &readers.all[place];
                if !reader.everything {
                    let frame = price.in_format(reader.format);
                    readers.put(place, &key, frame);
                }
            }
            for place in subscriptions.of(&everything) {
                let format = readers.all[place].format;
                readers.put(place, &key, price.in_format(format));
            }
        }
        for bar in &round.bars {
            let key = Key::Bar(bar.frame.idx, bar.frame.start.0.0);
            for place in subscriptions.of_instrument(bar.frame.idx) {
                if !readers.all[place].everything {
                    readers.put(place, &key, bar.text());
                }
            }
            subscriptions.of(&everything).for_each(|place| readers.put(place, &key, bar.text()));
        }
        for standing in &round.standing {
            match &standing.frame {
                PublicFrame::Status(status) => {
                    let (key, idx) = (Key::Status(status.idx), InstrumentIdx(status.idx));
                    for place in subscriptions.of(&everything) {
                        readers.put(place, &key, standing.text());
                    }
                    for place in subscriptions.of(&Topic::Instrument(idx)) {
                        if !readers.all[place].everything {
                            readers.put(place, &key, standing.text());
                        }
                    }
                    let Some(id) = &status.fixture else { continue };
                    for place in subscriptions.of(&Topic::Channel(Channel::Fixture(id.clone()))) {
                        let reader = &readers.all[place];
                        if !reader.everything && !reader.topics.contains(&Topic::Instrument(idx)) {
                            readers.put(place, &key, standing.text());
                        }
                    }
                }
                PublicFrame::Fixture(fixture) => {
                    let key = Key::Fixture(fixture.fixture.clone());
                    let topic = Topic::Channel(Channel::Fixture(fixture.fixture.clone()));
                    subscriptions.of(&topic).for_each(|place| readers.put(place, &key, standing.text()));
                }
                PublicFrame::Event(_) | PublicFrame::Activity(_) => {}
            }
        }
        if let Some(board) = &round.leaderboard {
            let topic = Topic::Channel(Channel::Leaderboard);
            subscriptions.of(&topic).for_each(|place| readers.put(place, &Key::Leaderboard, board.text()));
        }
        self.flush_touched();
    }

    fn flush_touched(&mut self) {
        let mut touched = std::mem::take(&mut self.readers.touched);
        let mut told: Option<Bytes> = None;
        metrics::counter!("ftl_ws_writes_total").increment(touched.len() as u64);
        for place in touched.drain(..) {
            let Some(reader) = self.readers.all.get_mut(place) else { continue };
            reader.touched = false;
            if std::mem::take(&mut reader.moved) && reader.closing.is_none() {
                let cursor = told.get_or_insert_with(|| cursor(self.at)).clone();
                if reader.outbox.keep(cursor).is_err() {
                    reader.end_with(Close::TooSlow, Close::TooSlow.frame());
                }
            }
            self.flush(place);
        }
        // What closing put there has its turn with the next.
        touched.append(&mut self.readers.touched);
        self.readers.touched = touched;
    }

    /// Writes what there is, and what a reader missed behind it.
    fn flush(&mut self, place: usize) {
        self.flush_once(place);
        if self.readers.all.get(place).is_some_and(|reader| reader.catching_up.is_some()) {
            self.catch_up(place);
        }
    }

    fn flush_once(&mut self, place: usize) {
        let Some(reader) = self.readers.all.get_mut(place) else { return };
        if reader.awaited {
            return;
        }
        match reader.outbox.write_to(&reader.socket.stream) {
            Ok(()) if reader.closing.is_some() => reader.socket.end_writing(),
            Ok(()) => {}
            Err(Stuck::Broken) => reader.socket.cut(),
            Err(Stuck::Full) => {
                reader.awaited = true;
                let (socket, tasks, slot) = (Arc::clone(&reader.socket), self.tasks.clone(), reader.slot);
                self.runtime.spawn(async move {
                    // A socket that breaks is writable too, and the next write says so.
                    let _ = socket.stream.writable().await;
                    let _ = tasks.send(Task::Writable(slot)).await;
                });
            }
        }
    }

    fn close(&mut self, place: usize, why: Close) {
        self.readers.all[place].end_with(why, why.frame());
        self.flush_once(place);
    }

    /// Every second: a twentieth is pinged and told how far it is; who is gone is let go.
    fn look_around(&mut self) {
        self.second += 1;
        let (turn, longest) = (self.second % PING, self.app.config.stream_silence);
        let mut gone = Vec::new();
        for (place, reader) in &mut self.readers.all {
            match reader.closing {
                Some(since) if since.elapsed() > FAREWELL => reader.socket.cut(),
                Some(_) => {}
                None if reader.socket.silence() > longest => gone.push((place, Close::Silent)),
                None if reader.outbox.stuck_for() > longest => gone.push((place, Close::TooSlow)),
                None if place as u64 % PING == turn && !reader.outbox.full => {
                    // Where there is room nothing overflows.
                    let _ = reader.outbox.keep(self.ping.clone());
                    if reader.catching_up.is_none() && reader.from <= self.at.seq {
                        let _ = reader.outbox.keep(cursor(self.at));
                    }
                    if !reader.touched {
                        reader.touched = true;
                        self.readers.touched.push(place);
                    }
                }
                None => {}
            }
        }
        gone.into_iter().for_each(|(place, why)| self.close(place, why));
        self.flush_touched();
    }

    /// Everybody goes, and comes again at another moment.
    fn drain(&mut self, connections: usize) {
        self.draining = Some(Instant::now());
        let here = self.readers.all.len().max(1) as u64;
        let spread = SPREAD.max(connections as u64);
        let places: Vec<usize> = self.readers.all.iter().map(|(place, _)| place).collect();
        for (n, place) in (0u64..).zip(places) {
            self.send_away(place, SPREAD / 2 + spread * n / here);
        }
    }

    fn send_away(&mut self, place: usize, reconnect_in_ms: u64) {
        let reason = format!(r#"{{"reconnectInMs":{reconnect_in_ms}}}"#);
        self.readers.all[place].end_with(Close::Restart, Close::Restart.frame_with(&reason));
        self.flush_once(place);
    }
}
