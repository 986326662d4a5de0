//! The channel layer's Redis, asked for one PING over its own protocol. Needs no library and no password:
//! a Redis that asks for one is there, which is all that is wanted.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::causes;
use crate::model::diagnosis::{Link, LinkState};
use crate::model::text::{cut, visible};

pub const CODE: &str = "redis";

/// Longest answer that is looked at, in bytes.
const ANSWER: usize = 256;

/// One PING to `redis://host:port`.
pub async fn ping(url: &url::Url, limit: Duration) -> Link {
    let (host, port) = (url.host_str().unwrap_or("localhost"), url.port().unwrap_or(6379));
    match timeout(limit, exchange(host.trim_matches(['[', ']']), port)).await {
        Ok(Ok(answer)) if answer.starts_with("+PONG") => {
            Link::holds(CODE, format!("{host}:{port} says PONG"))
        }
        Ok(Ok(answer)) if answer.starts_with("-NOAUTH") || answer.starts_with("-WRONGPASS") => {
            Link::holds(CODE, format!("{host}:{port} is there and asks for a password"))
        }
        Ok(Ok(answer)) => {
            let said = cut(&visible(&crate::secrets::redacted(answer.trim_end())), 80);
            Link::broken(
                CODE,
                format!("{host}:{port} says {said:?}"),
                causes::redis("another program answers"),
            )
        }
        Ok(Err(error)) => broken(host, port, &error.to_string()),
        Err(_) => broken(host, port, &format!("no answer within {limit:?}")),
    }
}

/// What the PING says where messages arrive all the same: they come by another Redis, or by none.
pub fn beside_the_point(link: Link) -> Link {
    match link.state {
        LinkState::Broken => Link::doubtful(CODE, link.found, causes::another_redis()),
        _ => link,
    }
}

fn broken(host: &str, port: u16, why: &str) -> Link {
    Link::broken(CODE, format!("{host}:{port}: {why}"), causes::redis(why))
}

async fn exchange(host: &str, port: u16) -> std::io::Result<String> {
    let mut stream = TcpStream::connect((host, port)).await?;
    stream.write_all(b"*1\r\n$4\r\nPING\r\n").await?;
    let mut answer = Vec::new();
    while !answer.contains(&b'\n') && answer.len() < ANSWER {
        let mut part = [0_u8; ANSWER];
        match stream.read(&mut part).await? {
            0 => break,
            read => answer.extend_from_slice(&part[..read]),
        }
    }
    Ok(String::from_utf8_lossy(&answer).into_owned())
}
