//! Finds several JSON Pointers in one text in one walk, without building a tree.

use std::borrow::Borrow;

use crate::json::cursor::{Cursor, Malformed, Shape, unescape};
use crate::json::pointer::Pointer;

/// The texts that the pointers name, in their order; `None` where there is nothing. At most 64 pointers.
///
/// One pointer may lead into what another one names.
/// Where a name is written twice the last one counts, as in every JSON parser Thor meets.
pub fn locate<'t, P: Borrow<Pointer>>(
    text: &'t str,
    pointers: &[P],
) -> Result<Vec<Option<&'t str>>, Malformed> {
    let mut found = vec![None; pointers.len()];
    let open = (0..pointers.len().min(64)).fold(0u64, |open, index| open | 1 << index);
    descend(&mut Cursor::new(text), pointers, open, 0, &mut found)?;
    Ok(found)
}

/// `open` holds a bit for each pointer whose first `depth` tokens lead here.
fn descend<'t, P: Borrow<Pointer>>(
    cursor: &mut Cursor<'t>,
    pointers: &[P],
    open: u64,
    depth: usize,
    found: &mut [Option<&'t str>],
) -> Result<(), Malformed> {
    let here = among(pointers, open, |pointer| pointer.tokens().len() == depth);
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
                let next = among(pointers, open, |pointer| pointer.tokens()[depth] == plain);
                descend(cursor, pointers, next, depth + 1, found)?;
            }
            Ok(())
        }
        Shape::Array => {
            cursor.enter();
            let mut position = 0usize;
            while cursor.element(position == 0)? {
                let next = among(pointers, open, |pointer| pointer.tokens()[depth].parse() == Ok(position));
                descend(cursor, pointers, next, depth + 1, found)?;
                position += 1;
            }
            Ok(())
        }
        _ => cursor.skip().map(|_| ()),
    }
}

/// The open pointers of which this holds.
#[inline]
fn among<P: Borrow<Pointer>>(pointers: &[P], open: u64, wanted: impl Fn(&Pointer) -> bool) -> u64 {
    let mut left = open;
    let mut bits = 0;
    while left != 0 {
        let index = left.trailing_zeros();
        left &= left - 1;
        if wanted(pointers[index as usize].borrow()) {
            bits |= 1 << index;
        }
    }
    bits
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
