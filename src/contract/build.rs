//! From features as written to features the engine can rely on: defaults filled in, impossible ones refused
//! with the place where they were written.

use std::time::Duration;

use crate::contract::is_thor;
use crate::contract::read::read;
use crate::contract::rules;
use crate::contract::tree::{Problem, Written, WrittenNode};
use crate::contract::written::{
    FeatureWritten, MethodWritten, Period, RemovedWritten, RestWritten, TextValue, WsWritten,
};
use crate::error::nearest;
use crate::json::grammar::is_json;
use crate::json::pointer::Pointer;
use crate::model::feature::{BUILT_IN, Carries, Delivery, Feature, Post, Removed, RestSource, WsSource};
use crate::model::routing::Routing;

/// The shortest polling interval: below it the poller would hurt the patient.
pub const POLLING_FLOOR: Duration = Duration::from_millis(50);

/// The features under `root`'s key `features`, sorted by `order`. `account` pins the account of those that
/// say where it goes.
pub fn features(root: &WrittenNode, account: Option<&str>) -> Result<Vec<Feature>, Problem> {
    let Some(written) = root.find(&["features"]) else {
        return Ok(Vec::new());
    };
    let Some(table) = written.as_table() else {
        return Err(Problem::at(&written.place, "`features` is a table of features"));
    };
    let is_thor = is_thor(root);
    let mut features: Vec<Feature> = Vec::with_capacity(table.len());
    let mut unordered = Vec::new();
    for (name, node) in table {
        let has_order = node.find(&["order"]).is_some();
        let feature = feature(name, node, account, is_thor)?;
        if has_order { features.push(feature) } else { unordered.push(feature) }
    }
    let last = features.iter().map(|feature| feature.order).max().unwrap_or(0);
    for (order, mut feature) in (last + 1..).zip(unordered) {
        feature.order = order;
        features.push(feature);
    }
    features.sort_by(|a, b| (a.order, &a.name).cmp(&(b.order, &b.name)));
    if let Some(pair) = features.windows(2).find(|pair| pair[0].order == pair[1].order) {
        let place = |feature: &Feature| written.place_of(&[&feature.name, "order"]);
        // what a person wrote beside a contract is what is to be changed
        let place = [&pair[1], &pair[0]].map(place).into_iter().min_by_key(|place| place.built_in);
        let place = place.unwrap_or(&written.place);
        let message =
            format!("`{}` and `{}` have the same order {}", pair[0].name, pair[1].name, pair[1].order);
        return Err(
            Problem::at(place, message).hint("features go one after the other: give each its own order")
        );
    }
    Ok(features)
}

fn feature(name: &str, node: &WrittenNode, account: Option<&str>, is_thor: bool) -> Result<Feature, Problem> {
    let node = &with_ws_as_array(node);
    let well_named = name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if !well_named {
        let message =
            format!("`{name}` is no name for a feature: lower-case letters, digits and underscores");
        return Err(Problem::at(&node.place, message));
    }
    let written: FeatureWritten = read(node)?;
    complete(name, node, &written)?;
    let key = written.key.unwrap_or_default();
    let pinned = account.zip(written.account);
    let complete = written.rest.as_ref().and_then(|rest| rest.complete);
    let mut rest = rest_source(node, written.rest.unwrap_or_default())?;
    let mut ws: Vec<WsSource> = Vec::new();
    for (at, source) in written.ws.unwrap_or_default().into_iter().enumerate() {
        ws.push(ws_source(node, at, source)?);
    }
    // A stream that says what is gone is wrong about whatever REST has no more.
    rest.complete = complete.unwrap_or_else(|| ws.iter().any(|source| source.removed.is_some()));
    if let Some((account, goes)) = pinned {
        if let Some(parameter) = goes.parameter {
            rest.path = pin(&rest.path, &parameter, account);
        }
        if let Some(pointer) = goes.filter {
            for source in &mut ws {
                source.filter.entry(pointer.to_string()).or_insert_with(|| account.to_owned());
            }
        }
    }
    let one_sided = [("rest_only", written.rest_only), ("ws_only", written.ws_only)];
    let [rest_only, ws_only] = one_sided.map(|(side, fields)| one_sided_fields(node, side, fields, &key));
    let capitals = name.to_uppercase();
    Ok(Feature {
        name: name.to_owned(),
        order: written.order.unwrap_or(0),
        flag: flag_name(node, "flag", written.flag, format!("WS_FEATURE_{capitals}"))?,
        frontend_flag: match written.frontend_flag {
            None if !is_thor => None,
            written => {
                Some(flag_name(node, "frontend_flag", written, format!("VITE_WS_FEATURE_{capitals}"))?)
            }
        },
        rest,
        ws,
        socket: written.socket,
        routing: Routing::default(),
        rules: rules::build(node, written.rules.unwrap_or_default(), &key)?,
        key,
        rest_only: rest_only?,
        ws_only: ws_only?,
        push_delay: written.push_delay.map_or(Duration::from_secs(2), |period| period.0),
        rest_staleness: written.rest_staleness.map_or(Duration::from_secs(1), |period| period.0),
        timers: written.timers.unwrap_or_default(),
        endpoints: written.endpoints.unwrap_or_default(),
        sessions: Vec::new(),
    })
}

