//! `watch`: the machine through weeks of a simulated clock, and the service as a user starts it.

mod machine;
mod metrics;
mod notices;
#[cfg(unix)]
pub mod running;
#[cfg(unix)]
pub mod scrapes;
#[cfg(unix)]
mod served;
#[cfg(unix)]
mod service;
mod simulation;
mod weeks;
