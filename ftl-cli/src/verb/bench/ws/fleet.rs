//! The same text to many sockets as programs usually write it, with the crates that there are: a loop that calls the crate
//! for each socket, or a task a connection behind a broadcast.

use std::io;
use std::net::TcpStream;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

use fastwebsockets::{Frame, Payload, Role as FastRole};
use futures::SinkExt;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::broadcast;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes, WebSocket};

use super::bare::pairs;
use super::crowd::Crowd;

/// Messages that wait for a task.
const WAITING: usize = 1_024;
/// Threads of tasks.
const WORKERS: usize = 2;

/// A crate, and how it is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    TungsteniteLoop,
    TungsteniteTasks,
    FastwebsocketsLoop,
    FastwebsocketsTasks,
}

impl Way {
    pub const ALL: [Self; 4] = [Self::TungsteniteLoop, Self::TungsteniteTasks, Self::FastwebsocketsLoop, Self::FastwebsocketsTasks];

    pub fn name(self) -> &'static str {
        match self {
            Self::TungsteniteLoop => "tungstenite, a loop",
            Self::TungsteniteTasks => "tokio-tungstenite, a task a connection",
            Self::FastwebsocketsLoop => "fastwebsockets, a loop",
            Self::FastwebsocketsTasks => "fastwebsockets, a task a connection",
        }
    }

    fn write(self, sockets: Vec<TcpStream>, text: &str, orders: &Orders) -> io::Result<()> {
        match self {
            Self::TungsteniteLoop => tungstenite_loop(sockets, text, orders),
            Self::TungsteniteTasks => tungstenite_tasks(sockets, text, orders),
            Self::FastwebsocketsLoop => fastwebsockets_loop(sockets, text, orders),
            Self::FastwebsocketsTasks => fastwebsockets_tasks(sockets, text, orders),
        }
    }
}

/// Sockets and what writes to them. Its thread ends with it.
pub struct Fleet {
    orders: Option<Sender<u32>>,
    thread: Option<JoinHandle<io::Result<()>>>,
}

/// How often the text is to be written, each time that somebody says so.
struct Orders {
    times: Receiver<u32>,
    ready: Sender<()>,
}

impl Fleet {
    /// `count` connections to which `text` is written that way, and their readers.
    pub fn with(count: usize, way: Way, text: &str) -> io::Result<(Self, Crowd)> {
        let (accepted, connected) = pairs(count)?;
        let ((orders, times), (ready, is_ready)) = (channel(), channel());
        let text = text.to_owned();
        let thread = std::thread::spawn(move || way.write(accepted, &text, &Orders { times, ready }));
        // One that failed leaves readers waiting, who say so.
        let _ = is_ready.recv();
        Ok((Self { orders: Some(orders), thread: Some(thread) }, Crowd::of(connected)?))
    }

    /// Writes the text so many times to everybody.
    pub fn write(&self, times: u32) {
        if let Some(orders) = &self.orders {
            let _ = orders.send(times);
        }
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        drop(self.orders.take());
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

impl Orders {
    /// Says that everything is there, and does what is asked until nobody asks any more.
    fn each(&self, mut write: impl FnMut() -> io::Result<()>) -> io::Result<()> {
        let _ = self.ready.send(());
        self.times.iter().try_for_each(|times| (0..times).try_for_each(|_| write()))
    }
}

/// Small buffers, as ours.
fn config() -> WebSocketConfig {
    WebSocketConfig::default().read_buffer_size(512).write_buffer_size(0)
}

fn tungstenite_loop(sockets: Vec<TcpStream>, text: &str, orders: &Orders) -> io::Result<()> {
    let text = Utf8Bytes::from(text);
    let mut all: Vec<_> = sockets.into_iter().map(|socket| WebSocket::from_raw_socket(socket, Role::Server, Some(config()))).collect();
    orders.each(|| all.iter_mut().try_for_each(|socket| socket.send(Message::Text(text.clone())).map_err(io::Error::other)))
}

fn tungstenite_tasks(sockets: Vec<TcpStream>, text: &str, orders: &Orders) -> io::Result<()> {
    let (runtime, (told, _)) = (tasks()?, broadcast::channel::<Utf8Bytes>(WAITING));
    for socket in sockets {
        let mut hears = told.subscribe();
        let socket = taken(&runtime, socket)?;
        runtime.spawn(async move {
            let mut socket = WebSocketStream::from_raw_socket(socket, Role::Server, Some(config())).await;
            while let Ok(text) = hears.recv().await {
                if socket.send(Message::Text(text)).await.is_err() {
                    return;
                }
            }
        });
    }
    let text = Utf8Bytes::from(text);
    orders.each(|| told.send(text.clone()).map(drop).map_err(io::Error::other))
}

fn fastwebsockets_loop(sockets: Vec<TcpStream>, text: &str, orders: &Orders) -> io::Result<()> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let server = |socket| taken(&runtime, socket).map(|socket| fastwebsockets::WebSocket::after_handshake(socket, FastRole::Server));
    let mut all = sockets.into_iter().map(server).collect::<io::Result<Vec<_>>>()?;
    orders.each(|| {
        runtime.block_on(async {
            for socket in &mut all {
                let frame = Frame::text(Payload::Borrowed(text.as_bytes()));
                socket.write_frame(frame).await.map_err(io::Error::other)?;
            }
            Ok(())
        })
    })
}

fn fastwebsockets_tasks(sockets: Vec<TcpStream>, text: &str, orders: &Orders) -> io::Result<()> {
    let (runtime, (told, _)) = (tasks()?, broadcast::channel::<Utf8Bytes>(WAITING));
    for socket in sockets {
        let mut hears = told.subscribe();
        let mut socket = fastwebsockets::WebSocket::after_handshake(taken(&runtime, socket)?, FastRole::Server);
        runtime.spawn(async move {
            while let Ok(text) = hears.recv().await {
                if socket.write_frame(Frame::text(Payload::Borrowed(text.as_bytes()))).await.is_err() {
                    return;
                }
            }
        });
    }
    let text = Utf8Bytes::from(text);
    orders.each(|| told.send(text.clone()).map(drop).map_err(io::Error::other))
}

fn tasks() -> io::Result<Runtime> {
    Builder::new_multi_thread().worker_threads(WORKERS).enable_all().build()
}

fn taken(runtime: &Runtime, socket: TcpStream) -> io::Result<tokio::net::TcpStream> {
    let _inside = runtime.enter();
    socket.set_nonblocking(true)?;
    tokio::net::TcpStream::from_std(socket)
}
