//! What log files tell of the WebSocket path: the backend's, and what a browser's console said.
//!
//! Thor catches many errors and logs them at debug level, so an exception's name counts at any level; and a full
//! channel, which drops messages, is told at info level only.

use std::io::{BufRead, BufReader, Read};

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use crate::model::facts::logs::{LogError, LogFile};
use crate::model::feature::Feature;

/// Who wrote the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogWriter {
    Backend,
    Console,
}

/// Errors beyond this many are as good as these.
const KEPT: usize = 1000;
/// A record's lines beyond this many say nothing new.
const RECORD_LINES: usize = 200;
const TEXT: usize = 200;
/// Of a line that is longer the rest is passed over.
const MAX_LINE: u64 = 64 << 10;

/// Words of the WebSocket path, in lower case.
const PATH: [&str; 10] = [
    "websocket",
    "[ws]",
    "/ws/",
    "channels",
    "channel_layer",
    "consumer",
    "daphne",
    "broadcast",
    "group_send",
    "message type",
];

/// Reads a log to its end: when it was written, and the errors of the WebSocket path.
pub fn read(
    log: impl Read,
    name: &str,
    writer: LogWriter,
    features: &[Feature],
) -> std::io::Result<(LogFile, Vec<LogError>)> {
    let mut reader = BufReader::new(log);
    let mut file = LogFile { name: name.to_owned(), zoned: true, ..LogFile::default() };
    let mut errors = Vec::new();
    let mut record = Record::default();
    let mut bytes = Vec::new();
    loop {
        if !next_line(&mut reader, &mut bytes)? {
            break;
        }
        file.lines += 1;
        let line = String::from_utf8_lossy(&bytes);
        let line = line.trim_end();
        let written = time(line);
        if let Some((at, zoned)) = written {
            file.zoned &= zoned;
            file.span = Some(file.span.map_or((at, at), |(first, last)| (first.min(at), last.max(at))));
        }
        // a traceback's lines are indented or follow one
        if writer == LogWriter::Console || written.is_some() || level(line).is_some() {
            errors.extend(record.judge(name, writer, features));
            record = Record { line: file.lines, text: Vec::new() };
        }
        if record.text.len() < RECORD_LINES {
            record.text.push(line.to_owned());
        }
        if errors.len() >= KEPT {
            record = Record::default();
        }
    }
    errors.extend(record.judge(name, writer, features));
    errors.truncate(KEPT);
    Ok((file, errors))
}

/// Reads the beginning of the next line, and past its end; false where there is none.
fn next_line(reader: &mut impl BufRead, line: &mut Vec<u8>) -> std::io::Result<bool> {
    line.clear();
    reader.by_ref().take(MAX_LINE).read_until(b'\n', line)?;
    let is_cut = line.len() as u64 == MAX_LINE && !line.ends_with(b"\n");
    if is_cut {
        reader.skip_until(b'\n')?;
    }
    Ok(!line.is_empty())
}

/// A line and those that continue it, such as a traceback.
#[derive(Default)]
struct Record {
    line: usize,
    text: Vec<String>,
}

impl Record {
    fn judge(&self, file: &str, writer: LogWriter, features: &[Feature]) -> Option<LogError> {
        let first = self.text.first()?;
        let whole = self.text.join("\n");
        let is_error = match writer {
            LogWriter::Backend => tells_of_an_error(first, &whole),
            LogWriter::Console => console_error(first),
        };
        let lower = whole.to_lowercase();
        let named: Vec<&Feature> = features.iter().filter(|it| names(&lower, it)).collect();
        if !is_error || (named.is_empty() && !PATH.iter().any(|word| lower.contains(word))) {
            return None;
        }
        let (at, zoned) = time(first).map_or((None, false), |(at, zoned)| (Some(at), zoned));
        let last = self.text.iter().rev().find(|line| !line.trim().is_empty()).unwrap_or(first);
        let text = if self.text.len() > 1 { format!("{first} … {last}") } else { first.clone() };
        Some(LogError {
            file: file.to_owned(),
            line: self.line.max(1),
            at,
            zoned,
            text: text.chars().take(TEXT).collect(),
            feature: match named[..] {
                [one] => Some(one.name.clone()),
                _ => None,
            },
        })
    }
}

