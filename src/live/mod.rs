//! What a person sees while a run lasts. Knows the terminal; decides nothing.

pub mod progress;
