//! A connection in memory: bytes that take their time, reads and writes that end at any byte, resets, half-closes.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

use crate::dice::Dice;
use crate::frames::Frames;
use crate::world::{MS, World, lock};

/// Bytes that may be on their way in one direction.
const WINDOW: usize = 64 << 10;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Client,
    Server,
}

/// One direction.
#[derive(Default)]
struct Pipe {
    /// Bytes and when they arrive, on the simulation's clock.
    chunks: VecDeque<(i128, VecDeque<u8>)>,
    waiting: usize,
    /// Nothing more is sent.
    is_closed: bool,
    reader: Option<Waker>,
    writer: Option<Waker>,
}

pub struct Wire {
    pub is_socket: bool,
    to_client: Pipe,
    to_server: Pipe,
    is_reset: bool,
    is_swallowed: bool,
    /// The client's bytes end here by a reset.
    cut: Option<usize>,
    read: usize,
    dice: Dice,
    /// What the client has read of a socket.
    frames: Frames,
}

impl Wire {
    /// Both ends of a new connection.
    pub fn open(world: &Arc<World>, is_socket: bool, cut: Option<usize>) -> (WireEnd, WireEnd) {
        let mut wires = lock(&world.wires);
        let label = format!("wire {} of life {}", wires.len(), world.life());
        let wire = Arc::new(Mutex::new(Self {
            is_socket,
            to_client: Pipe::default(),
            to_server: Pipe::default(),
            is_reset: false,
            is_swallowed: false,
            cut,
            read: 0,
            dice: Dice::new(world.plan.seed).fork(&label),
            frames: Frames::default(),
        }));
        wires.push(Arc::clone(&wire));
        let end = |side| WireEnd { wire: Arc::clone(&wire), world: Arc::clone(world), side, alarm: None };
        (end(Side::Client), end(Side::Server))
    }

    pub fn reset(&mut self) {
        self.is_reset = true;
        self.wake();
    }

    pub fn half_close(&mut self) {
        self.to_client.is_closed = true;
        self.wake();
    }

    pub fn swallow(&mut self) {
        self.is_swallowed = true;
    }

    fn wake(&mut self) {
        for pipe in [&mut self.to_client, &mut self.to_server] {
            pipe.reader.take().into_iter().chain(pipe.writer.take()).for_each(Waker::wake);
        }
    }

    fn incoming(&mut self, side: Side) -> &mut Pipe {
        match side {
            Side::Client => &mut self.to_client,
            Side::Server => &mut self.to_server,
        }
    }
}

/// What one side holds of a connection.
pub struct WireEnd {
    wire: Arc<Mutex<Wire>>,
    world: Arc<World>,
    side: Side,
    /// Goes off when the next bytes arrive.
    alarm: Option<Pin<Box<Sleep>>>,
}

impl Side {
    fn other(self) -> Self {
        match self {
            Self::Client => Self::Server,
            Self::Server => Self::Client,
        }
    }
}

impl AsyncRead for WireEnd {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let is_client = this.side == Side::Client;
        if buffer.remaining() == 0 {
            return Poll::Ready(Ok(()));
        }
        if is_client {
            this.world.step();
        }
        loop {
            let now = this.world.time.now();
            let mut wire = lock(&this.wire);
            if wire.is_reset {
                return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
            }
            let held = if is_client && wire.is_socket { lock(&this.world.sky).until("stall") } else { 0 };
            let is_swallowed = is_client && wire.is_swallowed;
            let pipe = wire.incoming(this.side);
            pipe.reader = Some(cx.waker().clone());
            let due = match pipe.chunks.front() {
                _ if is_swallowed => return Poll::Pending,
                None if pipe.is_closed => return Poll::Ready(Ok(())),
                None => return Poll::Pending,
                Some((due, _)) => (*due).max(held),
            };
            if due > now {
                drop(wire);
                let left = Duration::from_nanos(u64::try_from(due - now).unwrap_or(0));
                let mut alarm = Box::pin(sleep(left));
                let rung = alarm.as_mut().poll(cx);
                this.alarm = Some(alarm);
                if rung.is_pending() {
                    return Poll::Pending;
                }
                continue;
            }
            let most = match is_client {
                true => 1 + wire.dice.below(this.world.plan.bite as u64) as usize,
                false => usize::MAX,
            };
            let most = most.min(buffer.remaining());
            let (cut, read) = (wire.cut, wire.read);
            let most = if is_client { cut.map_or(most, |cut| most.min(cut - read)) } else { most };
            if most == 0 {
                wire.reset();
                return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
            }
            let pipe = wire.incoming(this.side);
            let Some((_, chunk)) = pipe.chunks.front_mut() else { return Poll::Pending };
            let bytes: Vec<u8> = chunk.drain(..most.min(chunk.len())).collect();
            if chunk.is_empty() {
                pipe.chunks.pop_front();
            }
            pipe.waiting -= bytes.len();
            pipe.writer.take().into_iter().for_each(Waker::wake);
            buffer.put_slice(&bytes);
            let mut heard = Vec::new();
            if is_client {
                wire.read += bytes.len();
                if wire.is_socket {
                    heard = wire.frames.read(&bytes);
                }
            }
            drop(wire);
            heard.into_iter().for_each(|number| this.world.deliver("stream", Some(number)));
            return Poll::Ready(Ok(()));
        }
    }
}

impl AsyncWrite for WireEnd {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let is_client = self.side == Side::Client;
        if is_client {
            self.world.step();
        }
        let mut wire = lock(&self.wire);
        if wire.is_reset {
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        let (low, high) = self.world.plan.latency;
        let late = wire.dice.between(low as i64, high as i64);
        let most = match is_client {
            true => 1 + wire.dice.below(self.world.plan.bite as u64) as usize,
            false => usize::MAX,
        };
        let pipe = wire.incoming(self.side.other());
        if pipe.is_closed {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        if pipe.waiting >= WINDOW {
            pipe.writer = Some(cx.waker().clone());
            return Poll::Pending;
        }
        let taken = &bytes[..most.min(bytes.len())];
        let last = pipe.chunks.back().map_or(0, |(due, _)| *due);
        let due = last.max(self.world.time.now() + i128::from(late) * MS);
        pipe.chunks.push_back((due, taken.iter().copied().collect()));
        pipe.waiting += taken.len();
        pipe.reader.take().into_iter().for_each(Waker::wake);
        Poll::Ready(Ok(taken.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut wire = lock(&self.wire);
        let side = self.side.other();
        wire.incoming(side).is_closed = true;
        wire.wake();
        Poll::Ready(Ok(()))
    }
}

impl Drop for WireEnd {
    fn drop(&mut self) {
        let mut wire = lock(&self.wire);
        wire.to_client.is_closed = true;
        wire.to_server.is_closed = true;
        wire.wake();
    }
}
