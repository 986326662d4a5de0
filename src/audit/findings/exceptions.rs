//! Exceptions around a broadcast that end where they are caught.

use std::collections::{BTreeMap, BTreeSet};

use crate::audit::code::visit::{self, Part};
use crate::audit::code::{Call, Expr, Handler, Kind, Statement, StatementKind};
use crate::audit::names::FeatureId;
use crate::audit::program::Site;
use crate::audit::websocket::gates;
use crate::model::facts::audit::{Confidence, FindingKind};
use crate::model::gate::Place;

use super::Survey;
use super::collector::{Collector, Draft};
use super::server::feature_of;

struct Swallowed {
    features: Vec<FeatureId>,
    seen_at: &'static str,
    confidence: Confidence,
    symbol: String,
}

pub(super) fn add(survey: &Survey<'_, '_>, collector: &mut Collector) {
    let mut found: BTreeMap<Place, Swallowed> = BTreeMap::new();
    for broadcast in &survey.broadcasts.list {
        let feature = feature_of(survey, broadcast);
        around(survey, broadcast.call, broadcast.site, feature, &mut found);
    }
    for (call, site) in &survey.broadcasts.sends {
        around(survey, call, *site, None, &mut found);
    }
    // One call further out: what calls a function that sends.
    let sending: BTreeSet<Site> = survey.broadcasts.list.iter().map(|broadcast| broadcast.site).collect();
    for function in sending.iter().filter(|site| !survey.program.function(**site).name.is_empty()) {
        for call in survey.program.callers(*function) {
            around(survey, call.call, call.site, None, &mut found);
        }
    }
    for (place, swallowed) in found {
        let reason =
            format!("an error while sending ends here{}: the client only sees silence", swallowed.seen_at);
        let feature = match swallowed.features[..] {
            [only] => Some(survey.feature_name(only)),
            _ => None,
        };
        collector.push(
            Draft::new(FindingKind::SwallowedException, place, swallowed.symbol, reason)
                .feature(feature)
                .confidence(swallowed.confidence),
        );
    }
}

fn around<'p>(
    survey: &Survey<'_, 'p>,
    call: &'p Call<'p>,
    site: Site,
    feature: Option<FeatureId>,
    found: &mut BTreeMap<Place, Swallowed>,
) {
    let context = gates::context(survey.program, call, site);
    for outer in context.tries.iter().rev() {
        let Some(handler) = outer.handlers.iter().find(|handler| is_broad(handler)) else { continue };
        if raises(&handler.body) {
            continue;
        }
        let (seen_at, confidence) = match level(&handler.body) {
            Level::Silent => (", without a word", Confidence::CERTAIN),
            Level::Quiet => (", logged below the usual level", Confidence::CERTAIN),
            Level::Logged => (", logged on the server", Confidence::POSSIBLE),
        };
        let place = survey.place(site.unit, handler.line);
        let symbol = survey.program.name(site).to_owned();
        let entry =
            found.entry(place).or_insert(Swallowed { features: Vec::new(), seen_at, confidence, symbol });
        if let Some(feature) = feature.filter(|feature| !entry.features.contains(feature)) {
            entry.features.push(feature);
        }
        return;
    }
}

fn is_broad(handler: &Handler<'_>) -> bool {
    let broad = |expr: &Expr<'_>| matches!(expr.last_name(), "Exception" | "BaseException");
    match &handler.caught {
        None => true,
        Some(Expr { kind: Kind::List(kinds), .. }) => kinds.iter().any(broad),
        // A caught TypeError hides wrong arguments just as well.
        Some(kind) => broad(kind) || matches!(kind.last_name(), "TypeError" | "ImportError"),
    }
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Silent,
    Quiet,
    Logged,
}

fn level(body: &[Statement<'_>]) -> Level {
    let mut highest = Level::Silent;
    visit::block(body, &mut |part, _| {
        if let Part::Expression(Expr { kind: Kind::Call(call), .. }) = part {
            let level = match call.callee.last_name() {
                "debug" | "info" | "print" => Level::Quiet,
                "warning" | "warn" | "error" | "exception" | "critical" | "capture_exception"
                | "print_exc" => Level::Logged,
                _ => return,
            };
            highest = highest.max(level);
        }
    });
    highest
}

fn raises(body: &[Statement<'_>]) -> bool {
    let mut found = false;
    visit::block(body, &mut |part, _| {
        if let Part::Statement(statement) = part {
            found |= matches!(statement.kind, StatementKind::Raise(_));
        }
    });
    found
}
