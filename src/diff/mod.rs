//! Normalise by rule, compare, name the difference.
//!
//! Two speeds: [`normalise`] turns a payload into digests in one pass and is all that agreement costs;
//! [`compare`] takes two entities apart field by field and is only called for a difference.

pub mod compare;
pub mod descent;
pub mod form;
pub mod formula;
pub mod instant;
pub mod locate;
pub mod normalise;
pub mod number;
pub mod plan;
pub mod prefetch;
pub mod propose;
pub mod slip;
pub mod taken;
pub mod walk;

/// The first `limit` bytes at a character's boundary, with `…` where something was cut.
pub fn crop(text: &str, limit: usize) -> String {
    if text.len() <= limit {
        return text.to_owned();
    }
    let end = (0..=limit).rev().find(|&end| text.is_char_boundary(end)).unwrap_or(0);
    format!("{}…", &text[..end])
}
