//! The observer against real sockets: what it sees, what it refuses, what it never says.

mod credentials;
mod first_contact;
mod generated;
mod hostile;
mod opening;
mod polling;
pub mod server;
mod sessions;
mod socket;
pub mod tls;
mod upgrade;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use thor_cutover::clock::Clock;
use thor_cutover::environment::Environment;
use thor_cutover::model::feature::{Carries, Delivery, Feature, RestSource, WsSource};
use thor_cutover::model::observation::{Event, Observation};
use thor_cutover::observe::key::PseudonymKey;
use thor_cutover::observe::network::MachineNetwork;
use thor_cutover::observe::pseudonyms::Pseudonyms;
use thor_cutover::observe::queue::Limits;
use thor_cutover::observe::websocket::Patience;
use thor_cutover::observe::{ContactError, Observer, Plan};
use thor_cutover::settings::{AuthSettings, Backend, Login};

use server::Server;

/// One observer and what it needs to begin.
pub struct Setup {
    pub backend: Backend,
    auth: AuthSettings,
    environment: Environment,
    features: Vec<Feature>,
    every: Option<Duration>,
    pub patience: Patience,
    identifiers: Vec<String>,
}

impl Setup {
    fn of(server: &Server) -> Self {
        Self::at(&server.rest_url(), &server.ws_url())
    }

    pub fn at(rest_url: &str, ws_url: &str) -> Self {
        let backend = Backend {
            rest_url: rest_url.parse().unwrap(),
            ws_url: ws_url.parse().unwrap(),
            origin: rest_url.to_owned(),
            account_id: None,
            ca_file: None,
            client_certificate: None,
            unix_socket: None,
            proxy: None,
            headers: BTreeMap::new(),
            header_env: BTreeMap::new(),
            query_env: BTreeMap::new(),
            connect_timeout: Duration::from_secs(2),
            request_timeout: Duration::from_secs(2),
            max_message: 1 << 20,
            socket: Default::default(),
            sockets: BTreeMap::new(),
            is_thor: true,
        };
        Self {
            backend,
            auth: AuthSettings::default(),
            environment: Environment::default(),
            features: vec![feature("positions", "/api/positions")],
            every: Some(Duration::from_millis(100)),
            patience: Patience::default(),
            identifiers: Vec::new(),
        }
    }

    fn with_login(mut self) -> Self {
        self.auth.login = Some(Login {
            path: "/login/".to_owned(),
            refresh_path: Some("/refresh/".to_owned()),
            username_field: "email".to_owned(),
            username_env: "THOR_USER".to_owned(),
            password_env: "THOR_PASSWORD".to_owned(),
            password_field: "password".to_owned(),
            access: "/access".parse().unwrap(),
            refresh: "/refresh".parse().unwrap(),
            cookies: false,
            csrf: None,
        });
        self.set("THOR_USER", "ann@thor.example");
        self.set("THOR_PASSWORD", "hunter2-the-secret");
        self.features[0].rest.auth = true;
        self
    }

    fn set(&mut self, name: &str, value: &str) {
        self.environment.variables.insert(name.to_owned(), value.to_owned());
    }

    pub async fn begin(&self) -> Result<Watcher, ContactError> {
        let clock = Clock::start();
        let pseudonyms = (!self.identifiers.is_empty())
            .then(|| Pseudonyms::new(PseudonymKey::of([7; 32]), &self.identifiers));
        let plan = Plan {
            backend: &self.backend,
            auth: &self.auth,
            features: &self.features,
            every: self.every,
            pseudonyms,
            limits: Limits::default(),
            patience: self.patience,
            seed: 1,
            network: Arc::new(MachineNetwork),
        };
        let observer = Observer::begin(plan, &self.environment, clock).await?;
        Ok(Watcher { observer, clock, seen: Vec::new() })
    }
}

fn feature(name: &str, path: &str) -> Feature {
    Feature {
        name: name.to_owned(),
        order: 1,
        flag: String::new(),
        frontend_flag: None,
        rest: RestSource {
            path: path.to_owned(),
            select: "".parse().unwrap(),
            every: Duration::from_secs(1),
            complete: false,
            for_each: BTreeMap::new(),
            auth: false,
            next: None,
            post: None,
        },
        ws: vec![WsSource {
            types: vec![name.to_owned()],
            select: "/data".parse().unwrap(),
            carries: Carries::Snapshot,
            delivery: Delivery::Periodic,
            every: Duration::from_secs(1),
            filter: BTreeMap::new(),
            clock: None,
            removed: None,
            sequence: None,
        }],
        socket: None,
        routing: Default::default(),
        key: Vec::new(),
        rest_only: Vec::new(),
        ws_only: Vec::new(),
        push_delay: Duration::from_secs(2),
        rest_staleness: Duration::from_secs(1),
        rules: Vec::new(),
        timers: Vec::new(),
        endpoints: Vec::new(),
        sessions: Vec::new(),
    }
}

fn gzip(plain: &[u8]) -> Vec<u8> {
    use std::io::Write as _;

    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap()
}

/// A running observer and everything it saw.
pub struct Watcher {
    observer: Observer,
    clock: Clock,
    pub seen: Vec<Observation<'static>>,
}

impl Watcher {
    /// Waits until an event of this kind was seen, among all that were; fails after ten seconds.
    pub async fn until(&mut self, what: &str, is: impl Fn(&Event<'static>) -> bool) -> Observation<'static> {
        self.until_count(what, 1, is).await
    }

    pub async fn until_count(
        &mut self,
        what: &str,
        count: usize,
        is: impl Fn(&Event<'static>) -> bool,
    ) -> Observation<'static> {
        let mut batch = Vec::new();
        let deadline = self.clock.now() + Duration::from_secs(10);
        loop {
            let found = self.seen.iter().filter(|observation| is(&observation.event)).nth(count - 1);
            if let Some(found) = found {
                return found.clone();
            }
            assert!(self.clock.now() < deadline, "no {what} within ten seconds, only {:#?}", self.seen);
            self.observer.ready(deadline).await;
            self.observer.take(&mut batch);
            for arrival in &mut batch {
                self.seen.push(self.observer.observe(arrival).into_owned());
            }
        }
    }

    async fn message(&mut self, part: &str) -> Observation<'static> {
        self.until(
            &format!("message with {part:?}"),
            |event| matches!(event, Event::Message(text) if text.contains(part)),
        )
        .await
    }

    async fn answer(&mut self) -> Observation<'static> {
        self.until("answer", |event| matches!(event, Event::Rest(_))).await
    }

    async fn rest_error(&mut self, part: &str) -> Observation<'static> {
        self.until(
            &format!("REST error with {part:?}"),
            |event| matches!(event, Event::RestError { error, .. } if error.contains(part)),
        )
        .await
    }

    pub async fn closed(&mut self, code: u16) -> Observation<'static> {
        self.until(
            &format!("close with {code}"),
            |event| matches!(event, Event::Closed { code: seen, .. } if *seen == code),
        )
        .await
    }
}
