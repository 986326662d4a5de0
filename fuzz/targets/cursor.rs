//! JSON as text against serde_json: what is a document, what stands in it, and where.
//!
//! Whatever the text is, nothing panics. A text is JSON for both or for neither. Of a document the cursor gives the tree
//! that serde_json builds, `locate` finds at every pointer what serde_json has there, and `skip` ends where it does.

#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use serde_json::value::RawValue;
use thor_cutover::json::cursor::{Cursor, member_names, message_type, plain_text, validate};
use thor_cutover::json::grammar::is_json;
use thor_cutover::json::locate::locate;
use thor_cutover::json::pointer::Pointer;
use thor_cutover_fuzz::json::{places, tree};

fuzz_target!(|text: &str| {
    let is_document = serde_json::from_str::<&RawValue>(text).is_ok();
    assert_eq!(is_json(text), is_document);
    let checked = validate(text);
    assert_eq!(checked.is_ok(), is_document);
    if let Err(why) = checked {
        assert!(why.0.contains("line") && why.0.contains("column"), "no place: {why}");
    }

    let skipped = Cursor::new(text).skip();
    let names = member_names(text, 1_000);
    let kind = message_type(text);
    let _ = plain_text(text);
    let of_cursor = tree(&mut Cursor::new(text), 0);
    let _ = locate(text, &["/type".parse::<Pointer>().unwrap(), Pointer::root()]);
    if !is_document {
        return;
    }
    let bare = text.trim_matches([' ', '\t', '\r', '\n']);
    assert_eq!(skipped, Ok(bare));
    // What serde_json builds no tree of: numbers beyond a double, lone surrogates, what is very deep.
    let Ok(of_serde) = serde_json::from_str::<Value>(text) else { return };
    assert_eq!(of_cursor.as_ref(), Ok(&of_serde));

    let of_serde = &of_serde;
    if let Value::Object(members) = of_serde {
        assert!(members.keys().all(|name| names.contains(name)) || names.len() == 1_000);
        // Of a type written twice the first counts: it is read before the rest.
        if names.iter().filter(|name| *name == "type").count() == 1 {
            assert_eq!(kind.as_deref(), members.get("type").and_then(Value::as_str));
        }
    }
    let places = places(of_serde, 64);
    let pointers: Vec<&Pointer> = places.iter().map(|(pointer, _)| pointer).collect();
    let found = locate(text, &pointers).expect("a document");
    for ((pointer, value), found) in places.iter().zip(found) {
        assert_eq!(pointer.get(of_serde), Some(*value), "{pointer}");
        let found = found.unwrap_or_else(|| panic!("nothing at {pointer}"));
        assert_eq!(&serde_json::from_str::<Value>(found).expect("a part of a document"), *value, "{pointer}");
        let same: Pointer = pointer.to_string().parse().expect("printed by itself");
        assert_eq!(same, *pointer);
    }
});
