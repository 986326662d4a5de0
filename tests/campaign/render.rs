//! The text on the wire: messages and bodies, in the handwriting of either server.

use std::rc::Rc;

use thor_cutover::json::pointer::Pointer;

use super::cell::{Cell, quoted};
use super::column::{Side, Sort, gain};
use super::dice::Dice;
use super::history::{Row, State, wall};
use super::shape::{Form, Shape};
use super::track::{Garble, Push, Sample, Track};

/// How one side writes JSON.
#[derive(Debug, Clone, Copy)]
pub struct Hand {
    spaces: bool,
    shuffles_members: bool,
    shuffles_rows: bool,
    /// The envelope's `data` before its `type`.
    data_first: bool,
}

impl Hand {
    pub fn draw(dice: &mut Dice) -> Self {
        Self {
            spaces: dice.chance(50),
            shuffles_members: dice.chance(25),
            shuffles_rows: dice.chance(25),
            data_first: dice.chance(15),
        }
    }

    fn object(&self, members: &[(String, String)]) -> String {
        let (comma, colon) = if self.spaces { (", ", ": ") } else { (",", ":") };
        let members: Vec<String> =
            members.iter().map(|(name, json)| format!("{}{colon}{json}", quoted(name, false))).collect();
        format!("{{{}}}", members.join(comma))
    }

    fn array(&self, items: &[String]) -> String {
        format!("[{}]", items.join(if self.spaces { ", " } else { "," }))
    }
}

/// What stands under a name that is written twice before the right value.
const DECOY: &str = "1234567.25";

/// An object under construction: a leaf's JSON, or members.
enum Tree {
    Leaf(String),
    Branch(Vec<(String, Tree)>),
}

impl Tree {
    fn put(&mut self, tokens: &[String], json: String) {
        let Self::Branch(members) = self else { return };
        let Some((first, rest)) = tokens.split_first() else { return };
        if rest.is_empty() {
            members.push((first.clone(), Self::Leaf(json)));
            return;
        }
        let place = members.iter().position(|(name, _)| name == first).unwrap_or_else(|| {
            members.push((first.clone(), Self::Branch(Vec::new())));
            members.len() - 1
        });
        members[place].1.put(rest, json);
    }

    fn write(self, hand: &Hand, dice: &mut Dice) -> String {
        match self {
            Self::Leaf(json) => json,
            Self::Branch(mut members) => {
                if hand.shuffles_members {
                    dice.shuffle(&mut members);
                    put_decoy_first(&mut members);
                }
                let members: Vec<(String, String)> =
                    members.into_iter().map(|(name, tree)| (name, tree.write(hand, dice))).collect();
                hand.object(&members)
            }
        }
    }
}

/// Of a name written twice the last one counts: what is wrong stands before what is right, whatever the order.
fn put_decoy_first(members: &mut [(String, Tree)]) {
    let is_decoy = |tree: &Tree| matches!(tree, Tree::Leaf(json) if json == DECOY);
    let Some(decoy) = members.iter().position(|(_, tree)| is_decoy(tree)) else { return };
    if let Some(right) = (0..decoy).find(|&place| members[place].0 == members[decoy].0) {
        members.swap(right, decoy);
    }
}

/// Who writes, how, when, about whose account.
struct Voice<'a> {
    shape: &'a Shape,
    side: Side,
    hand: &'a Hand,
    /// Instant of the run.
    at: i64,
    account: &'a str,
    /// The entity and column whose member is written twice.
    twice: Option<(usize, usize)>,
    /// The column whose name is another one.
    renamed: Option<usize>,
    keyless: bool,
}

impl Voice<'_> {
    fn entity(&self, id: usize, row: &Row, dice: &mut Dice) -> String {
        let Self { shape, side, .. } = *self;
        let mut tree = Tree::Branch(Vec::new());
        if (shape.form != Form::Asked || side == Side::Ws || shape.echoes) && !self.keyless {
            let names: &[Pointer] = if side == Side::Ws { &shape.ws_key } else { &shape.feature.key };
            for (place, (name, text)) in names.iter().zip(&shape.ids[id]).enumerate() {
                let plain = shape.numeric_keys && place == 0;
                let json = if plain { text.clone() } else { quoted(text, self.hand.spaces) };
                tree.put(name.tokens(), json);
            }
        }
        let now = wall(self.at);
        for (index, column) in shape.columns.iter().enumerate().filter(|(_, column)| column.on(side)) {
            let moved = [column.pointer(side).tokens(), &["was_renamed".to_owned()]].concat();
            let tokens =
                if self.renamed == Some(index) { moved.as_slice() } else { column.pointer(side).tokens() };
            if column.sort == Sort::Account {
                tree.put(tokens, self.account.to_owned());
                continue;
            }
            // Under its other name the value still goes out.
            let cell = match &row[index] {
                Cell::Absent if self.renamed == Some(index) => Cell::Text("12.50".to_owned()),
                _ => self.cell(id, row, index, now),
            };
            let Some(json) = column.dress(side).json(&cell, now, dice.next()) else { continue };
            let json =
                if column.sort == Sort::Tags { self.hand.array(&[json, "\"x\"".to_owned()]) } else { json };
            if self.twice == Some((id, index)) {
                tree.put(tokens, DECOY.to_owned());
            }
            tree.put(tokens, json);
        }
        tree.write(self.hand, dice)
    }

    /// The cell itself, or what is computed anew for every answer.
    fn cell(&self, id: usize, row: &Row, index: usize, now: i64) -> Cell {
        match self.shape.columns[index].sort {
            Sort::Now => Cell::Instant(now),
            Sort::Live => live_mark(id, now),
            Sort::Gain { mark, average, quantity } => {
                let mark = self.cell(id, row, mark, now);
                match (gain(&mark, &row[average], &row[quantity]), &row[index]) {
                    (_, Cell::Absent) => Cell::Absent,
                    (Some(Cell::Decimal { minor, scale }), Cell::Decimal { minor: off, .. }) => {
                        Cell::Decimal { minor: minor + off, scale }
                    }
                    (Some(right), _) => right,
                    (None, _) => Cell::Null,
                }
            }
            _ => row[index].clone(),
        }
    }

    fn rows(&self, state: &State, dice: &mut Dice) -> Vec<String> {
        let mut order: Vec<(usize, &Rc<Row>)> = state.iter().map(|(id, row)| (*id, row)).collect();
        if self.hand.shuffles_rows {
            dice.shuffle(&mut order);
        }
        order.into_iter().map(|(id, row)| self.entity(id, row, dice)).collect()
    }
}

