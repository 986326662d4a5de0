//! The payload shapes that are measured, made from one seed: account ≈ 250 B, positions 50 rows ≈ 9 KB, bars.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use thor_cutover::contract;
use thor_cutover::model::feature::Feature;
use thor_cutover::model::thresholds::Thresholds;
use thor_cutover::recording::{Config, Header};

/// A recording's lines and the features that judge it.
pub struct Shape {
    pub name: &'static str,
    pub features: Vec<Feature>,
    pub lines: Vec<String>,
}

impl Shape {
    /// Writes it as a recording, and says where that is.
    pub fn write(&self, folder: &Path) -> PathBuf {
        let header = Header {
            started_at: "2025-12-19T20:31:00Z".parse().expect("an instant"),
            features: self.features.iter().map(|feature| feature.name.clone()).collect(),
            rest_url: "http://localhost:8000/".to_owned(),
            ws_url: "ws://localhost:8000/ws/".to_owned(),
            config: Some(Config { features: self.features.clone(), thresholds: Thresholds::default() }),
            ..Header::default()
        };
        let path = folder.join(format!("{}.ndjson", self.name));
        let mut file = BufWriter::new(File::create(&path).expect("a file in the folder"));
        writeln!(file, "{}", serde_json::to_string(&header).expect("a header")).expect("room on the disk");
        for line in &self.lines {
            writeln!(file, "{line}").expect("room on the disk");
        }
        file.flush().expect("room on the disk");
        path
    }
}

/// A small multiplicative generator: the same market on every machine.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % below
    }
}

fn feature(name: &str, every: &str) -> Vec<Feature> {
    let mut feature = contract::built_in("thor-a")
        .into_iter()
        .find(|feature| feature.name == name)
        .expect("a built-in feature");
    for source in &mut feature.ws {
        source.filter.clear();
        source.every = thor_cutover::model::feature::span::parse(every).expect("a duration");
    }
    vec![feature]
}

fn money(cents: u64) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

/// What the server's clock says at a message, a millisecond after the one before.
pub fn clock(index: usize) -> String {
    let start: jiff::Timestamp = "2025-12-19T20:31:00Z".parse().expect("an instant");
    let at = start + jiff::SignedDuration::from_millis(i64::try_from(index).expect("a small count"));
    format!("{at:.6}").replace('Z', "+00:00")
}

