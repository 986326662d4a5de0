//! The two ends of the WebSocket held against each other: handlers whose type nobody sends, listeners whose type
//! never reaches the browser.

use std::collections::{BTreeMap, BTreeSet};

use crate::audit::names::type_key;
use crate::audit::websocket::{Broadcast, State, Wire};
use crate::model::facts::audit::{Confidence, FindingKind};

use super::Survey;
use super::collector::{Collector, Draft};
use super::server::shown_type;

pub(super) fn add(survey: &Survey<'_, '_>, collector: &mut Collector) {
    for subscription in &survey.subscriptions {
        let feature = survey.feature_of_type(&subscription.message_type);
        let mounted = survey.mounted.contains(subscription.unit);
        let aside = if mounted { "" } else { "; no entry of the application imports this file" };
        let reason = format!("{} in {} listens{aside}", subscription.form, subscription.symbol);
        collector.push(
            Draft::new(
                FindingKind::Subscription,
                survey.place(subscription.unit, subscription.line),
                &*subscription.message_type,
                reason,
            )
            .feature(feature.map(|feature| survey.feature_name(feature)))
            .confidence(if mounted { Confidence::CERTAIN } else { Confidence::LIKELY }),
        );
    }
    // Without a consumer in the tree the server is elsewhere, and nothing follows.
    if survey.consumers.consumers.is_empty() {
        return;
    }
    let unknown =
        survey.broadcasts.list.iter().filter(|b| b.event.is_none() && b.state == State::Live).count();
    handlers(survey, unknown, collector);
    listeners(survey, unknown, collector);
}

fn doubt(unknown: usize) -> (String, Confidence) {
    match unknown {
        0 => (String::new(), Confidence::CERTAIN),
        count => (
            format!("; {count} broadcasts have a type that could not be resolved and may be it"),
            Confidence::POSSIBLE,
        ),
    }
}

fn handlers(survey: &Survey<'_, '_>, unknown: usize, collector: &mut Collector) {
    for handler in &survey.consumers.handlers {
        let of_it = |broadcast: &&Broadcast<'_>| {
            broadcast.event.as_deref().is_some_and(|event| event.replace('.', "_") == handler.name)
        };
        let senders: Vec<&Broadcast<'_>> = survey.broadcasts.list.iter().filter(of_it).collect();
        if senders.iter().any(|broadcast| broadcast.state == State::Live) {
            continue;
        }
        let (doubt, confidence) = doubt(unknown);
        let why = match senders.first() {
            Some(broadcast) => format!("what sends it never does ({})", state(&broadcast.state)),
            None => "nothing sends this type".to_owned(),
        };
        let features = survey.names.of_type(&handler.name);
        collector.push(
            Draft::new(
                FindingKind::HandlerWithoutSender,
                survey.place(handler.place.0, handler.place.1),
                &*handler.name,
                format!("{why}{doubt}"),
            )
            .feature(match features[..] {
                [only] => Some(survey.feature_name(only)),
                _ => None,
            })
            .confidence(confidence)
            .related(senders.iter().map(|b| survey.place(b.site.unit, b.call.line)).collect()),
        );
    }
}

fn state(state: &State) -> &str {
    match state {
        State::Live => "it is live",
        State::Dormant(why) | State::Broken(why) => why,
    }
}

/// The types that reach the browser.
fn sent(survey: &Survey<'_, '_>) -> BTreeSet<String> {
    let mut sent = BTreeSet::from(["ping".to_owned(), "pong".to_owned()]);
    for broadcast in survey.broadcasts.list.iter().filter(|broadcast| broadcast.state == State::Live) {
        let Some(event) = &broadcast.event else { continue };
        let mut handled = false;
        for handler in survey.consumers.handlers_of(event) {
            handled = true;
            match &handler.wire {
                Wire::Same => {
                    sent.insert(event.clone());
                }
                Wire::Types(types) => sent.extend(types.iter().cloned()),
                Wire::Entry(_) | Wire::TypeEntry(_) => {
                    sent.insert(broadcast.inner.clone().unwrap_or_else(|| event.clone()));
                }
            }
        }
        // A consumer that dispatches by itself may pass on anything.
        if !handled && survey.consumers.consumers.iter().any(|consumer| consumer.catches_all) {
            sent.insert(shown_type(broadcast).to_owned());
        }
    }
    for consumer in &survey.consumers.consumers {
        sent.extend(consumer.own_types.iter().cloned());
    }
    sent
}

fn listeners(survey: &Survey<'_, '_>, unknown: usize, collector: &mut Collector) {
    let sent = sent(survey);
    let own: BTreeSet<String> =
        survey.consumers.consumers.iter().flat_map(|consumer| consumer.own_types.iter().cloned()).collect();
    let near: BTreeMap<String, &String> = sent.iter().map(|known| (alias_key(known), known)).collect();
    for subscription in &survey.subscriptions {
        let wanted = &subscription.message_type;
        if sent.contains(wanted) || own.contains(&type_key(wanted)) {
            continue;
        }
        let (doubt, mut confidence) = doubt(unknown);
        if !survey.mounted.contains(subscription.unit) && confidence > Confidence::LIKELY {
            confidence = Confidence::LIKELY;
        }
        let feature = survey.feature_of_type(wanted);
        let alias = near.get(&alias_key(wanted)).map(|known| (*known).clone()).or_else(|| {
            let names = survey.names.features.get(feature?)?;
            names.ws_types.iter().find(|known| sent.contains(*known)).cloned()
        });
        let hint = alias.map(|alias| format!("; the server sends `{alias}`")).unwrap_or_default();
        collector.push(
            Draft::new(
                FindingKind::ListenerWithoutSender,
                survey.place(subscription.unit, subscription.line),
                &**wanted,
                format!("nothing sends this type to the browser{hint}{doubt}"),
            )
            .feature(feature.map(|feature| survey.feature_name(feature)))
            .confidence(confidence),
        );
    }
}

/// Singular and plural, dotted and underscored are near to each other.
fn alias_key(message_type: &str) -> String {
    type_key(message_type).trim_end_matches('s').to_owned()
}