/// A price nobody has seen before, the same for everything written at one instant.
fn live_mark(id: usize, now: i64) -> Cell {
    let drawn = Dice::new(now as u64 ^ ((id as u64) << 48)).below(90_000_000);
    Cell::Decimal { minor: 100_000_000 + i128::from(drawn), scale: 6 }
}

/// A message of the feature, for our account or another one.
pub fn message(track: &Track, push: &Push, hand: &Hand, foreign: bool, dice: &mut Dice) -> String {
    let shape = &track.shape;
    let source = dice.below(shape.feature.ws.len() as u64) as usize;
    let types = &shape.feature.ws[source].types;
    let mut outer = dice.pick(types).clone();
    if outer.contains('.') && dice.chance(50) {
        outer = outer.replace('.', "_");
    }
    let (mut twice, mut renamed) = (None, None);
    match push.garble {
        Some(Garble::Twice(id, column)) => twice = Some((id, column)),
        Some(Garble::Renamed(column)) => renamed = Some(column),
        _ => {}
    }
    let account = shape.account.as_deref().unwrap_or("1");
    let account = if foreign { account.replace('1', "2") } else { account.to_owned() };
    let keyless = push.garble == Some(Garble::Keyless);
    let voice =
        Voice { shape, side: Side::Ws, hand, at: push.sent, account: &account, twice, renamed, keyless };
    let mut written = voice.rows(&push.content, dice);
    let payload = if shape.form == Form::Single || shape.flat {
        written.pop().unwrap_or_else(|| "null".to_owned())
    } else {
        hand.array(&written)
    };
    let data = if shape.flat {
        payload
    } else {
        let name = match (source, shape.form) {
            (0, Form::Rows) => "rows",
            (0, Form::Single) => "entity",
            (0, _) => "quotes",
            _ => "other",
        };
        let payload = if source == 0 { payload } else { hand.object(&[("shape".to_owned(), payload)]) };
        // The clock of whoever computed the content, to the millisecond.
        let stamp = format!("{:.3}", (wall(push.at) / 1_000) as f64 / 1e3);
        hand.object(&[
            ("account_id".to_owned(), account),
            (name.to_owned(), payload),
            ("type".to_owned(), "\"inner\"".to_owned()),
            ("timestamp".to_owned(), stamp),
        ])
    };
    let outer = ("type".to_owned(), quoted(&outer, false));
    let data = ("data".to_owned(), data);
    let data_first = hand.data_first && !matches!(push.garble, Some(Garble::Cut(_)));
    let mut text = hand.object(&if data_first { [data, outer] } else { [outer, data] });
    if let Some(Garble::Cut(percent)) = push.garble {
        let mut keep = text.len() * usize::from(percent) / 100;
        while !text.is_char_boundary(keep) {
            keep -= 1;
        }
        text.truncate(keep);
    }
    text
}

/// The body of a REST answer.
pub fn body(track: &Track, sample: &Sample, hand: &Hand, dice: &mut Dice) -> String {
    let shape = &track.shape;
    let (twice, renamed, keyless) = (None, None, false);
    let voice =
        Voice { shape, side: Side::Rest, hand, at: sample.read, account: "1", twice, renamed, keyless };
    let mut written = voice.rows(&sample.content, dice);
    let select = shape.feature.rest.select.to_string();
    let account = ("account".to_owned(), hand.object(&[("id".to_owned(), "7".to_owned())]));
    match (shape.form, select.as_str()) {
        (Form::Asked, _) => {
            let id = sample.asked.expect("every sample of an asked form asks for one entity");
            let latest = written.pop().unwrap_or_else(|| "null".to_owned());
            hand.object(&[
                ("market".to_owned(), "\"USA\"".to_owned()),
                ("future".to_owned(), quoted(&shape.ids[id][0], false)),
                ("intraday_latest".to_owned(), latest),
            ])
        }
        (Form::Single, "") => written.pop().unwrap_or_else(|| "null".to_owned()),
        (Form::Single, _) => {
            let entity = written.pop().unwrap_or_else(|| "null".to_owned());
            hand.object(&[("account".to_owned(), entity), ("positions".to_owned(), "[]".to_owned())])
        }
        (_, "") => hand.array(&written),
        (_, "/results") => {
            let null = || "null".to_owned();
            hand.object(&[
                ("count".to_owned(), written.len().to_string()),
                ("next".to_owned(), null()),
                ("previous".to_owned(), null()),
                ("results".to_owned(), hand.array(&written)),
            ])
        }
        _ => hand.object(&[account, ("positions".to_owned(), hand.array(&written))]),
    }
}
