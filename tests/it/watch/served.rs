//! The service against a backend that serves its flags: a flip there is noticed as one in an env file is.

use std::sync::atomic::Ordering;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::running::{Place, configuration, in_seconds, now, thor};
use crate::flag_server::{BROKEN, FlagServer, OFF, ON};

#[test]
fn a_flag_that_the_backend_serves_and_flips_begins_another_window_of_evidence() {
    let (thor, flags) = (thor(), FlagServer::start(OFF));
    let more = flags.configuration();
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
