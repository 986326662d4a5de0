//! The machine: readings of the wall clock and what happened go in, what to do and until when to sleep comes out.
//!
//! It knows no file and no socket. It never opens a window outside of its session, never two of one feature at a time,
//! and never one whose session is over.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::watch::calendar::{DueWindow, WindowKey, due};
use crate::watch::events::{Action, CloseOrder, Hindrance, TargetPlan, WatchEvent, WindowEnding};
use crate::watch::retry::{Retry, after, pause};
use crate::watch::store_queue::{LastTry, StoreQueue};

/// How far ahead the next session is looked for: no holiday lasts so long.
const HORIZON: SignedDuration = SignedDuration::from_hours(14 * 24);
/// The calendar is read anew after a day, and where the clock went back by more than this.
const CALENDAR_BACK: SignedDuration = SignedDuration::from_hours(24);
/// A window that lasted so long had a server: what ends it then is a new story.
const SETTLED_IN: SignedDuration = SignedDuration::from_secs(300);
/// The pauses after refused credentials. A refusal too many may lock the account, so the next one is the last.
const REFUSED_PAUSES: [Duration; 2] = [Duration::from_secs(60), Duration::from_secs(600)];
/// Tries in a row after which a window that cannot be observed is no hiccup.
const HINDERED_AFTER: u32 = 3;
/// How often recordings are looked through for what is outdated, besides whenever a window ends.
const PRUNE_EVERY: SignedDuration = SignedDuration::from_hours(6);

/// The machine.
#[derive(Debug)]
pub struct Scheduler {
    targets: BTreeMap<String, WatchedTarget>,
    /// Windows that were opened and whose session is not over.
    windows: BTreeMap<WindowKey, OpenedWindow>,
    /// Windows to judge from disk, and when to try.
    unsettled: BTreeMap<WindowKey, Retry>,
    /// Ledgers that something waits for, by target.
    unmerged: BTreeMap<String, Retry>,
    unstored: StoreQueue,
    prune_at: Timestamp,
    orders: VecDeque<Action>,
    is_stopping: bool,
    has_exited: bool,
}

#[derive(Debug)]
struct WatchedTarget {
    plan: TargetPlan,
    refusals: usize,
    /// Only a person can change what keeps it from being observed.
    is_given_up: bool,
    /// The windows from [`CALENDAR_BACK`] before this reading of the clock to [`HORIZON`] after it, and a day more.
    calendar: (Timestamp, Vec<DueWindow>),
}

#[derive(Debug)]
struct OpenedWindow {
    due: DueWindow,
    state: WindowState,
    failures: u32,
    is_kept: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum WindowState {
    Observing {
        since: Timestamp,
    },
    /// Told to end; opened again where it is still due.
    Closing,
    Waiting {
        until: Timestamp,
    },
    /// Its session was observed to its close, or its target is given up.
    Done,
}

impl Scheduler {
    pub fn new(plans: Vec<TargetPlan>, now: Timestamp) -> Self {
        Self {
            targets: watched(plans, now),
            windows: BTreeMap::new(),
            unsettled: BTreeMap::new(),
            unmerged: BTreeMap::new(),
            unstored: StoreQueue::default(),
            prune_at: now,
            orders: VecDeque::new(),
            is_stopping: false,
            has_exited: false,
        }
    }

    /// Takes what happened by `now`.
    pub fn handle(&mut self, now: Timestamp, happened: WatchEvent) {
        match happened {
            WatchEvent::Left(key) => {
                self.unsettled.insert(key, Retry::now(now));
            }
            WatchEvent::Ended { key, how, is_kept } => self.ended(now, &key, how, is_kept),
            WatchEvent::Settled { key, is_kept: true } => {
                self.unsettled.remove(&key);
                self.prune_at = now;
            }
            WatchEvent::Settled { key, is_kept: false } => {
                self.unsettled.entry(key).or_insert_with(|| Retry::now(now)).failed(now);
            }
            WatchEvent::Spooled { target } => {
                let mut retry = Retry::now(now);
                retry.failed(now);
                self.unmerged.entry(target).or_insert(retry);
            }
            WatchEvent::Merged { target, is_done: true } => {
                self.unmerged.remove(&target);
            }
            WatchEvent::Merged { target, is_done: false } => {
                self.unmerged.entry(target).or_insert_with(|| Retry::now(now)).failed(now);
            }
            WatchEvent::Unstored => self.unstored.add(now),
            WatchEvent::Stored { is_done } => {
                self.unstored.tried(now, is_done);
                self.prune_at = now;
            }
            WatchEvent::Reloaded(plans) => self.reload(now, plans),
            WatchEvent::Flipped { target, features } => self.order_closes(CloseOrder::Other, |window| {
                window.key.target == target && window.features.iter().any(|it| features.contains(it))
            }),
            WatchEvent::Stop => {
                self.is_stopping = true;
                self.order_closes(CloseOrder::Stop, |_| true);
            }
        }
    }