const LEVELS: [&str; 8] = ["DEBUG", "INFO", "NOTICE", "WARNING", "WARN", "ERROR", "CRITICAL", "FATAL"];

/// The first word that is a level, among the first few words.
fn level(line: &str) -> Option<&'static str> {
    let words = line.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').filter(|word| !word.is_empty());
    words.take(16).find_map(|word| LEVELS.into_iter().find(|level| word.eq_ignore_ascii_case(level)))
}

fn tells_of_an_error(first: &str, whole: &str) -> bool {
    matches!(level(first), Some("ERROR" | "CRITICAL" | "FATAL"))
        || whole.contains("Traceback (most recent call last)")
        || whole.contains("over capacity")
        || whole.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').any(is_exception)
}

/// `TypeError`, `ChannelFull…`: a class by Python's convention; `error_message` is a message type.
fn is_exception(word: &str) -> bool {
    word.len() > 5
        && word.starts_with(|c: char| c.is_ascii_uppercase())
        && !word.contains('_')
        && (word.ends_with("Error") || word.ends_with("Exception") || word == "ChannelFull")
}

/// In the console a line is one record; what stands in braces is a message's content, not the console's word.
fn console_error(line: &str) -> bool {
    let said = line.split('{').next().unwrap_or(line);
    let about = said.contains("[WS]") || said.contains("WebSocket");
    let mut words = said.split(|c: char| !c.is_ascii_alphanumeric()).map(str::to_ascii_lowercase);
    about
        && words.any(|word| {
            ["error", "errors", "failed", "failure", "exception", "uncaught"].contains(&word.as_str())
        })
}

fn names(lower: &str, feature: &Feature) -> bool {
    let types = feature.ws.iter().flat_map(|ws| &ws.types).map(String::as_str);
    // A plain word such as `positions` says nothing; a type in quotes or a name with an underscore does.
    types.chain([feature.name.as_str()]).any(|name| {
        lower.contains(&format!("\"{name}\""))
            || lower.contains(&format!("'{name}'"))
            || (name.contains('_') && lower.contains(name))
    })
}

