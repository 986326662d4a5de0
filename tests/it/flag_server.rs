//! A backend that serves its flags, or does not.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

pub const OFF: usize = 0;
pub const ON: usize = 1;
pub const BROKEN: usize = 2;

/// What answers to `/flags/`, and how often it was asked.
pub struct FlagServer {
    url: String,
    pub says: Arc<AtomicUsize>,
    pub asked: Arc<AtomicU64>,
}

impl FlagServer {
    pub fn start(says: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/flags/", listener.local_addr().unwrap());
        let (says, asked) = (Arc::new(AtomicUsize::new(says)), Arc::new(AtomicU64::new(0)));
        let (of_thread, count) = (Arc::clone(&says), Arc::clone(&asked));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut request = [0; 4096];
                // whoever hangs up has asked nothing
                if stream.read(&mut request).unwrap_or(0) == 0 {
                    continue;
                }
                count.fetch_add(1, Ordering::SeqCst);
                let (status, body) = match of_thread.load(Ordering::SeqCst) {
                    BROKEN => ("503 Service Unavailable", String::new()),
                    on => ("200 OK", format!("{{\"flags\": {{\"WS_FEATURE_POSITIONS\": {}}}}}", on == ON)),
                };
                let length = body.len();
                let head =
                    format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
                let _ = stream.write_all(format!("{head}{body}").as_bytes());
            }
        });
        Self { url, says, asked }
    }

    /// The part of a configuration that names it.
    pub fn configuration(&self) -> String {
        format!("[flags]\nserved_url = \"{}\"\n", self.url)
    }
}
