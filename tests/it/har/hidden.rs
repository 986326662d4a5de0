//! What a HAR knows and nobody shall see: cookies, tokens, account numbers.

use serde_json::{Value, json};

use super::page::{Page, list, message, request, socket};
use super::{CONFIGURATION, entries, kinds};
use crate::control::tool::Tool;
use crate::secrets::readings;
use crate::shapes::state;

const COOKIE: &str = "sess-PLANTED-1a2b3c4d5e";
const BEARER: &str = "tok-PLANTED-99887766aa";
const QUERY: &str = "qry-PLANTED-5544332211";
const SENT: &str = "snt-PLANTED-1122334455";
const LOGIN: &str = "lgn-PLANTED-6677889900";
const SET: &str = "set-PLANTED-abc1234567";
const ACCOUNT: &str = "ACC77PLANTED1234";

/// A page that sends its secrets everywhere, and a server that says them back in bodies, frames and errors.
fn leaky() -> String {
    let mut har: Value =
        serde_json::from_str(&Page { wrong: crate::shapes::Wrong::Cent, ..Page::default() }.har()).unwrap();
    let echo = format!("{COOKIE} {BEARER} {QUERY} {SENT} {LOGIN} {SET}");
    for it in entries(&mut har) {
        let url = it["request"]["url"].as_str().unwrap().to_owned();
        let joint = if url.contains('?') { '&' } else { '?' };
        it["request"]["url"] = format!("{url}{joint}access_token={QUERY}").into();
        it["request"]["headers"] = json!([
            { "name": "Cookie", "value": format!("theme=dark; sessionid={COOKIE}") },
            { "name": "authorization", "value": format!("Bearer {BEARER}") },
        ]);
        it["request"]["cookies"] = json!([{ "name": "sessionid", "value": COOKIE }]);
        it["response"]["headers"] = json!([{ "name": "set-cookie", "value": format!("next={SET}; Path=/") }]);
        if it["_resourceType"] == "websocket" {
            let messages = it["_webSocketMessages"].as_array_mut().unwrap();
            messages.insert(0, message(60, "send", &json!({ "type": "auth", "token": SENT }).to_string()));
            for it in messages.iter_mut().filter(|it| it["type"] == "receive") {
                let mut frame: Value = serde_json::from_str(it["data"].as_str().unwrap()).unwrap();
                for row in frame["data"].as_array_mut().unwrap() {
                    row["note"] = format!("ws {echo}").into();
                    row["account_id"] = ACCOUNT.into();
                }
                it["data"] = frame.to_string().into();
            }
            messages.push(message(59_900, "receive", &format!("no JSON {echo}")));
        } else if url.contains("/api/pos") {
            let mut rows: Value =
                serde_json::from_str(it["response"]["content"]["text"].as_str().unwrap()).unwrap();
            for row in rows.as_array_mut().unwrap() {
                row["note"] = format!("rest {echo}").into();
                row["account_id"] = ACCOUNT.into();
            }
            it["response"]["content"]["text"] = rows.to_string().into();
        }
    }
    let mut refused = request(31_000, "/api/pos", &json!({ "detail": format!("no {echo}") }));
    refused["response"]["status"] = 401.into();
    let mut login = request(10, "/api/users/login/", &json!({ "access": LOGIN }));
    login["request"]["method"] = "POST".into();
    login["request"]["postData"] =
        json!({ "text": json!({ "email": "a@b", "password": "pw-PLANTED-33" }).to_string() });
    let failed = {
        let mut failed = socket(40, "wss://thor.example/ws/", &[], None);
        failed["response"]["status"] = 0.into();
        failed["response"]["_error"] = format!("net::ERR {BEARER}").into();
        failed["_webSocketMessages"] = json!([]);
        failed
    };
    entries(&mut har).extend([refused, login, failed]);
    har.to_string()
}

#[test]
fn no_secret_and_no_account_of_a_har_is_shown() {
    let tool = Tool::new();
    tool.write("thor-cutover.toml", CONFIGURATION);
    tool.write("session.har", &leaky());
    let mut found = Vec::new();
    for arguments in [
        &["replay", "session.har", "--format", "json"][..],
        &["replay", "session.har"],
        &["-vv", "replay", "session.har"],
    ] {
        let said = tool.run(arguments).exits(1);
        let all = said.out + &said.err;
        assert!(all.contains("[secret]") && all.contains("acct-"), "the echo never arrived: {all:.400}");
        for secret in [COOKIE, BEARER, QUERY, SENT, LOGIN, SET, ACCOUNT, "PLANTED"] {
            if readings(&all).iter().any(|text| text.contains(secret)) {
                found.push(format!("{arguments:?} has {secret}"));
            }
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

/// What a person configured is told apart by, and no secret, though a cookie says it too.
#[test]
fn a_configured_value_is_no_secret() {
    let configuration = CONFIGURATION.replace(
        "select = \"/data\", every",
        "select = \"/data\", filter = { \"/account\" = \"ACC-1234567890\" }, every",
    );
    let mut har: Value = serde_json::from_str(&Page::default().har()).unwrap();
    for it in entries(&mut har) {
        it["request"]["cookies"] = json!([{ "name": "session_account", "value": "ACC-1234567890" }, { "name": "kind", "value": "pos" }]);
        for it in it["_webSocketMessages"].as_array_mut().into_iter().flatten() {
            let mut frame: Value = serde_json::from_str(it["data"].as_str().unwrap()).unwrap();
            frame["account"] = "ACC-1234567890".into();
            it["data"] = frame.to_string().into();
        }
    }
    super::replay_with(&configuration, &har.to_string()).exits(0);
}

/// Account numbers are pseudonyms under the key that is there, else under the file's own; a filter still tells them apart.
#[test]
fn accounts_are_told_apart_by_their_pseudonyms() {
    let configuration = CONFIGURATION.replace(
        "select = \"/data\", every",
        &format!("select = \"/data\", filter = {{ \"/account_id\" = \"{ACCOUNT}\" }}, every"),
    );
    let mut har: Value = serde_json::from_str(&Page::default().har()).unwrap();
    for it in entries(&mut har) {
        let Some(messages) = it["_webSocketMessages"].as_array_mut() else { continue };
        let mut others = Vec::new();
        for it in messages.iter_mut().filter(|it| it["type"] == "receive") {
            let mut frame: Value = serde_json::from_str(it["data"].as_str().unwrap()).unwrap();
            frame["account_id"] = ACCOUNT.into();
            let mut other = it.clone();
            other["data"] = json!({ "type": "pos", "account_id": "OTHER-9", "data": list(&state(999)) })
                .to_string()
                .into();
            it["data"] = frame.to_string().into();
            others.push(other);
        }
        messages.extend(others);
    }
    let report = super::replay_with(&configuration, &har.to_string()).exits(0).json();
    assert_eq!(report["features"][0]["filtered"], 60);
    assert_eq!(kinds(&report).iter().filter(|kind| **kind == "value").count(), 0);
}
