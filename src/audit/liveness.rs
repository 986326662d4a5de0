//! Which Python functions anything can start. By names, generously: a function counts as live if live code
//! mentions its name at all, so that only code that nothing starts is called dead.

use std::collections::{HashMap, HashSet};

use super::code::visit::{self, Part};
use super::code::{Expr, Kind, Role};
use super::paths;
use super::program::{ClassId, Program, Site};

pub(in crate::audit) struct Liveness {
    live: HashSet<Site>,
}

impl Liveness {
    pub fn new(program: &Program<'_>) -> Self {
        let mut search = Search {
            program,
            functions: HashMap::new(),
            classes: HashMap::new(),
            methods: HashMap::new(),
            live: HashSet::new(),
            live_classes: HashSet::new(),
            mentioned: HashSet::new(),
            queue: Vec::new(),
        };
        search.index();
        search.run();
        Self { live: search.live }
    }

    pub fn is_live(&self, site: Site) -> bool {
        self.live.contains(&site)
    }
}

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
}

impl<'p> Search<'_, 'p> {
    fn index(&mut self) {
        let program = self.program;
        for site in program.sites().filter(|site| program.is_python(site.unit)) {
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
                    if !function.decorators.is_empty() && !paths::is_test(path) {
                        self.start(site);
                    }
                }
                _ => {}
            }
        }
        for id in program.class_ids().filter(|id| program.is_python(id.unit)) {
            self.classes.entry(program.class(id).name).or_default().push(id);
            let path = program.path(id.unit);
            if !paths::is_test(path) && self.is_framework(id) {
                self.start_class(id);
            }
        }
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
            visit::function(program.function(site), &mut |part, _| {
                if let Part::Expression(expr) = part {
                    self.mention(expr, site.unit);
                }
            });
        }
    }

    fn mention(&mut self, expr: &'p Expr<'p>, unit: usize) {
        match &expr.kind {
            Kind::Name(name) | Kind::Member(_, name) => self.name(name),
            Kind::Function(function) => self.start(Site { unit, function: *function }),
            // Django, celery and importlib name code by dotted texts.
            Kind::Text(text) => {
                if let std::borrow::Cow::Borrowed(text) = text
                    && let Some((_, last)) = text.rsplit_once(['.', ':'])
                {
                    self.name(last);
                }
            }
            _ => {}
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
