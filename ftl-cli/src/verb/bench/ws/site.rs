//! The server that is asked: a real one, with its handshake, tickets and subscriptions. Prices that are of no entry are told
//! through its hub, so that nothing else is timed.

use std::collections::HashMap;
use std::io;
use std::net::{SocketAddr, TcpStream};

use ftl_core::id::{InstrumentId, Seq};
use ftl_core::time::At;
use ftl_core::units::Price;
use ftl_server::app::App;
use ftl_server::wire::Time;
use ftl_server::wire::frame::PriceFrame;
use ftl_workload::Founding;
use socket2::{Domain, Socket, Type};

use super::caller::Caller;
use super::crowd::Crowd;
use crate::failure::Failure;
use crate::verb::bench::http::{self, logs_into_nothing};

/// Accounts of the league, which connections share: so many that trades all through a storm leave each with few positions.
const ACCOUNTS: u32 = 2_000;
/// As many as make a match.
const INSTRUMENTS: u16 = 10;
/// Everybody's instrument.
const ASKED: u16 = 0;
/// An instrument that only those ask for who do not read.
const UNREAD: u16 = 1;
/// Bytes of a slug that fills a socket's buffers with few prices.
const LONG_SLUG: usize = 8 * 1024;
/// Prices with such a slug that fill whatever lies between a server and a reader who does not read.
const FILLING: usize = 60;
/// What a reader who does not read takes in without reading.
const SMALL_BUFFER: usize = 4 * 1024;

/// See the module.
pub struct Site {
    site: http::site::Site,
}

impl Site {
    pub fn start() -> Result<Self, Failure> {
        Self::with_most(20_000)
    }

    /// For so many connections and no more.
    pub fn with_most(connections: usize) -> Result<Self, Failure> {
        logs_into_nothing()?;
        let founding = Founding { accounts: ACCOUNTS, instruments: INSTRUMENTS };
        let site = http::site::Site::with(1, founding, HashMap::new(), |config| {
            config.streams = connections;
            config.streams_per_account = u32::MAX;
        })?;
        Ok(Self { site })
    }

    /// The server beneath.
    pub fn http(&self) -> &http::site::Site {
        &self.site
    }

    fn app(&self) -> &App {
        self.site.app()
    }

    pub fn address(&self) -> SocketAddr {
        self.site.address()
    }

    pub fn shards(&self) -> usize {
        self.app().hub.shards()
    }

    pub fn connections(&self) -> usize {
        self.app().hub.connections()
    }

    pub fn seq(&self) -> Seq {
        self.app().seq()
    }

    /// A ticket for each of `count` connections; the accounts take turns.
    pub fn tickets(&self, count: usize) -> Result<Vec<String>, Failure> {
        let (now, books) = (self.app().now(), self.site.books());
        let ticket = |n: usize| self.app().tokens.ticket(books[n % books.len()].account, now).map(|(ticket, _)| ticket);
        (0..count).map(ticket).collect::<Result<_, _>>().map_err(|problem| Failure::refused(problem.code()))
    }

    /// What everybody gets.
    pub fn text() -> String {
        serde_json::to_string(&price(ASKED, "footballer-0")).unwrap_or_default()
    }

    /// The frame with it, as it stands on the wire.
    pub fn frame(&self) -> Vec<u8> {
        let text = Self::text().into_bytes();
        let mut frame = vec![0x81];
        match u8::try_from(text.len()) {
            Ok(length) if length < 126 => frame.push(length),
            _ => {
                frame.push(126);
                frame.extend(u16::try_from(text.len()).unwrap_or(u16::MAX).to_be_bytes());
            }
        }
        frame.extend(text);
        frame
    }

    /// Tells so many prices, one behind the other.
    pub fn tell(&self, times: u32) {
        self.site.block_on(async {
            for _ in 0..times {
                self.app().hub.tell_price(price(ASKED, "footballer-0")).await;
            }
        });
    }

    /// Tells those who do not read more than lies between them and the server.
    pub fn fill(&self) {
        let long = "x".repeat(LONG_SLUG);
        self.site.block_on(async {
            for _ in 0..FILLING {
                self.app().hub.tell_price(price(UNREAD, &long)).await;
            }
        });
    }

    /// `count` readers of the instrument, as JSON.
    pub fn crowd(&self, count: usize) -> Result<Crowd, Failure> {
        connected(self.address(), &self.tickets(count)?).and_then(Crowd::of).map_err(Failure::could_not_run)
    }

    /// Readers who ask and do not read what comes.
    pub fn readers_who_do_not_read(&self, count: usize) -> Result<Vec<TcpStream>, Failure> {
        let address = self.address();
        let one = |ticket: String| -> io::Result<TcpStream> {
            let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
            socket.set_recv_buffer_size(SMALL_BUFFER)?;
            socket.connect(&address.into())?;
            let mut caller = Caller::over(socket.into(), address, &ticket, None)?;
            caller.subscribe(ASKED)?;
            caller.subscribe(UNREAD)?;
            Ok(caller.into_stream())
        };
        self.tickets(count)?.into_iter().map(one).collect::<io::Result<Vec<_>>>().map_err(Failure::could_not_run)
    }

    /// Waits until no more than so many are connected.
    pub fn emptied_to(&self, connections: usize) {
        while self.connections() > connections {
            std::thread::yield_now();
        }
    }

    /// Whether one more is refused.
    pub fn is_full(&self) -> Result<bool, Failure> {
        let ticket = self.tickets(1)?.remove(0);
        Ok(Caller::connect(self.address(), &ticket, None).is_err_and(|error| error.to_string().starts_with("HTTP/1.1 503")))
    }
}

/// A connection for each ticket that has asked for the instrument and was shown it.
pub fn connected(address: SocketAddr, tickets: &[String]) -> io::Result<Vec<TcpStream>> {
    let one = |ticket: &String| -> io::Result<TcpStream> {
        let mut caller = Caller::connect(address, ticket, None)?;
        caller.subscribe(ASKED)?;
        Ok(caller.into_stream())
    };
    tickets.iter().map(one).collect()
}

fn price(idx: u16, slug: &str) -> PriceFrame {
    PriceFrame {
        idx,
        instrument: InstrumentId::from(slug),
        seq: 1,
        at: Time(At(1_671_375_600_000)),
        mark: Price::from_units(1_952_500),
        live_base: Price::from_units(1_952_000),
        settlement: Price::from_units(1_952_250),
    }
}
