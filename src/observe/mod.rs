//! Looking at Thor: REST polled, WebSocket read, both side by side, everything stamped by one clock.
//!
//! Failures become observations, never silence. Knows the network and the settings; knows nothing of
//! judging, and writes no files but the key of its pseudonyms. Environment proxies are not used on either
//! side; `backend.proxy` counts for both. Compression of WebSocket messages is not offered.

pub mod answer;
pub mod auth;
pub mod browser;
pub mod channel;
mod clock_watch;
pub mod cookies;
mod event_stream;
pub mod handshake;
pub mod http;
pub mod intake;
mod jwt;
pub mod key;
pub mod network;
mod opening;
mod pages;
mod program;
mod proxy;
pub mod pseudonyms;
pub mod queue;
pub mod rest;
pub mod schedule;
pub mod stop;
pub mod template;
pub mod tls;
mod upgrade;
pub mod webhook;
pub mod websocket;

mod observer;

pub use observer::{ContactError, Observer, Plan, check};