/// `ws = {…}` means `[[ws]]` with one element.
fn with_ws_as_array(node: &WrittenNode) -> WrittenNode {
    let mut node = node.clone();
    if let Written::Table(table) = &mut node.value
        && let Some(ws) = table.get_mut("ws").filter(|ws| ws.as_table().is_some())
    {
        let one = ws.clone();
        ws.value = Written::Array(vec![one]);
    }
    node
}

/// A feature that is not built in has no contract to fill what it does not say.
fn complete(name: &str, node: &WrittenNode, written: &FeatureWritten) -> Result<(), Problem> {
    let rest = written.rest.as_ref();
    let ws = written.ws.as_ref().and_then(|ws| ws.first());
    let needed = [
        ("rest.path", rest.is_some_and(|rest| rest.path.is_some())),
        ("rest.select", rest.is_some_and(|rest| rest.select.is_some())),
        ("ws.types", ws.is_some_and(|ws| ws.types.is_some())),
        ("key", written.key.is_some()),
    ];
    let lacks: Vec<&str> = needed.iter().filter(|(_, there)| !there).map(|(key, _)| *key).collect();
    if lacks.is_empty() {
        return Ok(());
    }
    let message = format!("feature `{name}` is not built in and lacks {}", lacks.join(", "));
    let problem = Problem::at(&node.place, message);
    Err(match nearest(name, BUILT_IN) {
        Some(near) if near != name => problem.hint(format!("did you mean `{near}`?")),
        _ => problem.hint(format!("a feature of your own needs them; built in are: {}", BUILT_IN.join(", "))),
    })
}

fn rest_source(node: &WrittenNode, written: RestWritten) -> Result<RestSource, Problem> {
    let path = written.path.unwrap_or_default();
    let place = node.place_of(&["rest", "path"]);
    if !path.starts_with('/')
        || path.starts_with("//")
        || path.contains(|c: char| c.is_whitespace() || c == '#')
    {
        return Err(Problem::at(place, format!("not a path below the backend: {path:?}"))
            .hint("write it from the first slash, such as \"/api/actandpos/positions\""));
    }
    let for_each = written.for_each.unwrap_or_default();
    let used =
        placeholders(&path).ok_or_else(|| Problem::at(place, format!("unbalanced braces in {path:?}")))?;
    if let Some(unknown) = used.iter().find(|name| !for_each.contains_key(**name)) {
        return Err(Problem::at(place, format!("`{{{unknown}}}` has no values"))
            .hint(format!("add for_each = {{ {unknown} = [\"…\"] }}")));
    }
    for (name, values) in &for_each {
        let place = node.place_of(&["rest", "for_each", name]);
        if !used.contains(&name.as_str()) {
            return Err(Problem::at(place, format!("the path {path:?} has no `{{{name}}}`")));
        }
        if values.is_empty() {
            return Err(Problem::at(place, format!("`{name}` has no values: nothing would be asked")));
        }
    }
    let every = at_least(node, &["rest", "every"], written.every, Duration::from_secs(5), POLLING_FLOOR)?;
    let next = written.next;
    if let (Some(_), Some(MethodWritten::Post)) = (&next, written.method) {
        let place = node.place_of(&["rest", "next"]);
        return Err(Problem::at(place, "`next` with method = \"POST\": pages are asked for by GET"));
    }
    let post = post(node, written.method, written.body, written.reads)?;
    let texts = |values: Vec<TextValue>| values.into_iter().map(|value| value.0).collect();
    Ok(RestSource {
        path,
        select: written.select.unwrap_or_default(),
        every,
        complete: false,
        for_each: for_each.into_iter().map(|(name, values)| (name, texts(values))).collect(),
        auth: written.auth.unwrap_or(false),
        next,
        post,
    })
}

/// A POST may write: it is sent only where a person says why this one does not.
fn post(
    node: &WrittenNode,
    method: Option<MethodWritten>,
    body: Option<String>,
    reads: Option<String>,
) -> Result<Option<Post>, Problem> {
    let problem = |key: &str, message: String| Problem::at(node.place_of(&["rest", key]), message);
    if method != Some(MethodWritten::Post) {
        let odd =
            [("body", body.is_some()), ("reads", reads.is_some())].into_iter().find(|(_, there)| *there);
        return match odd {
            Some((key, _)) => Err(problem(key, format!("`{key}` means nothing without method = \"POST\""))),
            None => Ok(None),
        };
    }
    let reads = reads.unwrap_or_default();
    if reads.trim().is_empty() {
        return Err(problem("method", "a POST may change something, and this tool only reads".to_owned())
            .hint("say why this one changes nothing: reads = \"a query of GraphQL\""));
    }
    let body = body.unwrap_or_else(|| "{}".to_owned());
    if !is_json(&body) {
        return Err(problem("body", "`body` is no JSON".to_owned()));
    }
    Ok(Some(Post { body, reads }))
}

