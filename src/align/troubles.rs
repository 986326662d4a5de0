//! Entities about which REST and the stream disagree, and for how long.

use crate::align::entity_history::EntityHistory;
use crate::align::history::History;
use crate::diff::digest::Key;
use crate::model::time::Nanos;

/// A stretch of samples in which the two sides disagreed about the entity.
#[derive(Debug, Clone, Copy)]
pub struct Trouble {
    pub since: Nanos,
    pub last: Nanos,
    pub healed: Option<Nanos>,
    /// REST moved while the connection was down: only the stream's own word heals that, as on the screen.
    pub in_gap: bool,
}

impl EntityHistory {
    pub fn troubled(&mut self, received: Nanos) {
        match &mut self.trouble {
            Some(trouble) if trouble.healed.is_none() => trouble.last = trouble.last.max(received),
            _ => {
                self.trouble = Some(Trouble { since: received, last: received, healed: None, in_gap: false });
            }
        }
    }

    /// What REST says since a connection gap, and the stream has not said yet.
    pub fn missed_in_gap(&mut self) {
        if let Some(trouble) = &mut self.trouble {
            trouble.in_gap = true;
        }
    }

    /// A sample agrees. Whether that ends the trouble.
    pub fn heal(&mut self, received: Nanos) -> bool {
        let Some(trouble) = self.trouble.as_mut().filter(|it| it.healed.is_none()) else { return true };
        let is_told = self.ws.digest.is_none() || self.ws_word.is_some_and(|word| word > trouble.since);
        if trouble.in_gap && !is_told {
            trouble.last = received;
            return false;
        }
        if received > trouble.last {
            let word = self.ws_word.filter(|word| trouble.in_gap && *word > trouble.since);
            trouble.healed = Some(word.unwrap_or(received));
        }
        trouble.healed.is_some() || !trouble.in_gap
    }
}

impl History {
    /// A sample disagrees with the stream about these entities.
    pub fn troubled(&mut self, keys: impl Iterator<Item = Key>, received: Nanos) {
        for key in keys {
            if let Some(entity) = self.entities.get_mut(&key) {
                entity.troubled(received);
                self.troubled.push(key);
            }
        }
        self.troubled.sort_unstable();
        self.troubled.dedup();
    }

    /// A sample agrees with the stream about everything.
    ///
    /// Returns the entities of which the screen was stale after a connection gap until now.
    pub fn heal(&mut self, received: Nanos) -> Vec<Key> {
        let mut healed = Vec::new();
        let entities = &mut self.entities;
        self.troubled.retain(|key| {
            let Some(entity) = entities.get_mut(key) else { return false };
            let is_over = entity.heal(received);
            if is_over && entity.trouble.is_some_and(|trouble| trouble.in_gap) {
                healed.push(*key);
            }
            !is_over
        });
        healed
    }

    /// The entities of which the screen is stale since a connection gap.
    pub fn stale_since_gap(&self) -> Vec<Key> {
        let is_stale = |key: &&Key| {
            let trouble = self.entities.get(*key).and_then(|entity| entity.trouble);
            trouble.is_some_and(|trouble| trouble.in_gap && trouble.healed.is_none())
        };
        self.troubled.iter().filter(is_stale).copied().collect()
    }
}
