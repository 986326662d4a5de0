//! Work shared out among as many threads as there are cores. What comes out does not depend on their number.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{LazyLock, Mutex, PoisonError};

use rayon::iter::{IntoParallelIterator as _, ParallelIterator as _};
use rayon::{ThreadPool, ThreadPoolBuilder};

/// Lowering and resolving recurse, to a bounded depth that needs more than a thread has by default.
const STACK: usize = 32 * 1024 * 1024;

/// Parsers recurse as deeply as a file is nested. What is not used of it costs nothing.
const PARSER_STACK: usize = 512 * 1024 * 1024;

/// `None` where no thread can be started.
static POOL: LazyLock<Option<ThreadPool>> =
    LazyLock::new(|| ThreadPoolBuilder::new().stack_size(PARSER_STACK).build().ok());

/// `work` for each number below `count`, the results in their order.
#[allow(dead_code, reason = "for the parsers")]
pub(super) fn each<T: Send>(count: usize, work: impl Fn(usize) -> T + Sync + Send) -> Vec<T> {
    match &*POOL {
        Some(pool) => pool.install(|| (0..count).into_par_iter().map(work).collect()),
        None => (0..count).map(work).collect(),
    }
}

/// `work` for each number below `count`, the results in their order. `start` makes what one thread reuses from one
/// piece of work to the next.
pub(super) fn map<S, T: Send>(
    count: usize,
    start: impl Fn() -> S + Sync,
    work: impl Fn(&mut S, usize) -> T + Sync,
) -> Vec<T> {
    let threads = std::thread::available_parallelism().map_or(2, std::num::NonZero::get).min(count.max(1));
    let next = AtomicUsize::new(0);
    let some = || {
        let mut reused = start();
        let mut done = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            if index >= count {
                return done;
            }
            done.push((index, work(&mut reused, index)));
        }
    };
    let mut done = std::thread::scope(|scope| {
        let spawned: Vec<_> = (0..threads)
            .map(|_| std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, some))
            .collect();
        let mut done = Vec::with_capacity(count);
        for thread in spawned.into_iter().flatten() {
            done.extend(joined(thread));
        }
        done
    });
    // No thread could be started: this one does it all.
    if done.len() < count {
        done.extend(some());
    }
    done.sort_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, result)| result).collect()
}

/// Both, at the same time.
pub(super) fn both<A: Send, B>(one: impl FnOnce() -> A + Send, other: impl FnOnce() -> B) -> (A, B) {
    let waiting = Mutex::new(Some(one));
    let run = || waiting.lock().unwrap_or_else(PoisonError::into_inner).take().map(|work| work());
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, run);
        let other = other();
        let one = thread.ok().and_then(joined).or_else(run);
        (one.expect("taken by the thread, or by this one where none could be started"), other)
    })
}

fn joined<T>(thread: std::thread::ScopedJoinHandle<'_, T>) -> T {
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}
