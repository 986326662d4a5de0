//! The service as a user starts it, against a server on loopback, through sessions of some seconds.

use std::io::Read as _;
use std::path::PathBuf;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use thor_cutover::emulator::{Emulator, Fault, FaultSide, Options, PlayedFeature};

use super::running::{Place, configuration, in_seconds, now, polled, thor};

#[test]
#[cfg(unix)]
fn a_session_that_was_killed_once_is_one_window_of_evidence() {
    let thor = thor();
    let mut place = Place::new(&configuration(&thor.rest_url(), in_seconds(2), in_seconds(24), ""));
    let service = place.start();
    service.says("no market is open");
    assert_eq!((polled(&thor), thor.counters().handshakes), (0, 0), "a closed market was asked");
    service.says("open; observing account_balance, positions");
    std::thread::sleep(Duration::from_secs(9));
    drop(service);
    let after_kill = place.runs();
    assert_eq!(after_kill.len(), 1, "what was observed until the kill is on the ledger");
    let service = place.start();
    service.says("resuming");
    service.says("evidence kept");
    let answer = service.end();
    assert_eq!(answer["windows"].as_array().unwrap().len(), 1, "{answer:#}");
    assert_eq!(answer["windows"][0]["verdicts"]["positions"], "go", "{answer:#}");
    let runs = place.runs();
    assert_eq!(runs.len(), 1, "{runs:#?}");
    assert_eq!(runs[0]["id"], after_kill[0]["id"]);
    assert_eq!(runs[0]["end"], "completed");
    assert_eq!(runs[0]["incidents"]["reconnects"], 1);
    assert_eq!(place.recordings("main").len(), 2);
    // what is on the ledger is what a replay of both parts says
    let verified = place.command(&["evidence", "verify"]).output().unwrap();
    assert_eq!(verified.status.code(), Some(0), "{}", String::from_utf8_lossy(&verified.stderr));
    let before = polled(&thor);
    std::thread::sleep(Duration::from_secs(1));
    assert_eq!(polled(&thor), before);
}

#[test]
#[cfg(unix)]
fn what_a_kill_left_of_a_session_that_is_over_is_judged_from_its_recording() {
    let thor = thor();
    let mut place = Place::new(&configuration(&thor.rest_url(), in_seconds(-5), in_seconds(12), ""));
    let service = place.start();
    service.says("open; observing");
    std::thread::sleep(Duration::from_secs(8));
    drop(service);
    // what was kept while it was observed goes, so that all there is comes from the recording
    for name in ["evidence.db", "evidence.db-wal", "evidence.db-shm"] {
        let _ = fs_err::remove_file(place.path().join(".thor-cutover").join(name));
    }
    std::thread::sleep(Duration::from_secs(5));
    let service = place.start();
    service.says("left unfinished: judged from its recording");
    service.end();
    let runs = place.runs();
    assert_eq!(runs.len(), 1);
    assert_eq!(runs[0]["end"], "interrupted");
    assert!(runs[0]["features"][0]["samples"].as_u64().unwrap() > 15, "{:#}", runs[0]);
    // started once more, it has nothing left to settle
    let service = place.start();
    service.says("no market is open");
    assert!(!service.said().contains("left unfinished"), "{}", service.said());
    service.end();
    assert_eq!(place.runs().len(), 1);
}