    /// What is to be done at `now`, one thing after the other; `None` where nothing is left to do.
    pub fn poll(&mut self, now: Timestamp) -> Option<Action> {
        if let Some(order) = self.orders.pop_front() {
            return Some(order);
        }
        if self.is_stopping {
            return self.last_orders();
        }
        self.forget_what_is_over(now);
        if let Some(window) = self.next_to_open(now) {
            return Some(Action::Open(window));
        }
        let windows = &self.windows;
        // one that is being observed, or will be, is gone on with and not settled
        let settle =
            |(key, retry): &(&WindowKey, &mut Retry)| retry.is_due(now) && !windows.contains_key(*key);
        if let Some((key, retry)) = self.unsettled.iter_mut().find(settle) {
            retry.is_under_way = true;
            return Some(Action::Settle(key.clone()));
        }
        if let Some((target, retry)) = self.unmerged.iter_mut().find(|(_, retry)| retry.is_due(now)) {
            retry.is_under_way = true;
            return Some(Action::Merge { target: target.clone() });
        }
        if self.unstored.take(now) {
            return Some(Action::Store);
        }
        if self.prune_at <= now {
            self.prune_at = now.saturating_add(PRUNE_EVERY).unwrap_or(Timestamp::MAX);
            return Some(Action::Prune);
        }
        let is_idle = self.windows.values().all(|window| !window.state.is_running());
        if is_idle && self.targets.values().all(|target| target.is_given_up) {
            return self.exit(false);
        }
        None
    }

    /// When [`Self::poll`] has something to do again, if nothing happens before.
    pub fn wake_at(&self, now: Timestamp) -> Timestamp {
        let waiting = self.windows.values().filter_map(|window| match window.state {
            WindowState::Waiting { until } => Some(until.min(window.due.closes)),
            WindowState::Done => Some(window.due.closes),
            WindowState::Observing { .. } | WindowState::Closing => None,
        });
        let retries = self.unsettled.values().chain(self.unmerged.values());
        let retries = retries.chain(self.unstored.waiting());
        let retries = retries.filter(|retry| !retry.is_under_way).map(|retry| retry.at);
        let next = self.next_opening(now).map(|window| window.key.opens);
        waiting.chain(retries).chain(next).chain([self.prune_at]).min().unwrap_or(self.prune_at).max(now)
    }

    /// The next window that is due after `now`.
    pub fn next_opening(&self, now: Timestamp) -> Option<DueWindow> {
        let targets = self.targets.values().filter(|target| !target.is_given_up);
        let later = targets.flat_map(|target| target.coming(now)).filter(|window| window.key.opens > now);
        later.min_by_key(|window| window.key.opens).cloned()
    }

    /// The targets that are no longer observed.
    pub fn given_up(&self) -> impl Iterator<Item = &str> {
        self.targets.values().filter(|target| target.is_given_up).map(|target| target.plan.name.as_str())
    }

    /// When a failed window is opened again; none where it is not.
    pub fn opens_again(&self, key: &WindowKey) -> Option<Timestamp> {
        let window = self.windows.get(key)?;
        match window.state {
            WindowState::Waiting { until } => Some(until).filter(|until| *until < window.due.closes),
            _ => None,
        }
    }

    /// Whether a window is being observed and was not told to end.
    pub fn is_observing(&self, key: &WindowKey) -> bool {
        self.windows.get(key).is_some_and(|window| matches!(window.state, WindowState::Observing { .. }))
    }

    /// Whether a market is open whose window waits to be tried again.
    pub fn is_trying_again(&self) -> bool {
        self.windows.values().any(|window| matches!(window.state, WindowState::Waiting { .. }))
    }

