//! Broadcasts, builders, handlers and flag reads, as they stand in the code.

use std::collections::BTreeSet;

use crate::audit::names::FeatureId;
use crate::audit::websocket::{Broadcast, State, Wire, gates};
use crate::model::facts::audit::{Confidence, FindingKind};

use super::Survey;
use super::collector::{Collector, Draft};

pub(super) fn add(survey: &Survey<'_, '_>, collector: &mut Collector) {
    for broadcast in &survey.broadcasts.list {
        add_broadcast(survey, broadcast, collector);
    }
    for broadcast in &survey.broadcasts.list {
        let may_be = broadcast.partial.as_deref().is_none_or(|partial| survey.names.may_be_type(partial));
        if broadcast.event.is_none() && broadcast.state == State::Live && may_be {
            let place = survey.place(broadcast.site.unit, broadcast.call.line);
            let symbol = survey.program.name(broadcast.site);
            let reason = "the type of what it sends could not be found out: it may be any feature's message; \
                          say what it is for under [audit] map, or accept it with a reason under [audit] suppress";
            collector.push(Draft::new(FindingKind::UnresolvedBroadcast, place, symbol, reason));
        }
    }
    for builder in &survey.builders {
        let function = survey.program.function(builder.site);
        let feature = survey.feature_of_type(&builder.message_type);
        let used = if builder.used { "" } else { "; nothing that sends calls it" };
        let reason = format!("builds a message of type {}{used}", builder.message_type);
        collector.push(
            Draft::new(
                FindingKind::Builder,
                survey.place(builder.site.unit, function.line),
                function.name,
                reason,
            )
            .feature(feature.map(|feature| survey.feature_name(feature)))
            .confidence(if builder.used { Confidence::CERTAIN } else { Confidence::LIKELY }),
        );
    }
    for handler in &survey.consumers.handlers {
        let consumer = survey.program.class(survey.consumers.consumers[handler.consumer].class).name;
        let own: BTreeSet<FeatureId> = survey.names.of_type(&handler.name).into_iter().collect();
        let sends = match &handler.wire {
            Wire::Same => String::new(),
            Wire::Types(types) => format!(", sent on as {}", types.join(", ")),
            Wire::Entry(key) => format!(", sends on the event's `{key}`"),
            Wire::TypeEntry(key) => format!(", sent on under the event's `{key}`"),
        };
        // One that passes on what is inside is a handler of all that comes that way.
        let inner = survey.broadcasts.list.iter().filter(|it| it.inner.is_some());
        let passed = inner.filter(|it| it.event.as_deref().is_some_and(|event| handler.takes(event)));
        let passed: BTreeSet<FeatureId> = passed.filter_map(|it| feature_of(survey, it)).collect();
        let features: Vec<Option<FeatureId>> = match own.first() {
            Some(feature) => vec![Some(*feature).filter(|_| own.len() == 1)],
            None if passed.is_empty() => vec![None],
            None => passed.into_iter().map(Some).collect(),
        };
        for feature in features {
            collector.push(
                Draft::new(
                    FindingKind::Handler,
                    survey.place(handler.place.0, handler.place.1),
                    &*handler.name,
                    format!("{consumer} handles type {}{sends}", handler.name),
                )
                .feature(feature.map(|feature| survey.feature_name(feature))),
            );
        }
    }
    add_flags(survey, collector);
}

/// The type under which a broadcast reaches the browser, or the event's.
pub(super) fn shown_type<'b>(broadcast: &'b Broadcast<'_>) -> &'b str {
    broadcast.inner.as_deref().or(broadcast.event.as_deref()).unwrap_or("?")
}

pub(super) fn feature_of(survey: &Survey<'_, '_>, broadcast: &Broadcast<'_>) -> Option<FeatureId> {
    let types = [&broadcast.inner, &broadcast.event].into_iter().flatten();
    types.filter_map(|message_type| survey.feature_of_type(message_type)).next()
}

