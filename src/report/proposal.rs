//! Suggestions as commented-out TOML: a line that begins with `#` and no blank becomes a setting when the `#` goes.
//!
//! Every text of the recording is escaped, also inside comments: none of it can become a line of its own.

use std::fmt::Write as _;

use crate::json::number::Tolerance;
use crate::json::pointer::Pointer;
use crate::model::feature::{Carries, Compare, Delivery, Feature, Rule, WsSource, span};
use crate::model::proposal::{Noticed, Proposal, ProposedRule};
use crate::model::text::{self, visible};

/// The heading above all suggestions.
pub fn heading(recording: &str) -> String {
    format!(
        "# Proposed from {}\n\
         # Nothing below holds until a person removes the # in front. Read the evidence first: a list or a rule\n\
         # that is wrong hides a difference. An array here replaces the built-in one, so what is built in is\n\
         # repeated.\n",
        visible(recording)
    )
}

/// The suggestions for one feature. `recorded` is the configuration they were found under, `built_in` what
/// the chosen contract has under this name.
pub fn toml(proposal: &Proposal, recorded: &Feature, built_in: Option<&Feature>) -> String {
    let mut text = summary(proposal);
    let name = &proposal.feature;
    let mut settings = String::new();
    if built_in.is_none() {
        settings.push_str(&definition(recorded));
    }
    let key = proposal.key.as_ref().map_or(&recorded.key, |proposed| &proposed.fields);
    if built_in.is_none_or(|built_in| built_in.key != *key) {
        if let Some(proposed) = &proposal.key {
            comment(&mut settings, &proposed.evidence);
        }
        let fields: Vec<String> = key.iter().map(|field| quoted(&field.to_string())).collect();
        line(&mut settings, &format!("key = [{}]", fields.join(", ")));
    }
    for (side, recorded, built_in, noticed) in [
        ("rest_only", &recorded.rest_only, built_in.map(|it| &it.rest_only), &proposal.rest_only),
        ("ws_only", &recorded.ws_only, built_in.map(|it| &it.ws_only), &proposal.ws_only),
    ] {
        let kept: Vec<&Pointer> =
            recorded.iter().filter(|field| !key.iter().any(|key| field.covers(key))).collect();
        let differs = built_in.is_none_or(|built_in| built_in.iter().ne(kept.iter().copied()));
        if !noticed.is_empty() || (differs && !kept.is_empty()) {
            one_sided(&mut settings, side, &kept, noticed);
        }
    }
    if !settings.is_empty() {
        line(&mut text, &format!("[features.{name}]"));
        text.push_str(&settings);
    }
    let same_rules = built_in.is_some_and(|built_in| is_same(&built_in.rules, &recorded.rules));
    if !proposal.rules.is_empty() || (!same_rules && !recorded.rules.is_empty()) {
        rules(&mut text, name, key, &recorded.rules, &proposal.rules);
    }
    listed(&mut text, "Agree by the default comparison; no rule is needed:", &proposal.agreeing);
    listed(
        &mut text,
        "Differ, and no rule is proposed: it may be a fault. `thor-cutover replay` says more:",
        &proposal.unexplained,
    );
    text
}

fn summary(proposal: &Proposal) -> String {
    let counted = |looked: u64, recorded: u64, what: &str| match looked == recorded {
        true => format!("{looked} {what}"),
        false => format!("the first {looked} of {recorded} {what}"),
    };
    let mut text = String::new();
    let told = format!(
        "{}: {}, {}, {} compared",
        proposal.feature,
        counted(proposal.answers, proposal.answers_recorded, "REST answers"),
        counted(proposal.messages, proposal.messages_recorded, "messages"),
        text::counted(proposal.samples, "sample", "samples")
    );
    text.push('\n');
    comment(&mut text, &told);
    if proposal.samples == 0 {
        comment(&mut text, "nothing stood side by side, so nothing can be said of its fields");
    }
    text
}

