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
    /// The last day up to which both are listed; `None`: nobody said.
    pub holidays_until: Option<jiff::civil::Date>,
    pub features: Vec<String>,
}

impl Session {
    /// What is to be said of a session on a day whose holidays are not listed any more.
    pub fn doubt(&self, day: jiff::civil::Date) -> Option<String> {
        let until = self.holidays_until.filter(|until| day > *until)?;
        Some(format!("the holidays of {} are listed up to {until} only", self.name))
    }
}
