//! URL paths as requests and routes write them, compared part by part; the slash at the end is kept apart.

/// A path in parts. A part may be a hole: a parameter of the route, or something the source does not say.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(in crate::audit) struct UrlPath {
    parts: Vec<Part>,
    /// Ends in a slash.
    pub slash: Slash,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Part {
    Text(String),
    Hole,
    /// Any number of parts.
    Rest,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(in crate::audit) enum Slash {
    Yes,
    No,
    /// The route takes both, or the end is not known.
    Either,
}

impl UrlPath {
    /// A request's path: scheme, host, query and fragment are dropped, `{name}` and `${name}` are holes.
    pub fn of_request(text: &str) -> Self {
        let path = text.find("://").map_or(text, |at| {
            let rest = &text[at + 3..];
            rest.find('/').map_or("", |slash| &rest[slash..])
        });
        let end = path.find(['?', '#']).unwrap_or(path.len());
        let queried = end < path.len();
        let mut path = &path[..end];
        // `/api/x{}` may be `/api/x?y=1`: a hole glued to the end says nothing about the end.
        let mut glued = false;
        if let Some(stripped) = path.strip_suffix("{}")
            && !stripped.ends_with('/')
            && !queried
        {
            (path, glued) = (stripped, true);
        }
        let slash = match (glued, path.ends_with('/')) {
            (true, false) => Slash::Either,
            (_, true) => Slash::Yes,
            (false, false) => Slash::No,
        };
        Self { parts: split(path), slash }
    }

    /// A route as Django's `path()` writes it, prefixes already put before it.
    pub fn of_route(text: &str, slash: Option<Slash>) -> Self {
        let ends = if text.ends_with('/') { Slash::Yes } else { Slash::No };
        Self { parts: split(text), slash: slash.unwrap_or(ends) }
    }

    /// The same parts, holes matching anything; the slash is not compared.
    pub fn is_same(&self, other: &Self) -> bool {
        matches(&self.parts, &other.parts)
    }

    /// A request for this path ends at that route: holes of the route take anything, holes of the request only
    /// stand for holes, so that `/orders/{id}` is not taken for `/orders/today`.
    pub fn leads_to(&self, route: &Self) -> bool {
        let mut own = self.parts.iter();
        for part in &route.parts {
            match (part, own.next()) {
                (Part::Rest, _) => return true,
                (_, None) => return false,
                (Part::Hole, Some(_)) => {}
                (Part::Text(route), Some(Part::Text(own))) if route == own => {}
                _ => return false,
            }
        }
        own.next().is_none()
    }

    /// This path with what stands before its parts in another one that ends in them: `/api/session` of `/session`.
    pub fn at_end_of(&self, other: &Self) -> Option<Self> {
        let before = other.parts.len().checked_sub(self.parts.len())?;
        let pairs = || self.parts.iter().zip(&other.parts[before..]);
        let is_text = |(own, other): (&Part, &Part)| matches!(own, Part::Text(_)) && own == other;
        let same = |(own, other): (&Part, &Part)| own == other || matches!(other, Part::Hole);
        let ends = pairs().any(is_text) && pairs().all(same);
        ends.then(|| Self { parts: [&other.parts[..before], &self.parts].concat(), slash: self.slash })
    }

    /// A text, with `{}` for each part of it that is not known, may stand for a request of this path: what is known
    /// of it occurs in the path, in order. The unknown parts may hold anything, slashes too.
    pub fn may_be(&self, text: &str) -> bool {
        let own = self.to_string();
        let text = text.find("://").map_or(text, |at| &text[at + 3..]);
        let text = &text[..text.find(['?', '#']).unwrap_or(text.len())];
        let mut rest = own.trim_end_matches('/');
        for known in
            text.split("{}").map(|known| known.trim_end_matches('/')).filter(|known| !known.is_empty())
        {
            let Some(at) = rest.find(known) else { return false };
            rest = &rest[at + known.len()..];
        }
        text.trim_end_matches('/').ends_with("{}") || rest.is_empty()
    }

    /// As `is_same`, and no hole stands against a text.
    pub fn is_exactly(&self, other: &Self) -> bool {
        self.parts == other.parts
    }

    /// The same path, whether or not it ends in a slash.
    pub fn with_any_slash(self) -> Self {
        Self { slash: Slash::Either, ..self }
    }

    /// The slashes at the end agree, as far as both are known.
    pub fn agrees_on_slash(&self, other: &Self) -> bool {
        self.slash == other.slash || self.slash == Slash::Either || other.slash == Slash::Either
    }

    pub fn starts_with(&self, prefix: &Self) -> bool {
        self.parts.len() >= prefix.parts.len() && matches(&self.parts[..prefix.parts.len()], &prefix.parts)
    }

    pub fn first(&self) -> Option<&str> {
        match self.parts.first() {
            Some(Part::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// The last part, where it is a text.
    pub fn last(&self) -> Option<&str> {
        match self.parts.last() {
            Some(Part::Text(text)) => Some(text),
            _ => None,
        }
    }

    pub fn len(&self) -> usize {
        self.parts.len()
    }

    /// Parts that are texts: how much the path says.
    pub fn known(&self) -> usize {
        self.parts.iter().filter(|part| matches!(part, Part::Text(_))).count()
    }
}

impl std::fmt::Display for UrlPath {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for part in &self.parts {
            match part {
                Part::Text(text) => write!(f, "/{text}")?,
                Part::Hole => f.write_str("/{}")?,
                Part::Rest => f.write_str("/…")?,
            }
        }
        if self.slash == Slash::Yes || self.parts.is_empty() { f.write_str("/") } else { Ok(()) }
    }
}

fn split(path: &str) -> Vec<Part> {
    path.split('/')
        .filter(|part| !part.is_empty())
        .map(|part| match part {
            "{**}" => Part::Rest,
            _ if part.contains('{') || part.starts_with('<') || part.starts_with(':') => Part::Hole,
            _ => Part::Text(part.to_owned()),
        })
        .collect()
}

fn matches(left: &[Part], right: &[Part]) -> bool {
    match (left.split_first(), right.split_first()) {
        (None, None) => true,
        (Some((Part::Rest, _)), _) | (_, Some((Part::Rest, _))) => true,
        (Some((one, left)), Some((other, right))) => {
            let same = match (one, other) {
                (Part::Text(one), Part::Text(other)) => one == other,
                _ => true,
            };
            same && matches(left, right)
        }
        _ => false,
    }
}

/// Django's `path()` syntax with holes for its parameters.
pub(in crate::audit) fn of_path(route: &str) -> String {
    let mut out = String::with_capacity(route.len());
    let mut rest = route;
    while let Some((before, after)) = rest.split_once('<') {
        let Some((parameter, after)) = after.split_once('>') else { break };
        out.push_str(before);
        out.push_str(if parameter.starts_with("path:") { "{**}" } else { "{}" });
        rest = after;
    }
    out.push_str(rest);
    out
}

/// More alternatives than this of one regular expression are not told apart.
const MOST: usize = 8;

/// Django's `re_path()` syntax, as far as it is a path: anchors dropped, classes and groups holes, but for groups whose
/// alternatives are written out. Each path that the expression takes.
pub(in crate::audit) fn of_regex(route: &str) -> Vec<(String, Option<Slash>)> {
    let mut text = route.trim_start_matches('^');
    let mut slash = None;
    text = text.strip_suffix('$').or_else(|| text.strip_suffix(r"\Z")).unwrap_or(text);
    if let Some(rest) = text.strip_suffix("/?") {
        (text, slash) = (rest, Some(Slash::Either));
    }
    without_groups(text, MOST as u32).iter().map(|text| (without_classes(text), slash)).collect()
}

/// The expressions without groups that one stands for: `a/(?:b/)?` for `a/` and `a/b/`.
fn without_groups(regex: &str, left: u32) -> Vec<String> {
    let group = left.checked_sub(1).and_then(|left| Some((left, group(regex)?)));
    let Some((left, (before, body, after))) = group else { return vec![regex.to_owned()] };
    let optional = after.starts_with(['?', '*']);
    let after = after.trim_start_matches(['?', '*', '+']);
    let (captures, body) = match body.strip_prefix("?:") {
        Some(body) => (false, body),
        None if body.starts_with("?P<") => (true, body.split_once('>').map_or(body, |(_, body)| body)),
        // What is only looked at is no part of the path.
        None if body.starts_with('?') => (false, ""),
        None => (true, body),
    };
    let is_plain = |text: &str| text.chars().all(|it| it.is_alphanumeric() || "-_/".contains(it));
    let mut bodies = Vec::new();
    for alternative in alternatives(body) {
        bodies.extend(match captures {
            true if is_plain(alternative) => vec![alternative.to_owned()],
            true => vec!["{}".to_owned()],
            false => without_groups(alternative, left),
        });
    }
    if optional {
        bodies.push(String::new());
    }
    bodies.dedup();
    let rests = without_groups(after, left);
    let joined = bodies.iter().flat_map(|body| rests.iter().map(move |rest| format!("{before}{body}{rest}")));
    joined.take(MOST).collect()
}

/// What stands before the first group, in it, and behind it.
fn group(regex: &str) -> Option<(&str, &str, &str)> {
    let (mut depth, mut start, mut in_class, mut escaped) = (0_u32, 0, false, false);
    for (at, character) in regex.char_indices() {
        if std::mem::take(&mut escaped) {
            continue;
        }
        match character {
            '\\' => escaped = true,
            '[' => in_class = true,
            ']' => in_class = false,
            '(' if !in_class => {
                start = if depth == 0 { at } else { start };
                depth += 1;
            }
            ')' if !in_class && depth == 1 => {
                return Some((&regex[..start], &regex[start + 1..at], &regex[at + 1..]));
            }
            ')' if !in_class => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    None
}

/// The alternatives of a group, those of groups inside it left together.
fn alternatives(body: &str) -> Vec<&str> {
    let (mut depth, mut from, mut found) = (0_i32, 0, Vec::new());
    for (at, character) in body.char_indices() {
        match character {
            '(' | '[' => depth += 1,
            ')' | ']' => depth -= 1,
            '|' if depth == 0 => {
                found.push(&body[from..at]);
                from = at + 1;
            }
            _ => {}
        }
    }
    found.push(&body[from..]);
    found
}

/// An expression without groups: classes and escapes of classes are holes, marks of repetition fall away.
fn without_classes(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut in_class = false;
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\\' => match characters.next() {
                Some(escaped) if !escaped.is_alphanumeric() && !in_class => out.push(escaped),
                Some(_) if !in_class => out.push_str("{}"),
                _ => {}
            },
            '[' => {
                out.push_str("{}");
                in_class = true;
            }
            ']' => in_class = false,
            '.' if !in_class && matches!(characters.peek(), Some('*' | '+')) => out.push_str("{}"),
            '^' | '$' | '+' | '*' | '?' => {}
            _ if !in_class => out.push(character),
            _ => {}
        }
    }
    out
}
