//! The browser's side: what asks the backend, what asks it again and again, who listens to which message.

mod by_path;
pub(in crate::audit) mod clients;
pub(in crate::audit) mod delivery;
mod events;
pub(in crate::audit) mod fallback;
pub(in crate::audit) mod fetches;
mod gated;
mod message_types;
pub(in crate::audit) mod mounted;
pub(in crate::audit) mod pollers;
mod queries;
mod refetches;
mod repeaters;
mod sockets;
mod streams;
pub(in crate::audit) mod subscriptions;
mod ticks;
mod timers;
pub(in crate::audit) mod users;
mod verbs;
mod waiting;

pub(in crate::audit) use delivery::Delivery;
pub(in crate::audit) use fetches::{Fetch, Fetches};
pub(in crate::audit) use mounted::Mounted;
pub(in crate::audit) use pollers::Poller;
