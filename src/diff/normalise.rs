//! One pass over a payload: rows of digests. This is all that agreement costs.
//!
//! Equal digests mean equal under the strict rules; unequal ones mean: look closer ([`crate::diff::compare`]).
//! Digests are sums over fields, so that the order of members does not count, and sums of mixed sums over rows,
//! so that a value cannot move from one row to another unnoticed.

use std::borrow::Cow;

use xxhash_rust::xxh3::{xxh3_64_with_seed, xxh3_128_with_seed};

use crate::diff::descent::{Visitor, descend};
use crate::diff::digest::{Digest, Key};
use crate::diff::field_table::{FieldId, FieldTable, Notation, ROOT, Role, Side};
use crate::diff::parsed_entity::{Bound, parse_entity};
use crate::diff::template::{TemplateMatch, TemplateSpans, TextId, TextRing};
use crate::json::cursor::{Cursor, Malformed, Shape, unescape};
use crate::json::instant;
use crate::json::number;

/// One entity of one payload.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    pub key: Key,
    pub digest: Digest,
    /// Everything else: ignored, derived, countdown, one-sided fields.
    pub hidden: u64,
    /// Byte span of the entity in the selected text.
    pub span: (u32, u32),
    /// A name stands twice in it: the last one counts.
    pub duplicate_name: bool,
}

/// A payload taken in: rows in their order, and each row's hash of each field.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    pub rows: Vec<Row>,
    /// Field hashes of all rows, [`Batch::width`] apiece; 0 = absent or null.
    values: Vec<u64>,
    starts: Vec<u32>,
    /// Changes with the order of rows.
    pub order: u64,
    template_spans: TemplateSpans,
    /// A row whose key another row of the payload has too.
    pub twin: Option<usize>,
    /// The order and number of the rows last seen to have a key each.
    distinct: (u64, usize),
}

impl Batch {
    pub fn clear(&mut self) {
        self.rows.clear();
        self.values.clear();
        self.starts.clear();
        self.order = 0;
        self.template_spans.clear();
        self.twin = None;
    }

    /// Ends a row that was begun.
    fn end(&mut self, sums: Sums, span: (usize, usize)) {
        self.order = self.order.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(sums.key as u64);
        self.rows.push(Row {
            key: sums.key,
            digest: sums.digest,
            hidden: sums.hidden,
            span: (span.0 as u32, span.1 as u32),
            duplicate_name: sums.duplicate_name,
        });
    }

    /// Keeps what the selected text says of a row.
    pub fn keep(&self, selected: &str, row: usize, texts: &mut TextRing) -> TextId {
        self.template_spans.keep(selected, row, self.rows[row].span, texts)
    }

    /// The field hashes of a row, indexed by field; fields met later than this row are beyond its end.
    pub fn values(&self, row: usize) -> &[u64] {
        let start = self.starts[row] as usize;
        let end = self.starts.get(row + 1).map_or(self.values.len(), |&end| end as usize);
        &self.values[start..end]
    }
}

/// Reads the entities in `text` (an array of them, or one) into `batch`.
///
/// `bound` are fields that stand outside the text: the values that filled a templated path.
pub fn read(
    plan: &mut FieldTable,
    side: Side,
    text: &str,
    bound: &[(Cow<'_, str>, Cow<'_, str>)],
    batch: &mut Batch,
) -> Result<(), Malformed> {
    batch.clear();
    let mut cursor = Cursor::new(text);
    match cursor.shape()? {
        Shape::Null => {}
        Shape::Array => {
            cursor.enter();
            let mut first = true;
            while cursor.element(first)? {
                first = false;
                row(plan, side, &mut cursor, bound, batch)?;
            }
        }
        _ => row(plan, side, &mut cursor, bound, batch)?,
    }
    tell_twins_apart(batch);
    Ok(())
}

/// [`read`] for a text of a known form: the same batch by a shorter way.
pub fn read_match(
    plan: &mut FieldTable,
    side: Side,
    fit: TemplateMatch<'_, '_>,
    bound: &[(Cow<'_, str>, Cow<'_, str>)],
    batch: &mut Batch,
) -> Result<(), Malformed> {
    batch.clear();
    let text = fit.text();
    let origin = fit.span.0;
    let known = bound_fields(plan, side, bound)?;
    for (fields, pieces, span) in fit.entities() {
        let base = begin(plan, batch);
        let mut sums = Sums::default();
        for (field, piece) in fields.iter().zip(pieces) {
            let content = piece.content(text);
            sums.scalar(plan, side, *field, piece.shape, content, piece.has_escapes, &mut batch.values, base);
        }
        for ((_, value), (field, below)) in bound.iter().zip(&known) {
            if !fields.iter().any(|said| below.contains(said)) {
                sums.bound(plan, side, *field, value, &mut batch.values, base);
            }
        }
        batch.end(sums, (span.0 - origin, span.1 - origin));
    }
    batch.template_spans.take(fit);
    tell_twins_apart(batch);
    Ok(())
}

