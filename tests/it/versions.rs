//! Claims of `docs/versions.md`: answers only grow, and what an older version wrote is read to the same verdict.
//!
//! `fixtures/versions` is what 0.1 wrote. `UPDATE=1` writes schemas that are not there yet, and no other.

use std::collections::BTreeSet;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::control::tool::Tool;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/versions")
}

/// Two schemas, and what of the older one is no longer so in the newer one.
struct Growth<'s> {
    old: &'s Value,
    new: &'s Value,
    /// Of what is read rather than written, nothing more may be demanded.
    is_input: bool,
    seen: BTreeSet<String>,
    lost: Vec<String>,
}

fn resolved<'s>(root: &'s Value, schema: &'s Value) -> &'s Value {
    let pointer = schema["$ref"].as_str().and_then(|it| it.strip_prefix('#'));
    pointer.map_or(schema, |pointer| root.pointer(pointer).unwrap())
}

fn words(value: &Value) -> BTreeSet<String> {
    match value {
        Value::Array(all) => all.iter().map(Value::to_string).collect(),
        Value::Null => BTreeSet::new(),
        one => [one.to_string()].into(),
    }
}

impl Growth<'_> {
    fn compare(&mut self, old: &Value, new: &Value, at: &str) {
        if let Some(name) = old["$ref"].as_str()
            && !self.seen.insert(name.to_owned())
        {
            return;
        }
        let (root_old, root_new) = (self.old, self.new);
        let (old, new) = (resolved(root_old, old), resolved(root_new, new));
        let (types, now) = (words(&old["type"]), words(&new["type"]));
        // An answer may say less than it may have said; what is read is read as before.
        let fits = if self.is_input { types.is_subset(&now) } else { now.is_subset(&types) };
        if !types.is_empty() && (now.is_empty() || !fits) {
            self.lost.push(format!("{at}: its type was {types:?} and is {now:?}"));
        }
        let gone: Vec<String> = words(&old["enum"]).difference(&words(&new["enum"])).cloned().collect();
        if !gone.is_empty() && !new["enum"].is_null() {
            self.lost.push(format!("{at}: no longer {gone:?}"));
        }
        let (demanded, demands) = (words(&old["required"]), words(&new["required"]));
        let uncertain: Vec<String> = if self.is_input {
            demands.difference(&demanded).cloned().collect()
        } else {
            demanded.difference(&demands).cloned().collect()
        };
        if !uncertain.is_empty() {
            self.lost.push(format!("{at}: required otherwise: {uncertain:?}"));
        }
        for (name, member) in old["properties"].as_object().into_iter().flatten() {
            match new["properties"].get(name) {
                Some(now) => self.compare(member, now, &format!("{at}/{name}")),
                None => self.lost.push(format!("{at}/{name} is gone")),
            }
        }
        for key in ["items", "additionalProperties"] {
            if old[key].is_object() {
                self.compare(&old[key], &new[key], &format!("{at}/*"));
            }
        }
        for key in ["anyOf", "oneOf"] {
            let variants = new[key].as_array().cloned().unwrap_or_default();
            for (index, variant) in old[key].as_array().into_iter().flatten().enumerate() {
                let is_there = variants.iter().any(|now| {
                    let mut alone = Growth { seen: self.seen.clone(), lost: Vec::new(), ..*self };
                    alone.compare(variant, now, "");
                    alone.lost.is_empty() && variant.get("const") == now.get("const")
                });
                if !is_there {
                    self.lost.push(format!("{at}: form {index} of {key} is gone"));
                }
            }
        }
    }
}

fn lost(old: &Value, new: &Value, is_input: bool) -> Vec<String> {
    let mut growth = Growth { old, new, is_input, seen: BTreeSet::new(), lost: Vec::new() };
    growth.compare(old, new, "");
    growth.lost
}

#[test]
fn answers_only_grow_and_every_key_is_still_read() {
    let tool = Tool::new();
    let names = tool.run(&["schema"]).exits(0).out;
    let names: Vec<&str> = names.lines().filter_map(|line| line.split_whitespace().next()).collect();
    let schemas = folder().join("schemas");
    let mut all = Vec::new();
    for name in &names {
        let new = tool.run(&["schema", name]).exits(0).json();
        let path = schemas.join(format!("{name}.json"));
        if !path.exists() && std::env::var_os("UPDATE").is_some() {
            std::fs::create_dir_all(&schemas).unwrap();
            std::fs::write(&path, format!("{}\n", serde_json::to_string(&new).unwrap())).unwrap();
        }
        let old =
            std::fs::read_to_string(&path).unwrap_or_else(|_| panic!("{name}: UPDATE=1 keeps its schema"));
        let old: Value = serde_json::from_str(&old).unwrap();
        all.extend(lost(&old, &new, *name == "config").into_iter().map(|it| format!("{name}{it}")));
    }
    assert_eq!(all, Vec::<String>::new(), "a number has to be raised: docs/versions.md");
    let kept = std::fs::read_dir(&schemas).unwrap().map(|entry| entry.unwrap().file_name());
    for file in kept {
        let file = file.into_string().unwrap();
        assert!(names.contains(&file.trim_end_matches(".json")), "{file}: its command is gone");
    }
}