#[test]
#[cfg(unix)]
fn a_hangup_reads_the_configuration_anew_and_other_rules_are_other_evidence() {
    let thor = thor();
    let (opens, closes) = (in_seconds(-2), in_seconds(26));
    let text = configuration(&thor.rest_url(), opens, closes, "");
    let mut place = Place::new(&text);
    let service = place.start();
    service.says("open; observing");
    std::thread::sleep(Duration::from_secs(6));
    place.configure("contract = \"thor-z\"");
    service.signal(rustix::process::Signal::HUP);
    service.says("the configuration stays as it was");
    // an editor is about to write it
    for (change, said) in
        [("", "thor-cutover.toml is empty"), ("gone", "thor-cutover.toml is not there any more")]
    {
        place.configure("");
        if change == "gone" {
            fs_err::remove_file(place.path().join("thor-cutover.toml")).unwrap();
        }
        service.signal(rustix::process::Signal::HUP);
        service.says(said);
    }
    place.configure(&format!("# the same\n{text}\n[watch]\nkeep = \"1d\"\n"));
    service.signal(rustix::process::Signal::HUP);
    service.says("the configuration was read anew");
    std::thread::sleep(Duration::from_secs(1));
    assert_eq!(
        service.said().matches("open; observing").count(),
        1,
        "the same rules go on: {}",
        service.said()
    );
    place.configure(&text.replace("[features.positions]", "[features.positions]\npush_delay = \"3s\""));
    service.signal(rustix::process::Signal::HUP);
    service.says_times("open; observing", 2);
    service.says_times("evidence kept", 2);
    assert!(!service.said().contains("the flag of"), "no flag was changed: {}", service.said());
    let answer = service.end();
    let runs = place.runs();
    assert_eq!(runs.len(), 2, "{answer:#}");
    assert!(runs.iter().all(|run| run["end"] == "completed"), "{runs:#?}");
    let rules = |run: &Value| run["features"][1]["rules"].clone();
    assert_ne!(rules(&runs[0]), rules(&runs[1]));
    assert_eq!(runs[0]["features"][0]["rules"], runs[1]["features"][0]["rules"]);
}

/// By a hangup at once, without one within seconds: what is observed from then on is evidence of the other state.
#[test]
#[cfg(unix)]
fn a_flag_that_is_flipped_in_a_session_begins_another_window_of_evidence() {
    let thor = thor();
    for hangup in [true, false] {
        let text = configuration(&thor.rest_url(), in_seconds(-2), in_seconds(28), "");
        let mut place = Place::new(&text);
        let flag = |value: &str| {
            fs_err::write(place.path().join(".env"), format!("WS_FEATURE_POSITIONS={value}\n")).unwrap();
        };
        flag("false");
        let path = place.path().join(".env");
        let service = place.start();
        service.says("open; observing");
        std::thread::sleep(Duration::from_secs(8));
        fs_err::write(&path, "WS_FEATURE_POSITIONS=true\n").unwrap();
        let flipped = now();
        if hangup {
            service.signal(rustix::process::Signal::HUP);
        }
        service.says("the flag of positions was changed");
        service.says_times("open; observing", 2);
        service.says_times("evidence kept", 2);
        service.end();
        let mut runs = place.runs();
        runs.sort_by_key(|run| run["started_at"].as_str().unwrap().to_owned());
        assert_eq!(runs.len(), 2, "{runs:#?}");
        assert_eq!(runs[0]["features"][1]["flag"], "off", "{:#}", runs[0]);
        assert_eq!(runs[0]["features"][1]["flag_end"], "on", "the piece in which it was flipped says so");
        let second = &runs[1];
        assert_eq!(second["features"][1]["flag"], "on", "{second:#}");
        assert_eq!(
            (&second["features"][1]["flag_end"], &second["end"]),
            (&Value::from("on"), &Value::from("completed"))
        );
        assert!(second["features"][1]["samples"].as_u64().unwrap() > 20, "{second:#}");
        let begun: Timestamp = second["started_at"].as_str().unwrap().parse().unwrap();
        assert!(
            begun > flipped && begun < flipped + SignedDuration::from_secs(12),
            "{begun}, flipped {flipped}"
        );
    }
}

#[test]
#[cfg(unix)]
fn a_signal_ends_it_in_order_and_the_next_start_goes_on() {
    let thor = thor();
    let mut place = Place::new(&configuration(&thor.rest_url(), in_seconds(-2), in_seconds(22), ""));
    let service = place.start();
    service.says("open; observing");
    std::thread::sleep(Duration::from_secs(7));
    let answer = service.end();
    assert_eq!(answer["windows"][0]["verdicts"]["positions"], "inconclusive", "{answer:#}");
    assert_eq!(place.runs()[0]["end"], "interrupted");
    let service = place.start();
    service.says("evidence kept");
    let answer = service.end();
    assert_eq!(answer["windows"][0]["verdicts"]["positions"], "go", "{answer:#}");
    let runs = place.runs();
    assert_eq!((runs.len(), &runs[0]["end"]), (1, &Value::from("completed")));
}

