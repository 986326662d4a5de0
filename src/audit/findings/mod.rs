//! From what was recognised to findings: one file a subject. Each takes the survey and adds its findings.

mod asks;
pub(in crate::audit) mod beside;
mod browser;
mod collector;
mod documents;
mod exceptions;
mod grounds;
mod imports;
mod left_views;
pub(in crate::audit) mod pages;
mod resources;
mod rest;
mod server;
mod signatures;
mod stopped;
mod timers;
pub(in crate::audit) mod unread;
mod volatile;
mod wire;

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use super::flags::Flags;
use super::frontend::{Delivery, Fetches, Mounted, Poller, subscriptions::Subscription, users::User};
use super::names::{FeatureId, Names};
use super::operations::Operations;
use super::options::{AuditOptions, KnownPage, KnownView};
use super::program::{Program, Site};
use super::routes::{RouteFeatures, Routes};
use super::timers::Timers;
use super::tree::SourceTree;
use super::urls::UrlPath;
use super::websocket::{Broadcasts, Consumers, builders::Builder};
use super::{frontend, parallel, websocket};

pub(in crate::audit) use collector::{Collector, fingerprint};

/// What finds the findings, each for itself.
const PARTS: [fn(&Survey<'_, '_>, &mut Collector); 13] = [
    rest::add,
    left_views::add,
    timers::add,
    server::add,
    wire::add,
    browser::add,
    pages::add,
    asks::add,
    signatures::add,
    imports::add,
    exceptions::add,
    volatile::add,
    documents::add,
];

/// Everything that was recognised in the tree, before any conclusion.
pub(in crate::audit) struct Survey<'r, 'p> {
    pub tree: &'p SourceTree,
    pub program: &'r Program<'p>,
    pub names: &'r Names<'p>,
    pub routes: Routes,
    /// For each route the features it serves.
    pub route_features: Vec<RouteFeatures>,
    pub flags: Flags<'r, 'p>,
    pub timers: Timers<'p>,
    pub consumers: Consumers,
    pub broadcasts: Broadcasts<'p>,
    pub builders: Vec<Builder>,
    pub fetches: Fetches<'p>,
    pub pollers: Vec<Poller>,
    pub subscriptions: Vec<Subscription<'p>>,
    pub mounted: Mounted,
    pub delivery: Delivery<'r, 'p>,
    /// What `users_of` found before.
    users: Mutex<HashMap<Site, Arc<[User]>>>,
    pub asks: Vec<asks::Ask>,
    pub known_views: &'r [KnownView],
    pub known_pages: &'r [KnownPage],
}

impl<'r, 'p> Survey<'r, 'p> {
    pub fn new(
        tree: &'p SourceTree,
        program: &'r Program<'p>,
        names: &'r Names<'p>,
        options: &'r AuditOptions,
    ) -> Self {
        let server = || {
            let consumers = Consumers::new(program);
            let broadcasts = Broadcasts::new(program, &consumers, &options.helpers);
            let builders = websocket::builders::find(program, names, &consumers, &broadcasts);
            let timers = Timers::new(program, Operations::new(tree, program));
            (consumers, broadcasts, builders, timers)
        };
        let others = || {
            let flags = Flags::new(program, names);
            let routes = Routes::new(program, &flags);
            let fetches = Fetches::new(program, names, &routes, &options.base_urls);
            let pollers = frontend::pollers::find(program, &fetches);
            let subscriptions = frontend::subscriptions::find(program, &options.listeners);
            (routes, fetches, pollers, subscriptions, flags)
        };
        let (server, others) = parallel::both(server, others);
        let (consumers, mut broadcasts, builders, mut timers) = server;
        let (routes, fetches, pollers, subscriptions, flags) = others;
        timers.follow(program, &flags);
        stopped::silence(program, &timers, &mut broadcasts);
        let route_features = routes.features(names);
        let mounted = Mounted::new(program, tree);
        let delivery = Delivery::new(program, &mounted, &subscriptions, &options.named_listeners);
        let mut survey = Self {
            tree,
            program,
            names,
            routes,
            route_features,
            flags,
            timers,
            consumers,
            broadcasts,
            builders,
            fetches,
            pollers,
            subscriptions,
            delivery,
            mounted,
            users: Mutex::default(),
            asks: Vec::new(),
            known_views: &options.known_views,
            known_pages: &options.known_pages,
        };
        survey.asks = asks::find(&survey);
        survey
    }

    /// All findings, not yet suppressed.
    pub fn findings(&self) -> Collector {
        let add = |part: usize| {
            let mut collector = Collector::default();
            PARTS[part](self, &mut collector);
            collector
        };
        parallel::each(PARTS.len(), add).into_iter().collect()
    }

    /// The features that a request for this path asks: by its route's view, or by configuration.
    pub fn features_of_path(&self, path: &UrlPath) -> BTreeSet<FeatureId> {
        if path.known() < 2 {
            return BTreeSet::new();
        }
        let mut found: BTreeSet<FeatureId> = self.names.of_endpoint(path).into_iter().collect();
        for route in self.routes.matching(path) {
            found.extend(self.route_features[route].all());
        }
        found
    }

    /// The components that lead to a function; looked for once.
    pub fn users_of(&self, site: Site) -> Arc<[User]> {
        let memory = || self.users.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = memory().get(&site) {
            return Arc::clone(known);
        }
        let found: Arc<[User]> = frontend::users::of(self.program, &self.mounted, site).into();
        memory().insert(site, Arc::clone(&found));
        found
    }

    pub fn feature_name(&self, feature: FeatureId) -> String {
        self.names.name(feature).to_owned()
    }

    /// The only feature of a message type; `None` for none or several.
    pub fn feature_of_type(&self, message_type: &str) -> Option<FeatureId> {
        match self.names.of_type(message_type)[..] {
            [only] => Some(only),
            _ => None,
        }
    }

    pub fn place(&self, unit: usize, line: u32) -> crate::model::gate::Place {
        crate::model::gate::Place { path: self.program.path(unit).to_owned(), line: line as usize }
    }
}
