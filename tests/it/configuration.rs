//! docs/configuration.md is what the schema of the configuration says.
//! `UPDATE=1 cargo test --test it configuration::` writes it anew.

use std::fmt::Write as _;
use std::path::PathBuf;

use serde_json::Value;
use thor_cutover::model::thresholds::Thresholds;
use thor_cutover::settings::VARIABLES;

/// Table, its type in the schema, and what stands above it.
const TABLES: &[(&str, &str, &str)] = &[
    ("[backend]", "BackendWritten", ""),
    (
        "[auth]",
        "AuthWritten",
        "A login is used where its variables are set. Without credentials, requests are sent without them.",
    ),
    ("[auth.login]", "LoginWritten", ""),
    ("[socket]", "SocketWritten", ""),
    ("[[socket.on_open]]", "OnOpenWritten", ""),
    ("[socket.pong]", "PongWritten", ""),
    ("[flags]", "FlagsWritten", "Relative paths are relative to the configuration file."),
    (
        "[[session]]",
        "SessionWritten",
        "Built in: `us-regular`, the regular session in New York; for `global_market` also `tokyo` and `london`; each with \
         its holidays and half days up to the end of 2027. A `[[session]]` in the file takes the place of all of them.",
    ),
    ("[evidence]", "EvidenceWritten", ""),
    ("[recording]", "RecordingWritten", ""),
    ("[source]", "SourceWritten", ""),
    ("[audit]", "AuditWritten", ""),
    ("[[audit.map]]", "Mapping", ""),
    ("[[audit.suppress]]", "Suppression", ""),
    ("[thresholds]", "ThresholdsWritten", ""),
    ("[watch]", "WatchWritten", ""),
    ("[watch.notify]", "NotifyWritten", ""),
    (
        "[[target]]",
        "TargetWritten",
        "Commands other than `watch` see the file without them; `THOR_CUTOVER_ACCOUNT_ID` and `THOR_CUTOVER_REST_URL` \
         name the account and the backend that they decide about.",
    ),
    ("[features.NAME]", "FeatureWritten", ""),
    ("[features.NAME.rest]", "RestWritten", ""),
    ("[features.NAME.ws]", "WsWritten", "`[[features.NAME.ws]]` may repeat."),
    ("[features.NAME.ws.removed]", "RemovedWritten", ""),
    ("[features.NAME.account]", "AccountWritten", ""),
    (
        "[[features.NAME.rules]]",
        "RuleWritten",
        "Either `field`, or `rest` and `ws` where the two names differ. A rule that forgives needs a `reason`.",
    ),
];

const HEAD: &str = "# Configuration

Every key of `thor-cutover.toml`, and what it means. Everything has a default; an empty folder is a valid set-up.
`thor-cutover init` writes a commented file to begin with, `thor-cutover schema config` prints the JSON Schema that
this page is made from.

Options beat `THOR_CUTOVER_*` variables, those beat the file, the file beats the built-in contract. Tables merge key by
key; **an array in the file replaces the built-in one**. Unknown keys are refused with file, line and the nearest name.
A length of time is text such as `\"500ms\"`, `\"2s\"`, `\"10m\"`, `\"14d\"`; a pointer is a JSON Pointer (RFC 6901)
inside one entity, such as `\"/mark_price\"`.

| key | what | values | default |
|---|---|---|---|
";

