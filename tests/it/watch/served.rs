//! The service against a backend that serves its flags: a flip there is noticed as one in an env file is.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::running::{Place, configuration, in_seconds, now, thor};

pub const OFF: usize = 0;
pub const ON: usize = 1;
pub const BROKEN: usize = 2;

/// What answers to `/flags/`, and how often it was asked.
pub struct FlagServer {
    pub url: String,
    pub says: Arc<AtomicUsize>,
    asked: Arc<AtomicU64>,
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
}

#[test]
fn a_flag_that_the_backend_serves_and_flips_begins_another_window_of_evidence() {
    let (thor, flags) = (thor(), FlagServer::start(OFF));
    let more = format!("[flags]\nserved_url = \"{}\"\n", flags.url);
    let mut place = Place::new(&configuration(&thor.rest_url(), in_seconds(-2), in_seconds(90), &more));
    let service = place.start();
    service.says("open; observing");
    std::thread::sleep(Duration::from_secs(7));
    let asked = flags.asked.load(Ordering::SeqCst);
    assert!((1..=4).contains(&asked), "{asked} times in seven seconds");
    // one that does not answer has flipped nothing
    flags.says.store(BROKEN, Ordering::SeqCst);
    service.says("what was served last counts until it answers");
    assert!(!service.said().contains("was changed"), "{}", service.said());
    flags.says.store(ON, Ordering::SeqCst);
    let flipped = now();
    service.says("the flag of positions was changed");
    service.says_times("open; observing", 2);
    service.says("evidence kept");
    std::thread::sleep(Duration::from_secs(3));
    let said = service.end_saying();
    assert_eq!(said.matches("what was served last counts").count(), 1, "{said}");
    assert_eq!(said.matches("was changed").count(), 1, "{said}");
    let mut runs = place.runs();
    runs.sort_by_key(|run| run["started_at"].as_str().unwrap().to_owned());
    assert_eq!(runs.len(), 2, "{runs:#?}");
    let flag = |run: &Value| (run["features"][1]["flag"].clone(), run["features"][1]["flag_end"].clone());
    assert_eq!(flag(&runs[0]), (Value::from("off"), Value::from("on")), "{:#}", runs[0]);
    assert_eq!(flag(&runs[1]), (Value::from("on"), Value::from("on")), "{:#}", runs[1]);
    // of the other feature nobody says anything
    assert_eq!(runs[1]["features"][0]["flag"], "off", "{:#}", runs[1]);
    let begun: Timestamp = runs[1]["started_at"].as_str().unwrap().parse().unwrap();
    assert!(begun > flipped && begun < flipped + SignedDuration::from_secs(30), "{begun}, flipped {flipped}");
}