/// Messages 1 ms apart, a REST sample after each tenth.
pub fn account(messages: usize) -> Shape {
    let mut dice = Dice(1);
    let mut cash = 4_821_050;
    let mut lines = vec![r#"{"t":100,"link":"open"}"#.to_owned()];
    for index in 0..messages {
        let t = 1_000_000 * (index as u64 + 1);
        cash += dice.roll(200);
        let fields = balance(cash);
        lines.push(format!(
            r#"{{"t":{t},"ws":{{"type":"account_balance","data":{{{fields},"timestamp":"{}"}}}}}}"#,
            clock(index)
        ));
        if index % 10 == 9 {
            lines.push(format!(
                r#"{{"t":{},"rest":{{"feature":"account_balance","sent":{},"status":200,"body":{{{fields},"source":"db","updated_at":"2025-12-19T20:31:07.412905"}}}}}}"#,
                t + 500_000, t + 100_000
            ));
        }
    }
    lines.push(format!(r#"{{"t":{},"end":"completed"}}"#, 1_000_000 * (messages as u64 + 5_000)));
    Shape { name: "account", features: feature("account_balance", "1s"), lines }
}

/// Account messages 4 s apart, a REST sample after each; `wrong` samples show a cash that no message ever had,
/// a fifth of the others the state before the newest message, as a cache may.
pub fn planted(samples: usize, wrong: usize) -> Shape {
    let mut dice = Dice(4);
    let mut cash = 4_821_050;
    let mut lines = vec![r#"{"t":100,"link":"open"}"#.to_owned()];
    for index in 0..samples {
        let t = 4_000_000_000 * (index as u64 + 1);
        let before = cash;
        cash += 100 + dice.roll(200);
        lines.push(format!(
            r#"{{"t":{t},"ws":{{"type":"account_balance","data":{{{},"timestamp":"2025-12-19T20:31:00Z"}}}}}}"#,
            balance(cash)
        ));
        let shown = match index {
            _ if index % (samples / wrong) == samples / wrong / 2 => cash + 1_000_007,
            _ if dice.roll(5) == 0 => before,
            _ => cash,
        };
        lines.push(format!(
            r#"{{"t":{},"rest":{{"feature":"account_balance","sent":{},"status":200,"body":{{{},"source":"db","updated_at":"2025-12-19T20:31:07.412905"}}}}}}"#,
            t + 500_000_000, t + 400_000_000, balance(shown)
        ));
    }
    lines.push(format!(r#"{{"t":{},"end":"completed"}}"#, 4_000_000_000 * (samples as u64 + 2)));
    Shape { name: "planted", features: feature("account_balance", "4s"), lines }
}

fn balance(cash: u64) -> String {
    format!(
        r#""account_id":"PAPER-7-4C1D22AB","net_liquidation":{},"equity":{},"cash":{},"buying_power":{},"day_trade_bp":193000.0"#,
        money(cash * 2),
        money(cash * 2),
        money(cash),
        money(cash * 2)
    )
}

/// Snapshots of `rows` positions 10 ms apart of which a few rows move, a REST sample after each tenth.
pub fn positions(messages: usize, rows: usize) -> Shape {
    let mut dice = Dice(2);
    let mut marks: Vec<u64> = (0..rows).map(|_| 10_000 + dice.roll(50_000)).collect();
    let mut lines = vec![r#"{"t":100,"link":"open"}"#.to_owned()];
    for index in 0..messages {
        let t = 10_000_000 * (index as u64 + 1);
        for _ in 0..3 {
            let row = dice.roll(rows as u64) as usize;
            marks[row] += dice.roll(9) + 1;
        }
        lines.push(format!(
            r#"{{"t":{t},"ws":{{"type":"positions","data":{{"account_id":1,"positions":[{}],"timestamp":"2025-12-19T20:31:00Z"}}}}}}"#,
            list(&marks, |row, mark| position(row, mark, false))
        ));
        if index % 10 == 9 {
            lines.push(format!(
                r#"{{"t":{},"rest":{{"feature":"positions","sent":{},"status":200,"body":{{"positions":[{}]}}}}}}"#,
                t + 5_000_000, t + 1_000_000, list(&marks, |row, mark| position(row, mark, true))
            ));
        }
    }
    lines.push(format!(r#"{{"t":{},"end":"completed"}}"#, 10_000_000 * (messages as u64 + 500)));
    Shape { name: "positions", features: feature("positions", "10s"), lines }
}

fn list(values: &[u64], one: impl Fn(usize, u64) -> String) -> String {
    let mut text = String::new();
    for (index, value) in values.iter().enumerate() {
        let comma = if index == 0 { "" } else { "," };
        write!(text, "{comma}{}", one(index, *value)).expect("writing to a String cannot fail");
    }
    text
}

fn position(row: usize, mark: u64, rest: bool) -> String {
    let quote = if rest { "\"" } else { "" };
    let value = |cents: u64| format!("{quote}{}{quote}", money(cents));
    let only = if rest { format!(r#""id":{row},"description":"COMPANY {row} INC","#) } else { String::new() };
    format!(
        r#"{{{only}"symbol":"SYM{row}","asset_type":"EQ","quantity":{},"avg_price":{},"mark_price":{},"market_value":{},"unrealized_pl":{},"pl_percent":{},"realized_pl_open":{},"realized_pl_day":{},"currency":"USD"}}"#,
        value(1050),
        value(20_000),
        value(mark),
        value(mark * 10),
        value(mark / 2),
        value(mark / 7),
        value(0),
        value(0)
    )
}

/// One bar a message, 200 symbols, a REST answer of all 200 after each 200th.
pub fn bars(messages: usize) -> Shape {
    let mut dice = Dice(3);
    let mut closes: Vec<u64> = (0..200).map(|_| 400_000 + dice.roll(100_000)).collect();
    let mut features = feature("intraday", "60s");
    for feature in &mut features {
        feature.rest.for_each.clear();
        feature.rest.path = "/api/session".to_owned();
        feature.rest.select = "/bars".parse().expect("a pointer");
        feature.rest.complete = true;
        feature.rest_staleness = std::time::Duration::from_secs(1);
    }
    let mut lines = vec![r#"{"t":100,"link":"open"}"#.to_owned()];
    for index in 0..messages {
        let t = 1_000_000 * (index as u64 + 1);
        let row = index % 200;
        closes[row] += dice.roll(50);
        lines.push(format!(
            r#"{{"t":{t},"ws":{{"type":"intraday_bar","data":{{"country":"USA","timestamp_minute":"2025-12-19T20:31:00Z",{}}}}}}}"#,
            bar(row, closes[row])
        ));
        if row == 199 {
            lines.push(format!(
                r#"{{"t":{},"rest":{{"feature":"intraday","sent":{},"status":200,"body":{{"bars":[{}]}}}}}}"#,
                t + 500_000,
                t + 100_000,
                list(&closes, |row, close| format!("{{{}}}", bar(row, close)))
            ));
        }
    }
    lines.push(format!(r#"{{"t":{},"end":"completed"}}"#, 1_000_000 * (messages as u64 + 5_000)));
    Shape { name: "bars", features, lines }
}

fn bar(row: usize, close: u64) -> String {
    named_bar(&format!("S{row}"), close)
}

fn named_bar(symbol: &str, close: u64) -> String {
    format!(
        r#""symbol":"{symbol}","open":{},"high":{},"low":{},"close":{},"volume":{},"spread":null"#,
        money(close),
        money(close + 75),
        money(close - 50),
        money(close),
        close / 3
    )
}

/// Five symbols asked in turn, 200 bars each, of which few moved since they were asked last: one bar a message.
pub fn templated(messages: usize) -> Shape {
    const SYMBOLS: [&str; 5] = ["ES", "YM", "NQ", "RTY", "GC"];
    const BARS: usize = 200;
    let mut dice = Dice(5);
    let mut closes: Vec<u64> = (0..SYMBOLS.len() * BARS).map(|_| 400_000 + dice.roll(100_000)).collect();
    let mut features = feature("intraday", "10s");
    for feature in &mut features {
        feature.key = ["/symbol", "/minute"].map(|field| field.parse().expect("a pointer")).to_vec();
        feature.rest.for_each = [("symbol".to_owned(), SYMBOLS.map(str::to_owned).to_vec())].into();
        feature.rest.path = "/api/bars?symbol={symbol}".to_owned();
        feature.rest.select = "/bars".parse().expect("a pointer");
        feature.rest_staleness = std::time::Duration::from_secs(1);
    }
    let minute = |bar: usize| format!("2025-12-19T{:02}:{:02}:00Z", 14 + bar / 60, bar % 60);
    let mut lines = vec![r#"{"t":100,"link":"open"}"#.to_owned()];
    for index in 0..messages {
        let t = 10_000_000 * (index as u64 + 1);
        let place = dice.roll(closes.len() as u64) as usize;
        closes[place] += 1 + dice.roll(50);
        let (symbol, nth) = (SYMBOLS[place / BARS], place % BARS);
        lines.push(format!(
            r#"{{"t":{t},"ws":{{"type":"intraday_bar","data":{{"country":"USA","timestamp_minute":"2025-12-19T20:31:00Z","minute":"{}",{}}}}}}}"#,
            minute(nth),
            named_bar(symbol, closes[place])
        ));
        if index % 20 == 19 {
            let asked = index / 20 % SYMBOLS.len();
            let bars = &closes[asked * BARS..(asked + 1) * BARS];
            lines.push(format!(
                r#"{{"t":{},"rest":{{"feature":"intraday","sent":{},"status":200,"bound":{{"symbol":"{}"}},"body":{{"bars":[{}]}}}}}}"#,
                t + 500_000,
                t + 100_000,
                SYMBOLS[asked],
                list(bars, |nth, close| {
                    format!(r#"{{"minute":"{}",{}}}"#, minute(nth), named_bar(SYMBOLS[asked], close))
                })
            ));
        }
    }
    lines.push(format!(r#"{{"t":{},"end":"completed"}}"#, 10_000_000 * (messages as u64 + 500)));
    Shape { name: "templated", features, lines }
}
