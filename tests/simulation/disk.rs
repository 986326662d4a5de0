//! The disk of the recording: full, broken or slow at a certain write, and gone at once when the process is killed.

use std::fmt;
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use thor_cutover::recording::Disk;

use crate::dice::Dice;
use crate::plan::DiskFault;
use crate::world::{World, lock};

pub struct SimDisk {
    pub world: Arc<World>,
    pub counts: Arc<DiskCounts>,
}

/// What was done on the disk so far, in all lives.
#[derive(Debug, Default)]
pub struct DiskCounts {
    writes: AtomicU64,
    files: AtomicU64,
}

impl fmt::Debug for SimDisk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SimDisk")
    }
}

impl SimDisk {
    fn fail(world: &World, kind: io::ErrorKind) -> io::Error {
        world.say(&format!("the disk says {kind}"));
        lock(&world.disk_failed).insert(world.life());
        kind.into()
    }
}

impl Disk for SimDisk {
    fn create(&self, path: &Path) -> io::Result<Box<dyn Write + Send>> {
        self.world.step();
        let nth = self.counts.files.fetch_add(1, Ordering::Relaxed) + 1;
        if self.world.plan.disk == Some(DiskFault::NoFile(nth)) {
            return Err(Self::fail(&self.world, io::ErrorKind::StorageFull));
        }
        let file = File::create(path)?;
        lock(&self.world.files).insert(path.to_owned(), self.world.life());
        Ok(Box::new(SimFile {
            life: self.world.life(),
            file,
            world: Arc::clone(&self.world),
            counts: Arc::clone(&self.counts),
            dice: Dice::new(self.world.plan.seed).fork(&format!("file {nth}")),
        }))
    }
}

struct SimFile {
    life: usize,
    file: File,
    world: Arc<World>,
    counts: Arc<DiskCounts>,
    dice: Dice,
}

impl Write for SimFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.world.is_dead.load(Ordering::Relaxed) || self.life != self.world.life() {
            // a dead process writes nothing more: what it had not handed over is lost
            return Ok(bytes.len());
        }
        self.world.step();
        let nth = self.counts.writes.fetch_add(1, Ordering::Relaxed) + 1;
        match self.world.plan.disk {
            Some(DiskFault::Full(from, room)) if nth >= from => {
                let taken = if nth == from { room.min(bytes.len()) } else { 0 };
                match taken {
                    0 => Err(SimDisk::fail(&self.world, io::ErrorKind::StorageFull)),
                    taken => self.file.write(&bytes[..taken]),
                }
            }
            Some(DiskFault::Broken(at)) if nth == at => Err(SimDisk::fail(&self.world, io::ErrorKind::Other)),
            Some(DiskFault::Short) => {
                let taken = 1 + self.dice.below(bytes.len() as u64) as usize;
                self.file.write(&bytes[..taken.min(bytes.len())])
            }
            _ => self.file.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
