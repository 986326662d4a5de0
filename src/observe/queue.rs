//! Between reading and judging: what arrived is stamped and queued at once, judged when there is time.
//!
//! Reading does not wait for judging as long as the queue has room. It is bounded: beyond that the socket is not
//! read until there is room again, an answer is lost, and either is itself an arrival: a gap, as what comes late
//! is stamped late. A machine that slept is found out here too, before a late frame gets a stamp.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio_tungstenite::tungstenite::{Bytes, Utf8Bytes};

use crate::clock::Clock;
use crate::model::observation::GapReason;
use crate::model::rest_cause::Unusable;
use crate::model::time::{Nanos, nanos};

/// What arrived, as it came: not looked into yet.
#[derive(Debug, Clone, PartialEq)]
pub struct Arrival {
    pub at: Nanos,
    pub what: Arrived,
    /// Which of the observed sockets it is about, where it is about one.
    pub socket: usize,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Arrived {
    /// The handshake succeeded, and something is to be said first.
    Opening,
    Open,
    Closed {
        code: u16,
        reason: String,
    },
    ConnectFailed {
        reason: String,
    },
    Text(Utf8Bytes),
    Binary {
        bytes: usize,
        /// Kept only where it may be read.
        content: Option<Bytes>,
    },
    Answer {
        request: RequestId,
        sent: Nanos,
        status: u16,
        body: Vec<u8>,
    },
    RestError {
        request: RequestId,
        sent: Nanos,
        why: Unusable,
    },
    Gap {
        reason: GapReason,
        lasted: Nanos,
    },
}

/// Which request: index of the feature, and of the combination that filled its path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RequestId {
    pub feature: usize,
    pub combination: usize,
}

/// Arrivals that may wait: the judge is as far behind as it may be.
const MAX_ARRIVALS: usize = 1 << 16;

/// Bytes that may wait.
const MAX_WAITING_BYTES: usize = 32 << 20;

/// How much may wait.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    pub arrivals: usize,
    pub bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { arrivals: MAX_ARRIVALS, bytes: MAX_WAITING_BYTES }
    }
}

/// Without a sign of life for this long the process did not run: its machine slept or it was stopped.
const ASLEEP: Duration = Duration::from_secs(2);

/// Arrivals for which room is kept from one batch to the next.
const IDLE_ROOM: usize = 1024;

/// How often [`Queue::beat`] wants to be called.
pub const BEAT: Duration = Duration::from_millis(250);

pub struct Queue {
    clock: Clock,
    limits: Limits,
    state: Mutex<QueueState>,
    ready: Notify,
    room: Notify,
}

/// Where one socket's arrivals go.
#[derive(Clone)]
pub struct Outlet {
    queue: Arc<Queue>,
    socket: usize,
}

impl Outlet {
    /// As [`Queue::push`].
    pub fn push(&self, what: Arrived) {
        // That something was lost is noted already.
        let _ = self.queue.offer(self.socket, what);
    }

    /// Stamps and queues, as soon as there is room.
    pub async fn push_or_wait(&self, what: Arrived) {
        let mut what = what;
        while let Err(refused) = self.queue.offer(self.socket, what) {
            what = refused;
            self.queue.room.notified().await;
        }
    }
}

#[derive(Default)]
struct QueueState {
    arrivals: Vec<Arrival>,
    bytes: usize,
    /// When the first arrival of the present overflow was lost, or had to wait.
    overflows_since: Option<Nanos>,
    alive_at: Nanos,
}

impl Queue {
    pub fn new(clock: Clock, limits: Limits) -> Self {
        let state = QueueState { alive_at: clock.now(), ..QueueState::default() };
        Self { clock, limits, state: Mutex::new(state), ready: Notify::new(), room: Notify::new() }
    }

    /// Stamps and queues; what does not fit is lost. Stamps never go back along the queue: they are taken under
    /// its lock.
    pub fn push(&self, what: Arrived) {
        // That something was lost is noted already.
        let _ = self.offer(0, what);
    }

    /// The queue for what is about one of several sockets.
    pub fn outlet(self: &Arc<Self>, socket: usize) -> Outlet {
        Outlet { queue: Arc::clone(self), socket }
    }

    /// Gives back what does not fit.
    fn offer(&self, socket: usize, what: Arrived) -> Result<(), Arrived> {
        let mut state = self.lock();
        let at = self.beat_locked(&mut state);
        let size = what.size();
        if state.arrivals.len() >= self.limits.arrivals
            || (state.bytes + size > self.limits.bytes && !state.arrivals.is_empty())
        {
            state.overflows_since.get_or_insert(at);
            return Err(what);
        }
        state.close_overflow(at);
        state.bytes += size;
        state.arrivals.push(Arrival { at, what, socket });
        let is_first = state.arrivals.len() == 1;
        drop(state);
        if is_first {
            self.ready.notify_one();
        }
        Ok(())
    }

    /// Says that the process runs; called every [`BEAT`], whatever arrives.
    pub fn beat(&self) {
        let mut state = self.lock();
        self.beat_locked(&mut state);
    }

    /// Waits until something is there.
    pub async fn ready(&self) {
        while self.lock().arrivals.is_empty() {
            self.ready.notified().await;
        }
    }

