//! The nouns. Values only: no clock, no environment, no network, no printing.

pub mod diagnosis;
pub mod facts;
pub mod feature;
pub mod gate;
pub mod observation;
pub mod outcome;
pub mod proposal;
pub mod rest_cause;
pub mod routing;
pub mod run;
pub mod session;
pub mod shard;
pub mod size;
pub mod stage;
pub mod store_url;
pub mod text;
pub mod thresholds;
pub mod time;
pub mod verdict;
