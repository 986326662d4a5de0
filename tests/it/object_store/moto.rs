//! S3 as moto speaks it, on loopback: a service that is killed in the middle, what it brings there, and what is judged
//! from there.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use thor_cutover::environment::Environment;
use thor_cutover::model::store_url::StoreUrl;
use thor_cutover::storage::{Brought, Storage, StorageError};

use super::{body, files_below};
use crate::prepared::prepare;
use crate::watch::running::{Place, configuration, in_seconds, thor};

/// A server with one bucket, `thor`; it ends with its stdin.
struct Moto {
    child: Child,
    endpoint: String,
}

impl Moto {
    fn start() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        prepare("moto-env", &[], "object_store::moto::");
        let mut child = Command::new(root.join(".foreign/moto/bin/python"))
            .arg(root.join("fixtures/object-store/serve.py"))
            .args(["0", "thor"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut endpoint = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut endpoint).unwrap();
        assert!(endpoint.starts_with("http://127.0.0.1:"), "the server starts: {endpoint:?}");
        Self { child, endpoint: endpoint.trim().to_owned() }
    }

    fn variables(&self) -> Vec<(String, String)> {
        Self::variables_at(&self.endpoint)
    }

    fn variables_at(endpoint: &str) -> Vec<(String, String)> {
        [
            ("AWS_ENDPOINT_URL", endpoint),
            ("AWS_ALLOW_HTTP", "true"),
            ("AWS_REGION", "us-east-1"),
            ("AWS_ACCESS_KEY_ID", "AKIATHOR"),
            ("AWS_SECRET_ACCESS_KEY", "hushhushhushhushhush"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec()
    }

    fn store(&self) -> Storage {
        let variables: BTreeMap<String, String> = self.variables().into_iter().collect();
        let environment = Environment { variables, ..Environment::default() };
        Storage::open(&place(""), &environment).unwrap()
    }

    /// What is in the bucket.
    fn objects(&self) -> Vec<String> {
        self.store().list(&place("")).unwrap().into_iter().map(|(url, _)| url.key).collect()
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        // it may have ended by itself
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A line to the server, which can be cut: then each connection is closed at once.
struct Line {
    endpoint: String,
    is_cut: Arc<AtomicBool>,
}

impl Line {
    fn to(moto: &Moto) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let server = moto.endpoint.trim_start_matches("http://").to_owned();
        let is_cut = Arc::new(AtomicBool::new(false));
        let of_thread = Arc::clone(&is_cut);
        std::thread::spawn(move || {
            for near in listener.incoming() {
                let near = near.unwrap();
                if of_thread.load(Ordering::SeqCst) {
                    continue;
                }
                let far = TcpStream::connect(&server).unwrap();
                for (mut from, mut to) in [
                    (near.try_clone().unwrap(), far.try_clone().unwrap()),
                    (far.try_clone().unwrap(), near.try_clone().unwrap()),
                ] {
                    std::thread::spawn(move || {
                        // an end on one side is one on the other
                        let _ = std::io::copy(&mut from, &mut to);
                        let _ = to.shutdown(Shutdown::Both);
                    });
                }
            }
        });
        Self { endpoint, is_cut }
    }
}

fn place(key: &str) -> StoreUrl {
    StoreUrl::parse(&format!("s3://thor/{key}")).unwrap()
}

#[test]
fn a_file_is_brought_once_whole_and_comes_back_as_it_was() {
    let moto = Moto::start();
    let store = moto.store();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("run.ndjson");
    // of more than two pieces
    let text: Vec<u8> = (0..20_000_000_u32).map(|at| (at / 251 % 251) as u8).collect();
    fs_err::write(&file, &text).unwrap();
    let there = place("month/run.ndjson");
    assert_eq!(store.size(&there).unwrap(), None);
    assert_eq!(store.bring(&file, &there, false).unwrap(), Brought::Stored);
    assert_eq!(store.bring(&file, &there, false).unwrap(), Brought::WasThere);
    let back = folder.path().join("back");
    store.fetch(&there, &back).unwrap();
    assert!(fs_err::read(&back).unwrap() == text);
    fs_err::write(&file, "another").unwrap();
    assert!(matches!(store.bring(&file, &there, false), Err(StorageError::Taken { .. })));
    assert_eq!(store.size(&there).unwrap(), Some(20_000_000), "nothing was overwritten");
    assert_eq!(store.bring(&file, &there, true).unwrap(), Brought::Stored);
    assert_eq!(moto.objects(), ["month/run.ndjson"]);
    store.remove(&there).unwrap();
    store.remove(&there).unwrap();
    assert!(matches!(store.fetch(&there, &back), Err(StorageError::Missing { .. })));
    let nowhere = StoreUrl::parse("s3://no-such-bucket/run.ndjson").unwrap();
    let variables: BTreeMap<String, String> = moto.variables().into_iter().collect();
    let other = Storage::open(&nowhere, &Environment { variables, ..Environment::default() }).unwrap();
    let refused = other.bring(&file, &nowhere, false).unwrap_err().to_string();
    assert!(refused.contains("s3://no-such-bucket/run.ndjson") && !refused.contains("hush"), "{refused}");
}

/// Killed in the middle of a session, gone on with, the store away for a while, ended by a signal: in the end every file is there once, and
/// what is judged from there is what the ledger says.
#[test]
fn a_killed_service_brings_every_part_and_the_store_says_what_the_ledger_says() {
    let (thor, moto) = (thor(), Moto::start());
    let line = Line::to(&moto);
    let more = "[recording]\nstore = \"s3://thor/month\"\n[watch]\nrotate = \"64KB\"\n";
    let mut place = Place::new(&configuration(&thor.rest_url(), in_seconds(-2), in_seconds(90), more));
    place.variables = Moto::variables_at(&line.endpoint);
    let service = place.start();
    service.says("open; observing");
    service.says("stored: s3://thor/month/main/");
    drop(service);
    let before = place.recordings("main").len();
    line.is_cut.store(true, Ordering::SeqCst);
    let service = place.start();
    service.says("resuming");
    service.says("not stored, and tried again");
    line.is_cut.store(false, Ordering::SeqCst);
    service.says("stored: s3://thor/month/main/");
    std::thread::sleep(Duration::from_secs(3));
    // what is whole only by its end is brought before it ends
    let said = service.end_saying();
    assert!(!said.contains("hush"), "{said}");

    let parts: Vec<String> = place
        .recordings("main")
        .iter()
        .map(|path| path.file_name().unwrap().to_str().unwrap().to_owned())
        .collect();
    assert!(parts.len() > before.max(2), "{parts:?}");
    let mut expected: Vec<String> = parts.iter().map(|name| format!("month/main/{name}")).collect();
    expected.sort();
    assert_eq!(moto.objects(), expected);

    let local = place.json(&["replay", ".thor-cutover/watch", "--format", "json"]);
    let stored = place.json(&["replay", "s3://thor/month/", "--format", "json"]);
    assert_eq!(stored, local);
    let urls: Vec<String> = expected.iter().map(|key| format!("s3://thor/{key}")).collect();
    let words: Vec<&str> = urls.iter().map(String::as_str).collect();
    let alone = place.json(&[&["replay", "--format", "json"], &words[..]].concat());
    assert_eq!(body(alone), body(local["runs"][0]["report"].clone()));
    let run = &place.runs()[0];
    for (at, feature) in run["features"].as_array().unwrap().iter().enumerate() {
        assert_eq!(feature["samples"], stored["runs"][0]["report"]["features"][at]["samples"], "{run:#}");
    }
    let results = ["1/2", "2/2"].map(|shard| {
        let name = format!("result-{}.json", &shard[..1]);
        let shard = ["replay", "s3://thor/month/", "--shard", shard, "--format", "json", "--output", &name];
        place.command(&shard).output().unwrap();
        name
    });
    let merged = place.json(&["replay", "--format", "json", "--merge", &results[0], &results[1]]);
    assert_eq!(merged, stored);
}

#[test]
fn what_is_outdated_goes_from_the_store_only_where_that_is_asked_for() {
    let (thor, moto) = (thor(), Moto::start());
    for (prefix, prunes) in [("kept", "false"), ("pruned", "true")] {
        let more = format!(
            "[recording]\nstore = \"s3://thor/{prefix}\"\n[watch]\nkeep = \"1s\"\nprune_store = {prunes}\n"
        );
        let mut place = Place::new(&configuration(&thor.rest_url(), in_seconds(-2), in_seconds(6), &more));
        place.variables = moto.variables();
        let service = place.start();
        service.says("stored: ");
        service.says("removed: it is older than [watch] keep");
        service.end();
        assert!(place.recordings("main").is_empty());
        assert_eq!(files_below(&place.path().join(".thor-cutover/watch/main")), Vec::<String>::new());
    }
    let objects = moto.objects();
    assert!(objects.len() == 1 && objects[0].starts_with("kept/main/short."), "{objects:?}");
}