    /// Moves everything into `batch`, which is emptied before. Returns an instant that is not after any
    /// later arrival: the time up to which windows may be closed once the batch is judged. Where the machine slept until
    /// now, the batch says so: what was due meanwhile may not be judged without knowing of it.
    pub fn take(&self, batch: &mut Vec<Arrival>) -> Nanos {
        batch.clear();
        // a burst long past must not keep its room for the rest of a session
        batch.shrink_to(IDLE_ROOM);
        let mut state = self.lock();
        let now = self.beat_locked(&mut state);
        state.close_overflow(now);
        state.bytes = 0;
        std::mem::swap(batch, &mut state.arrivals);
        drop(state);
        self.room.notify_one();
        now
    }

    fn beat_locked(&self, state: &mut QueueState) -> Nanos {
        let at = self.clock.now();
        let silence = at.since(state.alive_at);
        state.alive_at = at;
        if silence > ASLEEP {
            let lasted = Nanos(nanos(silence));
            let what = Arrived::Gap { reason: GapReason::Suspended, lasted };
            state.arrivals.push(Arrival { at, what, socket: 0 });
            self.ready.notify_one();
        }
        at
    }

    fn lock(&self) -> MutexGuard<'_, QueueState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl QueueState {
    /// There is room again: says how long there was none.
    fn close_overflow(&mut self, at: Nanos) {
        if let Some(since) = self.overflows_since.take() {
            let lasted = Nanos(nanos(at.since(since)));
            let what = Arrived::Gap { reason: GapReason::QueueOverflow, lasted };
            self.arrivals.push(Arrival { at, what, socket: 0 });
        }
    }
}

impl Arrived {
    fn size(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Binary { content: Some(content), .. } => content.len(),
            Self::Answer { body, .. } => body.len(),
            _ => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;
    use crate::clock::TimeSource;

    fn text(text: &'static str) -> Arrived {
        Arrived::Text(Utf8Bytes::from_static(text))
    }

    fn gaps(batch: &[Arrival]) -> usize {
        batch
            .iter()
            .filter(|arrival| matches!(arrival.what, Arrived::Gap { reason: GapReason::QueueOverflow, .. }))
            .count()
    }

    #[test]
    fn an_overflow_is_one_gap_and_not_a_silent_loss() {
        let queue = Queue::new(Clock::start(), Limits { arrivals: 2, bytes: 1000 });
        for _ in 0..5 {
            queue.push(text("x"));
        }
        let mut batch = Vec::new();
        queue.take(&mut batch);
        assert_eq!((batch.len(), gaps(&batch)), (3, 1));
        queue.push(text("y"));
        queue.take(&mut batch);
        assert_eq!((batch.len(), gaps(&batch)), (1, 0));
    }

    #[test]
    fn bytes_are_bounded_but_one_large_message_always_fits() {
        let queue = Queue::new(Clock::start(), Limits { arrivals: 100, bytes: 10 });
        queue.push(text("twelve bytes"));
        queue.push(text("more"));
        let mut batch = Vec::new();
        queue.take(&mut batch);
        assert_eq!((batch.len(), gaps(&batch)), (2, 1));
    }

    /// A clock that is moved by hand.
    #[derive(Debug)]
    struct HandClock(AtomicU64);

    impl TimeSource for HandClock {
        fn counter(&self) -> i128 {
            i128::from(self.0.load(Ordering::Relaxed))
        }

        fn wall(&self) -> jiff::Timestamp {
            jiff::Timestamp::UNIX_EPOCH
        }
    }

    #[test]
    fn whoever_wakes_first_after_a_sleep_learns_of_it() {
        static HANDS: HandClock = HandClock(AtomicU64::new(0));
        let queue = Queue::new(Clock::start_by(&HANDS), Limits::default());
        queue.push(text("before"));
        HANDS.0.store(20_000_000_000, Ordering::Relaxed);
        let mut batch = Vec::new();
        let now = queue.take(&mut batch);
        let gap = Arrived::Gap { reason: GapReason::Suspended, lasted: now };
        let arrived: Vec<_> = batch.iter().map(|arrival| (arrival.at, &arrival.what)).collect();
        assert_eq!(arrived, [(Nanos::ZERO, &text("before")), (now, &gap)]);
        queue.beat();
        queue.take(&mut batch);
        assert!(batch.is_empty(), "it is said once: {batch:?}");
    }

    #[tokio::test]
    async fn a_message_waits_for_room_and_the_wait_is_a_gap() {
        let queue = Arc::new(Queue::new(Clock::start(), Limits { arrivals: 2, bytes: 1000 }));
        let reader = tokio::spawn({
            let outlet = queue.outlet(0);
            async move {
                for _ in 0..7 {
                    outlet.push_or_wait(text("x")).await;
                }
            }
        });
        let (mut batch, mut messages, mut overflows) = (Vec::new(), 0, 0);
        while messages < 7 {
            queue.ready().await;
            queue.take(&mut batch);
            messages += batch.len() - gaps(&batch);
            overflows += gaps(&batch);
        }
        reader.await.unwrap();
        assert_eq!((messages, overflows), (7, 3), "two at a time, and a gap between");
    }

    #[test]
    fn stamps_never_go_back() {
        let queue = Queue::new(Clock::start(), Limits::default());
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..1000).for_each(|_| queue.push(text("x"))));
            }
        });
        let mut batch = Vec::new();
        let now = queue.take(&mut batch);
        assert_eq!(batch.len(), 4000);
        assert!(batch.is_sorted_by_key(|arrival| arrival.at));
        assert!(batch.iter().all(|arrival| arrival.at <= now));
    }
}
