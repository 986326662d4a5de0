//! Finds several JSON Pointers in one text in one walk, without building a tree.

use crate::diff::walk::{Cursor, Malformed, Shape, unescape};
use crate::model::pointer::Pointer;

/// The texts that the pointers name, in their order; `None` where there is nothing. At most 64 pointers.
///
/// One pointer may lead into what another one names.
/// Where a name is written twice the last one counts, as in every JSON parser Thor meets.
pub fn locate<'t>(text: &'t str, pointers: &[&Pointer]) -> Result<Vec<Option<&'t str>>, Malformed> {
    let mut found = vec![None; pointers.len()];
    let open = (0..pointers.len().min(64)).fold(0u64, |open, index| open | 1 << index);
    descend(&mut Cursor::new(text), pointers, open, 0, &mut found)?;
    Ok(found)
}

/// `open` holds a bit for each pointer whose first `depth` tokens lead here.
fn descend<'t>(
    cursor: &mut Cursor<'t>,
    pointers: &[&Pointer],
    open: u64,
    depth: usize,
    found: &mut [Option<&'t str>],
) -> Result<(), Malformed> {
    let among = |wanted: &dyn Fn(&Pointer) -> bool| {
        pointers.iter().enumerate().fold(0u64, |bits, (index, pointer)| {
            let bit = 1u64.checked_shl(index as u32).unwrap_or(0) & open;
            if bit != 0 && wanted(pointer) { bits | bit } else { bits }
        })
    };
    let here = if open == 0 { 0 } else { among(&|pointer| pointer.tokens().len() == depth) };
    // Depth is bounded by the longest pointer: where none is open the value is skipped, not entered.
    if here != 0 || open == 0 {
        cursor.skip_space();
        let start = cursor.position();
        let inside = open & !here;
        if inside == 0 {
            cursor.skip()?;
        } else {
            descend(cursor, pointers, inside, depth, found)?;
        }
        let text = cursor.since(start);
        for (index, place) in found.iter_mut().enumerate() {
            if here >> index & 1 == 1 {
                *place = Some(text);
            }
        }
        return Ok(());
    }
    match cursor.shape()? {
        Shape::Object => {
            cursor.enter();
            let mut first = true;
            while let Some((name, escaped)) = cursor.member(first)? {
                first = false;
                let plain = if escaped { unescape(name) } else { name.into() };
                let next = among(&|pointer| pointer.tokens()[depth] == plain);
                descend(cursor, pointers, next, depth + 1, found)?;
            }
            Ok(())
        }
        Shape::Array => {
            cursor.enter();
            let mut position = 0usize;
            while cursor.element(position == 0)? {
                let next = among(&|pointer| pointer.tokens()[depth].parse() == Ok(position));
                descend(cursor, pointers, next, depth + 1, found)?;
                position += 1;
            }
            Ok(())
        }
        _ => cursor.skip().map(|_| ()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_pointers_name() {
        let text = r#"{"data":{"positions":[{"a":1}],"account_id":7,"x\/y":null},"type":"t"}"#;
        let pointers: Vec<Pointer> =
            ["/data/positions", "/data/account_id", "/nowhere/at", "/data/x~1y", "/data/positions/0/b"]
                .iter()
                .map(|text| text.parse().unwrap())
                .collect();
        let found = locate(text, &pointers.iter().collect::<Vec<_>>()).unwrap();
        assert_eq!(found, [Some(r#"[{"a":1}]"#), Some("7"), None, Some("null"), None]);
        assert_eq!(locate(text, &[&Pointer::root()]).unwrap(), [Some(text)]);
    }

    #[test]
    fn one_place_may_lie_inside_another() {
        let text = r#"{"type":"intraday_bar","data":{"country":"USA","bars":[{"n":1}]}}"#;
        let pointers: Vec<Pointer> = ["/data", "/data/country", "", "/data/bars/0/n"]
            .iter()
            .map(|text| text.parse().unwrap())
            .collect();
        let found = locate(text, &pointers.iter().collect::<Vec<_>>()).unwrap();
        let data = r#"{"country":"USA","bars":[{"n":1}]}"#;
        assert_eq!(found, [Some(data), Some(r#""USA""#), Some(text), Some("1")]);
    }
}
