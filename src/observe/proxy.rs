//! A tunnel through an HTTP proxy (CONNECT, RFC 9110 section 9.3.6), so that the WebSocket takes the same
//! way as REST.

use base64::Engine as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::observe::handshake::HandshakeError;

/// Longest head of an answer that is read.
const LONGEST_HEAD: usize = 16 * 1024;

/// A TCP stream to `host:port` by way of `proxy`. Not bounded in time: the caller's handshake is.
pub(super) async fn tunnel(proxy: &url::Url, host: &str, port: u16) -> Result<TcpStream, HandshakeError> {
    let name = proxy.host_str().unwrap_or_default();
    let shown = format!("{name}:{}", proxy.port_or_known_default().unwrap_or(80));
    let failed = |why: String| HandshakeError::Proxy { proxy: shown.clone(), why };
    if proxy.scheme() != "http" {
        return Err(failed(format!("its scheme is {}, not http", proxy.scheme())));
    }
    let port_of_proxy = proxy.port_or_known_default().unwrap_or(80);
    let mut tcp = TcpStream::connect((name.trim_matches(['[', ']']), port_of_proxy))
        .await
        .map_err(|error| failed(error.to_string()))?;
    let target = if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") };
    let mut request = format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n");
    if !proxy.username().is_empty() {
        let pair = format!("{}:{}", proxy.username(), proxy.password().unwrap_or_default());
        let pair = base64::engine::general_purpose::STANDARD.encode(pair);
        request.push_str(&format!("Proxy-Authorization: Basic {pair}\r\n"));
    }
    request.push_str("\r\n");
    tcp.write_all(request.as_bytes()).await.map_err(|error| failed(error.to_string()))?;
    let head = head(&mut tcp).await.map_err(failed)?;
    let status = head.lines().next().unwrap_or_default().to_owned();
    match status.split(' ').nth(1) {
        Some(code) if code.starts_with('2') => Ok(tcp),
        _ => Err(failed(crate::model::text::visible(&crate::secrets::redacted(&status)))),
    }
}

/// The answer's head, and not a byte more: what follows belongs to the tunnel.
async fn head(tcp: &mut TcpStream) -> Result<String, String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        if head.len() >= LONGEST_HEAD {
            return Err("an answer without end".to_owned());
        }
        match tcp.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(error) => return Err(error.to_string()),
        }
    }
    Ok(String::from_utf8_lossy(&head).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_answer_without_end_is_given_up() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            let (mut proxy, _) = listener.accept().await.unwrap();
            // until whoever asked has gone
            while proxy.write_all(&[b'x'; 1024]).await.is_ok() {}
        });
        let mut tcp = TcpStream::connect(address).await.unwrap();
        assert_eq!(head(&mut tcp).await, Err("an answer without end".to_owned()));
    }
}
