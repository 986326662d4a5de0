//! Normalise by rule, compare, name the difference.
//!
//! Two speeds: [`normalise`] turns a payload into digests in one pass and is all that agreement costs;
//! [`compare`] goes through two entities field by field and is only called for a difference.

pub mod bug_pattern;
pub mod compare;
pub mod descent;
pub mod digest;
pub mod field_table;
pub mod formula;
pub mod normalise;
pub mod parsed_entity;
pub mod prefetch;
pub mod template;
