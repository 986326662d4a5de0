//! Values as the world knows them, and how either side writes them down.
//!
//! A cell is exact: decimals are integers with a scale, instants are microseconds. How a server prints
//! it (text, float with noise, epoch milliseconds, escaped text) is its dress, drawn per side and column.

use std::fmt::Write as _;

use thor_cutover::json::number::Tolerance;
use thor_cutover::model::feature::Compare;

/// Wall-clock second of a run's start: 2026-11-23T14:30:00Z.
pub const EPOCH_SECOND: i64 = 1_795_444_200;

#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    Decimal {
        minor: i128,
        scale: u32,
    },
    Text(String),
    Flag(bool),
    /// Microseconds since 1970.
    Instant(i64),
    /// A countdown's end, in microseconds since 1970; written as whole seconds left.
    Until(i64),
    /// Not a number, as Python prints it: no JSON.
    NotANumber,
    Null,
    /// The member is not written at all.
    Absent,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum NumberDress {
    /// `"455.00"`
    Text,
    /// `"455"`: text without the zeros at its end
    TrimmedText,
    /// `455.0`, as Python's `repr` of a float
    Float,
    /// `455.00` as a JSON number
    Fixed,
    /// `455`, `455.5`, as JavaScript
    Plain,
    /// `455.00000000000006`: a double's noise
    Noisy,
    /// `45500E-2`
    Exponent,
    /// Rounded half up to so many decimals, then as a float
    Rounded(u32),
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum InstantDress {
    Naive,
    Zulu,
    PlusZero,
    /// `-05:00`, `+08:00`…, in hours
    Offset(i8),
    EpochSeconds,
    EpochMillis,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Dress {
    pub number: NumberDress,
    pub instant: InstantDress,
    /// `\u00fc` instead of `ü`, as `json.dumps` does by default.
    pub escaped: bool,
    /// Null members are left out.
    pub absent_null: bool,
}

impl Dress {
    /// The cell as this side can say it: rounding is part of the dress.
    pub fn worn(&self, cell: &Cell) -> Cell {
        match (cell, self.number) {
            (Cell::Decimal { minor, scale }, NumberDress::Rounded(to)) if *scale > to => {
                Cell::Decimal { minor: rounded(*minor, *scale, to), scale: to }
            }
            _ => cell.clone(),
        }
    }

    /// JSON text at wall-clock microsecond `now`; `None` where the member is left out.
    pub fn json(&self, cell: &Cell, now: i64, noise: u64) -> Option<String> {
        Some(match self.worn(cell) {
            Cell::Decimal { minor, scale } => self.number(minor, scale, noise),
            Cell::Text(text) => quoted(&text, self.escaped),
            Cell::Flag(flag) => flag.to_string(),
            Cell::Instant(micros) => self.instant(micros),
            Cell::Until(end) => (end - now).div_euclid(1_000_000).to_string(),
            Cell::NotANumber => "NaN".to_owned(),
            Cell::Null if self.absent_null => return None,
            Cell::Null => "null".to_owned(),
            Cell::Absent => return None,
        })
    }

    fn number(&self, minor: i128, scale: u32, noise: u64) -> String {
        match self.number {
            NumberDress::Text => format!("\"{}\"", fixed(minor, scale)),
            NumberDress::TrimmedText => format!("\"{}\"", trimmed(minor, scale)),
            NumberDress::Fixed => fixed(minor, scale),
            NumberDress::Plain => trimmed(minor, scale),
            NumberDress::Float | NumberDress::Rounded(_) => {
                let text = trimmed(minor, scale);
                if text.contains('.') || self.number == NumberDress::Rounded(0) { text } else { text + ".0" }
            }
            NumberDress::Exponent => format!("{minor}E-{scale}"),
            NumberDress::Noisy => noisy(&trimmed(minor, scale), noise),
        }
    }

    fn instant(&self, micros: i64) -> String {
        let stamp =
            jiff::Timestamp::from_microsecond(micros).expect("instants of a world are near its epoch");
        let form = if micros % 1_000_000 == 0 { "%Y-%m-%dT%H:%M:%S" } else { "%Y-%m-%dT%H:%M:%S%.6f" };
        let civil = |hours: i8| {
            stamp.to_zoned(jiff::tz::TimeZone::fixed(jiff::tz::offset(hours))).strftime(form).to_string()
        };
        match self.instant {
            InstantDress::Naive => format!("\"{}\"", civil(0)),
            InstantDress::Zulu => format!("\"{}Z\"", civil(0)),
            InstantDress::PlusZero => format!("\"{}+00:00\"", civil(0)),
            InstantDress::Offset(hours) => {
                let sign = if hours < 0 { '-' } else { '+' };
                format!("\"{}{sign}{:02}:00\"", civil(hours), hours.unsigned_abs())
            }
            InstantDress::EpochSeconds => trimmed(i128::from(micros), 6),
            InstantDress::EpochMillis => trimmed(i128::from(micros), 3),
        }
    }
}

/// `-1234`, scale 2 → `-12.34`
pub fn fixed(minor: i128, scale: u32) -> String {
    if scale == 0 {
        return minor.to_string();
    }
    let one = 10_u128.pow(scale);
    let sign = if minor < 0 { "-" } else { "" };
    let size = minor.unsigned_abs();
    format!("{sign}{}.{:0width$}", size / one, size % one, width = scale as usize)
}

fn trimmed(minor: i128, scale: u32) -> String {
    let text = fixed(minor, scale);
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// Half away from zero.
pub fn rounded(minor: i128, scale: u32, to: u32) -> i128 {
    let one = 10_i128.pow(scale - to);
    let half = if minor < 0 { -one / 2 } else { one / 2 };
    (minor + half) / one
}

/// The double next to the number, one to three steps up, as far as it shows 16 digits or more.
fn noisy(text: &str, noise: u64) -> String {
    let Ok(exact) = text.parse::<f64>() else { return text.to_owned() };
    if noise.is_multiple_of(2) || exact == 0.0 {
        return text.to_owned();
    }
    let mut value = exact;
    for _ in 0..3 {
        value = value.next_up();
        let printed = format!("{value:?}");
        if !printed.contains('e') && printed.bytes().filter(u8::is_ascii_digit).count() >= 17 {
            return printed;
        }
    }
    text.to_owned()
}

/// A JSON string.
pub fn quoted(text: &str, escaped: bool) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            c if (c as u32) < 0x20 || (escaped && !c.is_ascii()) => {
                let mut units = [0; 2];
                for unit in c.encode_utf16(&mut units) {
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
            '/' if escaped => out.push_str("\\/"),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// Whether a rule calls two written cells the same: slow, exact, and independent of the engine.
pub fn same(compare: Option<&Compare>, rest: &Cell, ws: &Cell) -> bool {
    let gone = |cell: &Cell| matches!(cell, Cell::Null | Cell::Absent);
    match (rest, ws) {
        (a, b) if gone(a) || gone(b) => gone(a) && gone(b),
        (Cell::Decimal { minor: a, scale: sa }, Cell::Decimal { minor: b, scale: sb }) => {
            let scale = (*sa).max(*sb).max(9);
            let apart = (a * 10_i128.pow(scale - sa) - b * 10_i128.pow(scale - sb)).unsigned_abs();
            match compare {
                Some(Compare::Decimal { tolerance: Tolerance::Scale(digits) }) => {
                    apart < 10_u128.pow(scale - digits)
                }
                Some(Compare::Decimal { tolerance: Tolerance::Absolute(text) }) => {
                    let digits = text.split_once('.').map_or(0, |(_, fraction)| fraction.len() as u32);
                    let unit: u128 = text
                        .replace('.', "")
                        .parse()
                        .expect("a world writes its tolerances as plain decimals");
                    apart <= unit * 10_u128.pow(scale - digits)
                }
                _ => apart == 0,
            }
        }
        (a, b) => a == b,
    }
}
