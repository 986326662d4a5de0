//! A small Thor: one true state, told by REST and by a WebSocket, with one thing wrong where the plan says so.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use http::header::{CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, UPGRADE};
use http::{Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::time::{MissedTickBehavior, interval};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role};

use crate::dice::Dice;
use crate::plan::{Plan, Wrong};
use crate::wire::WireEnd;
use crate::world::{MS, Said, World, lock};

/// What a broker knows of one symbol.
#[derive(Debug, Clone)]
struct Row {
    symbol: String,
    cents: i64,
    quantity: i64,
}

impl Row {
    fn position(&self) -> Value {
        json!({ "symbol": self.symbol, "price": price(self.cents), "quantity": self.quantity })
    }

    fn bar(&self) -> Value {
        json!({ "symbol": self.symbol, "close": price(self.cents), "volume": self.quantity })
    }
}

fn price(cents: i64) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

/// The true state.
#[derive(Debug)]
pub struct Thor {
    positions: Vec<Row>,
    bars: Vec<Row>,
    /// What the stream says for ever, once it is frozen.
    frozen: Option<Vec<Row>>,
    dice: Dice,
    number: u64,
    pub wrong: Option<Wrong>,
    /// Wrong messages and answers that went out.
    pub spoilt: u64,
}

impl Thor {
    pub fn of(plan: &Plan) -> Self {
        let mut dice = Dice::new(plan.seed).fork("thor");
        let mut rows = |prefix: &str, count: i64| -> Vec<Row> {
            let row = |n| Row {
                symbol: format!("{prefix}{n}"),
                cents: dice.between(100, 90_000),
                quantity: dice.between(1, 500),
            };
            (0..count).map(row).collect()
        };
        let (positions, bars) = (rows("P", 4), rows("B", 3));
        Self { positions, bars, frozen: None, dice, number: 0, wrong: None, spoilt: 0 }
    }

    /// One step of the market, and what is said about it.
    fn tick(&mut self) -> Vec<String> {
        for row in &mut self.positions {
            if self.dice.chance(60) {
                row.cents += self.dice.between(1, 40) * if row.cents > 50_000 { -1 } else { 1 };
            }
            row.quantity += i64::from(self.dice.chance(10));
        }
        let moved = self.dice.below(self.bars.len() as u64) as usize;
        let bar = &mut self.bars[moved];
        bar.cents += self.dice.between(1, 90);
        bar.quantity += self.dice.between(1, 9);
        let bar = bar.bar();
        let rows = self.streamed();
        vec![
            json!({ "type": "positions", "seq": self.next(), "data": { "rows": rows } }).to_string(),
            json!({ "type": "bar", "seq": self.next(), "data": bar }).to_string(),
        ]
    }

    fn streamed(&mut self) -> Vec<Value> {
        if self.wrong == Some(Wrong::StreamFrozen) {
            self.frozen.get_or_insert_with(|| self.positions.clone());
        }
        let mut rows: Vec<Value> =
            self.frozen.as_ref().unwrap_or(&self.positions).iter().map(Row::position).collect();
        match self.wrong {
            Some(Wrong::CentInStream) => rows[0]["price"] = price(self.positions[0].cents + 1).into(),
            Some(Wrong::RowMissingInStream) => drop(rows.remove(1)),
            Some(Wrong::FieldMissingInStream) => {
                rows.iter_mut().filter_map(Value::as_object_mut).for_each(|row| drop(row.remove("quantity")));
            }
            Some(Wrong::StreamFrozen) => {}
            Some(Wrong::CentInRest) | None => return rows,
        }
        self.spoilt += 1;
        rows
    }

    fn answer(&mut self, path: &str) -> Option<String> {
        let number = self.next();
        let answer = match path {
            "/api/positions" => {
                let mut rows: Vec<Value> = self.positions.iter().map(Row::position).collect();
                if self.wrong == Some(Wrong::CentInRest) {
                    rows[2]["price"] = price(self.positions[2].cents + 1).into();
                    self.spoilt += 1;
                }
                json!({ "seq": number, "results": rows })
            }
            "/api/bars" => {
                json!({ "seq": number, "bars": self.bars.iter().map(Row::bar).collect::<Vec<_>>() })
            }
            _ => return None,
        };
        Some(answer.to_string())
    }

