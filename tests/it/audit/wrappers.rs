//! Whether a page hears what its socket says: twenty wrappers as teams write them, each in a folder of
//! `fixtures/live-wrappers`, and what makes them deaf.

use std::fs;

use super::shapes::of_files;
use thor_cutover::model::facts::audit::{AuditReport, Listening};

const FOLDER: &str = "fixtures/live-wrappers";

/// A wrapper, a file of it, what is changed there, and into what.
const DEAF: &[(&str, &str, &str, &str)] = &[
    // connect() is never called
    (
        r#"singleton"#,
        r#"main.tsx"#,
        r#"LiveSocket.shared().connect();
"#,
        r#""#,
    ),
    // provider not mounted: the default context subscribes nothing
    (r#"context"#, r#"App.tsx"#, r#"<SocketProvider><Balance /></SocketProvider>"#, r#"<><Balance /></>"#),
    // middleware not applied
    (
        r#"redux"#,
        r#"store.ts"#,
        r#"  middleware: (defaults) => defaults().concat(live),
"#,
        r#""#,
    ),
    // every message becomes the event "message"
    (r#"eventtarget"#, r#"bus.ts"#, r#"new CustomEvent(message.type"#, r#"new CustomEvent("message""#),
    // another emitter is told
    (
        r#"mitt"#,
        r#"feed.ts"#,
        r#"import { emitter } from './emitter';"#,
        r#"import mitt from 'mitt';

const emitter = mitt();"#,
    ),
    // url null: never connects
    (
        r#"react-use-websocket"#,
        r#"useBalance.ts"#,
        r#"useWebSocket<Message>(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/ws/`,"#,
        r#"useWebSocket<Message>(null,"#,
    ),
    // the ref is never given the handlers
    (
        r#"refs"#,
        r#"useSocket.ts"#,
        r#"  useEffect(() => { ref.current = handlers; });
"#,
        r#""#,
    ),
    // queue is never drained
    (
        r#"raf"#,
        r#"feed.ts"#,
        r#"      requestAnimationFrame(drain);
"#,
        r#""#,
    ),
    // on keeps nothing
    (
        r#"typed-map"#,
        r#"createSocket.ts"#,
        r#"      (fns[type] ??= []).push(fn);
"#,
        r#""#,
    ),
    // filter for another type
    (r#"rxjs"#, r#"stream.ts"#, r#"message.type === type"#, r#"message.type !== type"#),
    // routes by data.type
    (
        r#"mitt"#,
        r#"feed.ts"#,
        r#"emitter.emit(msg.type, msg.data)"#,
        r#"emitter.emit(msg.data.type, msg.data)"#,
    ),
    // live/connect is never dispatched
    (
        r#"redux"#,
        r#"App.tsx"#,
        r#"  useEffect(() => { store.dispatch({ type: 'live/connect' }); }, []);
"#,
        r#""#,
    ),
    // generator made, never iterated
    (
        r#"async-iterator"#,
        r#"Balance.tsx"#,
        r#"      for await (const message of messages(ws)) {
        if (message.type === 'account_balance') setBalance(message.data);
      }
"#,
        r#"      const all = messages(ws);
      const message = { type: '', data: undefined as Data | undefined };
      if (message.type === 'account_balance') setBalance(message.data);
      void all;
"#,
    ),
    // connect() only in a page that is not mounted
    (
        r#"worker-class-enum"#,
        r#"main.tsx"#,
        r#"thor.connect();
"#,
        r#""#,
    ),
    // another action is dispatched
    (r#"redux"#, r#"App.tsx"#, r#"'live/connect'"#, r#"'live/start'"#),
    // event made, not dispatched
    (
        r#"eventtarget"#,
        r#"bus.ts"#,
        r#"this.dispatchEvent(new CustomEvent(message.type, { detail: message.data }));"#,
        r#"new CustomEvent(message.type, { detail: message.data });"#,
    ),
    // worker opens no socket
    (
        r#"sharedworker"#,
        r#"feed.worker.ts"#,
        r#"const ws = new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/ws/`);
ws.onmessage = (event) => {
  const message = JSON.parse(event.data);
  for (const port of ports) port.postMessage(message);
};
"#,
        r#""#,
    ),
    // third argument connect = false
    (
        r#"react-use-websocket"#,
        r#"useBalance.ts"#,
        r#"{ share: true, shouldReconnect: () => true })"#,
        r#"{ share: true, shouldReconnect: () => true }, false)"#,
    ),
    // open is defined, not called
    (
        r#"refs"#,
        r#"useSocket.ts"#,
        r#"    open();
    return"#,
        r#"    return"#,
    ),
    // lead is not called
    (
        r#"broadcastchannel"#,
        r#"main.tsx"#,
        r#"lead();
"#,
        r#""#,
    ),
    // connect not called
    (
        r#"typed-map"#,
        r#"live.ts"#,
        r#"live.connect();
"#,
        r#""#,
    ),
];

fn files(wrapper: &str) -> Vec<(String, String)> {
    let entries = fs::read_dir(format!("{FOLDER}/{wrapper}")).expect("a wrapper");
    let mut found: Vec<(String, String)> = entries
        .map(|entry| {
            let entry = entry.expect("a file");
            let text = fs::read_to_string(entry.path()).expect("text");
            (entry.file_name().into_string().expect("a name"), text)
        })
        .collect();
    found.sort();
    found
}

fn heard(report: &AuditReport) -> (Listening, Option<&str>) {
    let facts = report.feature("account_balance").expect("audited");
    (facts.listening, facts.deaf.as_ref().map(|it| it.reason.as_str()))
}

#[test]
fn a_page_that_hears_is_known_to_in_every_style() {
    let mut wrappers: Vec<String> = fs::read_dir(FOLDER)
        .expect("the wrappers")
        .map(|entry| entry.expect("a folder").file_name().into_string().expect("a name"))
        .collect();
    wrappers.sort();
    assert_eq!(wrappers.len(), 20);
    for wrapper in wrappers {
        let report = of_files(&files(&wrapper));
        assert_eq!(heard(&report), (Listening::Yes, None), "{wrapper}: {:#?}", report.findings);
    }
}

#[test]
fn a_page_that_went_deaf_is_not_taken_to_hear() {
    for (wrapper, file, from, to) in DEAF {
        let mut files = files(wrapper);
        let (_, text) = files.iter_mut().find(|(name, _)| name == file).expect("the file");
        assert!(text.contains(from), "{wrapper}/{file}: {from}");
        *text = text.replacen(from, to, 1);
        let report = of_files(&files);
        assert_ne!(heard(&report), (Listening::Yes, None), "{wrapper}: {from} -> {to}");
    }
}
