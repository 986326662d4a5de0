//! The shape of one feature: its columns, its entities, its wrapping on either side, its budgets and cadences.
//!
//! A shape is drawn from the contract's facts (what Thor's features look like and how they are written)
//! and becomes a [`Feature`] as the settings would have made it.

use std::collections::BTreeMap;
use std::time::Duration;

use thor_cutover::json::number::Tolerance;
use thor_cutover::json::pointer::Pointer;
use thor_cutover::model::feature::{Carries, Compare, Delivery, Feature, Origin, RestSource, Rule, WsSource};

use super::column::{Column, Side, Sides, Sort, dresses};
use super::dice::Dice;
use super::keys::{id_texts, keys};

pub const MILLIS: i64 = 1_000_000;
pub const SECOND: i64 = 1_000 * MILLIS;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// One entity, no key.
    Single,
    /// A keyed list, whole in every message.
    Rows,
    /// A keyed list, some entities a message.
    Bars,
    /// As `Bars`, but REST is asked once for each entity.
    Asked,
}

/// When the true state changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// Only when the server's job runs, which then also broadcasts.
    Job,
    /// At any time; the change is pushed, and the job resends at its ticks.
    Free,
    /// At any time; only the job's ticks push, so that what came and went between two of them is owed by nobody.
    Sampled,
}

#[derive(Debug, Clone)]
pub struct Shape {
    pub feature: Feature,
    pub form: Form,
    pub pace: Pace,
    pub columns: Vec<Column>,
    /// Key texts of each entity that may ever exist; written as numbers where `numeric_keys`.
    pub ids: Vec<Vec<String>>,
    pub numeric_keys: bool,
    /// Names of the key on the WebSocket's side.
    pub ws_key: Vec<Pointer>,
    /// Account the messages are filtered by, as JSON text.
    pub account: Option<String>,
    /// The account also is a member of the entity, not only of the envelope around it.
    pub flat: bool,
    /// REST repeats the value that was asked for inside the entity.
    pub echoes: bool,
    pub every: i64,
    pub poll: i64,
    /// D and C.
    pub delay: i64,
    pub staleness: i64,
    /// Mean time between changes.
    pub calm: i64,
}

impl Shape {
    pub fn is_snapshot(&self) -> bool {
        matches!(self.form, Form::Single | Form::Rows)
    }

    pub fn is_periodic(&self) -> bool {
        self.feature.delivery() == Delivery::Periodic
    }

    /// Sets D and C, for the server's habits and in the configuration.
    pub fn set_budgets(&mut self, delay: i64, staleness: i64) {
        (self.delay, self.staleness) = (delay, staleness);
        self.feature.push_delay = Duration::from_nanos(delay as u64);
        self.feature.rest_staleness = Duration::from_nanos(staleness as u64);
    }

    /// Sets how often REST is asked.
    pub fn set_poll(&mut self, poll: i64) {
        self.poll = poll;
        self.feature.rest.every = Duration::from_nanos(poll as u64);
    }

    /// Whether a derived field cannot be recomputed on both sides, since one of them lacks an operand.
    pub fn derives_plainly(&self) -> bool {
        self.columns.iter().any(|column| match column.sort {
            Sort::Gain { average, .. } => self.columns[average].sides != Sides::Both,
            _ => false,
        })
    }

    /// max(3 × every, every + D), in nanoseconds.
    pub fn silence_limit(&self) -> i64 {
        (3 * self.every).max(self.every + self.delay)
    }

    pub fn entity(&self, id: usize) -> BTreeMap<Pointer, String> {
        self.feature.key.iter().cloned().zip(self.ids[id].iter().cloned()).collect()
    }

    pub fn compared(&self) -> impl Iterator<Item = (usize, &Column)> {
        self.columns.iter().enumerate().filter(|(_, column)| column.is_compared())
    }