/// Begins a row; returns where its values are.
fn begin(plan: &FieldTable, batch: &mut Batch) -> usize {
    let base = batch.values.len();
    batch.starts.push(base as u32);
    batch.values.resize(base + plan.fields.len(), 0);
    base
}

/// The field of each bound name, and all fields by which an entity may say the same itself: then its word counts.
fn bound_fields(
    plan: &mut FieldTable,
    side: Side,
    bound: &Bound<'_>,
) -> Result<Vec<(FieldId, Vec<FieldId>)>, Malformed> {
    let field = |(name, _): &(Cow<'_, str>, _)| {
        let (node, _) = plan.child(side, ROOT, name)?;
        Ok((plan.field(side, node), plan.fields_below(side, node)))
    };
    bound.iter().map(field).collect()
}

fn row(
    plan: &mut FieldTable,
    side: Side,
    cursor: &mut Cursor<'_>,
    bound: &[(Cow<'_, str>, Cow<'_, str>)],
    batch: &mut Batch,
) -> Result<(), Malformed> {
    cursor.shape()?;
    let start = cursor.position();
    let base = begin(plan, batch);
    plan.begin_row();
    let mut sums = Sums::default();
    let mut adder = Adder { side, sums: &mut sums, values: &mut batch.values, base };
    descend(plan, side, ROOT, 0, cursor, &mut adder)?;
    let end = cursor.position();
    if sums.duplicate_name {
        sums = last_words(plan, side, cursor.since(start), bound, batch, base)?;
    } else {
        for (name, value) in bound {
            let (node, said_itself) = plan.child(side, ROOT, name)?;
            let field = plan.field(side, node);
            if !said_itself {
                sums.bound(plan, side, field, value, &mut batch.values, base);
            }
        }
    }
    batch.end(sums, (start, end));
    Ok(())
}

/// A row in which a name stands twice, read as a browser does: the last one counts.
fn last_words(
    plan: &mut FieldTable,
    side: Side,
    text: &str,
    bound: &[(Cow<'_, str>, Cow<'_, str>)],
    batch: &mut Batch,
    base: usize,
) -> Result<Sums, Malformed> {
    let taken = parse_entity(plan, side, text, bound)?;
    batch.values.truncate(base);
    batch.values.resize(base + plan.fields.len(), 0);
    let mut sums = Sums { duplicate_name: true, ..Sums::default() };
    for field in 0..plan.fields.len() {
        if let Some(value) = taken.get(field) {
            sums.scalar(plan, side, field, value.shape, &value.text, false, &mut batch.values, base);
        }
    }
    Ok(sums)
}

/// Two rows of one key in one payload cannot be joined by it: the second becomes another entity on both sides.
fn tell_twins_apart(batch: &mut Batch) {
    if batch.rows.len() < 2 || batch.distinct == (batch.order, batch.rows.len()) {
        return;
    }
    batch.distinct = (batch.order, batch.rows.len());
    let mut keys: Vec<(Key, usize)> =
        batch.rows.iter().enumerate().map(|(index, row)| (row.key, index)).collect();
    keys.sort_unstable();
    let mut ordinal = 0u128;
    for pair in 1..keys.len() {
        ordinal = if keys[pair].0 == keys[pair - 1].0 { ordinal + 1 } else { 0 };
        if ordinal > 0 {
            batch.distinct = (0, 0);
            batch.twin = Some(keys[pair].1);
            batch.rows[keys[pair].1].key = keys[pair].0.wrapping_add(TWIN.wrapping_mul(ordinal));
        }
    }
}

const TWIN: u128 = 0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835;

/// Adds a row's scalars to its sums.
struct Adder<'a> {
    side: Side,
    sums: &'a mut Sums,
    values: &'a mut Vec<u64>,
    base: usize,
}

impl<'t> Visitor<'t> for Adder<'_> {
    fn scalar(
        &mut self,
        plan: &mut FieldTable,
        field: FieldId,
        shape: Shape,
        text: &'t str,
        has_escapes: bool,
    ) {
        self.sums.scalar(plan, self.side, field, shape, text, has_escapes, self.values, self.base);
    }

    fn again(&mut self, _: &mut FieldTable, _: u32) {
        self.sums.duplicate_name = true;
    }
}

#[derive(Default)]
struct Sums {
    key: Key,
    digest: Digest,
    hidden: u64,
    duplicate_name: bool,
}

impl Sums {
    /// Adds what filled the path, as a text.
    fn bound(
        &mut self,
        plan: &mut FieldTable,
        side: Side,
        field: FieldId,
        value: &str,
        values: &mut Vec<u64>,
        base: usize,
    ) {
        self.scalar(plan, side, field, Shape::String, value, false, values, base);
    }

