//! Scripts: those inside pages, where everything else is blanked out so that lines stay what they are; and how deep
//! a text may be nested before the parser is given a larger stack, or is not asked at all.

use super::code::{Module, script};
use super::parallel;
use super::python::Trouble;

/// More brackets open at once, or signs without a word between them, are no source that anybody wrote.
const DEEPEST_BRACKETS: usize = 1500;
/// What the parser may need of the stack for each byte of a text, at worst (`a=>a=>a=>`).
const STACK_PER_BYTE: usize = 2048;
/// Texts up to this size fit on the stack of the threads that parse, whatever is in them.
const HARMLESS: usize = 200 * 1024;

/// Parses a script, unless that could exhaust the stack.
pub(super) fn parsed<'s>(path: &str, text: &'s str) -> (Module<'s>, Option<Trouble>) {
    if is_too_deep(text) {
        return (Module::empty(), Some(Trouble::TooDeep));
    }
    if text.len() <= HARMLESS || !may_nest(text) {
        return script::parse(path, text);
    }
    let parsed = parallel::with_stack(text.len() * STACK_PER_BYTE, || script::parse(path, text));
    parsed.unwrap_or_else(|| (Module::empty(), Some(Trouble::Refused)))
}

/// Brackets are counted wherever they stand: a text has to be odd to be taken for a deep one.
fn is_too_deep(text: &str) -> bool {
    let (mut open, mut signs) = (0usize, 0usize);
    for byte in text.bytes() {
        match byte {
            b'(' | b'[' | b'{' => open += 1,
            b')' | b']' | b'}' => open = open.saturating_sub(1),
            _ => {}
        }
        match byte {
            b'!' | b'~' | b'+' | b'-' | b'<' => signs += 1,
            b' ' | b'\n' => {}
            _ => signs = 0,
        }
        if open > DEEPEST_BRACKETS || signs > DEEPEST_BRACKETS {
            return true;
        }
    }
    false
}

/// A large text in which something that nests without brackets occurs again and again.
fn may_nest(text: &str) -> bool {
    let often = |word: &str| memchr::memmem::find_iter(text.as_bytes(), word).take(5001).count() > 5000;
    ["=>", "?", "if", "typeof", "await", "new", "void", "delete", "**", "=", ":", "!"]
        .iter()
        .any(|word| often(word))
}

/// HTML and single-file components.
pub(in crate::audit) fn is_page(path: &str) -> bool {
    [".html", ".htm", ".vue", ".svelte"].iter().any(|extension| path.ends_with(extension))
}

/// Single-file components: markup and scripts in one, read for their scripts.
pub(in crate::audit) fn is_component(path: &str) -> bool {
    [".vue", ".svelte"].iter().any(|extension| path.ends_with(extension))
}

/// What stands outside the scripts of a page.
pub(in crate::audit) fn markup_of(page: &str) -> String {
    let mut out = String::new();
    let mut rest = page;
    while let Some(start) = find_tag(rest, "<script") {
        out.push_str(&rest[..start]);
        rest = find_tag(&rest[start..], "</script").map_or("", |at| &rest[start + at..]);
    }
    out + rest
}

/// The page with spaces in place of everything that is no script; `None` where it has no inline script.
pub(in crate::audit) fn of_page(page: &str) -> Option<String> {
    let mut out = String::with_capacity(page.len());
    let mut rest = page;
    let mut any = false;
    while let Some(start) = find_tag(rest, "<script") {
        let Some(open) = rest[start..].find('>').map(|at| start + at + 1) else { break };
        let end = find_tag(&rest[open..], "</script").map_or(rest.len(), |at| open + at);
        let tag = &rest[start..open];
        let is_data = ["application/json", "text/template", "ld+json", "text/html"]
            .iter()
            .any(|kind| tag.contains(kind));
        blank(&rest[..open], &mut out);
        if is_data || rest[open..end].trim().is_empty() {
            blank(&rest[open..end], &mut out);
        } else {
            template_tags(&rest[open..end], &mut out);
            any = true;
        }
        rest = &rest[end..];
    }
    blank(rest, &mut out);
    any.then_some(out)
}

fn find_tag(text: &str, tag: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    (0..bytes.len().saturating_sub(tag.len() - 1))
        .find(|at| bytes[*at] == b'<' && bytes[*at..*at + tag.len()].eq_ignore_ascii_case(tag.as_bytes()))
}

fn blank(text: &str, out: &mut String) {
    out.extend(text.chars().map(|character| if character == '\n' { '\n' } else { ' ' }));
}

/// Django's tags inside a script would not parse: they become spaces, and what is filled in an empty object, which
/// inside a text is the mark of an unknown part.
fn template_tags(script: &str, out: &mut String) {
    let mut rest = script;
    while let Some(start) = rest.find('{') {
        let close = match rest.as_bytes().get(start + 1) {
            Some(b'%') => "%}",
            Some(b'{') => "}}",
            _ => {
                out.push_str(&rest[..=start]);
                rest = &rest[start + 1..];
                continue;
            }
        };
        let Some(end) = rest[start..].find(close).map(|at| start + at + 2) else { break };
        out.push_str(&rest[..start]);
        if close == "}}" && !rest[start..end].contains(['\n', ';', ':']) {
            out.push_str("{}");
        } else if close == "}}" {
            // Two braces of the script's own.
            out.push_str(&rest[start..=start]);
            rest = &rest[start + 1..];
            continue;
        } else {
            blank(&rest[start..end], out);
        }
        rest = &rest[end..];
    }
    out.push_str(rest);
}
