//! The emulator's thread: its own runtime, the accept loop, the market's ticks. Stops when dropped.

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::mpsc;
use std::time::Duration;

use anyhow::Context as _;
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::sync::{broadcast, oneshot};
use tokio::time::MissedTickBehavior;

use super::broadcast::{Frame, Outbox};
use super::stage::EmulatorState;
use crate::error::{Error, Result};

/// Frames a socket may lag behind before it is closed.
const HUB: usize = 16_384;
/// How long a drop waits for the thread.
const STOP: Duration = Duration::from_secs(2);

#[derive(Debug)]
pub(super) struct Server {
    /// Dropped to stop the thread.
    stop: Option<oneshot::Sender<()>>,
    /// Closed by the thread when it is done.
    done: mpsc::Receiver<()>,
}

impl Server {
    pub fn start(listener: TcpListener, stage: Arc<EmulatorState>) -> Result<Self> {
        let (stop, stopped) = oneshot::channel();
        let (finished, done) = mpsc::channel();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .context("starting the emulated Thor's runtime")?;
        let listener = {
            let _inside = runtime.enter();
            tokio::net::TcpListener::from_std(listener).context("handing the listener to the runtime")?
        };
        std::thread::Builder::new()
            .name("emulated-thor".to_owned())
            .spawn(move || {
                runtime.block_on(serve(listener, stage, stopped));
                drop(runtime);
                drop(finished);
            })
            .context("starting the emulated Thor's thread")
            .map_err(Error::failed)?;
        Ok(Self { stop: Some(stop), done })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        // Nothing is ever sent: the wait ends when the thread drops its end, or in two seconds.
        let _ = self.done.recv_timeout(STOP);
    }
}

async fn serve(listener: tokio::net::TcpListener, stage: Arc<EmulatorState>, stopped: oneshot::Receiver<()>) {
    let (hub, _) = broadcast::channel(HUB);
    tokio::select! {
        () = accept(listener, Arc::clone(&stage), hub.clone()) => {}
        () = tick(stage, hub) => {}
        _ = stopped => {}
    }
}

async fn accept(listener: tokio::net::TcpListener, stage: Arc<EmulatorState>, hub: broadcast::Sender<Frame>) {
    let router = super::routes::router(stage, hub);
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            // Out of file descriptors, most likely: give connections time to end instead of spinning.
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let service = TowerToHyperService::new(router.clone());
        tokio::spawn(async move {
            let _ = stream.set_nodelay(true);
            // Daphne sends no Date header. A connection that a client breaks off is no event here.
            let mut http = http1::Builder::new();
            http.auto_date_header(false);
            let _ = http.serve_connection(TokioIo::new(stream), service).with_upgrades().await;
        });
    }
}

async fn tick(stage: Arc<EmulatorState>, hub: broadcast::Sender<Frame>) {
    let mut interval = tokio::time::interval(stage.options.tick.max(Duration::from_millis(1)));
    interval.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let mut outbox = Outbox::default();
    loop {
        let due = outbox.next_due().map(|due| stage.clock.instant(due));
        tokio::select! {
            _ = interval.tick() => stage.tick(&mut outbox),
            () = until(due) => {}
        }
        while let Some(frame) = outbox.pop(stage.clock.now()) {
            if let Frame::Text(feature, _) = &frame {
                stage.count(|counters| *counters.sent.entry(*feature).or_default() += 1);
            }
            // An error only says that nobody listens.
            let _ = hub.send(frame);
        }
    }
}

async fn until(due: Option<tokio::time::Instant>) {
    match due {
        Some(due) => tokio::time::sleep_until(due).await,
        None => std::future::pending().await,
    }
}