    fn next(&mut self) -> u64 {
        self.number += 1;
        self.number
    }
}

/// The market goes on, and whoever listens is told.
pub async fn trade(world: Arc<World>) {
    let mut ticks = interval(Duration::from_millis(world.plan.tick));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let mut thor = lock(&world.thor);
        if let Some((since, wrong)) = world.plan.wrong
            && world.time.now() >= i128::from(since) * MS
        {
            thor.wrong = Some(wrong);
        }
        let said = thor.tick();
        drop(thor);
        // nobody may be listening
        said.into_iter().for_each(|text| drop(world.hub.send(Said::Text(text))));
    }
}

/// One connection, to its end.
pub async fn serve(end: WireEnd, world: Arc<World>) {
    let service = service_fn(move |request| {
        let world = Arc::clone(&world);
        async move { Ok::<_, Infallible>(answer(request, world).await) }
    });
    let mut server = http1::Builder::new();
    server.auto_date_header(false);
    // a connection that breaks off is no event here
    let _ = server.serve_connection(TokioIo::new(end), service).with_upgrades().await;
}

async fn answer(mut request: Request<Incoming>, world: Arc<World>) -> Response<String> {
    let sky = lock(&world.sky).clone();
    let now = world.time.now();
    let Some(key) = request.headers().get(SEC_WEBSOCKET_KEY).cloned() else {
        if sky.is("rest-hang", now) {
            std::future::pending::<()>().await;
        }
        if sky.is("rest-status", now) {
            return with(sky.rest_status, "{\"detail\":\"not now\"}".to_owned());
        }
        if sky.is("rest-page", now) {
            return with(200, "<!DOCTYPE html><title>Log in</title>".to_owned());
        }
        return match lock(&world.thor).answer(request.uri().path()) {
            Some(body) => with(200, body),
            None => with(404, String::new()),
        };
    };
    if sky.is("handshake", now) {
        return with(sky.handshake, String::new());
    }
    let hub = world.hub.subscribe();
    let upgrade = hyper::upgrade::on(&mut request);
    tokio::spawn(async move {
        if let Ok(upgraded) = upgrade.await {
            let socket = WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Server, None).await;
            talk(socket, hub).await;
        }
    });
    let mut response = with(StatusCode::SWITCHING_PROTOCOLS.as_u16(), String::new());
    let accept = derive_accept_key(key.as_bytes());
    for (name, value) in [(UPGRADE, "websocket"), (CONNECTION, "Upgrade"), (SEC_WEBSOCKET_ACCEPT, &accept)] {
        response.headers_mut().insert(name, value.parse().expect("a header of ASCII"));
    }
    response
}

fn with(status: u16, body: String) -> Response<String> {
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(status).expect("a status of the plan");
    response
}

type Socket = WebSocketStream<TokioIo<hyper::upgrade::Upgraded>>;

async fn talk(mut socket: Socket, mut hub: tokio::sync::broadcast::Receiver<Said>) {
    loop {
        let reply = tokio::select! {
            biased;
            said = hub.recv() => match said {
                Ok(Said::Text(text)) => Message::text(text),
                Ok(Said::Close(code)) => {
                    let _ = socket.close(Some(CloseFrame { code: code.into(), reason: "".into() })).await;
                    // the closing handshake, for as long as the client takes
                    while let Some(Ok(_)) = socket.next().await {}
                    return;
                }
                Err(_) => return,
            },
            heard = socket.next() => match heard {
                Some(Ok(Message::Text(text))) if text.contains("\"ping\"") => Message::text("{\"type\":\"pong\"}"),
                Some(Ok(_)) => continue,
                Some(Err(_)) | None => return,
            },
        };
        if socket.send(reply).await.is_err() {
            return;
        }
    }
}