    #[expect(clippy::too_many_arguments, reason = "the hot path: everything in registers, nothing allocated")]
    #[inline]
    fn scalar(
        &mut self,
        plan: &mut FieldTable,
        side: Side,
        field: FieldId,
        shape: Shape,
        text: &str,
        escaped: bool,
        values: &mut Vec<u64>,
        base: usize,
    ) {
        let entry = &mut plan.fields[field];
        let seen = &mut entry.seen[side.index()];
        seen.present += 1;
        if shape == Shape::Null {
            // Null equals absent: it adds nothing to any digest.
            seen.null += 1;
            return;
        }
        if let Role::OneSided(only) = entry.role
            && only != side
        {
            entry.crossed = true;
        }
        // Most numbers are canonical as they stand, and that is seen without a call.
        let is_plain = shape == Shape::Number
            && entry.notation == Notation::Value
            && text.len() <= number::NEVER_NOISY
            && number::is_canonical(text);
        let (unescaped, rewritten);
        let (tag, canonical) = if is_plain {
            seen.as_number += 1;
            (NUMBER, text)
        } else {
            unescaped = if escaped { unescape(text) } else { Cow::Borrowed(text) };
            rewritten = canonical(shape, &unescaped, entry.notation, seen);
            plan.is_noisy |= seen.noisy + seen.exponent_text > 0;
            (rewritten.0, &*rewritten.1)
        };
        let seed = (field as u64) << 8 | u64::from(tag);
        let hash = xxh3_128_with_seed(canonical.as_bytes(), seed);
        let slot = base + field;
        if values.len() <= slot {
            values.resize(slot + 1, 0);
        }
        values[slot] = (hash as u64) | 1;
        match entry.role {
            Role::Key => self.key = self.key.wrapping_add(hash),
            Role::Strict => self.digest.strict = self.digest.strict.wrapping_add(hash),
            Role::Loose(_) => self.digest.loose = self.digest.loose.wrapping_add(scramble(hash)),
            Role::OneSided(_) | Role::Derived(_) | Role::Countdown(_) | Role::Ignored(_) => {
                if matches!(entry.role, Role::Derived(_)) {
                    // Its value is checked by its formula, but it has to be there.
                    let present = xxh3_128_with_seed(b"derived", seed);
                    self.digest.strict = self.digest.strict.wrapping_add(present);
                }
                if entry.is_compared() {
                    self.digest.loose = self.digest.loose.wrapping_add(scramble(hash));
                    return;
                }
                self.hidden = self.hidden.wrapping_add(scramble(hash));
            }
        }
    }
}

fn scramble(hash: u128) -> u64 {
    xxh3_64_with_seed(&hash.to_le_bytes(), 1)
}

const NUMBER: u8 = b'n';
const TEXT: u8 = b's';

/// The canonical text of a scalar under its notation, with a tag that keeps kinds apart.
#[inline]
pub fn canonical<'t>(
    shape: Shape,
    text: &'t str,
    notation: Notation,
    seen: &mut crate::diff::field_table::SpellingCounts,
) -> (u8, Cow<'t, str>) {
    let numeric = match shape {
        Shape::Number => {
            seen.as_number += 1;
            true
        }
        Shape::String => {
            let numeric = number::is_number(text.as_bytes());
            if numeric {
                seen.as_number_text += 1;
            } else {
                seen.as_text += 1;
            }
            numeric
        }
        Shape::True | Shape::False => return (b'b', Cow::Borrowed(text)),
        Shape::Object | Shape::Array => return (b'e', Cow::Borrowed(text)),
        Shape::Null => return (b'0', Cow::Borrowed("")),
    };
    match notation {
        Notation::Value if numeric => {
            if shape == Shape::Number && number::is_noisy(text) {
                seen.noisy += 1;
            }
            if shape == Shape::String && memchr::memchr2(b'e', b'E', text.as_bytes()).is_some() {
                // Two strings are numbers only without an exponent: hashes and ids are made of digits and an e.
                seen.exponent_text += 1;
                return (TEXT, Cow::Borrowed(text));
            }
            let canonical = number::canonical(text);
            seen.padded += u64::from(canonical.len() != text.len());
            (NUMBER, canonical)
        }
        Notation::Exact if shape == Shape::Number => (NUMBER, number::canonical(text)),
        Notation::Value | Notation::Exact | Notation::Text => (TEXT, Cow::Borrowed(text)),
        Notation::Instant => match instant::parse(text) {
            Some(instant) => {
                seen.naive += u64::from(instant.naive);
                seen.aware += u64::from(!instant.naive);
                (b't', Cow::Owned(instant.nanoseconds.to_string()))
            }
            None => (TEXT, Cow::Borrowed(text)),
        },
    }
}
