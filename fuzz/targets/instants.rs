//! Points in time against jiff: one instant is one number of nanoseconds in whatever notation.
//!
//! An instant is made from numbers and written in each notation by hand. Arbitrary text is held against jiff's parsers.

#![no_main]

use arbitrary::Arbitrary;
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp, civil};
use libfuzzer_sys::fuzz_target;
use thor_cutover::json::instant::{Instant, parse};
use thor_cutover::json::number::is_number;

#[derive(Arbitrary, Debug)]
enum Input<'a> {
    Written { milliseconds: i64, nanoseconds: u32, offset: i16, digits: u8 },
    Text(&'a str),
}

fuzz_target!(|input: Input<'_>| match input {
    Input::Written { milliseconds, nanoseconds, offset, digits } => {
        written(milliseconds, nanoseconds, offset, usize::from(digits % 10));
    }
    Input::Text(text) => arbitrary_text(text),
});

/// Years 1 to 9999, with so many digits behind the second.
fn written(milliseconds: i64, nanoseconds: u32, offset: i16, digits: usize) {
    const YEAR_1: i64 = -62_135_596_800;
    const YEAR_9999: i64 = 253_402_207_200;
    let seconds = YEAR_1 + (milliseconds / 1000).rem_euclid(YEAR_9999 - YEAR_1);
    let step = 10u32.pow(u32::try_from(9 - digits).expect("at most 9"));
    let fraction = nanoseconds % 1_000_000_000 / step * step;
    let timestamp =
        Timestamp::new(seconds, i32::try_from(fraction).expect("below a second")).expect("in range");
    let nanoseconds = timestamp.as_nanosecond();
    assert_eq!(nanoseconds, i128::from(seconds) * 1_000_000_000 + i128::from(fraction));

    let minutes = i32::from(offset % (18 * 60));
    let offset = Offset::from_seconds(minutes * 60).expect("below a day");
    let behind = format!("{fraction:09}");
    let behind = if digits == 0 { String::new() } else { format!(".{}", &behind[..digits]) };
    let utc = civil_text(Offset::UTC.to_datetime(timestamp)) + &behind;
    let naive = Some(Instant { nanoseconds, naive: true });
    let zoned = Some(Instant { nanoseconds, naive: false });
    assert_eq!(parse(&utc), naive, "{utc}");
    assert_eq!(parse(&utc.replace('T', " ")), naive, "{utc} with a space");
    assert_eq!(parse(&format!("{utc}Z")), zoned, "{utc}Z");
    let sign = if minutes < 0 { '-' } else { '+' };
    let hours = format!("{sign}{:02}:{:02}", minutes.abs() / 60, minutes.abs() % 60);
    let local = Offset::to_datetime(offset, timestamp);
    if (1..=9999).contains(&local.year()) {
        let there = civil_text(local) + &behind + &hours;
        assert_eq!(parse(&there), zoned, "{there}");
    }
    // An epoch number says its unit by its size.
    let near = nanoseconds.abs() < 100_000_000_000 * 1_000_000_000;
    if near {
        let whole = nanoseconds.abs();
        let sign = if nanoseconds < 0 { "-" } else { "" };
        let epoch = format!("{sign}{}.{:09}", whole / 1_000_000_000, whole % 1_000_000_000);
        assert_eq!(parse(&epoch), zoned, "{epoch}");
        for (unit, places) in [(1_000_000, 6), (1_000, 3), (1, 0)] {
            let least = 100_000_000_000 * 1_000_000 / unit;
            if whole / unit >= least {
                let fraction = format!("{:09}", whole % unit);
                let fraction =
                    if places == 0 { String::new() } else { format!(".{}", &fraction[9 - places..]) };
                let epoch = format!("{sign}{}{fraction}", whole / unit);
                assert_eq!(parse(&epoch), zoned, "{epoch}");
            }
        }
    }
}

fn civil_text(at: civil::DateTime) -> String {
    let (year, month, day) = (at.year(), at.month(), at.day());
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}", at.hour(), at.minute(), at.second())
}

fn arbitrary_text(text: &str) {
    let parsed = parse(text);
    if is_number(text.as_bytes()) {
        assert!(parsed.is_none_or(|instant| !instant.naive));
        return;
    }
    let with_zone = text.parse::<Timestamp>().ok();
    let civil = text.parse::<civil::DateTime>().ok();
    match (parsed, with_zone, civil) {
        (Some(Instant { nanoseconds, naive: false }), Some(timestamp), _) => {
            assert_eq!(nanoseconds, timestamp.as_nanosecond());
        }
        (Some(Instant { nanoseconds, naive: true }), None, Some(civil)) => {
            let since = TimeZone::UTC
                .to_timestamp(civil)
                .expect("it was parsed")
                .duration_since(Timestamp::UNIX_EPOCH);
            assert_eq!(SignedDuration::as_nanos(&since), nanoseconds);
        }
        (None, None, None) => {}
        (None, None, Some(civil)) => assert!(TimeZone::UTC.to_timestamp(civil).is_err(), "{civil}"),
        wrong => panic!("{text:?}: {wrong:?}"),
    }
}
