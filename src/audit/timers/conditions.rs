//! What a test asks of a timer before it lets it run: which one it is, what the configuration says, whether the
//! WebSocket's flag is off.

use crate::audit::code::visit;
use crate::audit::code::{Call, Expr, Kind, Operator};
use crate::audit::flags::Flags;
use crate::audit::program::{Bound, ClassId, Program, Site, bind};

use super::Start;

/// Functions that a test may ask in turn, no deeper.
const DEEPEST: u32 = 3;

/// Characters of a line that are shown.
const LONGEST_LINE: usize = 80;

/// Attributes that tell one job from another.
const IDENTITY: [&str; 8] = ["name", "key", "label", "id", "slug", "feature", "job_name", "__class__"];

pub(super) struct Hurdles<'a, 'r, 'p> {
    pub program: &'a Program<'p>,
    pub flags: &'a Flags<'r, 'p>,
    /// The timer's own names.
    pub names: &'a [String],
    pub class: Option<ClassId>,
    /// The call that made the timer's object.
    pub made: Option<&'p Call<'p>>,
}

/// What stands for the timer where a test is written: `job`, and what its loop says of it besides.
#[derive(Debug, Clone, Default)]
pub(super) struct StandIn {
    pub job: String,
    pub beside: Vec<String>,
}

impl StandIn {
    pub fn of(job: impl Into<String>) -> Self {
        Self { job: job.into(), beside: Vec::new() }
    }

    fn is_job(&self, expr: &Expr<'_>) -> bool {
        matches!(expr.kind, Kind::Name(_) | Kind::Member(..)) && expr.dotted() == self.job
    }

    /// `job.name`, `type(job)`, `name` of `for name, job in jobs.items()`.
    fn is_identity(&self, expr: &Expr<'_>) -> bool {
        match &expr.kind {
            Kind::Member(object, "__name__") => self.is_identity(object),
            Kind::Member(object, name) => IDENTITY.contains(name) && self.is_job(object),
            Kind::Name(name) => self.beside.iter().any(|own| own == name) || self.is_job(expr),
            Kind::Call(call) => match call.callee.last_name() {
                "type" | "getattr" | "str" => call.positional(0).is_some_and(|it| self.is_job(it)),
                "lower" | "strip" => call.callee.receiver().is_some_and(|it| self.is_identity(it)),
                _ => false,
            },
            _ => false,
        }
    }
}

impl<'p> Hurdles<'_, '_, 'p> {
    /// Whether a test comes out as it must for the timer to run.
    pub fn lets(&self, test: &'p Expr<'p>, site: Site, wanted: bool, subject: &StandIn) -> Start {
        self.within(test, site, wanted, subject, DEEPEST)
    }

    fn within(&self, test: &'p Expr<'p>, site: Site, wanted: bool, subject: &StandIn, left: u32) -> Start {
        match (&test.kind, wanted) {
            (Kind::Operation(Operator::Not, parts), _) if parts.len() == 1 => {
                self.within(&parts[0], site, !wanted, subject, left)
            }
            (Kind::Operation(Operator::And, parts), true) | (Kind::Operation(Operator::Or, parts), false) => {
                let each = parts.iter().map(|part| self.within(part, site, wanted, subject, left));
                each.fold(Start::Sure, Start::and)
            }
            (Kind::Operation(Operator::And, parts), false) | (Kind::Operation(Operator::Or, parts), true) => {
                let each = parts.iter().map(|part| self.within(part, site, wanted, subject, left));
                each.min_by_key(Start::rank).unwrap_or(Start::Sure)
            }
            _ => self.single(test, site, wanted, subject, left),
        }
    }

    fn single(&self, test: &'p Expr<'p>, site: Site, wanted: bool, subject: &StandIn, left: u32) -> Start {
        let program = self.program;
        if program.is_always(test, site, !wanted) {
            return Start::Never(format!("line {} asks for what is never so", test.line));
        }
        if program.is_always(test, site, wanted) {
            return Start::Sure;
        }
        if self.flags.mentioned(test, site).is_some() {
            return match self.flags.holds_off(test, site) {
                Some(off) if off != wanted => {
                    Start::Never(format!("line {} asks that a WebSocket's flag be on", test.line))
                }
                _ => Start::Sure,
            };
        }
        if let Some(chosen) = self.chosen(test, site, subject) {
            let why = || format!("{} chooses which of the jobs run", self.line(test.line, site));
            return match chosen {
                Some(own) if own == wanted => Start::Sure,
                Some(_) => Start::Never(why()),
                None => Start::Unclear(why()),
            };
        }
        if let Some(said) = self.attribute(test, site, subject) {
            return match said == wanted {
                true => Start::Sure,
                false => Start::Never(format!("line {} asks the job, which says no", test.line)),
            };
        }
        if let Some(asked) = self.predicate(test, site, wanted, subject, left) {
            return asked;
        }
        match program.is_configured(test, site) {
            true => Start::Unclear(format!("{} asks whether it runs", self.line(test.line, site))),
            false => Start::Sure,
        }
    }

