//! Worlds for the Engine: a feature of any shape, and what its two sides said, from the bytes of an input.

use std::fmt::Write as _;
use std::time::Duration;

use arbitrary::Arbitrary;
use thor_cutover::model::feature::Feature;
use thor_cutover::model::observation::{End, Event, GapReason, Observation, RestAnswer};
use thor_cutover::model::time::Nanos;

const MILLI: u64 = 1_000_000;
/// The longest run: enough for a verdict, and short enough for a million of them.
const MAX_OBSERVATIONS: usize = 120;

#[derive(Arbitrary, Debug)]
pub struct World<'a> {
    pub shape: FeatureShape,
    /// Every pushed price is beside what REST says, by an amount that REST never shows.
    pub is_wrong: bool,
    pub steps: Vec<Step<'a>>,
}

#[derive(Arbitrary, Debug)]
pub struct FeatureShape {
    carries: u8,
    on_change: bool,
    keyed: bool,
    complete: bool,
    rule: u8,
    routing: u8,
    removes: bool,
    counts: bool,
    has_clock: bool,
    filters: bool,
    delay: u8,
    staleness: u8,
}

#[derive(Arbitrary, Debug)]
pub enum Step<'a> {
    /// A second of a market for each count: REST moves, the stream follows after the lag.
    Market {
        seconds: u8,
        lag: u16,
    },
    Push {
        pause: u16,
        rows: [Row; 3],
    },
    Answer {
        pause: u16,
        took: u16,
        rows: [Row; 3],
    },
    Frame {
        pause: u16,
        text: &'a str,
    },
    Body {
        pause: u16,
        text: &'a str,
        status: u16,
    },
    Open {
        pause: u16,
    },
    Closed {
        pause: u16,
        code: u16,
        reason: &'a str,
    },
    ConnectFailed {
        pause: u16,
    },
    Binary {
        pause: u16,
        bytes: u16,
    },
    RestError {
        pause: u16,
        took: u16,
        error: &'a str,
    },
    Gap {
        pause: u16,
        reason: u8,
        lasted: u16,
    },
    Silence {
        seconds: u16,
    },
}

/// One entity as it is written: whether it is there, its price and the notation of that.
#[derive(Arbitrary, Debug, Clone, Copy)]
pub struct Row {
    price: u8,
    notation: u8,
}

impl FeatureShape {
    fn is_pairs(&self) -> bool {
        self.routing % 4 == 3
    }

    /// What the shape says of a feature that reads `{"type":"positions","data":…}`.
    pub fn feature(&self) -> Feature {
        let carries = ["snapshot", "upsert", "merge"][usize::from(self.carries) % 3];
        let delivery = if self.on_change { "on_change" } else { "periodic" };
        let compare = match self.rule % 8 {
            0 => None,
            1 => Some(serde_json::json!({ "decimal": { "tolerance": { "absolute": "0.004" } } })),
            2 => Some(serde_json::json!({ "decimal": { "tolerance": { "scale": 3 } } })),
            3 => Some("exact".into()),
            4 => Some("text".into()),
            5 => Some(serde_json::json!({ "instant": { "tolerance": "1s" } })),
            6 => Some(serde_json::json!({ "countdown": { "tolerance": "1s" } })),
            _ => Some(serde_json::json!({ "derived": { "formula": "price * quantity" } })),
        };
        let rules: Vec<serde_json::Value> = compare
            .into_iter()
            .map(|compare| {
                let field = if self.rule % 8 == 7 { "/value" } else { "/price" };
                serde_json::json!({ "rest": field, "ws": field, "compare": compare, "origin": "built_in" })
            })
            .collect();
        let routing = match self.routing % 4 {
            0 => serde_json::json!({}),
            1 => serde_json::json!({ "type": "/type", "each": "/data" }),
            2 => serde_json::json!({ "type": "/type", "parse": "/data" }),
            _ => serde_json::json!({ "type": "" }),
        };
        let of_types = if self.is_pairs() { ["*"] } else { ["positions"] };
        let ws = serde_json::json!({
            "types": of_types, "select": "/data", "carries": carries, "delivery": delivery, "every": "1s",
            "filter": if self.filters { serde_json::json!({ "/account": "1" }) } else { serde_json::json!({}) },
            "clock": self.has_clock.then_some("/at"),
            "sequence": self.counts.then_some("/n"),
            "removed": self.removes.then(|| serde_json::json!({ "types": ["closed"], "where": { "/price": "0" } })),
        });
        let feature = serde_json::json!({
            "name": "positions", "order": 1, "flag": "WS", "frontend_flag": null,
            "key": if self.keyed { vec!["/symbol"] } else { vec![] },
            "rest": { "path": "/", "select": "/rows", "every": "1s", "complete": self.complete },
            "ws": [ws], "routing": routing, "rest_only": ["/id"], "ws_only": ["/at"],
            "push_delay": format!("{}ms", u32::from(self.delay) * 20),
            "rest_staleness": format!("{}ms", u32::from(self.staleness) * 20),
            "rules": rules, "timers": [], "endpoints": [],
        });
        serde_json::from_value(feature).expect("a feature of any shape is one")
    }
}

