//! What a run reaches outside of its process: clocks, network, disk and stores. A simulation has its own of each.

use std::sync::Arc;

use crate::clock::{Clock, MachineTime, TimeSource};
use crate::evidence::{NamedStores, Stores};
use crate::observe::network::{MachineNetwork, Network};
use crate::recording::{Disk, MachineDisk};

/// What a run has to do with.
#[derive(Debug, Clone)]
pub struct Outside {
    pub time: &'static dyn TimeSource,
    pub network: Arc<dyn Network>,
    pub disk: Arc<dyn Disk>,
    pub stores: Arc<dyn Stores>,
}

impl Outside {
    /// The machine's own.
    pub fn machine() -> Self {
        Self {
            time: &MachineTime,
            network: Arc::new(MachineNetwork),
            disk: Arc::new(MachineDisk),
            stores: Arc::new(NamedStores),
        }
    }

    /// A run's clock that begins now.
    pub fn clock(&self) -> Clock {
        Clock::start_by(self.time)
    }
}
