//! Charts as SVG that stands inside of a page: the page's stylesheet gives the colours, so that they are right in
//! light, in dark and on paper. Values in, text out.

pub mod ink;
pub mod series;
pub mod strip;
pub mod timeline;

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// Seconds since 1970, the unit of an axis of wall-clock time.
pub fn seconds(at: Timestamp) -> f64 {
    at.as_millisecond() as f64 / 1000.0
}

/// `Nov 23` in UTC; with the time where the axis is shorter than three days.
pub fn day(seconds: f64, axis: f64) -> String {
    let format = if axis < 3.0 * 86_400.0 { "%b %-d %H:%M" } else { "%b %-d" };
    match Timestamp::from_millisecond((seconds * 1000.0) as i64) {
        Ok(at) => at.to_zoned(TimeZone::UTC).strftime(format).to_string(),
        Err(_) => String::new(),
    }
}
