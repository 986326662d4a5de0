//! Points in time, whatever their notation: naive (= UTC), `Z`, an offset, epoch seconds, ms, µs or ns.

use bigdecimal::{BigDecimal, ToPrimitive as _};

use crate::json::number;

/// A point in time in nanoseconds since 1970-01-01T00:00:00Z, and whether its text named a zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Instant {
    pub nanoseconds: i128,
    pub naive: bool,
}

/// Epoch numbers from here on are milliseconds, microseconds, nanoseconds: in the unit before they would be after the
/// year 5000.
const UNITS: [(i64, i64); 3] =
    [(100_000_000_000_000_000, 1), (100_000_000_000_000, 1_000), (100_000_000_000, 1_000_000)];

/// Reads a string's content or a number's text; `None` where it is no point in time.
pub fn parse(text: &str) -> Option<Instant> {
    if number::is_number(text.as_bytes()) {
        let value = number::decimal(text)?;
        let unit = UNITS.iter().find(|(from, _)| value.abs() >= *from);
        let scale = unit.map_or(1_000_000_000, |(_, scale)| *scale);
        let nanoseconds = (value * BigDecimal::from(scale)).with_scale(0).to_i128()?;
        return Some(Instant { nanoseconds, naive: false });
    }
    if let Ok(timestamp) = text.parse::<jiff::Timestamp>() {
        return Some(Instant { nanoseconds: timestamp.as_nanosecond(), naive: false });
    }
    let civil = text.parse::<jiff::civil::DateTime>().ok()?;
    let timestamp = civil.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp();
    Some(Instant { nanoseconds: timestamp.as_nanosecond(), naive: true })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_notation_of_one_instant_is_the_same() {
        let expected = parse("2025-12-19T20:31:07Z").unwrap().nanoseconds;
        for text in [
            "2025-12-19T20:31:07.000000",
            "2025-12-19T20:31:07+00:00",
            "2025-12-19T15:31:07-05:00",
            "2025-12-20T04:31:07.000+08:00",
            "1766176267",
            "1766176267.0",
            "1766176267000",
            "1766176267000000",
            "1766176267000000000",
        ] {
            assert_eq!(parse(text).unwrap().nanoseconds, expected, "{text}");
        }
        assert!(parse("2025-12-19T20:31:07").unwrap().naive);
        assert_ne!(parse("2025-12-19T21:31:07Z").unwrap().nanoseconds, expected);
        for text in ["", "yesterday", "1e400", "09:30", "2025-13-01T00:00:00Z"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
