//! The backend's own door: plant and clear faults, step, freeze, look inside. Plain HTTP over a plain socket.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::{Value, json};

#[derive(Debug, Clone)]
pub struct Door {
    /// `host:port`
    address: String,
}

impl Door {
    pub fn at(url: &str) -> Self {
        Self { address: url.strip_prefix("http://").unwrap().trim_end_matches('/').to_owned() }
    }

    /// Plants `{"name": …, parameters…}`.
    pub fn plant(&self, fault: Value) {
        self.ask("POST", "/fault", &fault);
    }

    /// How often the first planted fault acted.
    pub fn applied(&self) -> u64 {
        self.ask("GET", "/faults", &json!({}))["planted"][0]["applied"].as_u64().unwrap()
    }

    fn ask(&self, method: &str, path: &str, body: &Value) -> Value {
        let body = body.to_string();
        let mut socket = TcpStream::connect(&self.address).unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(35))).unwrap();
        write!(
            socket,
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
            self.address,
            body.len()
        )
        .unwrap();
        let mut answer = String::new();
        socket.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 200"), "{method} {path}: {head}\n{body}");
        serde_json::from_str(body).unwrap()
    }
}