/// What a feature needs that no built-in contract has.
fn definition(feature: &Feature) -> String {
    let mut text = String::new();
    if let Some(socket) = &feature.socket {
        line(&mut text, &format!("socket = {}", quoted(socket)));
    }
    let mut rest = vec![
        format!("path = {}", quoted(&feature.rest.path)),
        format!("select = {}", quoted(&feature.rest.select.to_string())),
        format!("every = {}", quoted(&span::display(feature.rest.every))),
    ];
    let is_taken_for_complete = feature.ws.iter().any(|source| source.removed.is_some());
    if feature.rest.complete != is_taken_for_complete {
        rest.push(format!("complete = {}", feature.rest.complete));
    }
    if feature.rest.auth {
        rest.push("auth = true".to_owned());
    }
    if let Some(next) = &feature.rest.next {
        rest.push(format!("next = {}", quoted(&String::from(next.clone()))));
    }
    if let Some(post) = &feature.rest.post {
        let (body, reads) = (quoted(&post.body), quoted(&post.reads));
        rest.push(format!("method = \"POST\", body = {body}, reads = {reads}"));
    }
    if !feature.rest.for_each.is_empty() {
        let each = feature.rest.for_each.iter();
        let each = each.map(|(name, values)| format!("{} = {}", quoted(name), array(values)));
        rest.push(format!("for_each = {{ {} }}", each.collect::<Vec<_>>().join(", ")));
    }
    line(&mut text, &format!("rest = {{ {} }}", rest.join(", ")));
    let ws: Vec<String> = feature.ws.iter().map(ws_source).collect();
    line(&mut text, &format!("ws = [{}]", ws.join(", ")));
    text
}

fn ws_source(source: &WsSource) -> String {
    let carries = match source.carries {
        Carries::Snapshot => "snapshot",
        Carries::Upsert => "upsert",
        Carries::Merge => "merge",
    };
    let delivery = match source.delivery {
        Delivery::Periodic => "periodic",
        Delivery::OnChange => "on_change",
    };
    let mut ws = vec![
        format!("types = {}", array(&source.types)),
        format!("select = {}", quoted(&source.select.to_string())),
        format!("carries = \"{carries}\", delivery = \"{delivery}\""),
        format!("every = {}", quoted(&span::display(source.every))),
    ];
    if !source.filter.is_empty() {
        let filter = source.filter.iter();
        let filter = filter.map(|(pointer, value)| format!("{} = {}", quoted(pointer), quoted(value)));
        ws.push(format!("filter = {{ {} }}", filter.collect::<Vec<_>>().join(", ")));
    }
    if let Some(clock) = &source.clock {
        ws.push(format!("clock = {}", quoted(&clock.to_string())));
    }
    if let Some(removed) = &source.removed {
        let mut ways = Vec::new();
        if !removed.types.is_empty() {
            ways.push(format!("types = {}", array(&removed.types)));
        }
        if !removed.fields.is_empty() {
            let fields = removed.fields.iter();
            let fields = fields.map(|(pointer, value)| format!("{} = {}", quoted(pointer), quoted(value)));
            ways.push(format!("where = {{ {} }}", fields.collect::<Vec<_>>().join(", ")));
        }
        ws.push(format!("removed = {{ {} }}", ways.join(", ")));
    }
    if let Some(sequence) = &source.sequence {
        ws.push(format!("sequence = {}", quoted(&sequence.to_string())));
    }
    format!("{{ {} }}", ws.join(", "))
}

fn array(texts: &[String]) -> String {
    format!("[{}]", texts.iter().map(|text| quoted(text)).collect::<Vec<_>>().join(", "))
}

fn one_sided(text: &mut String, side: &str, kept: &[&Pointer], noticed: &[Noticed]) {
    line(text, &format!("{side} = ["));
    for field in kept {
        line(text, &format!("{},", quoted(&field.to_string())));
    }
    for noticed in noticed {
        let field = quoted(&noticed.field.to_string());
        line(text, &format!("{field},  # {}", visible(&noticed.evidence)));
    }
    line(text, "]");
}

