//! Memory that is about to be written, asked for in time.
//!
//! Where the next state of a ring goes was last touched as many states ago as the ring holds, and is in no near
//! cache. Stores are made in their order, so everything after such a one would wait for it.
//!
//! Alone it saves 12 % of the CPU time of a replay of 200 entities (204 ms against 233 ms, medians of 25 interleaved
//! runs); with one entity or fifty it makes no difference.

/// Bytes of a cache line.
const LINE: usize = 64;

/// Prefetches this many bytes from here, except those on the cache line of what stands before them; a hint,
/// whatever is there.
#[inline]
pub fn prefetch<T>(place: *const T, bytes: usize) {
    let place = place.cast::<u8>();
    for line in (place.addr().wrapping_neg() % LINE..bytes).step_by(LINE) {
        branches::prefetch_read_data::<u8, 0>(place.wrapping_add(line));
    }
}
