//! Calls on the way of a message whose arguments the function does not take: they raise every time, and the
//! exception is often swallowed.

use std::collections::BTreeSet;

use crate::audit::code::Call;
use crate::audit::program::{Misfit, Site};
use crate::audit::websocket::is_thrown_away;
use crate::model::facts::audit::FindingKind;

use super::Survey;
use super::collector::{Collector, Draft};
use super::server::{feature_of, shown_type};

pub(super) fn add(survey: &Survey<'_, '_>, collector: &mut Collector) {
    let program = survey.program;
    let mut functions: BTreeSet<Site> = survey.broadcasts.helpers.clone();
    functions.extend(survey.builders.iter().map(|builder| builder.site));
    functions.extend(survey.broadcasts.list.iter().map(|broadcast| broadcast.site));
    for function in functions.iter().filter(|site| !program.function(**site).name.is_empty()) {
        for call in survey.program.callers(*function) {
            check(survey, call.call, call.site, *function, collector);
        }
    }
    for class in &survey.timers.classes {
        let Some(constructor) = program.method(*class, "__init__") else { continue };
        for call in program.constructions(*class).filter(|call| !program.is_test(call.site.unit)) {
            check(survey, call.call, call.site, constructor, collector);
        }
    }
    unawaited(survey, collector);
}

fn check<'p>(
    survey: &Survey<'_, 'p>,
    call: &'p Call<'p>,
    site: Site,
    function: Site,
    collector: &mut Collector,
) {
    let Some(misfit) = survey.program.misfit(call, function) else { return };
    let declared = survey.program.function(function);
    let at = survey.place(function.unit, declared.line);
    let name = call.callee.last_name();
    let (kind, reason) = match misfit {
        Misfit::UnknownKeyword(keyword) => {
            (FindingKind::UnknownKeywordArgument, format!("{name} ({at}) takes no argument `{keyword}`"))
        }
        Misfit::TooMany { given, taken } => (
            FindingKind::MissingArgument,
            format!("{name} ({at}) takes {taken} positional arguments, {given} are given"),
        ),
        Misfit::Missing(parameter) => {
            (FindingKind::MissingArgument, format!("{name} ({at}) needs `{parameter}`"))
        }
    };
    let own = survey.broadcasts.list.iter().find(|broadcast| std::ptr::eq(broadcast.call, call));
    let feature = own
        .and_then(|broadcast| feature_of(survey, broadcast))
        .or_else(|| {
            let built = survey.builders.iter().find(|builder| builder.site == function)?;
            survey.feature_of_type(&built.message_type)
        })
        .or_else(|| {
            let sent = survey.broadcasts.list.iter().filter(|broadcast| broadcast.site == function);
            let sent: BTreeSet<_> = sent.filter_map(|broadcast| feature_of(survey, broadcast)).collect();
            sent.first().copied().filter(|_| sent.len() == 1)
        })
        .or_else(|| survey.names.of_words(name));
    let symbol = own.map_or(name, |broadcast| shown_type(broadcast));
    collector.push(
        Draft::new(kind, survey.place(site.unit, call.line), symbol, reason)
            .feature(feature.map(|feature| survey.feature_name(feature)))
            .related(vec![at]),
    );
}

/// A call of something async as a statement: it makes a coroutine and throws it away.
fn unawaited(survey: &Survey<'_, '_>, collector: &mut Collector) {
    for broadcast in &survey.broadcasts.list {
        if !is_thrown_away(survey.program, broadcast) {
            continue;
        }
        let name = broadcast.helper.map_or("group_send", |helper| survey.program.name(helper));
        let feature = feature_of(survey, broadcast).map(|feature| survey.feature_name(feature));
        collector.push(
            Draft::new(
                FindingKind::UnawaitedBroadcast,
                survey.place(broadcast.site.unit, broadcast.call.line),
                shown_type(broadcast),
                format!("{name} is async and nothing awaits it: it never runs"),
            )
            .feature(feature),
        );
    }
}
