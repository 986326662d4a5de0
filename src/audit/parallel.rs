//! Work shared out among as many threads as there are cores. What comes out does not depend on their number.

use std::sync::LazyLock;

use rayon::iter::{IntoParallelIterator as _, ParallelIterator as _};
use rayon::{ThreadPool, ThreadPoolBuilder};

/// Parsers recurse as deeply as a file is nested, and so does resolving. What is not used of it costs nothing.
const STACK: usize = 512 * 1024 * 1024;

/// `None` where no thread can be started.
static POOL: LazyLock<Option<ThreadPool>> =
    LazyLock::new(|| ThreadPoolBuilder::new().stack_size(STACK).build().ok());

/// `work` for each number below `count`, the results in their order.
pub(super) fn each<T: Send>(count: usize, work: impl Fn(usize) -> T + Sync + Send) -> Vec<T> {
    match &*POOL {
        Some(pool) => pool.install(|| (0..count).into_par_iter().map(work).collect()),
        None => (0..count).map(work).collect(),
    }
}

/// Both, at the same time.
pub(super) fn both<A: Send, B: Send>(
    one: impl FnOnce() -> A + Send,
    other: impl FnOnce() -> B + Send,
) -> (A, B) {
    match &*POOL {
        Some(pool) => pool.install(|| rayon::join(one, other)),
        None => (one(), other()),
    }
}

/// On a thread with so much stack, in bytes; `None` where the system has not so much.
pub(super) fn with_stack<T: Send>(stack: usize, work: impl FnOnce() -> T + Send) -> Option<T> {
    std::thread::scope(|scope| {
        let thread =
            std::thread::Builder::new().stack_size(stack.max(STACK)).spawn_scoped(scope, work).ok()?;
        Some(thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    })
}
