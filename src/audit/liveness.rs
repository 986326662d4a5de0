//! Which Python functions anything can start. By names, generously: a function counts as live if live code
//! mentions its name at all, so that only code that nothing starts is called dead.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::code::visit::{self, Part};
use super::code::{Expr, Kind, Role};
use super::paths;
use super::program::{ClassId, Program, Site, mentioned};
use super::tasks;

pub(in crate::audit) struct Liveness {
    live: HashSet<Site>,
}

impl Liveness {
    /// `wanted`: the functions of which it will be asked.
    ///
    /// Code that is live among some files is live. That it is dead is only known when every file was searched that
    /// could start it, or start what could start it, and so on: those that hold its name.
    pub fn new(program: &Program<'_>, wanted: impl IntoIterator<Item = Site>) -> Self {
        let wanted: BTreeSet<Site> = wanted.into_iter().filter(|site| program.is_python(site.unit)).collect();
        let mut units: BTreeSet<usize> = wanted.iter().map(|site| site.unit).collect();
        let mut starters = Starters { program, names: HashMap::new(), heirs: HashMap::new() };
        loop {
            let search = Search::among(program, &units);
            let more = starters.missing(&wanted, &search);
            if more.is_empty() {
                return Self { live: search.live };
            }
            for goal in more {
                units.extend(starters.load(goal));
            }
        }
    }

    pub fn is_live(&self, site: Site) -> bool {
        self.live.contains(&site)
    }
}

/// Code that would start other code if it were live itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Code {
    Function(Site),
    Class(ClassId),
}

/// What has to be looked for in all files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Goal<'p> {
    Mentions(&'p str),
    Heirs(ClassId),
}

/// What may start what, as far as it was looked for.
struct Starters<'r, 'p> {
    program: &'r Program<'p>,
    names: HashMap<&'p str, Vec<Code>>,
    heirs: HashMap<ClassId, Vec<Code>>,
}

impl<'p> Starters<'_, 'p> {
    /// What has not been looked for and might yet start code that nothing starts so far.
    fn missing(&self, wanted: &BTreeSet<Site>, search: &Search<'_, 'p>) -> BTreeSet<Goal<'p>> {
        let mut queue: Vec<Code> = wanted.iter().copied().map(Code::Function).collect();
        let mut seen: BTreeSet<Code> = queue.iter().copied().collect();
        let mut missing = BTreeSet::new();
        while let Some(code) = queue.pop() {
            let (mut next, mut goals) = (Vec::new(), Vec::new());
            match code {
                Code::Function(site) if !search.live.contains(&site) => {
                    self.of_function(site, search, &mut next, &mut goals);
                }
                Code::Class(id) if !search.live_classes.contains(&id) => {
                    goals.extend([Goal::Mentions(self.program.class(id).name), Goal::Heirs(id)]);
                }
                _ => {}
            }
            for goal in goals {
                let known = match goal {
                    Goal::Mentions(name) => self.names.get(name),
                    Goal::Heirs(id) => self.heirs.get(&id),
                };
                match known {
                    Some(code) => next.extend(code),
                    None => {
                        missing.insert(goal);
                    }
                }
            }
            queue.extend(next.into_iter().filter(|code| seen.insert(*code)));
        }
        missing
    }

    fn of_function(
        &self,
        site: Site,
        search: &Search<'_, 'p>,
        next: &mut Vec<Code>,
        goals: &mut Vec<Goal<'p>>,
    ) {
        let function = self.program.function(site);
        match (function.role, function.class) {
            (Role::Module, _) => {}
            (Role::Method | Role::StaticMethod, Some(class)) => {
                let class = ClassId { unit: site.unit, class };
                match search.live_classes.contains(&class) {
                    true => goals.push(Goal::Mentions(function.name)),
                    false => next.push(Code::Class(class)),
                }
            }
            (Role::Inline, _) => {
                // Written in a function, or in the body of a class that stands in it.
                let around = self.program.class_ids([site.unit]);
                let around = around.filter(|id| self.program.class(*id).parent == function.parent);
                next.extend(around.map(Code::Class));
                next.push(Code::Function(Site { unit: site.unit, function: function.parent }));
            }
            _ => goals.push(Goal::Mentions(function.name)),
        }
    }

    /// Looks for a goal in all files: those that have it.
    fn load(&mut self, goal: Goal<'p>) -> Vec<usize> {
        match goal {
            Goal::Mentions(name) => {
                let units = self.program.python_with([name]);
                let code = units.iter().flat_map(|unit| self.mentioning(*unit, name)).collect();
                self.names.insert(name, code);
                units
            }
            Goal::Heirs(id) => {
                let units: Vec<usize> = self.program.python_units().collect();
                let all = self.program.class_ids(units.iter().copied());
                let heirs = all.filter(|heir| *heir != id && self.program.ancestry(*heir).0.contains(&id));
                let heirs = heirs.map(Code::Class).collect();
                self.heirs.insert(id, heirs);
                units
            }
        }
    }

    /// The code of a file that mentions a name.
    fn mentioning(&self, unit: usize, name: &str) -> Vec<Code> {
        let mut found: Vec<Code> = self.program.mentioning(unit, name).map(Code::Function).collect();
        for id in self.program.class_ids([unit]) {
            let mut values = self.program.class(id).attributes.iter().map(|(_, value)| value);
            let mentions = values.any(|value| visit::any(value, |part| mentioned(part) == Some(name)));
            found.extend(mentions.then_some(Code::Class(id)));
        }
        found
    }
}