    pub fn draw(name: &str, dice: &mut Dice) -> Self {
        let form = *dice.pick(&[Form::Single, Form::Single, Form::Rows, Form::Rows, Form::Bars, Form::Asked]);
        let on_change = dice.chance(30);
        let pace = match dice.below(3) {
            _ if on_change => Pace::Free,
            0 => Pace::Free,
            1 => Pace::Job,
            _ => Pace::Sampled,
        };
        let every = *dice.pick(&[250, 500, 1_000, 1_000, 1_000, 1_000, 2_000, 5_000, 10_000]) * MILLIS;
        let delay = *dice.pick(&[200, 500, 1_000, 2_000, 2_000, 2_000, 2_000, 2_000, 5_000]) * MILLIS;
        let lags = matches!(form, Form::Bars | Form::Asked) && dice.chance(12);
        let staleness = if lags {
            120 * SECOND
        } else {
            *dice.pick(&[0, 200, 1_000, 1_000, 1_000, 1_000, 1_000, 3_000, 10_000]) * MILLIS
        };
        let poll = match dice.below(6) {
            0 => every / 2,
            1 | 2 => every,
            3 => every * 2,
            _ => *dice.pick(&[200, 500, 1_000, 1_000, 2_000, 5_000]) * MILLIS,
        };
        // A run is a minute, or as many answers as a minute would have had: none of them takes an age.
        let poll = poll.clamp(100 * MILLIS, 15 * SECOND).max((delay + staleness) / 150);
        let calm = match pace {
            Pace::Job => every * dice.between(1, 4),
            Pace::Free => every.max(poll).max(300 * MILLIS) * dice.spread(50, 800) / 100,
            // From three moves a tick to one move in ten ticks.
            Pace::Sampled => every * *dice.pick(&[30, 100, 150, 200, 300, 400, 600, 1_000]) / 100,
        };
        let count = match form {
            Form::Single => 1,
            Form::Rows => dice.spread(1, 40) as usize,
            Form::Bars | Form::Asked => dice.spread(1, 6) as usize,
        };
        let (key, ws_key, numeric_keys) = keys(form, dice);
        let ids: Vec<Vec<String>> = (0..count).map(|n| id_texts(n, key.len(), numeric_keys)).collect();
        let account = dice.chance(40).then(|| (if dice.chance(50) { "1" } else { "\"1\"" }).to_owned());
        let mut columns = columns(form, dice);
        let flat = matches!(form, Form::Single | Form::Bars | Form::Asked) && dice.chance(50);
        let echoes = form == Form::Asked && dice.fork("echoes").chance(30);
        let clocked = !flat && dice.fork("clocked").chance(20);
        if flat && account.is_some() {
            columns.push(one_sided("account_id", Sort::Account, Side::Ws, dice));
        }
        let feature = feature(&Draft {
            name,
            form,
            on_change,
            every,
            delay,
            staleness,
            poll,
            key: &key,
            ws_key: &ws_key,
            ids: &ids,
            filtered: account.is_some(),
            flat,
            clocked,
            columns: &columns,
            dice: dice.fork("feature"),
        });
        Self {
            feature,
            form,
            pace,
            columns,
            ids,
            numeric_keys,
            ws_key,
            account,
            flat,
            echoes,
            every,
            poll,
            delay,
            staleness,
            calm,
        }
    }
}

pub fn pointer(text: &str) -> Pointer {
    text.parse().expect("the campaign's own pointers are well formed")
}

fn named(name: &str, sort: Sort, dice: &mut Dice) -> Column {
    let (rest_dress, ws_dress) = dresses(sort, dice);
    let at = pointer(name);
    Column {
        sort,
        rest: at.clone(),
        ws: at,
        sides: Sides::Both,
        compare: None,
        reason: None,
        rest_dress,
        ws_dress,
        restless: dice.between(10, 90) as u64,
    }
}

fn one_sided(name: &str, sort: Sort, side: Side, dice: &mut Dice) -> Column {
    Column { sides: Sides::Only(side), ..named(&format!("/{name}"), sort, dice) }
}

