//! At most two backends run at once, whatever runner runs the tests: a file lock is seen by threads and processes.

use std::fs::{File, TryLockError};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Two cores: a third backend would only measure how the first two starve.
const SLOTS: usize = 2;
/// Longer than the tests before this one can possibly take.
const PATIENCE: Duration = Duration::from_secs(1800);

/// A place among the backends that may run; given back on drop, and by the kernel if the test dies.
#[derive(Debug)]
pub struct Slot(#[expect(dead_code, reason = "held for its lock")] File);

impl Slot {
    pub fn take() -> Self {
        let deadline = now() + PATIENCE;
        while now() < deadline {
            for place in 0..SLOTS {
                let path = std::env::temp_dir().join(format!("thor-cutover-backend-slot-{place}.lock"));
                let file = File::options().create(true).append(true).open(&path).unwrap();
                match file.try_lock() {
                    Ok(()) => return Self(file),
                    Err(TryLockError::WouldBlock) => {}
                    Err(TryLockError::Error(error)) => panic!("locking {}: {error}", path.display()),
                }
            }
            sleep(Duration::from_millis(50));
        }
        panic!("no backend ended within {PATIENCE:?}: does one hang?");
    }
}

#[expect(clippy::disallowed_methods, reason = "a test measures with the machine's clock")]
pub fn now() -> Instant {
    Instant::now()
}
