//! What somebody may put where the tool reads: too large, too deep, too many. Each is refused by name, at once.

use std::io::{Read as _, Write as _};
use std::path::PathBuf;

use serde_json::Value;

use crate::control::tool::{Said, Tool};

/// A file of so many bytes that takes no room on the disk.
fn sparse(tool: &Tool, name: &str, bytes: u64) -> PathBuf {
    let path = tool.write(name, "");
    std::fs::File::options().write(true).open(&path).unwrap().set_len(bytes).unwrap();
    path
}

#[test]
fn a_configuration_of_a_gigabyte_is_refused() {
    let tool = Tool::new();
    sparse(&tool, "thor-cutover.toml", 1 << 30);
    let refused = tool.run(&["status"]).exits(2);
    assert!(
        refused.err.contains("thor-cutover.toml") && refused.err.contains("larger than 4 MiB"),
        "{}",
        refused.err
    );
}

#[test]
fn an_env_file_of_a_gigabyte_is_said_and_never_edited() {
    let tool = Tool::new();
    sparse(&tool, ".env", 1 << 30);
    sparse(&tool, "docker-compose.yml", 1 << 30);
    let told = tool.run(&["status", "--format", "json"]).exits(0).json();
    for file in [".env", "docker-compose.yml"] {
        let is_said = |it: &Value| {
            it.as_str().unwrap().contains(file) && it.as_str().unwrap().contains("larger than 16 MiB")
        };
        assert!(told["warnings"].as_array().unwrap().iter().any(is_said), "{file}: {told:#}");
    }
    let refused = tool.run(&["enable", "account_balance", "--force", "--reason", "a gigabyte"]).exits(4);
    assert!(refused.err.contains(".env") && refused.err.contains("larger than 16 MiB"), "{}", refused.err);
    assert_eq!(std::fs::metadata(tool.path().join(".env")).unwrap().len(), 1 << 30);
}

/// Aliases that unfold to thousands of millions of nodes, and nesting that no stack holds.
#[test]
fn a_compose_file_that_unfolds_without_end_is_said() {
    let bomb: String = (1..10)
        .map(|level| {
            let below = format!("*a{}", level - 1);
            format!("a{level}: &a{level} [{}]\n", [below.as_str(); 9].join(","))
        })
        .collect();
    let tool = Tool::new();
    for text in [
        format!("a0: &a0 [x,x,x,x,x,x,x,x,x]\n{bomb}services:\n"),
        format!("services: {}", "[".repeat(200_000)),
    ] {
        tool.write("docker-compose.yml", &text);
        let told = tool.run(&["status", "--format", "json"]).exits(0).json();
        let warnings = told["warnings"].to_string();
        assert!(warnings.contains("docker-compose.yml is not readable as YAML"), "{warnings}");
    }
}

#[test]
fn evidence_and_results_of_more_than_a_gigabyte_are_refused() {
    let tool = Tool::new();
    let file = sparse(&tool, "export.ndjson", (1 << 30) + 1).display().to_string();
    for words in [&["evidence", "import", &file][..], &["replay", "--merge", &file]] {
        let refused = tool.run(words);
        assert!(refused.code == 2 || refused.code == 4, "{words:?}: {}", refused.err);
        assert!(refused.err.contains("larger than 1 GiB"), "{words:?}: {}", refused.err);
    }
}

#[cfg(unix)]
#[test]
fn a_key_or_a_signing_key_without_end_is_refused() {
    let tool = Tool::new();
    drop(tool.ledger());
    for words in [
        &["evidence", "key", "import", "/dev/zero"][..],
        &["evidence", "export", "out.ndjson", "--sign", "/dev/zero"],
    ] {
        let refused = tool.run(words);
        assert!(refused.code == 2 || refused.code == 4, "{words:?}: {}", refused.err);
        assert!(
            refused.err.contains("/dev/zero") && refused.err.contains("larger than 1 MiB"),
            "{words:?}: {}",
            refused.err
        );
    }
    assert!(!tool.path().join("out.ndjson").exists());
}

/// A server of flags that says more than flags.
#[test]
fn an_answer_about_flags_without_end_is_cut_off() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/flags", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let (mut asked, _) = listener.accept().unwrap();
        let _ = asked.read(&mut [0; 4096]);
        let _ = asked.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n[");
        // until whoever asked has gone
        while asked.write_all(&[b' '; 65_536]).is_ok() {}
    });
    let refused = Tool::new().run(&["status", "--flags-url", &url]).exits(4);
    assert!(refused.err.contains("larger than 1048576 bytes"), "{}", refused.err);
}