#[test]
#[cfg(unix)]
fn two_targets_are_two_windows_and_one_that_is_down_is_waited_for() {
    let (one, port) = (thor(), thor().address().port());
    let targets = format!(
        "[[target]]\nname = \"one\"\nbackend = {{ rest_url = \"{}\" }}\n\
         [[target]]\nname = \"two\"\nfeatures = [\"positions\"]\nbackend = {{ rest_url = \"http://127.0.0.1:{port}\" }}\n",
        one.rest_url()
    );
    let mut place =
        Place::new(&configuration("http://127.0.0.1:1", in_seconds(-2), in_seconds(30), &targets));
    let service = place.start();
    service.says("short on two: not observed");
    let two =
        Emulator::start(Options { tick: Duration::from_millis(100), port, ..Options::default() }).unwrap();
    service.says_times("evidence kept", 2);
    let answer = service.end();
    let runs = place.runs();
    assert_eq!(runs.len(), 2, "{answer:#}");
    let mut observed: Vec<(String, usize)> = runs
        .iter()
        .map(|run| (run["target"].as_str().unwrap().to_owned(), run["features"].as_array().unwrap().len()))
        .collect();
    observed.sort();
    let mut expected = vec![(one.rest_url(), 2), (two.rest_url(), 1)];
    expected.sort();
    assert_eq!(observed, expected);
    assert_eq!(
        (place.recordings("one").len(), place.recordings("two").len()),
        (1, 1),
        "failures leave no files"
    );
}

#[test]
#[cfg(unix)]
fn outdated_recordings_go_and_what_was_kept_of_them_stays() {
    let thor = thor();
    let more = "[watch]\nkeep = \"1s\"\n";
    let mut place = Place::new(&configuration(&thor.rest_url(), in_seconds(-2), in_seconds(8), more));
    let service = place.start();
    service.says("evidence kept");
    service.says("removed: it is older than [watch] keep");
    assert_eq!(place.recordings("main"), Vec::<PathBuf>::new());
    drop(service);
    assert_eq!(place.runs().len(), 1);
}