/// Fields of one entity, keys apart. At least one of them is compared and moves.
fn columns(form: Form, dice: &mut Dice) -> Vec<Column> {
    let mut columns: Vec<Column> = Vec::new();
    let pool: [(&str, Sort, u64); 15] = [
        ("/cash", Sort::Money, 70),
        ("/net_liq", Sort::Money, 50),
        ("/mark_price", Sort::Price, 50),
        ("/avg_price", Sort::Price, 40),
        ("/quantity", Sort::Quantity, 50),
        ("/volume", Sort::Serial, 50),
        ("/status", Sort::Status, 40),
        ("/display/name", Sort::Label, 25),
        ("/ok_to_trade", Sort::Flag, 25),
        ("/spread", Sort::Maybe, 30),
        ("/greeks/delta", Sort::Coarse, 25),
        ("/greeks/sum~1x~0", Sort::Wide, 25),
        ("/updated_at", Sort::Stamp, 40),
        ("/broker_code", Sort::Code, 20),
        ("/tags", Sort::Tags, 10),
    ];
    for (name, sort, percent) in pool {
        if dice.chance(percent) {
            columns.push(named(name, sort, dice));
        }
    }
    if !columns.iter().any(|column| column.sort == Sort::Money) {
        columns.push(named("/cash", Sort::Money, dice));
    }
    for column in &mut columns {
        ruled(column, dice);
    }
    derived(&mut columns, dice);
    if dice.chance(35) {
        columns.push(Column {
            compare: Some(Compare::Countdown {
                tolerance: Duration::from_millis(dice.between(1_000, 3_000) as u64),
            }),
            reason: Some("falls with time".to_owned()),
            restless: 3,
            ..named("/seconds_to_next_event", Sort::Countdown, dice)
        });
    }
    if dice.chance(35) {
        columns.push(Column {
            compare: Some(Compare::Ignore),
            reason: Some("the time of reading".to_owned()),
            ..named("/as_of", Sort::Now, dice)
        });
    }
    if dice.chance(40) {
        columns.push(one_sided("id", Sort::Code, Side::Rest, dice));
        columns.push(one_sided("description", Sort::Label, Side::Rest, dice));
    }
    if dice.chance(40) {
        columns.push(one_sided("timestamp", Sort::Now, Side::Ws, dice));
    }
    if form != Form::Rows && dice.chance(20) {
        columns.push(one_sided("type", Sort::Label, Side::Ws, dice));
    }
    columns
}

/// Rules that a column of this sort needs or may have.
fn ruled(column: &mut Column, dice: &mut Dice) {
    match column.sort {
        Sort::Coarse => {
            let tolerance =
                if dice.chance(50) { Tolerance::Scale(2) } else { Tolerance::Absolute("0.005".to_owned()) };
            column.compare = Some(Compare::Decimal { tolerance });
            column.reason = Some("the push is rounded to cents".to_owned());
        }
        Sort::Stamp => {
            let tolerance = Duration::from_millis(if dice.chance(30) { 500 } else { 0 });
            column.compare = Some(Compare::Instant { tolerance });
            column.reason = (!tolerance.is_zero()).then(|| "cut to seconds".to_owned());
        }
        Sort::Code => column.compare = Some(Compare::Text),
        Sort::Flag if dice.chance(30) => column.compare = Some(Compare::Exact),
        Sort::Money | Sort::Price if dice.chance(20) => {
            column.compare = Some(Compare::Decimal { tolerance: Tolerance::None });
        }
        _ => {}
    }
    if dice.chance(15) && column.rest.tokens().len() == 1 {
        column.ws = pointer(&format!("{}_ws", column.rest));
    }
}

/// A gain recomputed on every read, sometimes from a mark that is another one on every read.
fn derived(columns: &mut Vec<Column>, dice: &mut Dice) {
    let place = |columns: &[Column], name: &str| {
        columns.iter().position(|column| column.rest.to_string() == name && column.compare.is_none())
    };
    let (Some(mark), Some(average), Some(quantity)) =
        (place(columns, "/mark_price"), place(columns, "/avg_price"), place(columns, "/quantity"))
    else {
        return;
    };
    // An operand that only REST has: then the two sides' results are compared as they are.
    let one_sided = dice.chance(25);
    if one_sided {
        columns[average].sides = Sides::Only(Side::Rest);
    } else if dice.chance(40) {
        columns[mark].sort = Sort::Live;
        columns[mark].compare = Some(Compare::Ignore);
        columns[mark].reason = Some("read anew for every answer".to_owned());
    }
    columns.push(Column {
        compare: Some(Compare::Derived {
            formula: "(mark_price - avg_price) * quantity".to_owned(),
            tolerance: Tolerance::Scale(2),
        }),
        reason: Some("recomputed on every read".to_owned()),
        ..named("/unrealized_pl", Sort::Gain { mark, average, quantity }, dice)
    });
}

