//! Servers that are not Thor: a table of the shapes in which they push, each clean, a cent off, one entity dropped.
//!
//! What is right is decided by what a page would have shown: the same, another price, or an old row.

mod replayed;
mod served;
mod several;
mod transports;

use serde_json::{Value, json};

/// What one entity is at some second.
#[derive(Debug, Clone, PartialEq)]
pub struct Holding {
    pub symbol: &'static str,
    /// In cents.
    pub price: u64,
    pub quantity: u64,
}

impl Holding {
    pub fn price(&self) -> String {
        format!("{}.{:02}", self.price / 100, self.price % 100)
    }

    pub fn json(&self) -> Value {
        json!({ "s": self.symbol, "price": self.price(), "quantity": self.quantity })
    }

    /// With a field that no later message carries.
    fn named(&self) -> Value {
        let mut row = self.json();
        row["name"] = "constant".into();
        row
    }
}

/// The state at a second: three holdings whose prices move every second, and their quantities every other one.
pub fn state(second: u64) -> Vec<Holding> {
    let holding = |symbol, from: u64, step: u64| Holding {
        symbol,
        price: from + second * step,
        quantity: 10 + second / 2 * (step % 5) + from % 7,
    };
    vec![holding("AAA", 10_000, 3), holding("BBB", 25_010, 7), holding("CCC", 99, 2)]
}

/// What the server does to its pushes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Wrong {
    Nothing,
    /// BBB's price is a cent off from some second on.
    Cent,
    /// BBB is not pushed any more from some second on.
    Dropped,
}

/// From when on the server is wrong.
const WRONG_FROM: u64 = 20;

/// What is pushed at a second.
pub fn pushed(second: u64, wrong: Wrong) -> Vec<Holding> {
    let mut state = state(second);
    if second >= WRONG_FROM {
        match wrong {
            Wrong::Nothing => {}
            Wrong::Cent => state[1].price += 1,
            Wrong::Dropped => drop(state.remove(1)),
        }
    }
    state
}

/// How a server pushes, and how that is configured.
pub struct Shape {
    pub name: &'static str,
    pub socket: &'static str,
    pub feature: &'static str,
    /// The frames of one second.
    pub frames: fn(u64, &[Holding]) -> Vec<String>,
    /// The answer of REST.
    pub rest: fn(&[Holding]) -> Value,
}

fn list(state: &[Holding]) -> Value {
    state.iter().map(Holding::json).collect()
}

fn texts(frames: impl IntoIterator<Item = Value>) -> Vec<String> {
    frames.into_iter().map(|frame| frame.to_string()).collect()
}

fn each(state: &[Holding], frame: impl Fn(Value) -> Value) -> Vec<String> {
    texts(state.iter().map(|holding| frame(holding.json())))
}

const UPSERT: &str =
    "key = [\"/s\"]\nws = { types = [\"pos\"], select = \"/data\", carries = \"upsert\", every = \"1s\" }";

