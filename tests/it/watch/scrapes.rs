//! `/metrics` of a service while it runs, read by a parser that is not ours.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;
use thor_cutover::emulator::USER;

use super::metrics::{read_elsewhere, value};
use super::running::{Place, asked, configuration, in_seconds, thor};

/// Observes one session of a backend, scrapes each second; what is shown at last is what the ledger says. The memory
/// that the service had meanwhile.
pub fn scraped(rest_url: &str, seconds: i64, variables: &[(&str, &str)]) -> Vec<u64> {
    let opens = in_seconds(2);
    let more = "[watch]\nlisten = \"127.0.0.1:0\"\n";
    let mut place = Place::new(&configuration(rest_url, opens, in_seconds(2 + seconds), more));
    place.variables =
        variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let service = place.start();
    service.says("metrics on http://");
    let said = service.said();
    let address = said.split("metrics on http://").nth(1).unwrap().split('/').next().unwrap().to_owned();
    service.says("no market is open");
    let (status, _, text) = asked(&address, "/healthz");
    let health: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((status, &health["status"]), (200, &Value::from("ok")), "{health}");
    let next: Timestamp = health["next_opening"].as_str().unwrap().parse().unwrap();
    assert_eq!(next.as_second(), opens.as_second());
    let mut memory = Vec::new();
    let (mut before, mut scrapes) = (0, 0);
    while !service.said().contains("evidence kept") {
        std::thread::sleep(Duration::from_secs(1));
        let (status, media, text) = asked(&address, "/metrics");
        assert_eq!(status, 200);
        assert!(media.starts_with("application/openmetrics-text; version=1.0.0"), "{media}");
        let plain = |name: &str| {
            let line = text.lines().find(|line| line.starts_with(name))?;
            line.rsplit(' ').next()?.parse::<f64>().ok()
        };
        memory.extend(plain("thor_cutover_resident_memory_bytes").map(|bytes| bytes as u64));
        let messages = plain("thor_cutover_messages_total").unwrap_or_default() as u64;
        assert!(messages >= before, "a counter went back: {before}, {messages}");
        before = messages;
        scrapes += 1;
    }
    assert!(scrapes >= seconds / 2, "{scrapes} scrapes");
    let (_, _, text) = asked(&address, "/metrics");
    let run = &place.runs()[0];
    let user = variables.iter().find(|(name, _)| *name == "THOR_USER").map_or(USER, |(_, value)| value);
    assert!(!text.contains(user), "a user's name in a label");
    if let Some(samples) = read_elsewhere(&text) {
        for feature in run["features"].as_array().unwrap() {
            let name = feature["feature"].as_str().unwrap();
            let labels = [("feature", name), ("target", "main"), ("session", "short")];
            for key in ["samples", "messages", "transitions"] {
                let shown = value(&samples, &format!("thor_cutover_{key}_total"), &labels);
                assert_eq!(shown, feature[key].as_f64(), "{name} {key}");
            }
            for (kind, count) in feature["outcomes"].as_object().unwrap() {
                let labels = [&labels[..], &[("kind", kind.as_str())]].concat();
                assert_eq!(
                    value(&samples, "thor_cutover_outcomes", &labels),
                    count.as_f64(),
                    "{name} {kind}"
                );
            }
            let matches = feature["outcomes"]["match"].as_f64();
            assert_eq!(value(&samples, "thor_cutover_skew_seconds_count", &labels), matches, "{name}");
            assert_eq!(value(&samples, "thor_cutover_verdict", &labels), Some(0.0), "{name}: {feature:#}");
        }
        assert_eq!(value(&samples, "thor_cutover_window_open", &[("session", "short")]), Some(0.0));
        assert!(value(&samples, "thor_cutover_evidence_kept_timestamp_seconds", &[]).unwrap() > 1e9);
    }
    let (status, _, text) = asked(&address, "/livez");
    assert_eq!((status, text.as_str()), (200, "ok"));
    assert_eq!(asked(&address, "/").0, 404);
    service.end();
    memory
}

#[test]
fn what_is_scraped_is_what_the_ledger_says() {
    scraped(&thor().rest_url(), 16, &[]);
}
