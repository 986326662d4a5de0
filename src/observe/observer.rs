//! The observer: one connection a socket, one poller a feature, one queue into which they all write.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::clock::Clock;
use crate::environment::Environment;
use crate::model::feature::Feature;
use crate::model::observation::Observation;
use crate::model::time::Nanos;
use crate::observe::auth::{Auth, AuthError};
use crate::observe::channel::{Channel, OpenChannel};
use crate::observe::cookies::Cookies;
use crate::observe::handshake::HandshakeError;
use crate::observe::http::{Http, HttpError};
use crate::observe::intake::{Intake, PolledFeature};
use crate::observe::network::Network;
use crate::observe::pseudonyms::Pseudonyms;
use crate::observe::queue::{Arrival, Arrived, Limits, Queue};
use crate::observe::rest::{Poller, Rest, Wishes};
use crate::observe::schedule::{Backoff, Jitter, Schedule};
use crate::observe::stop::Stop;
use crate::observe::websocket::Patience;
use crate::observe::{clock_watch, template, tls};
use crate::settings::{self, Backend, Transport};

/// How long the first login and the first connection may take, each.
const FIRST_CONTACT: Duration = Duration::from_secs(4);

/// What to look at, and how.
pub struct Plan<'a> {
    pub backend: &'a Backend,
    pub auth: &'a settings::AuthSettings,
    /// As configured, account numbers in the clear: requests need them.
    pub features: &'a [Feature],
    /// Instead of each feature's own interval.
    pub every: Option<Duration>,
    /// `None` keeps account numbers as they are.
    pub pseudonyms: Option<Pseudonyms>,
    pub limits: Limits,
    pub patience: Patience,
    /// Where jitter begins; two observers should not share it.
    pub seed: u64,
    pub network: Arc<dyn Network>,
}