#[test]
#[cfg(unix)]
fn a_program_and_a_url_are_told_and_tried_again() {
    use std::io::Write as _;
    use std::os::unix::fs::PermissionsExt as _;
    let cent = Fault::Value {
        feature: PlayedFeature::AccountBalance,
        side: FaultSide::WebSocket,
        entity: None,
        field: "/cash".to_owned(),
    };
    let options = Options { tick: Duration::from_millis(100), faults: vec![cent], ..Options::default() };
    let thor = Emulator::start(options).unwrap();
    let hook = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/hook/s3cr3t-path", hook.local_addr().unwrap());
    let posted = std::thread::spawn(move || {
        let mut bodies = Vec::new();
        // the first post of all is answered by an error, and comes again
        for (count, stream) in hook.incoming().enumerate() {
            let mut stream = stream.unwrap();
            let mut request = Vec::new();
            let mut piece = [0; 4096];
            while !request.ends_with(b"}") {
                let read = stream.read(&mut piece).unwrap();
                request.extend_from_slice(&piece[..read]);
            }
            let answer = if count == 0 { "503 Service Unavailable" } else { "204 No Content" };
            write!(stream, "HTTP/1.1 {answer}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").unwrap();
            let text = String::from_utf8(request).unwrap();
            assert!(text.starts_with("POST /hook/s3cr3t-path HTTP/1.1"), "{text}");
            let body: Value = serde_json::from_str(text.split_once("\r\n\r\n").unwrap().1).unwrap();
            let is_last = count > 0 && body["event"] == "session-end";
            bodies.push(body);
            if is_last {
                return bodies;
            }
        }
        unreachable!("a listener never ends")
    });
    let more = "[watch.notify]\ncommand = [\"./tell\", \"now\"]\nurl_env = \"HOOK\"\n";
    let mut place = Place::new(&configuration(&thor.rest_url(), in_seconds(-2), in_seconds(14), more));
    let program =
        "#!/bin/sh\n[ -e tried ] || { touch tried; exit 1; }\nread -r line\necho \"$1 $line\" >> told\n";
    fs_err::write(place.path().join("tell"), program).unwrap();
    fs_err::set_permissions(place.path().join("tell"), std::fs::Permissions::from_mode(0o755)).unwrap();
    place.variables.push(("HOOK".to_owned(), url));
    let service = place.start();
    service.says("evidence kept");
    let said = service.said();
    service.end();
    let posted = posted.join().unwrap();
    assert!(!said.contains("s3cr3t-path") && !said.contains("not notified"), "{said}");
    let told = fs_err::read_to_string(place.path().join("told")).unwrap();
    let told: Vec<Value> =
        told.lines().map(|line| serde_json::from_str(line.strip_prefix("now ").unwrap()).unwrap()).collect();
    let events = |notices: &[Value]| -> Vec<String> {
        notices.iter().map(|notice| notice["event"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(events(&told).last().unwrap(), "session-end", "{told:#?}");
    assert!(events(&told).contains(&"finding".to_owned()), "{told:#?}");
    assert_eq!(told.last().unwrap()["verdict"], "no-go");
    // the first one came twice, since its first answer was an error
    assert_eq!(posted[0], posted[1]);
    assert_eq!(posted[1..], told[..]);
    let schema: Value = place.json(&["schema", "notice"]);
    let validator = jsonschema::validator_for(&schema).unwrap();
    assert!(told.iter().all(|notice| validator.is_valid(notice)), "{told:#?}");
}

/// As with a checkout that is another user's, or where git is not installed: PATH is empty here.
#[test]
#[cfg(unix)]
fn weeks_of_evidence_without_a_revision_do_not_begin_in_silence() {
    let thor = thor();
    let mut place = Place::new(&configuration(&thor.rest_url(), in_seconds(3600), in_seconds(7200), ""));
    place.variables.push(("THOR_CUTOVER_SOURCE".to_owned(), "thor".to_owned()));
    let tree = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/thor-source/a");
    crate::audit::copy(&tree, &place.path().join("thor"));
    let service = place.start();
    service.says("evidence will be of no known revision: git says of");
    service.end();
}

#[test]
fn what_waiting_cannot_cure_is_refused_at_once() {
    let thor = thor();
    let text = configuration(&thor.rest_url(), in_seconds(3600), in_seconds(7200), "");
    let mut place = Place::new(&text);
    let refused = |place: &Place, arguments: &[&str], code: i32, says: &str| {
        let output = place.command(arguments).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{said}");
        assert!(said.contains(says), "{says}: {said}");
    };
    refused(&place, &["watch", "--target", "man"], 2, "did you mean `main`?");
    refused(&place, &["watch", "global_market"], 2, "no market session lists global_market");
    refused(&place, &["watch", "position"], 2, "did you mean `positions`?");
    refused(&place, &["watch", "--format", "markdown"], 2, "markdown");
    refused(
        &place,
        &["watch", "--notify", "./tell"],
        2,
        "--notify: no program that can be run is \"./tell\"",
    );
    fs_err::write(place.path().join("tell"), "#!/bin/sh\n").unwrap();
    refused(&place, &["watch", "--notify", "./tell"], 2, "no program that can be run");
    let notify = "[watch.notify]\ncommand = [\"tell-the-team\"]\n";
    place.configure(&format!("{text}{notify}"));
    let line = text.lines().count() + 2;
    refused(
        &place,
        &["watch"],
        2,
        &format!("thor-cutover.toml:{line}: no program that can be run is \"tell-the-team\""),
    );
    place.configure(&text);
    refused(
        &place,
        &["watch", "--listen", "0.0.0.0:0"],
        2,
        "can be read by everybody who reaches this machine",
    );
    let mut command = place.command(&["watch"]);
    let output = command.env_remove("THOR_PASSWORD").output().unwrap();
    assert_eq!(output.status.code(), Some(4));
    assert!(String::from_utf8_lossy(&output.stderr).contains("THOR_PASSWORD"));
    let service = place.start();
    service.says("no market is open");
    refused(&place, &["watch"], 4, "another `thor-cutover watch`");
    drop(service);
    let targets = "[[target]]\nname = \"one\"\n[[target]]\nname = \"two\"\n";
    place.configure(&format!("{text}{targets}"));
    refused(&place, &["watch"], 2, "its evidence would count twice");
    for (wrong, says) in [
        ("[[target]]\nname = \"a b\"\n", "is no name for a target"),
        ("[[target]]\nname = \"one\"\nfeatures = [\"position\"]\n", "did you mean `positions`?"),
        ("[watch]\nrotate = \"1KB\"\n", "at least 64KB"),
        ("[watch]\nlisten = \"localhost\"\n", "not an address and a port"),
        ("[watch]\nmax_size = \"huge\"\n", "not a size"),
    ] {
        place.configure(&format!("{text}{wrong}"));
        refused(&place, &["watch"], 2, says);
        refused(&place, &["status"], 2, says);
    }
}
