//! Where a feature's push and answer begin, as the audit says: senders, builders, consumers, views, routes.

use std::collections::{BTreeMap, HashSet};

use ruff_python_ast::Stmt;
use ruff_text_size::{Ranged as _, TextRange};

use super::closure::Named;
use super::code::{PythonCode, Toplevel};
use crate::audit::names::type_key;
use crate::audit::paths::is_test;
use crate::model::facts::audit::{AuditReport, Finding, FindingKind, TimerRole};
use crate::model::gate::Place;

/// The definitions that everything else hangs on.
#[derive(Debug, Default)]
pub(super) struct Roots<'s> {
    /// What broadcasts, and the jobs that make the data.
    pub senders: Vec<Toplevel>,
    pub builders: Vec<Toplevel>,
    /// Classes with handlers: the feature's own, or all where it has none of its name.
    pub consumers: Vec<Toplevel>,
    handlers: Vec<FoundHandler<'s>>,
    pub views: HashSet<Toplevel>,
    /// Lists of routes, with what their entries name.
    pub routes: Vec<(Toplevel, Named)>,
    pub nobody: HashSet<Toplevel>,
}

#[derive(Debug)]
struct FoundHandler<'s> {
    consumer: Toplevel,
    name: &'s str,
    range: TextRange,
    is_own: bool,
}

impl<'s> Roots<'s> {
    pub fn of(code: &PythonCode<'s, '_>, report: &AuditReport, feature: &str) -> Self {
        let accepted = report.suppressed.iter().map(|it| &it.finding);
        let all: Vec<&Finding> =
            report.findings.iter().chain(accepted).filter(|it| !is_test(&it.path)).collect();
        let unit = |place: &Place| code.at_line(&place.path, place.line);
        let own = |kind: FindingKind| {
            let of_feature = move |it: &&&Finding| it.feature.as_deref() == Some(feature);
            all.iter().filter(of_feature).filter(move |it| it.kind == kind).copied()
        };
        let mut roots = Self::default();
        // Where none is sent any more, what is sent no more is what changed.
        let is_sent = own(FindingKind::Broadcast).any(|it| !it.inert);
        let sent = own(FindingKind::Broadcast).filter(|it| !(is_sent && it.inert));
        roots.senders.extend(sent.filter_map(|it| unit(&it.place())));
        if roots.senders.is_empty() {
            // Of a type that was not resolved, it may be this feature's.
            let unknown = all.iter().filter(|it| {
                it.kind == FindingKind::Broadcast && it.feature.is_none() && it.symbol.starts_with('?')
            });
            roots.senders.extend(unknown.filter_map(|it| unit(&it.place())));
        }
        let has_sender = !roots.senders.is_empty();
        let jobs = own(FindingKind::Timer).filter(|it| it.timer_role == Some(TimerRole::Producer));
        for job in jobs.filter(|_| has_sender) {
            match job.related.is_empty() {
                true => roots.senders.extend(unit(&job.place())),
                false => roots.senders.extend(job.related.iter().filter_map(unit)),
            }
        }
        roots.builders.extend(own(FindingKind::Builder).filter_map(|it| unit(&it.place())));
        roots.handlers(code, &all, feature);
        let views = own(FindingKind::RestView).filter_map(|it| unit(&it.place()));
        roots.views.extend(views);
        for route in own(FindingKind::RestRoute) {
            let Some(list) = unit(&route.place()) else { continue };
            let related = route.related.iter().filter_map(unit);
            roots.views.extend(related.clone());
            roots.routes.extend(related.map(|view| (list, Named::Definition(view))));
        }
        roots.senders.sort_unstable();
        roots.senders.dedup();
        roots
    }

    fn handlers(&mut self, code: &PythonCode<'s, '_>, all: &[&Finding], feature: &str) {
        for finding in all.iter().filter(|it| it.kind == FindingKind::Handler) {
            let Some(consumer) = code.at_line(&finding.path, finding.line) else { continue };
            let Stmt::ClassDef(class) = code.statement(consumer) else {
                self.consumers.push(consumer);
                continue;
            };
            let file = code.file(consumer);
            let member = class.body.iter().filter_map(Stmt::as_function_def_stmt).find(|it| {
                let lines = file.line(it.start()) as usize..=file.line(it.end()) as usize;
                lines.contains(&finding.line)
            });
            let is_own = finding.feature.as_deref() == Some(feature);
            if is_own {
                self.consumers.push(consumer);
            }
            // `account_balance = relay`: what has another name as well is not left out.
            let aliases = class.body.iter().filter_map(Stmt::as_assign_stmt);
            let mut aliased = aliases.filter_map(|it| it.value.as_name_expr());
            let member = member.filter(|member| !aliased.any(|it| it.id == member.name.id));
            if let Some(member) = member {
                let (name, range) = (member.name.id.as_str(), member.range());
                self.handlers.push(FoundHandler { consumer, name, range, is_own });
            }
        }
        // Something receives it, whatever its name is.
        if self.consumers.is_empty() {
            self.consumers.extend(self.handlers.iter().map(|it| it.consumer));
            self.handlers.clear();
        }
        self.consumers.sort_unstable();
        self.consumers.dedup();
    }

    /// Handlers of other features, by their class; those kept whose type the feature's own code writes.
    pub fn handlers_of_others(&self, texts: &HashSet<&str>) -> BTreeMap<Toplevel, Vec<TextRange>> {
        let sent: HashSet<String> = texts.iter().map(|text| type_key(text)).collect();
        let own: HashSet<TextRange> =
            self.handlers.iter().filter(|it| it.is_own).map(|it| it.range).collect();
        let mut others: BTreeMap<Toplevel, Vec<TextRange>> = BTreeMap::new();
        for handler in self.handlers.iter().filter(|it| !it.is_own && !own.contains(&it.range)) {
            if !sent.contains(&type_key(handler.name)) {
                others.entry(handler.consumer).or_default().push(handler.range);
            }
        }
        others
    }
}
