//! Python's module names: which file `api.websocket.consumers` or `..models` is, seen from another file.

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::audit::tree::SourceTree;

/// Files that mark the directory from which absolute imports start.
const ROOT_MARKS: [&str; 6] =
    ["manage.py", "pyproject.toml", "setup.py", "setup.cfg", "requirements.txt", "Pipfile"];

pub(in crate::audit) struct PythonModules<'p> {
    /// Files by the last part of their module name (a package by its directory's name).
    by_last: HashMap<&'p str, Vec<(usize, Vec<&'p str>)>>,
    /// Directories from which absolute imports may start, as path parts.
    roots: BTreeSet<Vec<&'p str>>,
    /// Directories with Python files in or below them.
    packages: HashSet<Vec<&'p str>>,
    tree: &'p SourceTree,
}

impl<'p> PythonModules<'p> {
    /// `paths`: the Python files, each with its index.
    pub fn new(paths: impl Iterator<Item = (usize, &'p str)>, tree: &'p SourceTree) -> Self {
        let mut by_last: HashMap<&str, Vec<(usize, Vec<&str>)>> = HashMap::new();
        let mut packages = HashSet::new();
        for (index, path) in paths {
            let parts = module_parts(path);
            let directory: Vec<&str> = path.split('/').collect();
            for depth in 1..directory.len() {
                packages.insert(directory[..depth].to_vec());
            }
            if let Some(last) = parts.last().copied() {
                by_last.entry(last).or_default().push((index, parts));
            }
        }
        let mut roots = BTreeSet::from([Vec::new()]);
        for path in &tree.paths {
            let (directory, name) = path.rsplit_once('/').unwrap_or(("", path));
            if ROOT_MARKS.contains(&name) && !directory.is_empty() {
                let parts: Vec<&str> = directory.split('/').collect();
                roots.insert(parts.iter().copied().chain(["src"]).collect());
                roots.insert(parts);
            }
        }
        Self { by_last, roots, packages, tree }
    }

    /// The file that `module`, written in `from`, means; `None` where the tree has none.
    pub fn resolve(&self, from: &str, module: &str) -> Option<usize> {
        let dots = module.bytes().take_while(|byte| *byte == b'.').count();
        let rest = &module[dots..];
        if dots > 0 {
            return self.exactly(&relative_parts(from, dots, rest)?);
        }
        let wanted: Vec<&str> = rest.split('.').collect();
        let candidates = self.by_last.get(wanted.last()?)?;
        let here: Vec<&str> = from.split('/').collect();
        candidates
            .iter()
            .filter(|(_, parts)| parts.ends_with(&wanted))
            .max_by_key(|(index, parts)| {
                let common = here.iter().zip(parts).take_while(|(a, b)| a == b).count();
                let above = &parts[..parts.len() - wanted.len()];
                (
                    self.roots.contains(above),
                    common,
                    std::cmp::Reverse(parts.len()),
                    std::cmp::Reverse(*index),
                )
            })
            .filter(|(_, parts)| {
                // A one-word import such as `import redis` must not catch a file of that name somewhere below.
                let above = &parts[..parts.len() - wanted.len()];
                let beside = || here[..here.len() - 1] == *above && !self.is_regular_package(above);
                wanted.len() > 1 || self.roots.contains(above) || beside()
            })
            .map(|(index, _)| *index)
    }

    /// What stands in a package is imported by the package's name: `import celery` in `proj/tasks.py` is no `proj/celery.py`.
    fn is_regular_package(&self, directory: &[&str]) -> bool {
        !directory.is_empty() && self.tree.has_path(&format!("{}/__init__.py", directory.join("/")))
    }

    fn exactly(&self, wanted: &[&str]) -> Option<usize> {
        let candidates = self.by_last.get(wanted.last()?)?;
        candidates.iter().find(|(_, parts)| parts == wanted).map(|(index, _)| *index)
    }

    /// `true` where the import must be in this tree, and the tree has neither such a module nor a package, a
    /// compiled module or an unread directory of that name.
    pub fn is_missing(&self, from: &str, module: &str) -> bool {
        if self.resolve(from, module).is_some() {
            return false;
        }
        let dots = module.bytes().take_while(|byte| *byte == b'.').count();
        let rest = &module[dots..];
        if dots > 0 {
            return relative_parts(from, dots, rest).is_some_and(|parts| !self.exists(&parts));
        }
        let wanted: Vec<&str> = rest.split('.').collect();
        if wanted.last().is_some_and(|last| last.ends_with("_pb2") || *last == "_version") {
            return false;
        }
        let own = |root: &Vec<&str>| {
            let mut top: Vec<&str> = root.clone();
            top.push(wanted[0]);
            self.packages.contains(&top) && is_above(root, from)
        };
        let exists = |root: &Vec<&str>| {
            let mut parts = root.clone();
            parts.extend(&wanted);
            self.exists(&parts)
        };
        wanted.len() > 1 && self.roots.iter().any(own) && !self.roots.iter().any(exists)
    }

    /// A directory of Python files, without a file of its own, that `module` means when written in `from`.
    pub fn is_package(&self, from: &str, module: &str) -> bool {
        let dots = module.bytes().take_while(|byte| *byte == b'.').count();
        let rest = &module[dots..];
        if dots > 0 {
            return relative_parts(from, dots, rest).is_some_and(|parts| self.packages.contains(&parts));
        }
        self.roots.iter().any(|root| {
            let mut parts = root.clone();
            parts.extend(rest.split('.'));
            self.packages.contains(&parts)
        })
    }

    fn exists(&self, parts: &[&str]) -> bool {
        if self.packages.contains(parts) || self.exactly(parts).is_some() {
            return true;
        }
        let path = parts.join("/");
        let prefix = format!("{path}.");
        let compiled = |name: &String| name.starts_with(&prefix) && !name[prefix.len()..].contains('/');
        self.tree.has_path(&path)
            || self.tree.has_path(&format!("{path}.py"))
            || self.tree.paths.range(prefix.clone()..).take(3).any(compiled)
    }

    /// A submodule `name` of the package file `unit`.
    pub fn submodule(&self, package_path: &str, name: &str) -> Option<usize> {
        let directory = package_path.strip_suffix("/__init__.py")?;
        let mut parts: Vec<&str> = directory.split('/').collect();
        parts.push(name);
        self.exactly(&parts)
    }

    /// A directory `name` beside the package file, with Python files, or one that was not entered.
    pub fn has_directory(&self, package_path: &str, name: &str) -> bool {
        package_path.strip_suffix("/__init__.py").is_some_and(|directory| {
            let parts: Vec<&str> = directory.split('/').chain([name]).collect();
            self.exists(&parts)
        })
    }

    /// A module `name` in the namespace package that `module`, written in `from`, means.
    pub fn in_namespace(&self, from: &str, module: &str, name: &str) -> Option<usize> {
        let joined =
            if module.ends_with('.') { format!("{module}{name}") } else { format!("{module}.{name}") };
        self.resolve(from, &joined)
    }
}

/// `a/b/c.py` is `[a, b, c]`, `a/b/__init__.py` is `[a, b]`.
fn module_parts(path: &str) -> Vec<&str> {
    let stem = path.strip_suffix(".py").or_else(|| path.strip_suffix(".pyw")).unwrap_or(path);
    let mut parts: Vec<&str> = stem.split('/').collect();
    if parts.last() == Some(&"__init__") {
        parts.pop();
    }
    parts
}

/// The parts that `..rest`, written in `from`, means; `None` where it climbs out of the tree.
fn relative_parts<'a>(from: &'a str, dots: usize, rest: &'a str) -> Option<Vec<&'a str>> {
    let mut parts: Vec<&str> = from.split('/').collect();
    if parts.len() < dots {
        return None;
    }
    parts.truncate(parts.len() - dots);
    if !rest.is_empty() {
        parts.extend(rest.split('.'));
    }
    Some(parts)
}

fn is_above(root: &[&str], path: &str) -> bool {
    let parts: Vec<&str> = path.split('/').collect();
    parts.starts_with(root)
}