impl World<'_> {
    /// Whether both sides say the same all the time, soon enough for any D.
    pub fn is_clean(&self) -> bool {
        let follows = |step: &Step<'_>| matches!(step, Step::Market { lag, .. } if lag % 1_000 < 300);
        let is_thor = self.shape.rule % 8 < 3 && self.shape.routing % 4 != 1 && !self.shape.removes;
        !self.is_wrong && is_thor && self.shape.delay >= 50 && self.steps.iter().all(follows)
    }

    /// Whether a GO would be one where it must not be: nothing that was pushed is what REST said, and no rule hides that.
    pub fn is_hopeless(&self) -> bool {
        let hides = matches!(self.shape.rule % 8, 5 | 6);
        self.is_wrong && !hides && !self.has_texts()
    }

    /// Whether an answer or a message was written by hand, of which nothing is known.
    fn has_texts(&self) -> bool {
        self.steps.iter().any(|step| matches!(step, Step::Frame { .. } | Step::Body { .. }))
    }

    /// What both sides said, in order of time, with an end.
    pub fn observations(&self) -> Vec<Observation<'_>> {
        let mut film =
            Film { shape: &self.shape, wrong: self.is_wrong, at: 0, second: 0, sent: 0, all: Vec::new() };
        film.put(0, Event::Open);
        for step in &self.steps {
            if film.all.len() > MAX_OBSERVATIONS {
                break;
            }
            film.step(step);
        }
        film.put(1, Event::End(End::Completed));
        film.all
    }
}

struct Film<'w, 'a> {
    shape: &'w FeatureShape,
    wrong: bool,
    at: u64,
    /// Of the market.
    second: u32,
    /// Messages sent, as the stream counts them.
    sent: u64,
    all: Vec<Observation<'a>>,
}

