//! Who asks for the feature flags: by their own name, or through the functions, attributes and constants that
//! carry their value. Also whether a test hangs on a flag.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use memchr::memmem::Finder;

use super::code::visit::{self, Part};
use super::code::{Call, Expr, Kind, Pattern, StatementKind};
use super::names::{FeatureId, Names};
use super::program::{Definition, Piece, Program, Site};
use super::switch;
use super::{parallel, paths};

/// Longer ways from a flag to its use are not followed.
const FARTHEST: u32 = 5;

pub(in crate::audit) struct FlagRead {
    pub unit: usize,
    pub line: u32,
    /// Several: the code asks for any of them.
    pub features: BTreeSet<FeatureId>,
    pub symbol: String,
    /// Through a function or constant, not by the flag's own name.
    pub indirect: bool,
}

pub(in crate::audit) struct Flags<'r, 'p> {
    program: &'r Program<'p>,
    names: &'r Names<'p>,
    /// Functions whose result hangs on flags.
    accessors: BTreeMap<Site, BTreeSet<FeatureId>>,
    accessor_names: HashMap<&'p str, BTreeSet<FeatureId>>,
    pub reads: Vec<FlagRead>,
}

impl<'r, 'p> Flags<'r, 'p> {
    pub fn new(program: &'r Program<'p>, names: &'r Names<'p>) -> Self {
        let mut flags = Self {
            program,
            names,
            accessors: BTreeMap::new(),
            accessor_names: HashMap::new(),
            reads: Vec::new(),
        };
        let units = flags.units();
        for unit in &units {
            flags.raw_reads(*unit);
        }
        flags.find_accessors(&units);
        flags.indirect_reads();
        flags.reads.sort_by_key(|read| (read.unit, read.line, read.indirect));
        flags.reads.dedup_by(|next, kept| {
            next.unit == kept.unit && next.line == kept.line && next.features.is_subset(&kept.features)
        });
        flags
    }

    /// Files whose text has a flag's name, or the beginning that all of them share.
    fn units(&self) -> Vec<usize> {
        let mut needles: Vec<&str> = Vec::new();
        for names in self.names.features {
            needles.push(&names.flag);
            needles.extend(names.frontend_flag.as_deref());
        }
        let stems: Vec<&str> = needles.iter().filter_map(|flag| stem(flag)).collect();
        needles.extend(stems);
        needles.retain(|needle| !needle.is_empty());
        let needles: Vec<Finder<'_>> = needles.into_iter().map(Finder::new).collect();
        let wanted = parallel::each(self.program.units.len(), |unit| {
            let parsed = &self.program.units[unit];
            let skipped = paths::is_test(parsed.path) || paths::is_declaration(parsed.path);
            !skipped && needles.iter().any(|needle| needle.find(parsed.text.as_bytes()).is_some())
        });
        (0..self.program.units.len()).filter(|unit| wanted[*unit]).collect()
    }

    fn raw_reads(&mut self, unit: usize) {
        let mut found: Vec<(u32, BTreeSet<FeatureId>, String)> = Vec::new();
        let mut take = |expr: &'p Expr<'p>| {
            if let Some((features, symbol)) = self.raw(expr) {
                found.push((expr.line, features, symbol));
            }
        };
        each_expression(self.program, unit, &mut take);
        for (line, features, symbol) in found {
            self.reads.push(FlagRead { unit, line, features, symbol, indirect: false });
        }
    }

    /// The expression is a flag's name itself.
    fn raw(&self, expr: &Expr<'_>) -> Option<(BTreeSet<FeatureId>, String)> {
        let (features, symbol) = match &expr.kind {
            Kind::Text(text) => (self.names.of_flag(text), text.to_string()),
            Kind::Name(name) | Kind::Member(_, name) => (self.names.of_flag(name), (*name).to_owned()),
            Kind::Template(parts) => {
                let prefix = parts.first().and_then(Expr::literal)?;
                (self.names.of_flag_prefix(prefix), format!("{prefix}…"))
            }
            Kind::Operation(super::code::Operator::Add, parts) => {
                let prefix = parts.first().and_then(Expr::literal)?;
                (self.names.of_flag_prefix(prefix), format!("{prefix}…"))
            }
            _ => return None,
        };
        (!features.is_empty()).then(|| (features.into_iter().collect(), symbol))
    }