fn schema() -> Value {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_thor-cutover"))
        .args(["schema", "config"])
        .env_clear()
        .output()
        .unwrap();
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The defaults that hold whatever the contract is.
fn defaults() -> Value {
    let mut defaults: Value = toml::from_str(include_str!("../../src/settings/defaults.toml")).unwrap();
    let thor: Value = toml::from_str(include_str!("../../src/settings/defaults-thor.toml")).unwrap();
    for (table, keys) in thor.as_object().unwrap() {
        match (defaults[table].as_object_mut(), keys.as_object()) {
            (Some(known), Some(keys)) => known.extend(keys.clone()),
            _ => defaults[table] = keys.clone(),
        }
    }
    defaults["thresholds"] = serde_json::to_value(Thresholds::default()).unwrap();
    defaults
}

/// The kind of value a key takes, in words.
fn kind(schema: &Value, property: &Value) -> String {
    if let Some(reference) = property["$ref"].as_str() {
        let name = reference.rsplit('/').next().unwrap_or_default();
        let aimed = &schema["$defs"][name];
        return match name {
            "Period" => "length of time".to_owned(),
            "Size" => "number of bytes".to_owned(),
            "Pointer" => "pointer".to_owned(),
            "Scalar" => "text or number".to_owned(),
            "OneOrMany" => "table or array of tables".to_owned(),
            "FindingKind" => "a kind of finding".to_owned(),
            _ if aimed["type"] == "object" => "table".to_owned(),
            _ => kind(schema, aimed),
        };
    }
    let words = |values: &Value| {
        let values = values.as_array().unwrap().iter();
        values.map(|value| format!("`{}`", value.as_str().unwrap())).collect::<Vec<_>>()
    };
    if property["enum"].is_array() {
        return words(&property["enum"]).join(", ");
    }
    if let Some(ways) = property["oneOf"].as_array() {
        let word = |way: &Value| format!("`{}`", way["const"].as_str().unwrap());
        return ways.iter().map(word).collect::<Vec<_>>().join(", ");
    }
    if let Some(ways) = property["anyOf"].as_array() {
        let some = ways.iter().find(|way| way["type"] != "null").expect("one that is something");
        return kind(schema, some);
    }
    let name = property["type"].as_str().or_else(|| property["type"][0].as_str()).unwrap_or_default();
    match name {
        "string" => "text".to_owned(),
        "integer" | "number" => "number".to_owned(),
        "boolean" => "`true`, `false`".to_owned(),
        "array" => format!("array: {}", kind(schema, &property["items"])),
        "object" => format!("table of names: {}", kind(schema, &property["additionalProperties"])),
        other => panic!("no word for {other:?}: {property}"),
    }
}

/// One row; its description may end in `Default: …`.
fn row(schema: &Value, key: &str, property: &Value, default: Option<&Value>) -> String {
    let text = property["description"].as_str().unwrap_or_else(|| panic!("{key} says nothing about itself"));
    let text = text.replace('\n', " ");
    let (what, said) = text.split_once("Default: ").unwrap_or((&text, ""));
    assert!(!what.is_empty(), "{key} says its default only");
    let default = match default {
        None => said.trim_end_matches('.').to_owned(),
        Some(Value::Array(values)) if values.len() > 4 => {
            format!("`{}`, `{}` and {} more", text_of(&values[0]), text_of(&values[1]), values.len() - 2)
        }
        Some(Value::Array(values)) => {
            values.iter().map(|value| format!("`{}`", text_of(value))).collect::<Vec<_>>().join(", ")
        }
        Some(value) => format!("`{}`", text_of(value)),
    };
    format!("| `{key}` | {} | {} | {default} |\n", what.trim().replace('|', "\\|"), kind(schema, property))
}

fn text_of(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn page() -> String {
    let (schema, defaults) = (schema(), defaults());
    let mut page = HEAD.to_owned();
    page.push_str(&row(&schema, "contract", &schema["properties"]["contract"], Some(&"thor-a".into())));
    for (table, name, more) in TABLES {
        let found = &schema["$defs"][name];
        let what =
            found["description"].as_str().unwrap_or_else(|| panic!("{name} says nothing about itself"));
        write!(page, "\n## `{table}`\n\n{}", what.replace('\n', " ")).unwrap();
        if !more.is_empty() {
            write!(page, " {more}").unwrap();
        }
        page.push_str("\n\n| key | what | values | default |\n|---|---|---|---|\n");
        let at = table.trim_matches(['[', ']']).replace('.', "/");
        for (key, property) in found["properties"].as_object().unwrap() {
            let default =
                (!table.starts_with("[[")).then(|| defaults.pointer(&format!("/{at}/{key}"))).flatten();
            let default = default.filter(|default| !default.is_object());
            page.push_str(&row(&schema, key, property, default));
        }
    }
    page.push_str("\n## Environment variables\n\nThey stand for keys of the file, and beat it.\n\n| variable | key |\n|---|---|\n");
    for (variable, path) in VARIABLES {
        writeln!(page, "| `{variable}` | `{}` |", path.join(".")).unwrap();
    }
    page.push_str(
        "\n`THOR_CUTOVER_CONFIG` and `THOR_CUTOVER_FORMAT` stand for the options `--config` and `--format`.\n\
         Secrets have variables of their own, whose names `[auth]` gives: `THOR_TOKEN`, `THOR_USER`, `THOR_PASSWORD`.\n",
    );
    page
}

#[test]
fn the_reference_is_what_the_schema_says() {
    let page = page();
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/configuration.md");
    if std::env::var_os("UPDATE").is_some() {
        fs_err::write(&file, &page).unwrap();
    }
    let committed = fs_err::read_to_string(&file).unwrap_or_default().replace("\r\n", "\n");
    assert!(
        committed == page,
        "docs/configuration.md has drifted; UPDATE=1 cargo test --test it configuration:: writes it anew\n{}",
        similar::TextDiff::from_lines(&committed, &page).unified_diff()
    );
}

#[test]
fn every_table_of_the_schema_has_its_place() {
    let schema = schema();
    for (name, found) in schema["$defs"].as_object().unwrap() {
        let listed = TABLES.iter().any(|(_, known, _)| known == name);
        assert!(listed || found["properties"].is_null(), "{name} has keys and no place in the reference");
    }
}