impl<'a> Film<'_, 'a> {
    fn put(&mut self, pause: u64, event: Event<'a>) {
        self.at += pause * MILLI;
        self.all.push(Observation::of(Nanos(self.at), event));
    }

    fn step(&mut self, step: &Step<'a>) {
        let (pause, event) = match step {
            Step::Market { seconds, lag } => {
                let lag = u64::from(lag % 1_000);
                (0..u32::from(*seconds).min(45)).for_each(|_| self.market(lag));
                return;
            }
            Step::Push { pause, rows } => {
                let message = self.message(&rows.map(|row| self.row(row, false)));
                (pause, Event::Message(message.into()))
            }
            Step::Answer { pause, took, rows } => {
                let body = self.body(&rows.map(|row| self.row(row, true)));
                (pause, self.answer(*pause, *took, 200, body.into()))
            }
            Step::Frame { pause, text } => (pause, Event::Message((*text).into())),
            Step::Body { pause, text, status } => (pause, self.answer(*pause, 20, *status, (*text).into())),
            Step::Open { pause } => (pause, Event::Open),
            Step::Closed { pause, code, reason } => {
                (pause, Event::Closed { code: *code, reason: (*reason).into() })
            }
            Step::ConnectFailed { pause } => (pause, Event::ConnectFailed { reason: "refused".into() }),
            Step::Binary { pause, bytes } => (pause, Event::Binary { bytes: usize::from(*bytes) }),
            Step::RestError { pause, took, error } => {
                let sent = self.sent_at(*pause, *took);
                (pause, Event::RestError { feature: "positions".into(), sent, error: (*error).into() })
            }
            Step::Gap { pause, reason, lasted } => {
                let reasons = [GapReason::Suspended, GapReason::ClockJump, GapReason::QueueOverflow];
                let reason = reasons[usize::from(*reason) % 3];
                (pause, Event::Gap { reason, lasted: Nanos(u64::from(*lasted) * MILLI) })
            }
            Step::Silence { seconds } => {
                self.at += u64::from(seconds % 3_600) * 1_000 * MILLI;
                return;
            }
        };
        self.put(u64::from(pause % 5_000), event);
    }

    /// When a request was sent whose answer comes after the pause.
    fn sent_at(&self, pause: u16, took: u16) -> Nanos {
        let arrives = self.at + u64::from(pause % 5_000) * MILLI;
        Nanos(arrives.saturating_sub(u64::from(took % 3_000) * MILLI))
    }

    fn answer(&self, pause: u16, took: u16, status: u16, body: std::borrow::Cow<'a, str>) -> Event<'a> {
        Event::Rest(RestAnswer {
            feature: "positions".into(),
            sent: self.sent_at(pause, took),
            status,
            body: body.into(),
            bound: Vec::new(),
        })
    }

    /// REST moves, is asked 100 ms later, and the stream follows; then the second is over.
    fn market(&mut self, lag: u64) {
        self.second += 1;
        let cents = |entity: u32| 10_000 + entity * 1_000 + self.second * 7 + self.second % 3;
        let rest: Vec<String> = (0..3)
            .map(|entity| self.entity(entity, &format!("\"{}\"", money(cents(entity))), true))
            .collect();
        let pushed = |cents| if self.wrong { format!("{}5", money(cents)) } else { money(cents) };
        let ws: Vec<String> =
            (0..3).map(|entity| self.entity(entity, &pushed(cents(entity)), false)).collect();
        let asked = self.answer(100, 20, 200, self.body(&rest).into());
        let mut past = 0;
        let messages: Vec<String> = match self.shape.keyed {
            true => vec![self.message(&ws)],
            false => vec![self.message(&ws[..1])],
        };
        let push_all = |film: &mut Self, past: &mut u64| {
            for message in &messages {
                film.put(lag - *past, Event::Message(message.clone().into()));
            }
            *past = lag;
        };
        if lag < 100 {
            push_all(self, &mut past);
        }
        self.put(100 - past, asked);
        past = 100;
        if lag >= 100 {
            push_all(self, &mut past);
        }
        self.at += (1_000 - past) * MILLI;
    }

    fn entity(&self, entity: u32, price: &str, is_rest: bool) -> String {
        let symbol = ["AAPL", "SPY", "TSLA"][entity as usize % 3];
        let id = if is_rest { format!("\"id\":{entity},") } else { String::new() };
        let value = if self.shape.rule % 8 == 7 {
            format!(",\"quantity\":2,\"value\":{price}")
        } else {
            String::new()
        };
        format!("{{{id}\"symbol\":\"{symbol}\",\"price\":{price}{value}}}")
    }

    /// A row written by hand; `None` inside the text is an entity that is not there.
    fn row(&self, row: Row, is_rest: bool) -> String {
        let Row { price, notation } = row;
        let symbol = u32::from(notation >> 5) % 3;
        let beside = if self.wrong && !is_rest { "5" } else { "" };
        let cents = u32::from(price) * 25;
        let price = match notation % 16 {
            0 => return String::new(),
            1..=4 => format!("{}{beside}", money(cents)),
            5 | 6 => format!("\"{}{beside}\"", money(cents)),
            7 => format!("{cents}e-2"),
            8 => "null".to_owned(),
            9 => "NaN".to_owned(),
            10 => format!("[{cents},{{}}]"),
            11 => format!("{{\"cents\":{cents},\"price\":{{}}}}"),
            12 => format!("\"2025-12-19T20:31:{:02}Z\"", price % 60),
            13 => format!("{cents},\"price\":{cents}"),
            14 => format!("{cents},\"extra\\u006e\":true"),
            _ => format!("\"{}\"", "x".repeat(usize::from(price))),
        };
        self.entity(symbol, &price, is_rest)
    }

    fn body(&self, rows: &[String]) -> String {
        format!("{{\"rows\":{}}}", self.rows(rows))
    }

    fn rows(&self, rows: &[String]) -> String {
        let rows: Vec<&str> = rows.iter().map(String::as_str).filter(|row| !row.is_empty()).collect();
        match self.shape.keyed {
            true => format!("[{}]", rows.join(",")),
            false => rows.first().map_or("null", |row| row).to_owned(),
        }
    }

    fn message(&mut self, rows: &[String]) -> String {
        self.sent += 1;
        let data = self.rows(rows);
        let data = match self.shape.routing % 4 {
            2 => serde_json::to_string(&data).expect("text"),
            _ => data,
        };
        let mut text = format!("{{\"type\":\"positions\",\"data\":{data},\"account\":1,\"n\":{}", self.sent);
        let _ = write!(text, ",\"at\":{}}}", Duration::from_nanos(self.at).as_secs());
        text
    }
}

fn money(cents: u32) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}
