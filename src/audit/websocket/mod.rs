//! The server's side of the WebSocket: consumers and their handlers, what is broadcast, and who builds it.

pub(in crate::audit) mod broadcasts;
pub(in crate::audit) mod builders;
pub(in crate::audit) mod gates;
mod groups;
pub(in crate::audit) mod handlers;
mod message;
mod need;
mod sends;
mod state;
mod tables;

pub(in crate::audit) use broadcasts::{Broadcast, Broadcasts};
pub(in crate::audit) use handlers::{Consumers, Wire};
pub(in crate::audit) use need::is_handed_on;
pub(in crate::audit) use state::{State, is_thrown_away};
