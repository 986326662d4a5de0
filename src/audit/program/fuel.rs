//! A bound on the work of one question: code that refers to itself in many ways must not hang the audit.

use std::cell::Cell;

/// Steps for one question. Those about real code take some hundreds.
const MAX_STEPS: u32 = 10_000;

thread_local! {
    /// Questions inside questions, and steps taken since the outermost began.
    static STATE: Cell<(u32, u32)> = const { Cell::new((0, 0)) };
}

/// One step of a question, as long as it lives.
pub(super) struct Step;

/// `None` where the question has taken too many.
pub(super) fn step() -> Option<Step> {
    STATE.with(|state| {
        let (depth, taken) = state.get();
        let taken = if depth == 0 { 0 } else { taken };
        if taken >= MAX_STEPS {
            return None;
        }
        state.set((depth + 1, taken + 1));
        Some(Step)
    })
}

/// The question has been cut off: what was found is not all.
pub(super) fn is_spent() -> bool {
    STATE.with(|state| state.get().1 >= MAX_STEPS)
}

impl Drop for Step {
    fn drop(&mut self) {
        STATE.with(|state| {
            let (depth, taken) = state.get();
            state.set((depth - 1, taken));
        });
    }
}