/// Why observing could not begin.
#[derive(Debug, thiserror::Error)]
pub enum ContactError {
    #[error("cannot connect to {url}")]
    WebSocket { url: String, source: HandshakeError, is_thor: bool },
    #[error("no usable credentials")]
    Auth(#[from] AuthError),
    #[error(transparent)]
    Tls(#[from] tls::TlsError),
    #[error(transparent)]
    Http(#[from] HttpError),
    #[error("{0}")]
    Backend(String),
}

impl From<ContactError> for crate::error::Error {
    fn from(error: ContactError) -> Self {
        use crate::error::Error;
        match &error {
            ContactError::WebSocket { source, is_thor, .. } => {
                let hint = source.hint(*is_thor);
                Error::failed(error).hint(hint)
            }
            ContactError::Auth(source) => {
                let hint = source.hint();
                Error::failed(error).hint(hint)
            }
            ContactError::Tls(_) => Error::failed(error).hint(tls::HINT),
            ContactError::Http(_) | ContactError::Backend(_) => Error::usage(error),
        }
    }
}

/// Whether observing could begin, as far as that can be said without asking anybody: certificates, proxy, and where
/// the credentials come from.
///
/// # Errors
/// [`ContactError`], as [`Observer::begin`] would have it.
pub fn check(
    backend: &Backend,
    auth: &settings::AuthSettings,
    environment: &Environment,
) -> Result<(), ContactError> {
    tls::install_provider();
    let is_secure =
        [&backend.rest_url, &backend.ws_url].iter().any(|url| matches!(url.scheme(), "https" | "wss"));
    let tls = tls::client_config(backend.ca_file.as_deref(), backend.client_certificate.as_ref(), is_secure)?;
    Auth::new(auth, environment, Http::new(backend, &tls)?, Clock::start())?;
    Ok(())
}

/// A running observation. Dropping it ends every task.
pub struct Observer {
    clock: Clock,
    queue: Arc<Queue>,
    intake: Intake,
    samples: Vec<watch::Sender<Option<Nanos>>>,
    polls: Vec<watch::Sender<bool>>,
    socket: watch::Sender<bool>,
    fatal: watch::Receiver<Option<AuthError>>,
    tasks: JoinSet<()>,
}

impl Observer {
    /// Logs in where a feature needs it, connects, starts to read and to poll.
    ///
    /// # Errors
    /// [`ContactError`] within ten seconds.
    pub async fn begin(
        plan: Plan<'_>,
        environment: &Environment,
        clock: Clock,
    ) -> Result<Self, ContactError> {
        tls::install_provider();
        let sockets = Backend::sockets_of(plan.features);
        let backends: Vec<Backend> =
            sockets.iter().map(|name| plan.backend.for_socket(name.as_deref())).collect();
        let is_secure = plan.backend.rest_url.scheme() == "https"
            || backends.iter().any(|backend| matches!(backend.ws_url.scheme(), "https" | "wss"));
        let tls = tls::client_config(
            plan.backend.ca_file.as_deref(),
            plan.backend.client_certificate.as_ref(),
            is_secure,
        )?;
        let cookies = plan.auth.earns_cookies().then(Cookies::default);
        let http = Http::new(plan.backend, &tls)?
            .with_cookies(cookies.clone())
            .with_network(Arc::clone(&plan.network));
        let queue = Arc::new(Queue::new(clock, plan.limits));
        let (socket, mut tasks) = (watch::Sender::new(false), JoinSet::new());
        // from here on: a login that takes its time is no sleep
        tasks.spawn(clock_watch::watch(clock, Arc::clone(&queue), Stop::of(&socket)));
        let mut channels = Vec::new();
        for (index, backend) in backends.iter().enumerate() {
            // Cookies go to the host that gave them.
            let cookies = cookies.clone().filter(|_| backend.ws_url.host() == plan.backend.rest_url.host());
            let channel = Channel::new(backend, &tls, clock, queue.outlet(index), plan.patience, cookies);
            let channel = channel.map_err(ContactError::Backend)?;
            channels.push(channel.with_network(Arc::clone(&plan.network)));
        }
        let auth = Auth::new(plan.auth, environment, http.clone(), clock)?;
        if cookies.is_some() || plan.features.iter().any(|feature| feature.rest.auth) {
            log_in(&auth).await?;
        }
        let mut jitter = Jitter::seeded(plan.seed);
        let jitters: Vec<Jitter> = channels.iter().map(|_| Jitter::seeded(jitter.seed())).collect();
        let attempts =
            channels.iter().zip(jitters.clone()).map(|(channel, jitter)| first_contact(channel, jitter));
        let mut opened = Vec::new();
        let mut first_refusal = None;
        for (index, (attempt, backend)) in join_all(attempts).await.into_iter().zip(&backends).enumerate() {
            opened.push(
                attempt
                    .map_err(|source| {
                        // The others may go on without it: what is wrong with it is known to its features only.
                        let reason = format!("{source}");
                        queue.outlet(index).push(Arrived::ConnectFailed { reason });
                        first_refusal.get_or_insert(ContactError::WebSocket {
                            url: match &backend.socket.transport {
                                Transport::Command(command) => {
                                    format!("the program {}", command.first().map_or("", |it| it))
                                }
                                _ => crate::secrets::shown_url(backend.ws_url.as_str()),
                            },
                            source,
                            is_thor: backend.is_thor,
                        });
                    })
                    .ok(),
            );
        }
        if let Some(refusal) = first_refusal
            && opened.iter().all(Option::is_none)
        {
            return Err(refusal);
        }

        let (fatal, fatal_seen) = watch::channel(None);
        let rest = Arc::new(Rest { http, auth, clock, queue: Arc::clone(&queue), fatal });
        let polled = |feature| PolledFeature::of(feature, plan.pseudonyms.as_ref());
        let sources = plan.features.iter().map(polled).collect();
        let mut observer = Self {
            clock,
            queue,
            intake: Intake::new(sources, plan.pseudonyms, plan.backend, &sockets),
            samples: Vec::new(),
            polls: Vec::new(),
            socket,
            fatal: fatal_seen,
            tasks,
        };
        for (index, feature) in plan.features.iter().enumerate() {
            let every = plan.every.unwrap_or(feature.rest.every);
            let jitter = Jitter::seeded(plan.seed.wrapping_add(index as u64 + 1));
            let requests = template::requests(&feature.rest);
            observer.poll(Poller {
                rest: Arc::clone(&rest),
                feature: index,
                known: requests.iter().map(|_| None).collect(),
                requests,
                select: feature.rest.select.clone(),
                next: feature.rest.next.clone(),
                body: feature.rest.post.as_ref().map(|post| post.body.clone()),
                schedule: Schedule::new(clock.now(), every, jitter),
                with_credentials: feature.rest.auth,
            });
        }
        for (index, ((channel, open), jitter)) in channels.into_iter().zip(opened).zip(jitters).enumerate() {
            let of_it = |(_, feature): &(usize, &Feature)| feature.socket == sockets[index];
            let features: Vec<usize> =
                plan.features.iter().enumerate().filter(of_it).map(|(index, _)| index).collect();
            observer.read(channel, open, jitter, index, &features);
        }
        Ok(observer)
    }

    /// Waits until something arrived or `until` has come.
    pub async fn ready(&self, until: Nanos) {
        tokio::select! {
            biased;
            () = self.queue.ready() => {}
            () = tokio::time::sleep_until(self.clock.instant(until)) => {}
        }
    }

    /// Everything that arrived, in order; returns the time up to which nothing more can arrive.
    pub fn take(&self, batch: &mut Vec<Arrival>) -> Nanos {
        self.queue.take(batch)
    }

    /// What an arrival amounts to; its text moves into the observation.
    pub fn observe<'a>(&'a self, arrival: &'a mut Arrival) -> Observation<'a> {
        self.intake.observe(arrival)
    }

    /// Asks for an extra sample of one feature at `at`; granted at most twice a second.
    pub fn want_sample(&self, feature: usize, at: Nanos) {
        self.samples[feature].send_if_modified(|wish| {
            let is_new = *wish != Some(at);
            *wish = Some(at);
            is_new
        });
    }

    /// Begins no more polls of one feature; one under way still arrives.
    pub fn stop_polling(&self, feature: usize) {
        self.polls[feature].send_replace(true);
    }

    /// Why the run cannot go on, if the server refuses its credentials for good.
    pub fn refusal(&self) -> Option<AuthError> {
        self.fatal.borrow().clone()
    }

    /// Says goodbye to the server and ends every task, within a second.
    pub async fn end(mut self) {
        for stop in self.polls.iter().chain([&self.socket]) {
            stop.send_replace(true);
        }
        let all = async { while self.tasks.join_next().await.is_some() {} };
        if timeout(Duration::from_millis(500), all).await.is_err() {
            self.tasks.shutdown().await;
        }
    }

    /// Keeps up the socket of this index, which carries these features.
    fn read(
        &mut self,
        channel: Channel,
        open: Option<OpenChannel>,
        jitter: Jitter,
        index: usize,
        features: &[usize],
    ) {
        let (opened, mut reopened) = watch::channel(0);
        let stop = Stop::of(&self.socket);
        let (clock, outlet) = (self.clock, self.queue.outlet(index));
        let was_open = open.is_some();
        self.tasks.spawn(async move { channel.run(open, clock, &outlet, stop, opened, jitter).await });
        // reconnecting replays nothing: a fresh sample says at once what the socket missed
        let samples: Vec<_> = features.iter().map(|feature| self.samples[*feature].clone()).collect();
        self.tasks.spawn(async move {
            while reopened.changed().await.is_ok() {
                if *reopened.borrow_and_update() > u64::from(was_open) {
                    for sample in &samples {
                        sample.send_replace(Some(clock.now()));
                    }
                }
            }
        });
    }

    fn poll(&mut self, poller: Poller) {
        let (sample, stop) = (watch::Sender::new(None), watch::Sender::new(false));
        let wishes = Wishes { sample: sample.subscribe(), stop: Stop::of(&stop) };
        self.samples.push(sample);
        self.polls.push(stop);
        self.tasks.spawn(poller.run(wishes));
    }
}

async fn log_in(auth: &Auth) -> Result<(), AuthError> {
    match timeout(FIRST_CONTACT, auth.bearer()).await {
        Ok(done) => done.map(|_| ()),
        Err(_) => Err(AuthError::NoAnswer {
            path: auth.login_path().unwrap_or_default().to_owned(),
            why: format!("nothing within {FIRST_CONTACT:?}"),
        }),
    }
}

/// The first connection, and what is said on it first.
async fn first_contact(channel: &Channel, mut jitter: Jitter) -> Result<OpenChannel, HandshakeError> {
    let mut open = connect(channel, &mut jitter).await?;
    channel.open(&mut open).await?;
    Ok(open)
}

/// The first connection: tried again for a few seconds where the server may just be starting.
async fn connect(channel: &Channel, jitter: &mut Jitter) -> Result<OpenChannel, HandshakeError> {
    let mut last = HandshakeError::Timeout(FIRST_CONTACT);
    let mut backoff = Backoff::new(jitter.clone());
    let attempts = async {
        loop {
            match channel.connect().await {
                Err(error) if error.may_pass() => last = error,
                done => return done,
            }
            sleep(backoff.pause()).await;
        }
    };
    let done = timeout(FIRST_CONTACT, attempts).await;
    done.unwrap_or(Err(last))
}