    /// Functions whose result hangs on a flag, and in turn those that return the result of such functions.
    fn find_accessors(&mut self, units: &[usize]) {
        let mut candidates: Vec<Site> = Vec::new();
        for unit in units {
            let functions = self.program.module(*unit).functions.len();
            candidates.extend((1..functions).map(|function| Site { unit: *unit, function }));
        }
        for _ in 0..FARTHEST {
            let mut added = Vec::new();
            for site in std::mem::take(&mut candidates) {
                if self.accessors.contains_key(&site) || self.program.own_name(site).is_empty() {
                    continue;
                }
                let returns = self.program.returns(site);
                let features: BTreeSet<FeatureId> =
                    returns.iter().filter_map(|value| self.mentioned(value, site)).flatten().collect();
                if !features.is_empty() {
                    added.push((site, features));
                }
            }
            for (site, features) in added {
                let name = self.program.own_name(site);
                self.accessor_names.entry(name).or_default().extend(&features);
                self.accessors.insert(site, features);
                for call in self.program.calls_named(name) {
                    candidates.push(self.program.owner(call.site));
                }
            }
            candidates.sort_unstable();
            candidates.dedup();
        }
    }

    fn indirect_reads(&mut self) {
        let mut found = Vec::new();
        for name in self.accessor_names.keys() {
            for call in self.program.calls_named(name) {
                if self.program.is_test(call.site.unit) {
                    continue;
                }
                let Some(features) = self.of_call(call.call, call.site) else { continue };
                // Inside an accessor the parameter decides: the question is asked by its callers.
                let passes_on = self.accessors.contains_key(&self.program.owner(call.site));
                if passes_on && features.len() > 1 {
                    continue;
                }
                let symbol = format!("{}()", call.call.callee.dotted());
                let (unit, line) = (call.site.unit, call.call.line);
                found.push(FlagRead { unit, line, features, symbol, indirect: true });
            }
        }
        self.reads.extend(found);
        self.constant_reads();
    }

