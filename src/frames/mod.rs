//! What a WebSocket frame says: JSON in strings read, lists of events taken apart, partial messages made whole,
//! removals told from values.
//!
//! Frames go in, events go out as if the server had sent each alone and whole, as Thor does. What comes after knows
//! nothing of it. Pure; what is kept between frames is what a page keeps: the newest state of each entity.

mod decode;
mod entities;
mod events;
mod merge;
mod sequence;

pub use decode::{Undecoded, inflated};
pub use entities::{EntityReader, Told};
pub use events::{event_type, for_each_event, parsed, passes};
pub use sequence::{Hole, Sequence};