    /// Windows that wait after so many tries in a row that it is no hiccup, or because credentials were refused.
    pub fn hindered(&self) -> usize {
        let is_hindered = |window: &&OpenedWindow| {
            let is_refused = || self.targets.get(&window.due.key.target).is_some_and(|it| it.refusals > 0);
            matches!(window.state, WindowState::Waiting { .. })
                && (window.failures >= HINDERED_AFTER || is_refused())
        };
        self.windows.values().filter(is_hindered).count()
    }

    /// Whether evidence is neither on the ledger nor being gathered: beside it, or only on disk as a recording.
    pub fn is_evidence_waiting(&self) -> bool {
        let is_left = |window: &OpenedWindow| !window.is_kept && !window.state.is_running();
        !self.unmerged.is_empty() || !self.unsettled.is_empty() || self.windows.values().any(is_left)
    }

    fn next_to_open(&mut self, now: Timestamp) -> Option<DueWindow> {
        let again = self.windows.values_mut().find(|window| {
            matches!(window.state, WindowState::Waiting { until } if until <= now) && now < window.due.closes
        });
        if let Some(window) = again {
            window.state = WindowState::Observing { since: now };
            return Some(window.due.clone());
        }
        self.targets.values_mut().for_each(|target| target.look_at_calendar(now));
        let targets = self.targets.values().filter(|target| !target.is_given_up);
        let mut open = targets.flat_map(|target| target.coming(now));
        // Of a feature that a window of an earlier plan still observes, none is opened before that has ended.
        let is_free = |window: &DueWindow| {
            let mut busy = self.windows.values().filter(|other| other.state == WindowState::Closing);
            !busy.any(|other| {
                other.due.key.target == window.key.target
                    && other.due.features.iter().any(|feature| window.features.contains(feature))
            })
        };
        let window = open.find(|window| {
            let is_known = self.windows.contains_key(&window.key)
                || self.unsettled.get(&window.key).is_some_and(|retry| retry.is_under_way);
            window.key.opens <= now && !is_known && is_free(window)
        })?;
        let window = window.clone();
        let state = WindowState::Observing { since: now };
        let opened = OpenedWindow { due: window.clone(), state, failures: 0, is_kept: true };
        self.windows.insert(window.key.clone(), opened);
        Some(window)
    }

    fn ended(&mut self, now: Timestamp, key: &WindowKey, how: WindowEnding, is_kept: bool) {
        self.prune_at = now;
        if is_kept {
            self.unsettled.remove(key);
        }
        let Some(window) = self.windows.get_mut(key) else { return };
        window.is_kept = is_kept;
        let target = self.targets.get_mut(&key.target);
        let lasted = match window.state {
            WindowState::Observing { since } => now.duration_since(since),
            _ => SignedDuration::ZERO,
        };
        let was_closing = window.state == WindowState::Closing;
        match how {
            _ if was_closing => {
                self.forget(now, key);
            }
            WindowEnding::Completed | WindowEnding::Ordered => {
                window.state = WindowState::Done;
                if let Some(target) = target {
                    target.refusals = 0;
                }
            }
            WindowEnding::Failed(Hindrance::Passing) => {
                if lasted >= SETTLED_IN {
                    window.failures = 0;
                }
                window.state = WindowState::Waiting { until: after(now, pause(window.failures)) };
                window.failures = window.failures.saturating_add(1);
            }
            WindowEnding::Failed(Hindrance::Refused) => {
                let Some(target) = target else { return };
                if lasted >= SETTLED_IN {
                    target.refusals = 0;
                }
                match REFUSED_PAUSES.get(target.refusals) {
                    Some(pause) => {
                        target.refusals += 1;
                        window.state = WindowState::Waiting { until: after(now, *pause) };
                    }
                    None => self.give_up(key),
                }
            }
            WindowEnding::Failed(Hindrance::Lasting) => self.give_up(key),
        }
    }

    fn give_up(&mut self, key: &WindowKey) {
        if let Some(target) = self.targets.get_mut(&key.target) {
            target.is_given_up = true;
        }
        let is_waiting = |state| matches!(state, WindowState::Waiting { .. });
        for (other, window) in &mut self.windows {
            if other == key || (other.target == key.target && is_waiting(window.state)) {
                window.state = WindowState::Done;
            }
        }
    }