    /// Module constants that carry a flag: `POSITIONS_LIVE = env_bool("WS_FEATURE_POSITIONS")`, `FLAGS.positions`.
    fn constant_reads(&mut self) {
        let mut carriers: BTreeSet<(usize, &'p str)> = BTreeSet::new();
        for unit in self.reads.iter().map(|read| read.unit).collect::<BTreeSet<usize>>() {
            let top = Site { unit, function: 0 };
            for statement in &self.program.function(top).body {
                if let StatementKind::Assign { target: Pattern::Name(name), value, .. } = &statement.kind
                    && self.mentioned(value, top).is_some()
                    && self.names.of_flag(name).is_empty()
                {
                    carriers.insert((unit, name));
                }
            }
        }
        let mut found = Vec::new();
        for unit in 0..self.program.units.len() {
            let parsed = &self.program.units[unit];
            let skipped = paths::is_test(parsed.path) || paths::is_declaration(parsed.path);
            // In the flag's own file its uses stand beside the read.
            let here: Vec<&str> = carriers
                .iter()
                .filter(|(owner, name)| *owner != unit && parsed.text.contains(name))
                .map(|(_, name)| *name)
                .collect();
            if here.is_empty() || skipped {
                continue;
            }
            for function in 1..self.program.module(unit).functions.len() {
                let site = Site { unit, function };
                self.carrier_uses(site, &here, &mut found);
            }
        }
        self.reads.extend(found);
    }

    fn carrier_uses(&self, site: Site, carriers: &[&str], found: &mut Vec<FlagRead>) {
        // What stands inside of what was asked by its key.
        let mut covered: Vec<*const Expr<'p>> = Vec::new();
        visit::function(self.program.function(site), &mut |part, _| {
            let Part::Expression(expr) = part else { return };
            if !names_one(expr, carriers) || covered.contains(&std::ptr::from_ref(expr)) {
                return;
            }
            for definition in self.program.resolve(expr, site) {
                let (Definition::Value(value, owner) | Definition::Part(value, owner, _)) = definition else {
                    continue;
                };
                if owner.function != 0 || matches!(value.kind, Kind::Record(_)) {
                    continue;
                }
                if let Some(mut features) =
                    self.mentioned(value, owner).filter(|features| !features.is_empty())
                {
                    // `FLAGS["positions"]` of a record that is put together.
                    let named = key(expr).map(|key| self.names.of_name(key)).unwrap_or_default();
                    if named.iter().any(|feature| features.contains(feature)) {
                        features.retain(|feature| named.contains(feature));
                        visit::expression(expr, &mut |part| covered.push(part));
                    }
                    let symbol = expr.dotted();
                    found.push(FlagRead {
                        unit: site.unit,
                        line: expr.line,
                        features,
                        symbol,
                        indirect: true,
                    });
                }
            }
        });
    }

    /// The features whose flags the value of an expression hangs on; `None` where no flag is in it.
    pub fn mentioned(&self, expr: &'p Expr<'p>, site: Site) -> Option<BTreeSet<FeatureId>> {
        let mut found = BTreeSet::new();
        self.collect(expr, site, FARTHEST, &mut found);
        (!found.is_empty()).then_some(found)
    }

    /// Whether a test holds while the flags are all off; `None` where that hangs on more.
    pub fn holds_off(&self, test: &'p Expr<'p>, site: Site) -> Option<bool> {
        let is_switch = |part: &'p Expr<'p>, site: Site| {
            let is_own =
                self.raw(part).is_some() || part.call().is_some_and(|it| self.of_call(it, site).is_some());
            is_own.then_some(true)
        };
        switch::says(self.program, (test, site), false, &is_switch)
    }

    fn collect(&self, expr: &'p Expr<'p>, site: Site, left: u32, found: &mut BTreeSet<FeatureId>) {
        let Some(left) = left.checked_sub(1) else { return };
        visit::expression(expr, &mut |part| {
            if let Some((features, _)) = self.raw(part) {
                found.extend(features);
                return;
            }
            match &part.kind {
                Kind::Call(call) => found.extend(self.of_call(call, site).into_iter().flatten()),
                Kind::Name(_) | Kind::Member(..) | Kind::Index(..) => {
                    for definition in self.program.resolve(part, site) {
                        match definition {
                            Definition::Value(value, owner) if !std::ptr::eq(value, expr) => {
                                self.collect(value, owner, left, found);
                            }
                            // `const raw = import.meta.env.VITE_…` leads out of the tree under the flag's name.
                            Definition::External(path) => {
                                found.extend(self.names.of_flag(path.rsplit('.').next().unwrap_or(&path)));
                            }
                            _ => {}
                        }
                    }
                }
                _ => {}
            }
        });
    }

    /// The features a call asks for, if it calls an accessor.
    fn of_call(&self, call: &'p Call<'p>, site: Site) -> Option<BTreeSet<FeatureId>> {
        let name = call.callee.last_name();
        let by_name = self.accessor_names.get(name)?;
        let callees = self.program.functions(&call.callee, site);
        let features = match callees.iter().find_map(|callee| self.accessors.get(callee)) {
            Some(features) => features,
            None if callees.is_empty() && call.callee.receiver().is_some() => by_name,
            None => return None,
        };
        let named: BTreeSet<FeatureId> = call
            .arguments
            .iter()
            .flat_map(|argument| self.program.texts(&argument.value, site, None))
            .filter_map(|text| match text.pieces.as_slice() {
                [Piece::Literal(literal)] => Some(literal.clone()),
                _ => None,
            })
            .flat_map(|literal| self.names.of_name(&literal))
            .collect();
        Some(if named.is_empty() { features.clone() } else { named })
    }
}

/// `FLAGS`, `FLAGS.positions`, `settings.FLAGS["positions"]`, `FLAGS.get("positions")`.
fn names_one(expr: &Expr<'_>, carriers: &[&str]) -> bool {
    match &expr.kind {
        Kind::Name(name) => carriers.contains(name),
        Kind::Member(object, name) => carriers.contains(name) || names_one(object, carriers),
        Kind::Index(object, _) => names_one(object, carriers),
        Kind::Call(call) if call.callee.last_name() == "get" => {
            call.callee.receiver().is_some_and(|object| names_one(object, carriers))
        }
        _ => false,
    }
}

/// What is asked of a record: `FLAGS["positions"]`, `FLAGS.get("positions")`, `FLAGS.positions`.
fn key<'e>(expr: &'e Expr<'_>) -> Option<&'e str> {
    match &expr.kind {
        Kind::Index(_, key) => key.literal(),
        Kind::Member(_, key) => Some(key),
        Kind::Call(call) => call.positional(0)?.literal(),
        _ => None,
    }
}

/// `WS_FEATURE_` of `WS_FEATURE_POSITIONS`: how code that puts the name together begins.
fn stem(flag: &str) -> Option<&str> {
    let at = flag.find("FEATURE_")? + "FEATURE_".len();
    flag.get(..at)
}

/// Every expression of a file, those of class bodies included.
pub(in crate::audit) fn each_expression<'p>(
    program: &Program<'p>,
    unit: usize,
    visit_one: &mut dyn FnMut(&'p Expr<'p>),
) {
    let module = program.module(unit);
    for function in &module.functions {
        visit::function(function, &mut |part, _| {
            if let Part::Expression(expr) = part {
                visit_one(expr);
            }
        });
    }
    for class in &module.classes {
        for (_, value) in &class.attributes {
            visit::expression(value, visit_one);
        }
    }
}