fn add_broadcast<'p>(survey: &Survey<'_, 'p>, broadcast: &Broadcast<'p>, collector: &mut Collector) {
    let feature = feature_of(survey, broadcast);
    let name = feature.map(|feature| survey.feature_name(feature));
    let place = survey.place(broadcast.site.unit, broadcast.call.line);
    let through = broadcast.helper.map(|helper| format!(" through {}", survey.program.name(helper)));
    let through = through.unwrap_or_default();
    let (state, confidence) = match (&broadcast.event, &broadcast.state) {
        (None, _) => ("; its type could not be resolved".to_owned(), Confidence::POSSIBLE),
        (Some(_), State::Live) => (unknown_group(survey, broadcast).to_owned(), Confidence::CERTAIN),
        (Some(_), State::Dormant(why)) => (format!("; never sent: {why}"), Confidence::LIKELY),
        (Some(_), State::Broken(why)) => (format!("; fails every time: {why}"), Confidence::LIKELY),
    };
    let shown = shown_type(broadcast);
    let reason = format!("sends type {shown}{through}{state}");
    collector.push(
        Draft::new(FindingKind::Broadcast, place.clone(), shown, reason)
            .feature(name.clone())
            .confidence(confidence)
            .inert(broadcast.state != State::Live),
    );
    if matches!(broadcast.state, State::Broken(_)) {
        return;
    }
    if let Some(asked) = gates::gate(survey.program, &survey.flags, broadcast.call, broadcast.site) {
        let asked: Vec<String> = asked.into_iter().map(|feature| survey.feature_name(feature)).collect();
        let reason = format!(
            "only sent by the flag of {}: in shadow mode there is nothing to compare",
            asked.join(", ")
        );
        collector.push(
            Draft::new(FindingKind::FlagGatedBroadcast, place.clone(), shown, reason).feature(name.clone()),
        );
    }
    add_missing_handler(survey, broadcast, name, collector);
}

/// What is to be said of a group that may be joined by a consumer or by none.
fn unknown_group(survey: &Survey<'_, '_>, broadcast: &Broadcast<'_>) -> &'static str {
    let consumers = &survey.consumers;
    match broadcast.group.as_deref().and_then(|group| consumers.joined(group)) {
        None if !consumers.consumers.is_empty() => "; whether a consumer joins its group is not known",
        _ => "",
    }
}

fn add_missing_handler(
    survey: &Survey<'_, '_>,
    broadcast: &Broadcast<'_>,
    feature: Option<String>,
    collector: &mut Collector,
) {
    let Some(event) = &broadcast.event else { return };
    let missing = survey.consumers.without_handler(event, broadcast.group.as_deref());
    let Some(consumer) = missing.first() else { return };
    let name = survey.program.class(consumer.class).name;
    let (method, confidence) = match &broadcast.state {
        State::Live => (event.replace('.', "_"), Confidence::CERTAIN),
        _ => (event.replace('.', "_"), Confidence::POSSIBLE),
    };
    let reason = format!("{name} has no method {method}: every client of the group is closed with 1011");
    let place = survey.place(broadcast.site.unit, broadcast.call.line);
    collector.push(
        Draft::new(FindingKind::HandlerMissing, place, &**event, reason)
            .feature(feature)
            .confidence(confidence),
    );
}

fn add_flags(survey: &Survey<'_, '_>, collector: &mut Collector) {
    for read in &survey.flags.reads {
        let reason =
            if read.indirect { "asks for the flag through code that reads it" } else { "reads the flag" };
        let confidence = if read.indirect { Confidence::LIKELY } else { Confidence::CERTAIN };
        let of_one = match read.features.iter().collect::<Vec<_>>()[..] {
            [only] => Some(survey.feature_name(*only)),
            _ => None,
        };
        let reason =
            if of_one.is_none() { format!("{reason}, whichever feature it is") } else { reason.to_owned() };
        collector.push(
            Draft::new(FindingKind::FlagRead, survey.place(read.unit, read.line), &*read.symbol, reason)
                .feature(of_one)
                .confidence(confidence),
        );
    }
}
