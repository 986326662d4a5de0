//! JSON that stands in a string of most messages, as MQTT bridges and Pusher send it. Pure.

use serde_json::Value;

/// The member whose text is JSON in most of the frames, and the frames with that JSON in its place.
pub fn read_inside(frames: &[Value]) -> Option<(String, Vec<Value>)> {
    let inside = |frame: &Value, name: &str| -> Option<Value> {
        let content: Value = serde_json::from_str(frame.get(name)?.as_str()?).ok()?;
        (content.is_object() || content.is_array()).then_some(content)
    };
    let mut names: Vec<&String> =
        frames.iter().filter_map(Value::as_object).flat_map(|members| members.keys().take(16)).collect();
    names.sort();
    names.dedup();
    let count = |name: &str| frames.iter().filter(|frame| inside(frame, name).is_some()).count();
    let name =
        names.into_iter().max_by_key(|name| count(name)).filter(|name| count(name) * 2 > frames.len())?;
    let read = frames.iter().map(|frame| {
        let mut frame = frame.clone();
        if let Some(content) = inside(&frame, name) {
            frame[name.as_str()] = content;
        }
        frame
    });
    Some((name.clone(), read.collect()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn json_in_a_string_is_found_where_most_messages_have_it() {
        let frames = [
            json!({ "topic": "a", "payload": "{\"id\":1}", "note": "{" }),
            json!({ "topic": "b", "payload": "[2]", "note": "7" }),
            json!({ "topic": "c", "payload": "up for 3 days", "note": "{}" }),
        ];
        let (name, read) = read_inside(&frames).unwrap();
        assert_eq!(name, "payload");
        assert_eq!(read[0]["payload"], json!({ "id": 1 }));
        assert_eq!(read[2], frames[2]);
        assert_eq!(read_inside(&frames[2..]).map(|(name, _)| name).as_deref(), Some("note"));
        assert_eq!(read_inside(&[json!({ "a": "1" }), json!([1])]), None);
    }
}
