//! The bare loop: accepted sockets with the same options, and threads that write one prebuilt frame to each in turn.

use std::io::{self, ErrorKind, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Sender, channel};
use std::thread::JoinHandle;

use socket2::SockRef;

use super::crowd::Crowd;

/// As the server sets it.
const SEND_BUFFER: usize = 64 * 1024;

/// See the module. Its threads end with it.
pub struct Bare {
    orders: Vec<Sender<(Vec<u8>, u32)>>,
    threads: Vec<JoinHandle<()>>,
}

impl Bare {
    /// `count` connections, written by so many threads, and their readers.
    pub fn with(count: usize, threads: usize) -> io::Result<(Self, Crowd)> {
        let (accepted, readers) = pairs(count)?;
        let mut writers: Vec<Vec<TcpStream>> = Vec::new();
        writers.resize_with(threads.max(1), Vec::new);
        for (n, socket) in accepted.into_iter().enumerate() {
            socket.set_nonblocking(true)?;
            writers[n % threads.max(1)].push(socket);
        }
        let mut bare = Self { orders: Vec::new(), threads: Vec::new() };
        for sockets in writers {
            let (sender, orders) = channel::<(Vec<u8>, u32)>();
            bare.orders.push(sender);
            bare.threads.push(std::thread::spawn(move || {
                for (frame, times) in orders {
                    (0..times).for_each(|_| sockets.iter().for_each(|socket| write(socket, &frame)));
                }
            }));
        }
        Ok((bare, Crowd::of(readers)?))
    }

    /// Writes the frame so many times to everybody.
    pub fn write(&mut self, frame: &[u8], times: u32) {
        for thread in &self.orders {
            // A thread that has ended leaves readers waiting, who say so.
            let _ = thread.send((frame.to_vec(), times));
        }
    }
}

/// Both ends of so many connections: those that were accepted, as a server sets them, and those that connected.
pub fn pairs(count: usize) -> io::Result<(Vec<TcpStream>, Vec<TcpStream>)> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    let pair = |_| {
        let connected = TcpStream::connect(address)?;
        let (accepted, _) = listener.accept()?;
        accepted.set_nodelay(true)?;
        SockRef::from(&accepted).set_send_buffer_size(SEND_BUFFER)?;
        Ok((accepted, connected))
    };
    (0..count).map(pair).collect()
}

impl Drop for Bare {
    fn drop(&mut self) {
        self.orders.clear();
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

fn write(mut socket: &TcpStream, mut frame: &[u8]) {
    while !frame.is_empty() {
        match socket.write(frame) {
            Ok(written) => frame = &frame[written..],
            Err(error) if error.kind() == ErrorKind::WouldBlock => std::thread::yield_now(),
            Err(_) => return,
        }
    }
}