/// The names in braces; `None` where braces do not pair.
fn placeholders(path: &str) -> Option<Vec<&str>> {
    let mut names = Vec::new();
    let mut rest = path;
    while let Some(open) = rest.find(['{', '}']) {
        let inner = rest[open..].strip_prefix('{')?;
        let close = inner.find(['{', '}'])?;
        if !inner[close..].starts_with('}') || close == 0 {
            return None;
        }
        names.push(&inner[..close]);
        rest = &inner[close + 1..];
    }
    Some(names)
}

fn ws_source(node: &WrittenNode, at: usize, written: WsWritten) -> Result<WsSource, Problem> {
    let index = at.to_string();
    let types = written.types.unwrap_or_default();
    let place = node.place_of(&["ws", &index, "types"]);
    if types.is_empty() || types.iter().any(|name| name.trim().is_empty()) {
        return Err(Problem::at(place, "`types` names at least one message type"));
    }
    let every = at_least(
        node,
        &["ws", &index, "every"],
        written.every,
        Duration::from_secs(10),
        Duration::from_millis(1),
    )?;
    let carries = written.carries.unwrap_or(Carries::Snapshot);
    let removed = written.removed.map(|removed| removal(node, &index, removed, carries)).transpose()?;
    let filter = written.filter.unwrap_or_default();
    Ok(WsSource {
        types,
        select: written.select.unwrap_or_else(|| Pointer::root().join("data")),
        carries,
        delivery: written.delivery.unwrap_or(Delivery::Periodic),
        every,
        filter: filter.into_iter().map(|(pointer, value)| (pointer.to_string(), value.0)).collect(),
        clock: written.clock,
        removed,
        sequence: written.sequence,
    })
}

fn removal(
    node: &WrittenNode,
    index: &str,
    written: RemovedWritten,
    carries: Carries,
) -> Result<Removed, Problem> {
    let problem = |message: &str| Problem::at(node.place_of(&["ws", index, "removed"]), message);
    let RemovedWritten { types, fields } = written;
    if types.is_empty() && fields.is_empty() {
        return Err(problem("`removed` says neither by which `types` nor `where`")
            .hint("such as removed = { where = { \"/quantity\" = \"0\" } }"));
    }
    if types.iter().any(|name| name.trim().is_empty()) {
        return Err(problem("`removed.types` names message types"));
    }
    if !types.is_empty() && carries == Carries::Snapshot {
        return Err(problem(
            "`removed.types` beside `carries = \"snapshot\"`: what a snapshot lacks is gone already",
        )
        .hint("carries = \"upsert\" or \"merge\" if messages carry some entities only"));
    }
    let fields = fields.into_iter().map(|(pointer, value)| (pointer.to_string(), value.0)).collect();
    Ok(Removed { types, fields })
}

fn at_least(
    node: &WrittenNode,
    path: &[&str],
    written: Option<Period>,
    default: Duration,
    floor: Duration,
) -> Result<Duration, Problem> {
    let every = written.map_or(default, |period| period.0);
    if every < floor {
        let message = format!("`every` is at least {}ms", floor.as_millis());
        return Err(Problem::at(node.place_of(path), message));
    }
    Ok(every)
}

fn one_sided_fields(
    node: &WrittenNode,
    side: &str,
    fields: Option<Vec<Pointer>>,
    key: &[Pointer],
) -> Result<Vec<Pointer>, Problem> {
    let fields = fields.unwrap_or_default();
    for (at, field) in fields.iter().enumerate() {
        let place = node.place_of(&[side, &at.to_string()]);
        if field.is_root() {
            return Err(Problem::at(place, format!("`{side}` lists fields, not the whole entity")));
        }
        if let Some(key) = key.iter().find(|key| field.covers(key)) {
            let message = format!("`{key}` is part of the key: both sides need it, it cannot be in `{side}`");
            return Err(Problem::at(place, message));
        }
    }
    Ok(fields)
}

fn flag_name(
    node: &WrittenNode,
    which: &str,
    written: Option<String>,
    default: String,
) -> Result<String, Problem> {
    let name = written.unwrap_or(default);
    let well_formed = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if well_formed {
        return Ok(name);
    }
    Err(Problem::at(node.place_of(&[which]), format!("not a name of an environment variable: {name:?}")))
}

/// The path with the parameter set, unless it is already there.
fn pin(path: &str, parameter: &str, account: &str) -> String {
    let (before, query) = path.split_once('?').unwrap_or((path, ""));
    let mut pairs = url::form_urlencoded::parse(query.as_bytes());
    if pairs.any(|(name, _)| name == parameter) {
        return path.to_owned();
    }
    let account: String = url::form_urlencoded::byte_serialize(account.as_bytes()).collect();
    let joint = if query.is_empty() { "" } else { "&" };
    format!("{before}?{query}{joint}{parameter}={account}")
}
