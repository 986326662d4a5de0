//! Which Python modules anything loads: what is imported by nothing and named by nothing never runs.

use super::Program;
use crate::audit::code::visit::{self, Part};
use crate::audit::code::{Expr, ImportNames, Kind, Pattern, StatementKind};

/// Modules that Django, celery, a server or a shell loads by their names.
const LOADED_BY_NAME: [&str; 24] = [
    "__init__",
    "__main__",
    "manage",
    "settings",
    "conf",
    "urls",
    "routing",
    "asgi",
    "wsgi",
    "celery",
    "celeryapp",
    "tasks",
    "apps",
    "models",
    "admin",
    "checks",
    "middleware",
    "context_processors",
    "translation",
    "search_indexes",
    "main",
    "app",
    "server",
    "conftest",
];

/// Folders whose modules are loaded one by one.
const LOADED_FOLDERS: [&str; 4] = ["commands", "migrations", "templatetags", "settings"];

/// Functions that load modules whose names they are given.
const LOADERS: [&str; 9] = [
    "import_module",
    "__import__",
    "autodiscover_modules",
    "autodiscover_tasks",
    "walk_packages",
    "iter_modules",
    "spec_from_file_location",
    "load_module",
    "run_module",
];

/// What a script calls at its top level that is more than to make things: it is started by its file's name.
const SCRIPT_CALLS: [&str; 9] = [
    "start",
    "run",
    "run_forever",
    "run_pending",
    "run_until_complete",
    "serve",
    "serve_forever",
    "main",
    "worker_main",
];

impl<'p> Program<'p> {
    /// The module runs when it is started, without asking whether it is.
    fn is_script(&self, unit: usize) -> bool {
        let top = self.module(unit).functions.first();
        top.is_some_and(|top| {
            top.body.iter().any(|statement| match &statement.kind {
                StatementKind::Loop(it) => it.binding.is_none(),
                StatementKind::Expression(value) => {
                    value.call().is_some_and(|call| SCRIPT_CALLS.contains(&call.callee.last_name()))
                }
                _ => false,
            })
        })
    }

    /// Whether anything loads a module; `None` where code loads modules whose names are not known.
    pub fn is_loaded(&self, unit: usize) -> Option<bool> {
        let path = self.path(unit);
        let mut parts = path.trim_end_matches(".py").rsplit('/');
        let stem = parts.next().unwrap_or_default();
        let folder = parts.next();
        let by_name = LOADED_BY_NAME.contains(&stem) || folder.is_some_and(|it| LOADED_FOLDERS.contains(&it));
        let is_script = self.is_script(unit) || self.units[unit].text.contains("__main__");
        if by_name || is_script || self.is_imported(unit, stem) {
            return Some(true);
        }
        let dotted = self.dotted_name(unit);
        let tail = match folder {
            Some(folder) => format!("{folder}.{stem}"),
            None => stem.to_owned(),
        };
        let naming = self.python_with([stem]).into_iter();
        let mut naming = naming.filter(|it| *it != unit && !self.is_test(*it));
        if naming.any(|other| [&dotted, &tail].iter().any(|name| self.names_in_text(other, name))) {
            return Some(true);
        }
        let is_open = |name: &str| {
            let calls = self.python_calls(name);
            calls.iter().any(|call| {
                let known =
                    call.call.positional(0).map(|it| self.texts(it, call.site, None)).unwrap_or_default();
                let is_known = !known.is_empty() && known.iter().all(|text| text.exact().is_some());
                // Celery looks for modules called `tasks` where nothing else is said.
                let is_plain = name == "autodiscover_tasks" && call.call.keyword("related_name").is_none();
                let names_it = known.iter().filter_map(|it| it.exact()).any(|it| it.ends_with(stem));
                !self.is_test(call.site.unit) && !is_plain && (!is_known || names_it)
            })
        };
        if LOADERS.iter().any(|name| is_open(name)) { None } else { Some(false) }
    }

    /// A text of a file is the name of a module, or of something in it.
    fn names_in_text(&self, unit: usize, name: &str) -> bool {
        let is_it = |expr: &Expr<'p>| {
            let Kind::Text(text) = &expr.kind else { return false };
            text.match_indices(name).any(|(at, _)| {
                let before = text[..at].chars().next_back();
                let after = text[at + name.len()..].chars().next();
                let free = |it: Option<char>| !it.is_some_and(|it| it.is_alphanumeric() || it == '_');
                free(before) && free(after)
            })
        };
        self.sites([unit]).any(|site| {
            let mut found = false;
            visit::function(self.function(site), &mut |part, _| {
                if let Part::Expression(expr) = part {
                    found = found || is_it(expr);
                }
            });
            found
        })
    }

    fn is_imported(&self, unit: usize, stem: &str) -> bool {
        self.python_with([stem]).into_iter().filter(|other| *other != unit && !self.is_test(*other)).any(
            |other| {
                let imports = self.module(other).imports.iter().filter(|import| !import.types_only);
                imports.into_iter().any(|import| {
                    let whole = self.imported(other, import) == Some(unit);
                    let part = || match &import.names {
                        ImportNames::Named(names) => names.iter().any(|(name, _)| {
                            let dots = if import.module.ends_with('.') { "" } else { "." };
                            let path = format!("{}{dots}{name}", import.module);
                            *name == stem && self.python.resolve(self.path(other), &path) == Some(unit)
                        }),
                        _ => false,
                    };
                    whole || part()
                })
            },
        )
    }

    /// Whether a module of settings is the one that processes are started with; `None` where nothing says which is.
    pub fn settings_in_use(&self, unit: usize) -> Option<bool> {
        const VARIABLE: &str = "DJANGO_SETTINGS_MODULE";
        let mut named = Vec::new();
        for site in self.sites(self.python_with([VARIABLE])).filter(|site| !self.is_test(site.unit)) {
            visit::function(self.function(site), &mut |part, _| {
                let value = match part {
                    Part::Expression(Expr { kind: Kind::Call(call), .. }) => {
                        let is_it = call.positional(0).and_then(Expr::literal) == Some(VARIABLE);
                        call.positional(1).filter(|_| is_it)
                    }
                    Part::Statement(statement) => match &statement.kind {
                        StatementKind::Assign {
                            target: Pattern::Place(Expr { kind: Kind::Index(_, key), .. }),
                            value,
                            ..
                        } => Some(value).filter(|_| key.literal() == Some(VARIABLE)),
                        _ => None,
                    },
                    Part::Expression(_) => None,
                };
                named.extend(value.map(|value| (value, site)));
            });
        }
        let units = named.iter().flat_map(|(value, site)| {
            let texts = self.texts(value, *site, None);
            texts
                .into_iter()
                .map(|text| self.python.resolve(self.path(site.unit), &text.exact()?))
                .collect::<Vec<_>>()
        });
        let units: Option<Vec<usize>> = units.collect();
        let units = units.filter(|units| !units.is_empty())?;
        match units.contains(&unit) {
            false => Some(false),
            true => units.iter().all(|it| *it == unit).then_some(true),
        }
    }
}