    /// A line by its number and what stands there: it is the same where only its number is another.
    pub fn line(&self, line: u32, site: Site) -> String {
        let mut lines = self.program.units[site.unit].text.lines();
        let text = lines.nth(line.saturating_sub(1) as usize).unwrap_or_default().trim();
        let text: String = text.chars().take(LONGEST_LINE).collect();
        format!("line {line} (`{text}`)")
    }

    /// Whether a test that tells jobs apart is true of this one; the inner `None` where that could not be found out.
    fn chosen(&self, test: &'p Expr<'p>, site: Site, subject: &StandIn) -> Option<Option<bool>> {
        if subject.job.is_empty() {
            return None;
        }
        match &test.kind {
            Kind::Operation(operator @ (Operator::Equal | Operator::Unequal | Operator::Among), parts) => {
                let [one, other] = parts.as_slice() else { return None };
                let given = match (subject.is_identity(one), subject.is_identity(other)) {
                    (true, false) => other,
                    (false, true) => one,
                    _ => return None,
                };
                if matches!(given.kind, Kind::Null) {
                    return None;
                }
                let among = match self.named(given, site) {
                    None if self.is_empty(given, site) => Some(false),
                    found => found,
                };
                Some(among.map(|among| among == (*operator != Operator::Unequal)))
            }
            Kind::Call(call) if call.callee.is_name("isinstance") => {
                subject.is_job(call.positional(0)?).then_some(())?;
                let given = call.positional(1)?;
                let items = self.program.items(given, site, 8);
                let items = if items.is_empty() { vec![(given, site)] } else { items };
                let classes: Option<Vec<ClassId>> =
                    items.into_iter().map(|(item, owner)| self.program.class_named(item, owner)).collect();
                let ancestry = self.class.map(|class| self.program.ancestry(class).0)?;
                Some(classes.map(|all| all.iter().any(|class| ancestry.contains(class))))
            }
            Kind::Call(call) if matches!(call.callee.last_name(), "startswith" | "endswith") => {
                subject.is_identity(call.callee.receiver()?).then_some(None)
            }
            _ => None,
        }
    }

    /// The test asks which of the jobs it is.
    pub fn tells_apart(&self, test: &'p Expr<'p>, subject: &StandIn) -> bool {
        visit::any(test, |part| match &part.kind {
            Kind::Operation(Operator::Equal | Operator::Unequal | Operator::Among, parts) => {
                parts.iter().any(|it| subject.is_identity(it))
            }
            Kind::Call(call) => {
                call.callee.is_name("isinstance") && call.positional(0).is_some_and(|it| subject.is_job(it))
            }
            _ => false,
        })
    }

    /// `if job.enabled`, where the class of the job, or the call that made it, says so.
    fn attribute(&self, test: &'p Expr<'p>, site: Site, subject: &StandIn) -> Option<bool> {
        let (object, name) = match &test.kind {
            Kind::Member(object, name) => (&**object, *name),
            Kind::Call(call) if call.callee.is_name("getattr") => {
                (call.positional(0)?, call.positional(1)?.literal().and_then(|name| self.field(name))?)
            }
            _ => return None,
        };
        (!subject.job.is_empty() && subject.is_job(object)).then_some(())?;
        let says = |value: &'p Expr<'p>, site: Site| match () {
            () if self.program.is_always(value, site, true) => Some(true),
            () if self.program.is_always(value, site, false) => Some(false),
            () => None,
        };
        if let Some(given) = self.made.and_then(|made| made.keyword(name)) {
            return says(given, site);
        }
        let (ancestry, _) = self.program.ancestry(self.class?);
        if let Some(said) = self.set_by_constructor(name) {
            return said;
        }
        ancestry.into_iter().find_map(|id| {
            let body = self.program.class(id);
            let (_, value) = body.attributes.iter().rev().find(|(own, _)| *own == name)?;
            says(value, Site { unit: id.unit, function: body.parent })
        })
    }