pub const SHAPES: &[Shape] = &[
    Shape {
        name: "an envelope with the whole state, as Thor",
        socket: "",
        feature: "key = [\"/s\"]\nws = { types = [\"pos\"], select = \"/data\", every = \"1s\" }",
        frames: |_, state| texts([json!({ "type": "pos", "data": list(state) })]),
        rest: list,
    },
    Shape {
        name: "an envelope an entity",
        socket: "",
        feature: UPSERT,
        frames: |_, state| each(state, |data| json!({ "type": "pos", "data": data })),
        rest: list,
    },
    Shape {
        name: "a list of envelopes",
        socket: "each = \"\"",
        feature: UPSERT,
        frames: |_, state| {
            let events = state.iter().map(|holding| json!({ "type": "pos", "data": holding.json() }));
            texts([events.chain([json!({ "type": "heartbeat" })]).collect()])
        },
        rest: list,
    },
    Shape {
        name: "combined streams",
        socket: "type = \"/stream\"",
        feature: "key = [\"/s\"]\nws = { types = [\"pos@1s\"], select = \"/data\", carries = \"upsert\", every = \"1s\" }",
        frames: |_, state| each(state, |data| json!({ "stream": "pos@1s", "data": data })),
        rest: list,
    },
    Shape {
        name: "event and payload",
        socket: "type = \"/event\"",
        feature: "key = [\"/s\"]\nws = { types = [\"pos\"], select = \"/payload\", every = \"1s\" }",
        frames: |_, state| {
            texts([json!({ "event": "ping" }), json!({ "event": "pos", "payload": list(state) })])
        },
        rest: list,
    },
    Shape {
        name: "JSON-RPC notifications",
        socket: "type = \"/method\"",
        feature: "key = [\"/s\"]\nws = { types = [\"subscription\"], select = \"/params/data\", filter = { \"/params/channel\" = \"pos\" }, every = \"1s\" }",
        frames: |second, state| {
            texts([
                json!({ "jsonrpc": "2.0", "id": second, "result": "ok" }),
                json!({ "jsonrpc": "2.0", "method": "subscription", "params": { "channel": "news", "data": [] } }),
                json!({ "jsonrpc": "2.0", "method": "subscription", "params": { "channel": "pos", "data": list(state) } }),
            ])
        },
        rest: list,
    },
    Shape {
        name: "GraphQL over WebSocket",
        socket: "protocols = [\"graphql-transport-ws\"]",
        feature: "key = [\"/s\"]\nws = { types = [\"next\"], select = \"/payload/data/position\", carries = \"upsert\", filter = { \"/id\" = 1 }, every = \"1s\" }",
        frames: |_, state| {
            each(
                state,
                |data| json!({ "id": "1", "type": "next", "payload": { "data": { "position": data } } }),
            )
        },
        rest: list,
    },
    Shape {
        name: "types that are numbers",
        socket: "type = \"/t\"",
        feature: "key = [\"/s\"]\nws = { types = [\"42\"], select = \"/d\", every = \"1s\" }",
        frames: |_, state| texts([json!({ "t": 1 }), json!({ "t": 42, "d": list(state) })]),
        rest: list,
    },
    Shape {
        name: "no type, told apart by a filter",
        socket: "type = \"\"",
        feature: "key = [\"/s\"]\nws_only = [\"/channel\"]\nws = { types = [\"*\"], select = \"\", carries = \"upsert\", filter = { \"/channel\" = \"pos\" }, every = \"1s\" }",
        frames: |_, state| {
            let events = state.iter().map(|holding| {
                let mut event = holding.json();
                event["channel"] = "pos".into();
                event
            });
            texts(events.chain([json!({ "channel": "news", "s": "AAA" }), json!({ "hello": 1 })]))
        },
        rest: list,
    },
    Shape {
        name: "deltas as in Signal K",
        socket: "type = \"\"\neach = \"/updates/*/values\"",
        feature: "key = [\"/path\"]\nws = { types = [\"*\"], select = \"/updates/values\", carries = \"upsert\", filter = { \"/context\" = \"vessels.self\" }, every = \"1s\" }",
        frames: |second, state| {
            let values = |part: &[Holding]| -> Value {
                part.iter()
                    .map(|holding| json!({ "path": holding.symbol, "value": holding.price() }))
                    .collect()
            };
            let (first, rest) = state.split_at(1);
            texts([
                json!({ "name": "signalk-server", "self": "vessels.x" }),
                json!({ "context": "vessels.other", "updates": [{ "values": [{ "path": "BBB", "value": "0.00" }] }] }),
                json!({ "context": "vessels.self", "updates": [
                    { "timestamp": second, "values": values(first) },
                    { "timestamp": second, "values": values(rest) },
                ] }),
            ])
        },
        rest: |state| {
            state.iter().map(|holding| json!({ "path": holding.symbol, "value": holding.price() })).collect()
        },
    },
    Shape {
        name: "JSON in a string, as Pusher",
        socket: "type = \"/event\"\nparse = \"/data\"",
        feature: UPSERT,
        frames: |_, state| {
            let frame =
                |data: Value| json!({ "event": "pos", "channel": "private", "data": data.to_string() });
            [each(state, frame), texts([json!({ "event": "pusher:pong", "data": "none" })])].concat()
        },
        rest: list,
    },
    Shape {
        name: "a frame that is a string",
        socket: "parse = \"\"",
        feature: UPSERT,
        frames: |_, state| each(state, |data| json!(json!({ "type": "pos", "data": data }).to_string())),
        rest: list,
    },
    Shape {
        name: "a list whose places have a meaning, as Phoenix",
        socket: "type = \"/3\"",
        feature: "key = [\"/s\"]\nws = { types = [\"pos\"], select = \"/4\", carries = \"upsert\", filter = { \"/2\" = \"room:1\" }, every = \"1s\" }",
        frames: |_, state| {
            [
                each(state, |data| json!([null, null, "room:1", "pos", data])),
                texts([json!([null, "7", "phoenix", "phx_reply", {}])]),
            ]
            .concat()
        },
        rest: list,
    },
    Shape {
        name: "events in a member, each with its type",
        socket: "each = \"/messages\"\ntype = \"/messages/topic\"",
        feature: "key = [\"/s\"]\nws = { types = [\"pos\"], select = \"/messages/body\", carries = \"upsert\", every = \"1s\" }",
        frames: |_, state| {
            let events = state.iter().map(|holding| json!({ "topic": "pos", "body": holding.json() }));
            texts([
                json!({ "messages": events.chain([json!({ "topic": "noise", "body": 1 })]).collect::<Vec<_>>() }),
            ])
        },
        rest: list,
    },
    Shape {
        name: "a filter that is a boolean",
        socket: "",
        feature: "key = [\"/s\"]\nws = { types = [\"pos\"], select = \"/data\", filter = { \"/live\" = true }, every = \"1s\" }",
        frames: |_, state| {
            texts([
                json!({ "type": "pos", "live": false, "data": [{ "s": "BBB", "price": "1.00", "quantity": 1 }] }),
                json!({ "type": "pos", "live": true, "data": list(state) }),
            ])
        },
        rest: list,
    },
    Shape {
        name: "a state deep inside",
        socket: "type = \"/meta/kind\"",
        feature: "key = [\"/s\"]\nws = { types = [\"portfolio.update\"], select = \"/body/account/rows\", every = \"1s\" }",
        frames: |_, state| {
            texts([
                json!({ "body": { "account": { "rows": list(state) } }, "meta": { "kind": "portfolio_update" } }),
            ])
        },
        rest: list,
    },
    Shape {
        name: "changed fields only, whole at first",
        socket: "",
        feature: "key = [\"/s\"]\nws = { types = [\"pos\"], select = \"/data\", carries = \"merge\", every = \"1s\" }",
        frames: |second, state| {
            texts(state.iter().map(|holding| {
                let mut data = holding.named();
                if second > 0 {
                    data.as_object_mut().unwrap().remove("name");
                    let left_out = if second % 2 == 0 { "nothing" } else { "quantity" };
                    data.as_object_mut().unwrap().remove(left_out);
                }
                json!({ "type": "pos", "data": data })
            }))
        },
        // the quantity moves every other second only, so that leaving it out is right
        rest: |state| state.iter().map(Holding::named).collect(),
    },
    Shape {
        name: "changed fields only, on top of the first answer",
        socket: "",
        feature: "key = [\"/s\"]\nrest_only = [\"/id\"]\nws = { types = [\"pos\"], select = \"/data\", carries = \"merge\", delivery = \"on_change\", every = \"1s\" }",
        frames: |_, state| {
            each(state, |mut data| {
                data.as_object_mut().unwrap().remove("name");
                json!({ "type": "pos", "data": data })
            })
        },
        rest: |state| {
            state
                .iter()
                .map(|holding| {
                    let mut row = holding.named();
                    row["id"] = holding.symbol.len().into();
                    row
                })
                .collect()
        },
    },
    Shape {
        name: "pairs of price and quantity, nothing left is gone",
        socket: "",
        feature: "key = [\"/0\"]\nws = { types = [\"book\"], select = \"/bids\", carries = \"upsert\", every = \"1s\", removed = { where = { \"/1\" = \"0\" } } }",
        frames: |second, state| {
            let mut bids: Vec<Value> =
                state.iter().map(|holding| json!([holding.symbol, holding.price()])).collect();
            // a level that comes and goes
            bids.push(json!(["DDD", if second % 4 < 2 { "5.00" } else { "0.0000" }]));
            texts([json!({ "type": "book", "bids": bids })])
        },
        rest: |state| {
            let mut bids: Vec<Value> =
                state.iter().map(|holding| json!([holding.symbol, holding.price()])).collect();
            let second = (state[0].price - 10_000) / 3;
            if second % 4 < 2 {
                bids.push(json!(["DDD", "5.00"]));
            }
            bids.into()
        },
    },
    Shape {
        name: "a type that takes an entity away",
        socket: "",
        feature: "key = [\"/s\"]\nrest = { complete = true }\nws = { types = [\"pos\"], select = \"/data\", carries = \"upsert\", every = \"1s\", removed = { types = [\"closed\"] } }",
        frames: |second, state| {
            let mut frames = each(state, |data| json!({ "type": "pos", "data": data }));
            let kind = if second % 4 < 2 { "pos" } else { "closed" };
            frames.push(
                json!({ "type": kind, "data": { "s": "DDD", "price": "5.00", "quantity": 5 } }).to_string(),
            );
            frames
        },
        rest: |state| {
            let mut rows = list(state);
            let second = (state[0].price - 10_000) / 3;
            if second % 4 < 2 {
                rows.as_array_mut().unwrap().push(json!({ "s": "DDD", "price": "5.00", "quantity": 5 }));
            }
            rows
        },
    },
    Shape {
        name: "messages that are numbered",
        socket: "",
        feature: "key = [\"/s\"]\nws = { types = [\"pos\"], select = \"/data\", every = \"1s\", sequence = \"/u\" }",
        frames: |second, state| texts([json!({ "type": "pos", "u": 700 + second, "data": list(state) })]),
        rest: list,
    },
    Shape {
        name: "one entity without a key",
        socket: "type = \"/kind\"",
        feature: "key = []\nws = { types = [\"balance\"], select = \"/value\", every = \"1s\" }",
        frames: |_, state| {
            let value = state.get(1).filter(|holding| holding.symbol == "BBB");
            texts(value.map(|holding| json!({ "kind": "balance", "value": { "cash": holding.price(), "count": holding.quantity } })))
        },
        rest: |state| json!({ "cash": state[1].price(), "count": state[1].quantity }),
    },
];

/// The configuration of a shape.
pub fn configuration(shape: &Shape, backend: &str) -> String {
    // a table of its own for what the shape adds to `rest`
    let (keys, rest): (Vec<&str>, Vec<&str>) =
        shape.feature.lines().partition(|line| !line.starts_with("rest ="));
    let more = rest.first().map_or(String::new(), |line| {
        line.trim_start_matches("rest = {").trim_end_matches('}').trim().replace("complete", ", complete")
    });
    format!(
        "contract = \"none\"\n{backend}\n[socket]\n{}\n[features.pos]\norder = 1\npush_delay = \"500ms\"\nrest_staleness = \"300ms\"\n\
         rest = {{ path = \"/api/pos\", select = \"\", every = \"250ms\" {more} }}\n{}\n",
        shape.socket,
        keys.join("\n")
    )
}