/// A recording of positions, both sides alike, and what `replay` says of it.
fn replayed(seconds: u64, positions: impl Fn(u64) -> String) -> (Said, Value) {
    let mut text = String::from(
        "{\"thor_cutover_recording\":1,\"features\":[\"positions\"]}\n{\"t\":1,\"link\":\"open\"}\n",
    );
    for second in 1..=seconds {
        let data = format!("{{\"positions\":[{}]}}", positions(second));
        let at = second * 1_000_000_000;
        text += &format!("{{\"t\":{at},\"ws\":{{\"type\":\"positions\",\"data\":{data}}}}}\n");
        let (sent, at) = (at + 400_000_000, at + 500_000_000);
        text += &format!(
            "{{\"t\":{at},\"rest\":{{\"feature\":\"positions\",\"sent\":{sent},\"status\":200,\"body\":{data}}}}}\n"
        );
    }
    text += &format!("{{\"t\":{},\"end\":\"completed\"}}\n", (seconds + 5) * 1_000_000_000);
    let tool = Tool::new();
    tool.write("run.ndjson", &text);
    let said = tool.run(&["replay", "run.ndjson", "--format", "json"]);
    let report = said.json();
    (said, report)
}

fn gate<'r>(report: &'r Value, code: &str) -> &'r Value {
    let gates = report["features"][0]["gates"].as_array().unwrap();
    gates.iter().find(|gate| gate["code"] == code).unwrap()
}

#[test]
fn an_entity_that_is_too_deep_or_has_too_many_fields_is_an_error_that_says_so() {
    let of = |more: String| {
        move |second: u64| {
            format!("{{\"symbol\":\"A\",\"asset_type\":\"EQ\",\"quantity\":\"{second}\",{more}}}")
        }
    };
    let deep = |levels: usize| of(format!("\"deep\":{}1{}", "[".repeat(levels), "]".repeat(levels)));
    let wide = |fields: usize| {
        let fields: Vec<String> = (0..fields).map(|field| format!("\"f{field}\":1")).collect();
        of(fields.join(","))
    };
    let (_, whole) = replayed(6, deep(50));
    assert_eq!(whole["features"][0]["outcomes"]["match"], 6, "{whole:#}");
    for (said, report, why) in [
        {
            let (said, report) = replayed(6, deep(80));
            (said, report, "nested deeper than 64 levels")
        },
        {
            let (said, report) = replayed(6, wide(5_000));
            (said, report, "more than 4096 distinct fields in one entity")
        },
    ] {
        assert_eq!(said.code, 4, "{}", gate(&report, "rest-reached"));
        assert!(gate(&report, "rest-reached").to_string().contains(why), "{}", gate(&report, "rest-reached"));
    }
}

/// The hundred thousand first are followed. Of the others nothing is known, so that nothing is said of them either.
#[test]
fn more_entities_than_can_be_followed_are_no_difference_and_no_go() {
    let entities = |second: u64| {
        let entity = |number: u64| {
            format!("{{\"symbol\":\"S{number}\",\"asset_type\":\"EQ\",\"quantity\":\"{second}\"}}")
        };
        (0..100_010).map(entity).collect::<Vec<_>>().join(",")
    };
    let (said, report) = replayed(3, entities);
    assert_eq!(said.code, 3, "{}", report["features"][0]["gates"]);
    assert_eq!(report["features"][0]["findings"], serde_json::json!([]));
    let coverage = gate(&report, "coverage");
    assert_eq!(coverage["verdict"], "inconclusive");
    assert!(coverage["value"].as_str().unwrap().contains("more than 100000 entities"), "{coverage}");
}

#[test]
fn more_findings_than_anybody_reads_are_counted() {
    let mut text = String::from(
        "{\"thor_cutover_recording\":1,\"features\":[\"positions\"]}\n{\"t\":1,\"link\":\"open\"}\n",
    );
    for second in 1..=6u64 {
        let data = |cents: &str| {
            let entity = |number: u64| {
                format!(
                    "{{\"symbol\":\"S{number}\",\"asset_type\":\"EQ\",\"quantity\":\"{second}\",\"mark_price\":\"{second}.{cents}\"}}"
                )
            };
            format!("{{\"positions\":[{}]}}", (0..700).map(entity).collect::<Vec<_>>().join(","))
        };
        let at = second * 1_000_000_000;
        text += &format!("{{\"t\":{at},\"ws\":{{\"type\":\"positions\",\"data\":{}}}}}\n", data("01"));
        let (sent, at) = (at + 400_000_000, at + 500_000_000);
        text += &format!(
            "{{\"t\":{at},\"rest\":{{\"feature\":\"positions\",\"sent\":{sent},\"status\":200,\"body\":{}}}}}\n",
            data("02")
        );
    }
    text += "{\"t\":20000000000,\"end\":\"completed\"}\n";
    let tool = Tool::new();
    tool.write("run.ndjson", &text);
    let report = tool.run(&["replay", "run.ndjson", "--format", "json"]).exits(1).json();
    let feature = &report["features"][0];
    let findings = feature["findings"].as_array().unwrap().len();
    assert!(findings <= thor_cutover::align::MAX_FINDINGS, "{findings}");
    let is_rest = |note: &Value| note["kind"] == "more_findings";
    let dropped = feature["notes"].as_array().unwrap().iter().any(is_rest);
    assert!(
        dropped || findings < thor_cutover::align::MAX_FINDINGS,
        "{findings} findings and no word of the others"
    );
}