#[test]
fn what_shrinks_is_seen() {
    let schema = json!({
        "type": "object", "required": ["a"],
        "properties": {
            "a": { "$ref": "#/$defs/A" },
            "list": { "type": "array", "items": { "type": "object", "properties": { "x": { "type": "number" } } } },
        },
        "$defs": { "A": { "oneOf": [{ "const": "go" }, { "const": "no" }] } },
    });
    assert!(lost(&schema, &schema, false).is_empty());
    let changed = |change: fn(&mut Value)| {
        let mut new = schema.clone();
        change(&mut new);
        new
    };
    let grown = changed(|it| {
        it["properties"]["b"] = json!({ "type": "string" });
        it["$defs"]["A"]["oneOf"].as_array_mut().unwrap().push(json!({ "const": "later" }));
    });
    assert!(lost(&schema, &grown, false).is_empty());
    let shrinks: [fn(&mut Value); 4] = [
        |it| drop(it["properties"].as_object_mut().unwrap().remove("list")),
        |it| it["properties"]["list"]["items"]["properties"]["x"]["type"] = "string".into(),
        |it| it["required"] = json!([]),
        |it| drop(it["$defs"]["A"]["oneOf"].as_array_mut().unwrap().remove(0)),
    ];
    for shrink in shrinks {
        assert!(!lost(&schema, &changed(shrink), false).is_empty());
    }
    let demanding = changed(|it| it["required"] = json!(["a", "list"]));
    assert!(lost(&schema, &demanding, false).is_empty());
    assert!(!lost(&schema, &demanding, true).is_empty());
}

/// A run of 0.1: REST and an array stream that is a cent off in one row.
#[test]
fn a_recording_of_0_1_is_judged_as_it_was() {
    let tool = Tool::new();
    let path = folder().join("recording-0.1.ndjson");
    let report = tool.run(&["replay", path.to_str().unwrap(), "--format", "json"]).exits(1).json();
    let feature = &report["features"][0];
    assert_eq!((&feature["feature"], &feature["verdict"]), (&json!("pos"), &json!("no-go")));
    assert_eq!((&feature["samples"], &feature["messages"]), (&json!(70), &json!(45)));
    let found: Vec<(&str, u64)> = feature["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| (it["kind"].as_str().unwrap(), it["count"].as_u64().unwrap()))
        .collect();
    assert_eq!(found, [("value", 37), ("dropped_push", 3)]);
    let text = std::fs::read_to_string(&path).unwrap();
    let newer = tool.write("newer.ndjson", &text.replacen("_recording\":1", "_recording\":2", 1));
    let said = tool.run(&["replay", newer.to_str().unwrap()]).exits(4);
    assert!(said.err.contains("format 2"), "{}", said.err);
}

#[test]
fn an_export_of_0_1_is_taken_in_and_holds() {
    let tool = Tool::new();
    let path = folder().join("export-0.1.ndjson");
    let import = |tool: &Tool, path: &str| tool.run(&["evidence", "import", path]);
    import(&tool, path.to_str().unwrap()).exits(0);
    let verdict = tool.run(&["evidence", "show", "20261129T003638Z-1ee864681b", "--format", "json"]).exits(0);
    assert!(verdict.out.contains("no-go"), "{}", verdict.out);
    tool.run(&["evidence", "verify"]).exits(0);
    let text = std::fs::read_to_string(&path).unwrap();
    let newer = tool.write("newer.ndjson", &text.replacen("_evidence\":2", "_evidence\":3", 1));
    let said = import(&Tool::new(), newer.to_str().unwrap());
    assert!(said.code != 0 && said.err.contains('3'), "{}{}", said.out, said.err);
}

#[test]
fn a_configuration_of_0_1_is_read() {
    let path = folder().join("thor-cutover-0.1.toml");
    let settings = thor_cutover::settings::of_text(&std::fs::read_to_string(&path).unwrap(), &path);
    assert_eq!(settings.unwrap().features.len(), 4);
}
