//! Normalise by rule, compare, name the difference.
//!
//! Two speeds: [`normalise`] turns a payload into digests in one pass and is all that agreement costs;
//! [`compare`] takes two entities apart field by field and is only called for a difference.

pub mod compare;
pub mod descent;
pub mod formula;
pub mod normalise;
pub mod plan;
pub mod prefetch;
pub mod slip;
pub mod taken;
pub mod template;
