//! How the servers are reached: a connection for the WebSocket, an exchange for REST. Everything else that is observed by
//! is built on these two.

use std::fmt::Debug;
use std::io;
use std::time::Duration;

use futures_util::future::BoxFuture;
use reqwest::{RequestBuilder, Response};
use tokio::net::TcpStream;

use crate::observe::http::{Unanswered, unanswered};
use crate::observe::websocket::ByteStream;

/// A way to the servers.
pub trait Network: Debug + Send + Sync {
    /// A connection to a port of a host.
    fn connect<'n>(&'n self, host: &'n str, port: u16) -> BoxFuture<'n, io::Result<Box<dyn ByteStream>>>;

    /// Sends a request, and waits for the beginning of its answer; `limit` is how long the whole answer may take.
    fn send(
        &self,
        request: RequestBuilder,
        limit: Duration,
    ) -> BoxFuture<'static, Result<Response, Unanswered>>;
}

/// The machine's own.
#[derive(Debug, Clone, Copy)]
pub struct MachineNetwork;

impl Network for MachineNetwork {
    fn connect<'n>(&'n self, host: &'n str, port: u16) -> BoxFuture<'n, io::Result<Box<dyn ByteStream>>> {
        Box::pin(async move {
            let stream = TcpStream::connect((host, port)).await?;
            // small frames both ways: waiting to fill a packet only delays pongs
            let _ = stream.set_nodelay(true);
            Ok(Box::new(stream) as Box<dyn ByteStream>)
        })
    }

    fn send(
        &self,
        request: RequestBuilder,
        limit: Duration,
    ) -> BoxFuture<'static, Result<Response, Unanswered>> {
        Box::pin(async move { request.send().await.map_err(|error| unanswered(error, limit)) })
    }
}
