//! What entities are called: the names of the key's fields, and their texts.

use thor_cutover::json::pointer::Pointer;

use super::dice::Dice;
use super::shape::{Form, pointer};

/// The key in REST, on the WebSocket, and whether its first part is written as a number.
pub fn keys(form: Form, dice: &mut Dice) -> (Vec<Pointer>, Vec<Pointer>, bool) {
    if form == Form::Single {
        return (Vec::new(), Vec::new(), false);
    }
    let name = *dice.pick(&["/symbol", "/future", "/key"]);
    let mut rest = vec![pointer(name)];
    let mut ws = vec![pointer(if dice.chance(20) { "/ticker" } else { name })];
    if form == Form::Rows && dice.chance(30) {
        rest.push(pointer("/asset_type"));
        ws.push(pointer("/asset_type"));
    }
    (rest, ws, form != Form::Asked && dice.chance(12))
}

pub fn id_texts(n: usize, parts: usize, numeric: bool) -> Vec<String> {
    const SYMBOLS: [&str; 8] = ["ES", "YM", "AAPL", "SPY", "BRK/B", "Zürich", "RTY", "a b"];
    let first = match (numeric, SYMBOLS.get(n)) {
        (true, _) => (n * 7 + 3).to_string(),
        (false, Some(symbol)) => (*symbol).to_owned(),
        (false, None) => format!("SYM{n}"),
    };
    let second = (if n.is_multiple_of(2) { "EQ" } else { "OPT" }).to_owned();
    [first, second].into_iter().take(parts).collect()
}
