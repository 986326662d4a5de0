//! Market sessions: when the market of some features is open, by its own time zone and calendar.

use std::collections::BTreeMap;

/// One market session of some features, by its own time zone.
#[derive(Debug, Clone, PartialEq)]
pub struct Session {
    pub name: String,
    pub time_zone: String,
    pub open: jiff::civil::Time,
    /// At or before `open` means the next day.
    pub close: jiff::civil::Time,
    pub days: Vec<jiff::civil::Weekday>,
    pub holidays: Vec<jiff::civil::Date>,
    /// Half days: the day and when its session closes.
    pub early_close: BTreeMap<jiff::civil::Date, jiff::civil::Time>,
    pub features: Vec<String>,
}