/// What is live among some files.
struct Search<'r, 'p> {
    program: &'r Program<'p>,
    functions: HashMap<&'p str, Vec<Site>>,
    classes: HashMap<&'p str, Vec<ClassId>>,
    /// Methods that wait for their class and their name.
    methods: HashMap<&'p str, Vec<(ClassId, Site)>>,
    live: HashSet<Site>,
    live_classes: HashSet<ClassId>,
    mentioned: HashSet<&'p str>,
    queue: Vec<Site>,
    /// Whether anything loads a file.
    loaded: HashMap<usize, bool>,
}

impl<'r, 'p> Search<'r, 'p> {
    fn among(program: &'r Program<'p>, units: &BTreeSet<usize>) -> Self {
        let mut search = Self {
            program,
            functions: HashMap::new(),
            classes: HashMap::new(),
            methods: HashMap::new(),
            live: HashSet::new(),
            live_classes: HashSet::new(),
            mentioned: HashSet::new(),
            queue: Vec::new(),
            loaded: HashMap::new(),
        };
        search.index(units);
        search.run();
        search
    }

    fn index(&mut self, units: &BTreeSet<usize>) {
        let program = self.program;
        for site in program.sites(units.iter().copied()) {
            let path = program.path(site.unit);
            let function = program.function(site);
            match function.role {
                Role::Module if !paths::is_test(path) => self.start(site),
                Role::Method | Role::StaticMethod => {
                    if let Some(class) = function.class {
                        let class = ClassId { unit: site.unit, class };
                        self.methods.entry(function.name).or_default().push((class, site));
                    }
                }
                Role::Function => {
                    self.functions.entry(function.name).or_default().push(site);
                    let decorated = !function.decorators.is_empty() && !paths::is_test(path);
                    if decorated && self.is_started_by_decorator(site) {
                        self.start(site);
                    }
                }
                _ => {}
            }
        }
        for id in program.class_ids(units.iter().copied()) {
            self.classes.entry(program.class(id).name).or_default().push(id);
            let path = program.path(id.unit);
            if !paths::is_test(path) && self.is_framework(id) {
                self.start_class(id);
            }
        }
    }

    /// Something that a decorator has told of a function calls it: a signal, where anything loads its module. A task of
    /// celery only waits to be called.
    fn is_started_by_decorator(&mut self, site: Site) -> bool {
        let program = self.program;
        if tasks::is_task(program, site) {
            return tasks::is_called_by_name(program, site) || tasks::are_scheduled_elsewhere(program);
        }
        *self.loaded.entry(site.unit).or_insert_with(|| program.is_loaded(site.unit) != Some(false))
    }

    /// Something outside the tree makes its objects and calls its methods.
    fn is_framework(&self, id: ClassId) -> bool {
        let plain = ["object", "ABC", "Protocol", "Enum", "NamedTuple", "TypedDict", "Generic", "Exception"];
        let (_, outside) = self.program.ancestry(id);
        outside.iter().any(|base| !plain.contains(&base.rsplit('.').next().unwrap_or(base)))
    }

    fn start(&mut self, site: Site) {
        if self.live.insert(site) {
            self.queue.push(site);
        }
    }

    fn start_class(&mut self, id: ClassId) {
        if !self.live_classes.insert(id) {
            return;
        }
        let framework = self.is_framework(id);
        let program = self.program;
        for method in program.class(id).methods.clone() {
            let site = Site { unit: id.unit, function: method };
            let name = program.function(site).name;
            if framework || name.starts_with("__") || self.mentioned.contains(name) {
                self.start(site);
            }
        }
        for (_, value) in &program.class(id).attributes {
            visit::expression(value, &mut |expr| self.mention(expr, id.unit));
        }
        let (ancestors, _) = program.ancestry(id);
        ancestors.into_iter().skip(1).for_each(|base| self.start_class(base));
    }

    fn run(&mut self) {
        let program = self.program;
        while let Some(site) = self.queue.pop() {
            let unread = tasks::unread(program, site);
            visit::function(program.function(site), &mut |part, _| {
                if let Part::Expression(expr) = part
                    && !unread.contains(&std::ptr::from_ref(expr))
                {
                    self.mention(expr, site.unit);
                }
            });
        }
    }

    fn mention(&mut self, expr: &'p Expr<'p>, unit: usize) {
        match expr.kind {
            Kind::Function(function) => self.start(Site { unit, function }),
            _ => mentioned(expr).into_iter().for_each(|name| self.name(name)),
        }
    }

    fn name(&mut self, name: &'p str) {
        if !self.mentioned.insert(name) {
            return;
        }
        for site in self.functions.get(name).cloned().unwrap_or_default() {
            self.start(site);
        }
        for id in self.classes.get(name).cloned().unwrap_or_default() {
            self.start_class(id);
        }
        for (class, site) in self.methods.get(name).cloned().unwrap_or_default() {
            if self.live_classes.contains(&class) {
                self.start(site);
            }
        }
    }
}
