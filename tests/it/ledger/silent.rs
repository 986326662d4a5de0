//! A server that takes a connection and then says nothing, or nonsense: nobody is held up for long, and nobody gets a
//! verdict.

use std::io::Write as _;
use std::net::TcpListener;
use std::process::Command;
use std::sync::Mutex;
use std::time::Duration;

use crate::control::tool::{Said, Tool};

/// The address of a server that answers whoever connects with this, and no more.
fn server(says: &'static [u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    // ends with the process
    std::thread::spawn(move || {
        static KEPT: Mutex<Vec<std::net::TcpStream>> = Mutex::new(Vec::new());
        for mut peer in listener.incoming().flatten() {
            // whoever has gone by then needs no answer
            let _ = peer.write_all(says);
            KEPT.lock().unwrap().push(peer);
        }
    });
    format!("postgres://ada@{address}/thor?sslmode=disable")
}

fn within(seconds: u64, mut command: Command) -> Said {
    command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    let mut child = command.spawn().unwrap();
    let ended = (0..seconds * 20).any(|_| {
        std::thread::sleep(Duration::from_millis(50));
        child.try_wait().unwrap().is_some()
    });
    if !ended {
        child.kill().unwrap();
    }
    let output = child.wait_with_output().unwrap();
    assert!(ended, "not over after {seconds} s: {}", String::from_utf8_lossy(&output.stderr));
    Said::of(output)
}

#[test]
fn a_server_that_says_nothing_or_nonsense_holds_nobody_up() {
    for says in [&b""[..], b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\0\0\0\0\0\0\0\0", b"E\xff\xff\xff\xff"] {
        let url = server(says);
        let tool = Tool::with_flags_off();
        let ask = |seconds: u64, arguments: &[&str]| {
            let mut command = tool.command(arguments);
            command.env("THOR_CUTOVER_EVIDENCE", &url).env("PGPASSWORD", "hush-hush");
            within(seconds, command)
        };
        let said = ask(15, &["checklist", "account_balance"]);
        assert!(said.code == 4 && said.out.is_empty(), "{}{}", said.out, said.err);
        assert!(said.err.contains("cannot be reached"), "{}", said.err);
        // the flags are shown all the same, and soon
        let said = ask(5, &["status"]);
        assert!(said.code == 4 && said.out.contains("account_balance"), "{}{}", said.out, said.err);
        // the way back does not wait for a ledger; what it did is told later
        let said = ask(5, &["rollback", "account_balance"]);
        assert_eq!(said.code, 0, "{}{}", said.out, said.err);
        assert!(tool.read(".thor-cutover/pending.ndjson").contains("flag_change"));
    }
}
