//! The fast path: the template of the text before, tried on the next.
//!
//! A program writes its messages with the same code again and again: the same names in the same order around
//! values that change. A [`Template`] is what stands between the values, learned from a text that was read the long
//! way. A text that fits is read in one pass, comparing what is between and stepping over scalars, and is known to
//! be JSON thereby, because whole scalars stand where scalars stood. One that does not fit is no error: it is
//! read without it, by [`crate::json::locate`] and [`crate::diff::normalise`], with the same result.

mod learn;
mod message;
mod text_ring;
mod token;

pub use message::{MessageTemplate, TemplateMatch, Wanted};
pub use text_ring::{TemplateSpans, TextId, TextRing};
pub use token::{BATCH_BYTES, BATCH_LEN, ParseToken, Preparse};

use crate::json::cursor::Shape;
use crate::json::grammar;

/// A scalar in a text, its quotes included.
#[derive(Debug, Clone, Copy)]
pub struct ScalarSpan {
    pub start: u32,
    pub end: u32,
    pub shape: Shape,
    pub has_escapes: bool,
}

impl ScalarSpan {
    /// Its JSON.
    pub fn json(self, text: &str) -> &str {
        &text[self.start as usize..self.end as usize]
    }

    /// Its JSON, a string without its quotes.
    pub fn content(self, text: &str) -> &str {
        let quote = usize::from(self.shape == Shape::String);
        &text[self.start as usize + quote..self.end as usize - quote]
    }
}

/// What stands before each scalar of a stretch of text, and after the last.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Template {
    before: Vec<Box<str>>,
    after: Box<str>,
    /// Bytes that are not scalars'.
    length: usize,
}

impl Template {
    /// The template of the stretch `from..to` of a text, given the scalars in it in their order.
    fn of(text: &str, (from, to): (usize, usize), spans: &[ScalarSpan]) -> Self {
        let mut at = from;
        let mut before = Vec::with_capacity(spans.len());
        for scalar in spans {
            before.push(text[at..scalar.start as usize].into());
            at = scalar.end as usize;
        }
        let length =
            to - from - spans.iter().map(|scalar| (scalar.end - scalar.start) as usize).sum::<usize>();
        Self { before, after: text[at..to].into(), length }
    }

    /// Bytes of memory it takes, about.
    fn held(&self) -> usize {
        self.length + 48 * self.before.len()
    }

    /// Where a stretch of this template that begins at `at` ends; its scalars are added to `spans`.
    #[inline]
    fn fit(&self, text: &str, mut at: usize, spans: &mut Vec<ScalarSpan>) -> Option<usize> {
        let bytes = text.as_bytes();
        for before in &self.before {
            at = beyond(bytes, at, before)?;
            let scalar = grammar::scalar(bytes, at)?;
            spans.push(ScalarSpan {
                start: at as u32,
                end: scalar.end as u32,
                shape: scalar.shape,
                has_escapes: scalar.has_escapes,
            });
            at = scalar.end;
        }
        beyond(bytes, at, &self.after)
    }
}

/// Beyond the words that stand here, if they do.
#[inline]
fn beyond(bytes: &[u8], at: usize, words: &str) -> Option<usize> {
    let end = at + words.len();
    same(bytes.get(at..end)?, words.as_bytes()).then_some(end)
}

