//! The scripts inside pages: everything else is blanked out, so that lines stay what they are.

/// HTML and single-file components.
pub(in crate::audit) fn is_page(path: &str) -> bool {
    [".html", ".htm", ".vue", ".svelte"].iter().any(|extension| path.ends_with(extension))
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

/// Django's tags inside a script would not parse: they become spaces.
fn template_tags(script: &str, out: &mut String) {
    let mut rest = script;
    while let Some(start) = rest.find("{%") {
        let Some(end) = rest[start..].find("%}").map(|at| start + at + 2) else { break };
        out.push_str(&rest[..start]);
        blank(&rest[start..end], out);
        rest = &rest[end..];
    }
    out.push_str(rest);
}