/// The recorded rules and the proposed ones: one field is compared in one way, whatever a message calls it.
fn rules(text: &mut String, name: &str, key: &[Pointer], recorded: &[Rule], proposed: &[ProposedRule]) {
    let kept = recorded.iter().filter(|rule| rule.compare != Compare::Ignore || !key.contains(&rule.rest));
    for rule in kept {
        let new = proposed.iter().find(|new| new.rest == rule.rest);
        let (compare, reason) = match new {
            Some(new) => (&new.compare, new.reason.as_ref().or(rule.reason.as_ref())),
            None => (&rule.compare, rule.reason.as_ref()),
        };
        let pair = (&rule.rest, &rule.ws);
        one_rule(text, name, pair, compare, reason, rule.expires.filter(|_| new.is_none()), "as before");
    }
    for rule in proposed {
        let (pair, reason) = ((&rule.rest, &rule.ws), rule.reason.as_ref());
        one_rule(text, name, pair, &rule.compare, reason, None, &rule.evidence);
    }
}

fn one_rule(
    text: &mut String,
    name: &str,
    (rest, ws): (&Pointer, &Pointer),
    compare: &Compare,
    reason: Option<&String>,
    expires: Option<jiff::civil::Date>,
    evidence: &str,
) {
    text.push('\n');
    comment(text, evidence);
    line(text, &format!("[[features.{name}.rules]]"));
    if rest == ws {
        line(text, &format!("field = {}", quoted(&rest.to_string())));
    } else {
        line(text, &format!("rest = {}", quoted(&rest.to_string())));
        line(text, &format!("ws = {}", quoted(&ws.to_string())));
    }
    let numeric = |tolerance: &Tolerance| match tolerance {
        Tolerance::None => None,
        Tolerance::Scale(scale) => Some(format!("scale = {scale}")),
        Tolerance::Absolute(tolerance) => Some(format!("tolerance = {}", quoted(tolerance))),
    };
    let spanned = |tolerance: &std::time::Duration| {
        (!tolerance.is_zero()).then(|| format!("tolerance = {}", quoted(&span::display(*tolerance))))
    };
    let (word, more) = match compare {
        Compare::Exact => ("exact", None),
        Compare::Text => ("text", None),
        Compare::Ignore => ("ignore", None),
        Compare::Decimal { tolerance } => ("decimal", numeric(tolerance)),
        Compare::Instant { tolerance } => ("instant", spanned(tolerance)),
        Compare::Countdown { tolerance } => ("countdown", spanned(tolerance)),
        Compare::Derived { formula, tolerance } => {
            line(text, &format!("formula = {}", quoted(formula)));
            ("derived", numeric(tolerance))
        }
    };
    line(text, &format!("compare = \"{word}\""));
    if let Some(more) = more {
        line(text, &more);
    }
    if let Some(reason) = reason {
        line(text, &format!("reason = {}", quoted(reason)));
    }
    if let Some(expires) = expires {
        line(text, &format!("expires = \"{expires}\""));
    }
}

/// Whether two sets of rules say the same, wherever they were written.
fn is_same(a: &[Rule], b: &[Rule]) -> bool {
    let essence = |rule: &Rule| (rule.rest.clone(), rule.ws.clone(), rule.compare.clone());
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| essence(a) == essence(b))
}

fn listed(text: &mut String, heading: &str, noticed: &[Noticed]) {
    if noticed.is_empty() {
        return;
    }
    comment(text, heading);
    for noticed in noticed {
        comment(text, &format!("  {}  {}", noticed.field, noticed.evidence));
    }
}

/// A setting to uncomment.
fn line(text: &mut String, setting: &str) {
    writeln!(text, "#{setting}").expect("writing to a String cannot fail");
}

/// Prose: it stays a comment.
fn comment(text: &mut String, prose: &str) {
    writeln!(text, "# {}", visible(prose)).expect("writing to a String cannot fail");
}

/// A basic string of TOML, on one line whatever it holds.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            // what `visible` would show as an escape is written as one
            c if visible(c.encode_utf8(&mut [0; 4])).len() != c.len_utf8() => {
                write!(quoted, "\\U{:08x}", u32::from(c)).expect("writing to a String cannot fail");
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}