/// The time a line begins with: ISO 8601 with or without a zone, Python's `2026-11-23 14:30:00,123`, or
/// Django's `[23/Nov/2026 14:30:00]`.
fn time(line: &str) -> Option<(Timestamp, bool)> {
    let start = line.trim_start_matches(|c: char| !c.is_ascii_digit());
    if line.len() - start.len() > 16 {
        return None;
    }
    let words: Vec<&str> = start.split_whitespace().take(2).collect();
    let bare =
        |word: &str| word.trim_matches(|c: char| matches!(c, '[' | ']' | '(' | ')' | '"')).replace(',', ".");
    let first = bare(words.first()?);
    if let Ok(at) = first.trim_end_matches('.').parse::<Timestamp>() {
        return Some((at, true));
    }
    let both = words.get(1).map(|second| format!("{first} {}", bare(second).trim_end_matches(['.', ':'])));
    let in_utc = |time: DateTime| Some((TimeZone::UTC.to_zoned(time).ok()?.timestamp(), false));
    if let Some(both) = &both {
        if let Ok(time) = both.parse::<DateTime>() {
            return in_utc(time);
        }
        if let Ok(time) = DateTime::strptime("%d/%b/%Y %H:%M:%S", both) {
            return in_utc(time);
        }
    }
    first.parse::<DateTime>().ok().filter(|_| first.contains('T')).and_then(in_utc)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn errors(log: &str, writer: LogWriter) -> Vec<(usize, Option<String>)> {
        let (_, errors) = read(log.as_bytes(), "a.log", writer, &[]).unwrap();
        errors.into_iter().map(|it| (it.line, it.at.map(|at| at.to_string()))).collect()
    }

    #[test]
    fn a_line_without_end_is_cut_and_the_next_one_is_read() {
        let long = "x".repeat(3 << 20);
        let log = format!(
            "2026-11-23 14:30:02,000 ERROR channels No handler for message type a {long}\n\
             2026-11-23 14:30:03,000 ERROR channels No handler for message type b\n"
        );
        assert_eq!(errors(&log, LogWriter::Backend).len(), 2);
        let mut reader = BufReader::new(log.as_bytes());
        let mut line = Vec::new();
        assert!(next_line(&mut reader, &mut line).unwrap());
        assert_eq!(line.len() as u64, MAX_LINE);
        assert!(next_line(&mut reader, &mut line).unwrap() && line.ends_with(b"type b\n"));
        assert!(!next_line(&mut reader, &mut line).unwrap());
    }

    #[test]
    fn more_errors_than_anybody_reads_are_counted_no_further() {
        let line = "2026-11-23 14:30:02,000 ERROR channels No handler for message type a\n";
        assert_eq!(errors(&line.repeat(KEPT + 500), LogWriter::Backend).len(), KEPT);
    }

    #[test]
    fn a_log_is_of_the_time_that_its_lines_tell() {
        let written = |log: &str, writer| {
            let (file, _) = read(log.as_bytes(), "a.log", writer, &[]).unwrap();
            (file.lines, file.span.map(|(first, last)| format!("{first} {last}")), file.zoned)
        };
        let log = "\
2026-11-23T14:30:06Z INFO daphne started
Traceback (most recent call last):
2026-11-23T14:29:00Z INFO an older one, of another process
2026-11-23T16:30:00Z INFO daphne ended
";
        let span = "2026-11-23T14:29:00Z 2026-11-23T16:30:00Z".to_owned();
        assert_eq!(written(log, LogWriter::Backend), (4, Some(span.clone()), true));
        assert_eq!(written(log, LogWriter::Console), (4, Some(span), true));
        let local = "2026-11-23 14:30:00,123 INFO daphne websocket CONNECT /ws/\n";
        let span = "2026-11-23T14:30:00.123Z 2026-11-23T14:30:00.123Z".to_owned();
        assert_eq!(written(local, LogWriter::Backend), (1, Some(span), false));
        assert_eq!(written("[WS] connected\n", LogWriter::Console), (1, None, true));
    }

    #[test]
    fn errors_of_the_path_are_found_at_any_level_and_others_are_not() {
        let log = "\
2026-11-23 14:30:00,123 INFO daphne websocket CONNECT /ws/
2026-11-23 14:30:01,000 ERROR django.request Internal Server Error: /admin
2026-11-23 14:30:02,000 ERROR channels No handler for message type account_balance
2026-11-23 14:30:03,000 DEBUG api.jobs broadcast skipped: TypeError(\"unexpected keyword\")
2026-11-23 14:30:04,000 INFO channels_redis 1 of 3 channels over capacity in group market
2026-11-23 14:30:05,000 INFO api.websocket reconnect after error
2026-11-23T14:30:06Z WARNING consumer raised
Traceback (most recent call last):
  File \"consumer.py\", line 3, in receive
KeyError: 'x'
[23/Nov/2026 14:30:07] ERROR \"GET /ws/\" 500
";
        assert_eq!(
            errors(log, LogWriter::Backend),
            [
                (3, Some("2026-11-23T14:30:02Z".to_owned())),
                (4, Some("2026-11-23T14:30:03Z".to_owned())),
                (5, Some("2026-11-23T14:30:04Z".to_owned())),
                (7, Some("2026-11-23T14:30:06Z".to_owned())),
                (11, Some("2026-11-23T14:30:07Z".to_owned())),
            ]
        );
    }

    #[test]
    fn a_console_tells_errors_outside_of_messages() {
        let log = "\
[WS] account_balance: {\"note\":\"error failed\"}
[WS] connection error, reconnecting
WebSocket connection to 'ws://localhost:8000/ws' failed
Uncaught TypeError: x is undefined
[WS] error_message: {\"text\":\"x\"}
";
        assert_eq!(errors(log, LogWriter::Console).iter().map(|it| it.0).collect::<Vec<_>>(), [2, 3, 5]);
    }
}