/// Whether two stretches of one length are the same: mostly short ones, for which a call would take longer.
#[inline]
fn same(a: &[u8], b: &[u8]) -> bool {
    fn ends<const N: usize>(bytes: &[u8]) -> Option<(&[u8; N], &[u8; N])> {
        Some((bytes.first_chunk()?, bytes.last_chunk()?))
    }
    match a.len() {
        4..8 => ends::<4>(a) == ends::<4>(b),
        8..=16 => ends::<8>(a) == ends::<8>(b),
        17..=32 => ends::<16>(a) == ends::<16>(b),
        _ => a == b,
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use proptest::prelude::*;

    use super::*;
    use crate::diff::field_table::{FieldTable, Side};
    use crate::diff::normalise::{self, Batch};
    use crate::diff::template::message::SHARED;
    use crate::json::cursor;
    use crate::json::locate::locate;
    use crate::json::pointer::Pointer;

    fn plan() -> FieldTable {
        let feature = serde_json::json!({
            "name": "positions", "order": 1, "flag": "WS", "frontend_flag": null, "key": ["/symbol"],
            "rest": { "path": "/", "select": "", "every": "1s" },
            "ws": [], "rest_only": [], "ws_only": ["/a"], "push_delay": "1s", "rest_staleness": "1s",
            "rules": [], "timers": [], "endpoints": [],
        });
        FieldTable::new(&serde_json::from_value(feature).unwrap())
    }

    type TestBound<'b> = [(Cow<'b, str>, Cow<'b, str>)];

    /// What was read of a text: rows with their field hashes and texts, where the selected text is, the scalars.
    #[derive(Debug, PartialEq)]
    struct ReadText {
        rows: String,
        span: (usize, usize),
        scalars: Vec<Option<String>>,
    }

    fn reading(text: &str, batch: &Batch, span: (usize, usize), scalars: Vec<Option<&str>>) -> ReadText {
        let selected = &text[span.0..span.1];
        let rows = (0..batch.rows.len()).map(|row| {
            let mut texts = TextRing::default();
            let kept = batch.keep(selected, row, &mut texts);
            format!("{:?} {:?} {:?}\n", batch.rows[row], batch.values(row), texts.get(kept))
        });
        let rows = rows.collect::<String>() + &batch.order.to_string();
        ReadText {
            rows,
            span,
            scalars: scalars.into_iter().map(|scalar| scalar.map(str::to_owned)).collect(),
        }
    }

    #[derive(PartialEq)]
    enum ReadBy {
        LongWay,
        ByForm,
    }

    struct TestReader {
        plan: FieldTable,
        template: MessageTemplate,
        pointers: Vec<Pointer>,
        fits: usize,
    }

    impl TestReader {
        fn new(pointers: &[&str]) -> Self {
            let pointers = pointers.iter().map(|pointer| pointer.parse().unwrap()).collect();
            Self { plan: plan(), template: MessageTemplate::default(), pointers, fits: 0 }
        }

        /// `None` where the text is no message.
        fn read(
            &mut self,
            text: &str,
            token: Option<ParseToken>,
            bound: &TestBound<'_>,
            how: ReadBy,
        ) -> Option<ReadText> {
            let mut batch = Batch::default();
            let count = self.pointers.len() - 1;
            if how != ReadBy::LongWay
                && let Some(fit) = self.template.fit(text, token)
            {
                self.fits += 1;
                let (span, scalars) = (fit.span, (0..count).map(|index| fit.scalar(index)).collect());
                normalise::read_match(&mut self.plan, Side::Ws, fit, bound, &mut batch).ok()?;
                return Some(reading(text, &batch, span, scalars));
            }
            cursor::validate(text).ok()?;
            let found = locate(text, &self.pointers).ok()?;
            let selected = found[0]?;
            normalise::read(&mut self.plan, Side::Ws, selected, bound, &mut batch).ok()?;
            let scalars = &found[1..];
            if how != ReadBy::LongWay {
                self.template.learn(&mut self.plan, Side::Ws, text, Wanted { selected, scalars });
            }
            let start = cursor::offset(text, selected).unwrap();
            Some(reading(text, &batch, (start, start + selected.len()), scalars.to_vec()))
        }

        fn seen(&self) -> String {
            format!("{:?} {}", self.plan.fields, self.plan.is_noisy)
        }
    }

    /// Reads the texts both ways; how many fitted.
    fn both_ways(pointers: &[&str], bound: &TestBound<'_>, texts: &[String]) -> usize {
        let readers = || TestReader::new(pointers);
        let (mut short, mut shortest, mut long) = (readers(), readers(), readers());
        for texts in texts.chunks(3) {
            let tokens: Vec<_> = texts.iter().map(|text| shortest.template.preparse(text)).collect();
            for (text, token) in texts.iter().zip(tokens) {
                let wanted = long.read(text, None, bound, ReadBy::LongWay);
                assert_eq!(short.read(text, None, bound, ReadBy::ByForm), wanted, "{text}");
                assert_eq!(shortest.read(text, token, bound, ReadBy::ByForm), wanted, "{text}");
                assert_eq!(short.seen(), long.seen(), "{text}");
                assert_eq!(shortest.seen(), long.seen(), "{text}");
            }
        }
        assert_eq!(short.fits, shortest.fits);
        short.fits
    }

    /// Scalars, right and wrong ones.
    fn scalar() -> impl Strategy<Value = &'static str> {
        prop::sample::select(vec![
            "1",
            "-0.50",
            "12e5",
            "0.30000000000000004",
            "\"SPY\"",
            "\"1.50\"",
            "\"a\\u00e9\\\"b\"",
            "\"\"",
            "null",
            "true",
            "false",
            "\"2025-12-19T20:31:00Z\"",
            "01",
            "\"",
            "NaN",
            "tru",
            "{}",
            "[]",
            "[1]",
            "1 ",
            "1,2",
            "1,\"x\":2",
            "",
        ])
    }

    /// A row of one of a few layouts.
    fn row() -> impl Strategy<Value = String> {
        let layout = prop::sample::select(vec![
            r#"{"symbol":"?","quantity":?,"mark_price":?}"#,
            r#"{"symbol":"?","quantity":?}"#,
            r#"{ "symbol": "?", "nested": {"deep": ?, "list": [?, 2]} }"#,
            r#"{"quantity":?,"quantity":?}"#,
            r#"{"a":?}"#,
            r#"{"b":?}"#,
            r#"{"c":?}"#,
        ]);
        (layout, prop::collection::vec(scalar(), 3)).prop_map(|(layout, scalars)| fill(layout, &scalars))
    }

    fn fill(layout: &str, scalars: &[&str]) -> String {
        let mut scalars = scalars.iter();
        let quoted = |scalar: &str| scalar.trim_matches('"').to_owned();
        let mut parts = layout.split('?').peekable();
        let mut text = String::new();
        while let Some(part) = parts.next() {
            text.push_str(part);
            if parts.peek().is_some() {
                let scalar = scalars.next().copied().unwrap_or("7");
                text.push_str(&if part.ends_with('"') { quoted(scalar) } else { scalar.to_owned() });
            }
        }
        text
    }

    fn message() -> impl Strategy<Value = String> {
        let layout = prop::sample::select(vec![
            (r#"{"type":"positions","data":{"account_id":?,"positions":[@],"timestamp":?}}"#, ","),
            (r#"{"type": "positions", "data": {"account_id": ?, "positions": [@], "timestamp": ?}}"#, ", "),
            (r#"{"data":{"positions":[ @ ],"account_id":?,"more":[{"x":?},{}]},"type":"positions"}"#, " , "),
            (r#"{"data":{"positions":@,"account_id":?}}"#, ","),
        ]);
        (layout, prop::collection::vec(row(), 0..4), prop::collection::vec(scalar(), 2)).prop_map(
            |((layout, separator), rows, scalars)| fill(layout, &scalars).replace('@', &rows.join(separator)),
        )
    }

    const POINTERS: [&str; 3] = ["/data/positions", "/data/account_id", "/data/timestamp"];

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2048, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn the_short_way_reads_what_the_long_way_reads(
            texts in prop::collection::vec(message(), 1..4),
            order in prop::collection::vec(any::<prop::sample::Index>(), 1..12),
            is_bound in any::<bool>(),
        ) {
            let bound = [(Cow::Borrowed("symbol"), Cow::Borrowed("SPY"))];
            let texts: Vec<String> = order.iter().map(|index| index.get(&texts).clone()).collect();
            both_ways(&POINTERS, if is_bound { &bound } else { &[] }, &texts);
        }

        #[test]
        fn values_that_move_do_not_leave_the_form(scalars in prop::collection::vec((0..5u8, any::<f64>(), "[a-zé]{0,9}"), 8)) {
            let texts: Vec<String> = scalars.iter().map(|(kind, number, text)| {
                let value = match kind {
                    0 => "null".to_owned(),
                    1 => format!("\"{text}\""),
                    2 => "true".to_owned(),
                    _ => serde_json::Value::from(*number).to_string(),
                };
                format!(r#"{{"type":"positions","data":{{"positions":[{{"symbol":"{text}","quantity":{value}}},{{"symbol":"B","quantity":{value}}}],"account_id":7}}}}"#)
            }).collect();
            prop_assert_eq!(both_ways(&POINTERS, &[], &texts), texts.len() - 1);
        }
    }

    #[test]
    fn a_batch_is_tokenised_ahead_and_read_in_any_order() {
        let text = |n: usize| format!(r#"{{"symbol":"SPY","quantity":{n}}}"#);
        let mut reader = TestReader::new(&[""]);
        reader.read(&text(1), None, &[], ReadBy::ByForm);
        let texts: Vec<_> = (0..2 * BATCH_LEN)
            .map(|n| (text(1 << n), reader.template.preparse(&text(1 << n)).unwrap()))
            .collect();
        for (n, (_, token)) in texts.iter().enumerate() {
            assert!(texts[..n].iter().all(|(_, other)| other != token));
        }
        let kept = |reader: &TestReader, token: ParseToken| {
            reader.template.preparsed.iter().any(|tokenised| tokenised.token == Some(token))
        };
        let newest = (0..2 * BATCH_LEN).map(|n| n >= BATCH_LEN);
        assert!(texts.iter().map(|(_, token)| kept(&reader, *token)).eq(newest));
        for (text, token) in texts.iter().rev().chain(&texts) {
            let fit = reader.template.fit(text, Some(*token)).unwrap();
            let scalars = fit.entities().flat_map(|(_, spans, _)| spans).map(|scalar| scalar.json(text));
            let quantity = text.trim_matches(|c: char| !c.is_ascii_digit());
            assert_eq!(scalars.collect::<Vec<_>>(), ["\"SPY\"", quantity]);
            assert!(!kept(&reader, *token), "read once");
        }
    }

    #[test]
    fn what_was_tokenised_by_an_old_form_is_tokenised_again() {
        let mut reader = TestReader::new(&[""]);
        reader.read(r#"{"symbol":"SPY","quantity":1}"#, None, &[], ReadBy::ByForm);
        let old = r#"{"symbol":"SPY","quantity":2}"#;
        let token = reader.template.preparse(old);
        assert!(token.is_some());
        reader.read(r#"{"quantity":3,"symbol":"SPY"}"#, None, &[], ReadBy::ByForm);
        assert!(reader.template.fit(old, token).is_none());
    }

    #[test]
    fn the_slots_of_a_batch_have_no_room_for_long_texts() {
        let text = |n: usize| format!("[{}1]", "1,".repeat(n));
        let (mut reader, mut batch) = (TestReader::new(&[""]), Batch::default());
        // Each has another template: it is known the second time.
        for n in [BATCH_BYTES, 1].repeat(2 * BATCH_LEN) {
            let text = text(n);
            reader.read(&text, None, &[], ReadBy::ByForm);
            let token = reader.template.preparse(&text);
            assert!(token.is_some());
            let fit = reader.template.fit(&text, token).unwrap();
            normalise::read_match(&mut reader.plan, Side::Ws, fit, &[], &mut batch).unwrap();
        }
        let long = reader
            .template
            .preparsed
            .iter()
            .filter(|tokenised| tokenised.spans.capacity() > BATCH_BYTES)
            .count();
        assert_eq!(long, 0);
    }

    #[test]
    fn a_stream_that_changes_its_form_again_and_again_shares_no_more_forms() {
        let mut reader = TestReader::new(&[""]);
        let mut texts = TextRing::default();
        let mut held = Vec::new();
        for round in 0..2 * SHARED / 1000 {
            let text = format!(r#"{{"symbol":"SPY","{round}{}":{round}}}"#, "x".repeat(1000));
            reader.read(&text, None, &[], ReadBy::ByForm);
            let mut batch = Batch::default();
            let fit = reader.template.fit(&text, None).unwrap();
            normalise::read_match(&mut reader.plan, Side::Ws, fit, &[], &mut batch).unwrap();
            texts.forget_before(None);
            let kept = batch.keep(&text, 0, &mut texts);
            assert_eq!(texts.get(kept).as_deref(), Some(&*text));
            held.push(texts.held());
        }
        assert!(held[0] < 20 && *held.last().unwrap() > 1000, "{held:?}");
    }

    #[test]
    fn a_message_may_be_its_own_entity() {
        let texts: Vec<String> =
            (0..5).map(|n| format!(r#"{{"symbol":"SPY","quantity":{n},"timestamp":"{n}"}}"#)).collect();
        assert_eq!(both_ways(&["", "/timestamp", "/nowhere"], &[], &texts), 4);
    }

    #[test]
    fn what_stands_before_and_behind_a_fit_counts() {
        let whole = r#"{"data":{"positions":[{"symbol":"A"},{"symbol":"B"}]}}"#.to_owned();
        let cut: Vec<String> = (1..whole.len()).map(|end| whole[..end].to_owned()).collect();
        let texts: Vec<String> =
            [vec![whole.clone(), whole.clone()], cut, vec![format!("{whole} x"), format!(" {whole}")]]
                .concat();
        assert_eq!(both_ways(&["/data/positions"], &[], &texts), 1);
    }
}