    /// `self.dry_run = dry_run` of the constructor, by what that is given or its default; the inner `None` where that is
    /// not said.
    fn set_by_constructor(&self, name: &str) -> Option<Option<bool>> {
        let program = self.program;
        let constructor = program.method(self.class?, "__init__")?;
        let mut places = program.places(constructor).iter();
        let &(_, value) = places.find(|(place, _)| place.dotted() == format!("self.{name}"))?;
        let units = program.python_with([name]);
        let is_set = |site: &Site| program.places(*site).iter().any(|(place, _)| place.last_name() == name);
        if program.sites(units).filter(|site| *site != constructor).any(|site| is_set(&site)) {
            return Some(None);
        }
        let says = |value: &'p Expr<'p>, site: Site| {
            [true, false].into_iter().find(|wanted| program.is_always(value, site, *wanted))
        };
        let parameters = &program.function(constructor).parameters;
        let index = parameters.iter().position(|it| value.is_name(it.name()));
        let Some(index) = index else { return Some(says(value, constructor)) };
        let default = || parameters[index].default.as_ref().and_then(|it| says(it, constructor));
        let Some(made) = self.made else { return Some(default()) };
        Some(match bind(program, made, constructor, index, &[]) {
            Bound::Default(value) => says(value, constructor),
            // Where the call was made is not known here: only what is written out counts.
            Bound::Argument(value, _) => match value.kind {
                Kind::Bool(value) => Some(value),
                Kind::Null => Some(false),
                _ => None,
            },
            Bound::Unknown => None,
        })
    }

    /// The name as the timer's class writes it.
    fn field(&self, name: &str) -> Option<&'p str> {
        let (ancestry, _) = self.program.ancestry(self.class?);
        let mut fields = ancestry.into_iter().flat_map(|id| &self.program.class(id).attributes);
        fields.find(|(own, _)| *own == name).map(|(own, _)| *own)
    }

    /// `if wanted(job)`, a function of the tree.
    fn predicate(
        &self,
        test: &'p Expr<'p>,
        site: Site,
        wanted: bool,
        subject: &StandIn,
        left: u32,
    ) -> Option<Start> {
        let left = left.checked_sub(1)?;
        let call = test.call()?;
        let callees = self.program.functions(&call.callee, site);
        let [callee] = callees.as_slice() else { return None };
        let parameters = &self.program.function(*callee).parameters;
        let mut own = StandIn::default();
        for (index, parameter) in parameters.iter().enumerate() {
            match bind(self.program, call, *callee, index, &[]) {
                Bound::Argument(value, _) if subject.is_job(value) => own.job = parameter.name().to_owned(),
                Bound::Argument(value, _) if subject.is_identity(value) => {
                    own.beside.push(parameter.name().to_owned());
                }
                _ => {}
            }
        }
        if own.job.is_empty() {
            own.job = own.beside.first()?.clone();
        }
        let returned = self.program.returns(*callee).into_iter();
        returned.map(|value| self.within(value, *callee, wanted, &own, left)).min_by_key(Start::rank)
    }

    /// Whether one of the names, texts or classes in an expression is the timer's; `None` where none can be read.
    pub fn named(&self, expr: &'p Expr<'p>, site: Site) -> Option<bool> {
        let program = self.program;
        let mut names: Vec<String> = Vec::new();
        visit::expression(expr, &mut |part| match &part.kind {
            Kind::Text(text) => names.push(text.to_string()),
            Kind::Name(_) | Kind::Member(..) => {
                names.extend(
                    program.class_named(part, site).map(|class| program.class(class).name.to_owned()),
                );
                let items = program.items(part, site, 8).into_iter();
                let items: Vec<_> = items.collect();
                let classes = items.iter().filter_map(|(item, owner)| program.class_named(item, *owner));
                names.extend(classes.map(|class| program.class(class).name.to_owned()));
                let texts = items.into_iter().flat_map(|(item, owner)| program.texts(item, owner, None));
                let texts = texts.chain(program.texts(part, site, None));
                names.extend(texts.filter_map(|text| text.exact()));
            }
            _ => {}
        });
        (!names.is_empty()).then(|| names.iter().any(|name| self.names.contains(name)))
    }

    /// `set()`, `{}`: what it holds later is what the process itself has put there.
    fn is_empty(&self, expr: &'p Expr<'p>, site: Site) -> bool {
        let mut values = self.program.values(expr, site).peekable();
        let empty = |value: &Expr<'p>| match &value.kind {
            Kind::List(items) => items.is_empty(),
            Kind::Record(entries) => entries.is_empty(),
            Kind::Call(call) => {
                matches!(
                    call.callee.last_name(),
                    "set" | "dict" | "list" | "deque" | "defaultdict" | "Counter"
                ) && call.arguments.iter().all(|it| matches!(it.value.kind, Kind::Name(_)))
            }
            _ => false,
        };
        values.peek().is_some() && values.all(|(value, _)| empty(value))
    }
}