struct Draft<'a> {
    name: &'a str,
    form: Form,
    on_change: bool,
    every: i64,
    delay: i64,
    staleness: i64,
    poll: i64,
    key: &'a [Pointer],
    ws_key: &'a [Pointer],
    ids: &'a [Vec<String>],
    filtered: bool,
    flat: bool,
    clocked: bool,
    columns: &'a [Column],
    dice: Dice,
}

fn feature(draft: &Draft<'_>) -> Feature {
    let mut dice = draft.dice.clone();
    let span = |nanos: i64| Duration::from_nanos(nanos as u64);
    let name = draft.name;
    let only = |side: Side| {
        let mine = draft.columns.iter().filter(move |column| column.sides == Sides::Only(side));
        mine.map(move |column| column.pointer(side).clone()).collect::<Vec<_>>()
    };
    let ws_select = match (draft.form, draft.flat) {
        (Form::Rows, _) => "/data/rows",
        (_, true) => "/data",
        (Form::Single, false) => "/data/entity",
        (_, false) => "/data/quotes",
    };
    let rest_select = match draft.form {
        Form::Single => *dice.pick(&["", "/account"]),
        Form::Asked => "/intraday_latest",
        _ => *dice.pick(&["", "/positions", "/results"]),
    };
    let aliases = [vec![name.to_owned()], vec![name.to_owned(), format!("{name}.alias"), format!("{name}s")]];
    let source = |types: Vec<String>| WsSource {
        types,
        select: pointer(ws_select),
        carries: if matches!(draft.form, Form::Single | Form::Rows) {
            Carries::Snapshot
        } else {
            Carries::Upsert
        },
        delivery: if draft.on_change { Delivery::OnChange } else { Delivery::Periodic },
        every: span(draft.every),
        filter: draft.filtered.then(|| ("/data/account_id".to_owned(), "1".to_owned())).into_iter().collect(),
        clock: draft.clocked.then(|| pointer("/data/timestamp")),
        removed: None,
        sequence: None,
    };
    let mut ws = vec![source(dice.pick(&aliases).clone())];
    if !draft.flat && dice.chance(20) {
        ws.push(WsSource { select: pointer("/data/other/shape"), ..source(vec![format!("{name}_v2")]) });
    }
    let mut rules: Vec<Rule> = draft.columns.iter().filter_map(Column::rule).collect();
    for (rest, ws) in draft.key.iter().zip(draft.ws_key).filter(|(rest, ws)| rest != ws) {
        rules.push(Rule {
            rest: rest.clone(),
            ws: ws.clone(),
            compare: Compare::Text,
            reason: None,
            expires: None,
            origin: Origin::BuiltIn,
        });
    }
    let asked = draft.form == Form::Asked;
    let variable = draft.key.first().map_or("symbol", |key| key.tokens()[0].as_str()).to_owned();
    Feature {
        name: name.to_owned(),
        order: 1,
        flag: format!("WS_FEATURE_{}", name.to_uppercase()),
        frontend_flag: None,
        rest: RestSource {
            path: if asked { format!("/api/{name}?x={{{variable}}}") } else { format!("/api/{name}") },
            select: pointer(rest_select),
            every: span(draft.poll),
            complete: false,
            for_each: asked
                .then(|| (variable, draft.ids.iter().map(|id| id[0].clone()).collect()))
                .into_iter()
                .collect(),
            auth: false,
            next: None,
            post: None,
        },
        ws,
        key: draft.key.to_vec(),
        socket: None,
        routing: Default::default(),
        rest_only: only(Side::Rest),
        ws_only: only(Side::Ws),
        push_delay: span(draft.delay),
        rest_staleness: span(draft.staleness),
        rules,
        timers: Vec::new(),
        endpoints: Vec::new(),
        sessions: Vec::new(),
    }
}
