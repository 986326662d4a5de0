//! The network as the tool sees it: connections over [`crate::wire`], with whatever weather there is.

use std::fmt;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use http::Response;
use hyper::body::Body as _;
use hyper_util::rt::TokioIo;
use reqwest::RequestBuilder;
use thor_cutover::observe::http::Unanswered;
use thor_cutover::observe::network::Network;
use thor_cutover::observe::websocket::ByteStream;
use tokio::io::AsyncWriteExt as _;
use tokio::time::timeout;

use crate::frames::number;
use crate::thor;
use crate::wire::{Wire, WireEnd};
use crate::world::{World, lock};

pub struct SimNetwork(pub Arc<World>);

impl fmt::Debug for SimNetwork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SimNetwork")
    }
}

impl Network for SimNetwork {
    fn connect<'n>(&'n self, _: &'n str, _: u16) -> BoxFuture<'n, io::Result<Box<dyn ByteStream>>> {
        Box::pin(async { Ok(Box::new(dial(&self.0, true).await?) as Box<dyn ByteStream>) })
    }

    fn send(
        &self,
        request: RequestBuilder,
        limit: Duration,
    ) -> BoxFuture<'static, Result<reqwest::Response, Unanswered>> {
        let world = Arc::clone(&self.0);
        Box::pin(async move {
            let request = request.build().map_err(|error| Unanswered::Broken(error.to_string()))?;
            let channel = if request.url().path().ends_with("bars") { "bars" } else { "positions" };
            let answered = timeout(limit, exchange(&world, &request)).await;
            let answered = answered.unwrap_or(Err(Unanswered::Timeout(limit)));
            let body = answered.as_ref().ok().filter(|it| it.status() == 200).map(Response::body);
            world.deliver(channel, body.and_then(|body| number(&String::from_utf8_lossy(body))));
            answered.map(reqwest::Response::from)
        })
    }
}

/// A connection to the server, as far as it can be had.
async fn dial(world: &Arc<World>, is_socket: bool) -> io::Result<WireEnd> {
    world.step();
    let (sky, now) = (lock(&world.sky).clone(), world.time.now());
    if sky.is("unreachable", now) {
        std::future::pending::<()>().await;
    }
    if sky.is("refuse", now) {
        return Err(io::ErrorKind::ConnectionRefused.into());
    }
    let cut = (!is_socket && sky.is("rest-cut", now)).then_some(sky.cut);
    let (client, mut server) = Wire::open(world, is_socket, cut);
    if is_socket && sky.is("garbage", now) {
        tokio::spawn(async move {
            // the client may be gone
            let _ = server.write_all(b"220 mail.sim ESMTP\r\n").await;
        });
    } else {
        tokio::spawn(thor::serve(server, Arc::clone(world)));
    }
    Ok(client)
}

/// One request by HTTP/1.1 on a connection of its own, and its whole answer.
async fn exchange(world: &Arc<World>, request: &reqwest::Request) -> Result<Response<Vec<u8>>, Unanswered> {
    let client = dial(world, false).await.map_err(|error| Unanswered::Unreachable(error.to_string()))?;
    let broken = |error: hyper::Error| Unanswered::Broken(error.to_string());
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake::<_, String>(TokioIo::new(client)).await.map_err(broken)?;
    tokio::spawn(connection);
    let mut asked = http::Request::builder().method(request.method()).uri(request.url().path());
    asked = asked.header(http::header::HOST, "thor.sim");
    for (name, value) in request.headers() {
        asked = asked.header(name, value);
    }
    let asked = asked.body(String::new()).map_err(|error| Unanswered::Broken(error.to_string()))?;
    let (head, mut body) = sender.send_request(asked).await.map_err(broken)?.into_parts();
    let mut bytes = Vec::new();
    while let Some(frame) = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
        bytes.extend_from_slice(frame.map_err(broken)?.data_ref().map_or(&[][..], |data| data));
    }
    Ok(Response::from_parts(head, bytes))
}