    /// Removes a window; what it left on disk is settled where it is not gone on with.
    fn forget(&mut self, now: Timestamp, key: &WindowKey) {
        if let Some(window) = self.windows.remove(key)
            && !window.is_kept
        {
            self.unsettled.entry(key.clone()).or_insert_with(|| Retry::now(now));
        }
    }

    fn forget_what_is_over(&mut self, now: Timestamp) {
        let over: Vec<WindowKey> = self
            .windows
            .iter()
            .filter(|(_, window)| !window.state.is_running() && window.due.closes <= now)
            .map(|(key, _)| key.clone())
            .collect();
        over.iter().for_each(|key| self.forget(now, key));
    }

    fn reload(&mut self, now: Timestamp, plans: Vec<TargetPlan>) {
        let before = std::mem::replace(&mut self.targets, watched(plans, now));
        let digest = |targets: &BTreeMap<String, WatchedTarget>, name: &str| {
            targets.get(name).map(|target| target.plan.digest.clone())
        };
        let is_changed = |name: &str| digest(&before, name) != digest(&self.targets, name);
        let changed: Vec<String> = before.keys().filter(|name| is_changed(name)).cloned().collect();
        self.order_closes(CloseOrder::Other, |window| changed.contains(&window.key.target));
        // what waited, or was given up, is tried at once
        let is_over = |target: &str| before.get(target).is_none_or(|it| it.is_given_up);
        let waiting: Vec<WindowKey> = self
            .windows
            .iter()
            .filter(|(_, window)| !window.state.is_running())
            .map(|(key, _)| key.clone())
            .filter(|key| changed.contains(&key.target) || is_over(&key.target))
            .collect();
        waiting.iter().for_each(|key| self.forget(now, key));
    }

    fn order_closes(&mut self, by: CloseOrder, is_meant: impl Fn(&DueWindow) -> bool) {
        for (key, window) in &mut self.windows {
            let is_new = window.state != WindowState::Closing || by == CloseOrder::Stop;
            if window.state.is_running() && is_new && is_meant(&window.due) {
                window.state = WindowState::Closing;
                self.orders.push_back(Action::Close { key: key.clone(), by });
            }
        }
    }

    /// Of a service that ends: what its windows left is brought to the store once more, then it is over.
    fn last_orders(&mut self) -> Option<Action> {
        if self.windows.values().any(|window| window.state.is_running()) {
            return None;
        }
        match self.unstored.take_last() {
            LastTry::Now => Some(Action::Store),
            LastTry::UnderWay => None,
            LastTry::Over => self.exit(true),
        }
    }

    fn exit(&mut self, in_order: bool) -> Option<Action> {
        if self.has_exited || self.windows.values().any(|window| window.state.is_running()) {
            return None;
        }
        self.has_exited = true;
        Some(Action::Exit { in_order })
    }
}

impl WatchedTarget {
    fn of(plan: TargetPlan, now: Timestamp) -> Self {
        let mut target = Self { plan, refusals: 0, is_given_up: false, calendar: (now, Vec::new()) };
        target.read_calendar(now);
        target
    }

    fn read_calendar(&mut self, now: Timestamp) {
        let TargetPlan { name, sessions, features, .. } = &self.plan;
        let from = now.saturating_sub(CALENDAR_BACK).unwrap_or(Timestamp::MIN);
        let to = now.saturating_add(HORIZON + CALENDAR_BACK).unwrap_or(Timestamp::MAX);
        // a time zone that nobody knows was refused when the configuration was read
        self.calendar = (now, due(name, sessions, features, from, to).unwrap_or_default());
    }

    fn look_at_calendar(&mut self, now: Timestamp) {
        if now.duration_since(self.calendar.0).abs() >= CALENDAR_BACK {
            self.read_calendar(now);
        }
    }

    /// The windows whose session is not over.
    fn coming(&self, now: Timestamp) -> impl Iterator<Item = &DueWindow> {
        self.calendar.1.iter().filter(move |window| window.closes > now)
    }
}

impl WindowState {
    fn is_running(self) -> bool {
        matches!(self, Self::Observing { .. } | Self::Closing)
    }
}

fn watched(plans: Vec<TargetPlan>, now: Timestamp) -> BTreeMap<String, WatchedTarget> {
    plans.into_iter().map(|plan| (plan.name.clone(), WatchedTarget::of(plan, now))).collect()
}
