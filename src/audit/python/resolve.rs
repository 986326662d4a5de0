//! From a name at a module's top level to its definitions, across files.

use std::collections::{HashSet, VecDeque};

use ruff_python_ast::{Stmt, StmtClassDef, StmtFunctionDef};

use super::bind::{Binding, Bindings};
use super::modules::PythonModules;
use super::{PythonSources, SourceTree};
use crate::audit::parallel;

/// What a name means, with the file in which it is defined.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::audit) enum Definition<'a> {
    Function(usize, &'a StmtFunctionDef),
    Class(usize, &'a StmtClassDef),
    /// The statement that gives the name its value: an assignment, a loop, a `with`.
    Statement(usize, &'a Stmt),
    /// A module of the tree.
    Module(usize),
    /// A package of the tree without a file of its own: its dotted name, as seen from the asking file.
    Namespace(usize, String),
    /// Not in the tree: the dotted name.
    External(String),
    /// An import that must be in the tree and is not: the dotted name, as written.
    Missing(String),
}

/// The names of every module's top level.
pub(in crate::audit) struct PythonNames<'s, 't> {
    pub sources: &'s PythonSources<'t>,
    pub modules: PythonModules<'t>,
    bindings: Vec<Bindings<'s>>,
}

/// Modules and names already asked on the way: imports may go in a circle.
type Asked = HashSet<(usize, String)>;

impl<'s, 't> PythonNames<'s, 't> {
    pub fn new(sources: &'s PythonSources<'t>, tree: &'t SourceTree) -> Self {
        let bindings =
            parallel::each(sources.files.len(), |at| Bindings::of(&sources.files[at].syntax().body));
        let paths = sources.files.iter().map(|file| file.path).enumerate();
        Self { sources, modules: PythonModules::new(paths, tree), bindings }
    }

    /// Everything that `name` may mean at the top level of `file`, each once, in the order of the source.
    pub fn definitions(&self, file: usize, name: &str) -> Vec<Definition<'s>> {
        let mut found = Vec::new();
        self.collect(file, name, &mut Asked::new(), &mut found);
        found
    }

    /// `a.b.c` asked at the top level of `file`: modules are entered, of anything else what `a.b` means is given
    /// with the parts that are left.
    pub fn dotted<'n>(&self, file: usize, path: &'n [&'n str]) -> Vec<(Definition<'s>, &'n [&'n str])> {
        let Some((first, rest)) = path.split_first() else { return Vec::new() };
        let mut queue: VecDeque<_> = self.definitions(file, first).into_iter().map(|it| (it, rest)).collect();
        let mut found = Vec::new();
        while let Some((definition, rest)) = queue.pop_front() {
            let Some((next, after)) = rest.split_first() else {
                found.push((definition, rest));
                continue;
            };
            match definition {
                Definition::Module(module) => {
                    queue.extend(self.definitions(module, next).into_iter().map(|it| (it, after)));
                }
                Definition::Namespace(from, dotted) => {
                    queue.push_back((self.module(from, 0, &format!("{dotted}.{next}")), after));
                }
                Definition::External(dotted) => {
                    queue.push_back((Definition::External(format!("{dotted}.{next}")), after));
                }
                other => found.push((other, rest)),
            }
        }
        found
    }

    fn collect(&self, file: usize, name: &str, asked: &mut Asked, found: &mut Vec<Definition<'s>>) {
        if asked.len() > 1000 || !asked.insert((file, name.to_owned())) {
            return;
        }
        let mut add = |definition: Definition<'s>| {
            if !found.contains(&definition) {
                found.push(definition);
            }
        };
        let bindings = &self.bindings[file];
        let own = bindings.names.get(name).map_or(&[][..], Vec::as_slice);
        for binding in own {
            match *binding {
                Binding::Function(it) => add(Definition::Function(file, it)),
                Binding::Class(it) => add(Definition::Class(file, it)),
                Binding::Statement(it) => add(Definition::Statement(file, it)),
                Binding::Module { dotted, renamed } => {
                    let wanted = if renamed { dotted } else { name };
                    add(self.module(file, 0, wanted));
                }
                Binding::Member { level, module, name } => {
                    let mut inner = Vec::new();
                    self.member(file, level, module, name, asked, &mut inner);
                    inner.into_iter().for_each(&mut add);
                }
            }
        }
        if !own.is_empty() {
            return;
        }
        if let Some(module) = self.modules.submodule(self.sources.files[file].path, name) {
            add(Definition::Module(module));
            return;
        }
        for (level, module) in &bindings.stars {
            if let Definition::Module(target) = self.module(file, *level, module) {
                self.collect(target, name, asked, found);
            }
        }
    }

    fn member(
        &self,
        file: usize,
        level: u32,
        module: &str,
        name: &str,
        asked: &mut Asked,
        found: &mut Vec<Definition<'s>>,
    ) {
        match self.module(file, level, module) {
            Definition::Module(target) => {
                self.collect(target, name, asked, found);
                if found.is_empty() {
                    found.push(Definition::Missing(format!("{}.{name}", written(level, module))));
                }
            }
            Definition::Namespace(from, dotted) => {
                found.push(self.module(from, 0, &format!("{dotted}.{name}")))
            }
            Definition::External(dotted) => found.push(Definition::External(format!("{dotted}.{name}"))),
            other => found.push(other),
        }
    }

    /// What `module`, with so many dots before it, means when it is written in `file`.
    pub fn module(&self, file: usize, level: u32, module: &str) -> Definition<'s> {
        let written = written(level, module);
        let from = self.sources.files[file].path;
        match self.modules.resolve(from, &written) {
            Some(target) => Definition::Module(target),
            None if self.modules.is_missing(from, &written) => Definition::Missing(written),
            None if self.modules.is_package(from, &written) => Definition::Namespace(file, written),
            None => Definition::External(written),
        }
    }
}

fn written(level: u32, module: &str) -> String {
    format!("{}{module}", ".".repeat(level as usize))
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::audit::tree::{FileKind, Language, SourceFile};

    fn tree(files: &[(&str, &str)]) -> SourceTree {
        let mut tree = SourceTree { root: PathBuf::from("."), ..SourceTree::default() };
        for (path, text) in files {
            tree.paths.insert((*path).to_owned());
            tree.files.push(SourceFile {
                path: (*path).to_owned(),
                kind: FileKind::Code(Language::Python),
                text: (*text).to_owned(),
            });
        }
        tree.files.sort_by(|a, b| a.path.cmp(&b.path));
        tree
    }

    /// `b.py:def f` for each definition.
    fn shown(files: &[(&str, &str)], path: &str, name: &str) -> Vec<String> {
        let tree = tree(files);
        let sources = PythonSources::parse(&tree);
        let names = PythonNames::new(&sources, &tree);
        let file = sources.at_path(path).expect("the file is there");
        let path: Vec<&str> = name.split('.').collect();
        let of = |(definition, rest): (Definition<'_>, &[&str])| {
            let at = |file: usize| sources.files[file].path;
            let shown = match definition {
                Definition::Function(file, it) => format!("{}:def {}", at(file), it.name),
                Definition::Class(file, it) => format!("{}:class {}", at(file), it.name),
                Definition::Statement(file, it) => {
                    format!("{}:{}", at(file), sources.files[file].slice(ruff_text_size::Ranged::range(it)))
                }
                Definition::Module(file) => at(file).to_owned(),
                Definition::Namespace(_, name) => format!("namespace {name}"),
                Definition::External(name) => format!("external {name}"),
                Definition::Missing(name) => format!("missing {name}"),
            };
            std::iter::once(shown)
                .chain(rest.iter().map(|part| (*part).to_owned()))
                .collect::<Vec<_>>()
                .join(" ")
        };
        names.dotted(file, &path).into_iter().map(of).collect()
    }

    const TREE: &[(&str, &str)] = &[
        ("srv/manage.py", ""),
        ("srv/api/__init__.py", "from .build import *\nfrom .send import push as send_out\n"),
        ("srv/api/build.py", "KIND = 'x'\ndef envelope(data):\n    return data\n"),
        (
            "srv/api/send.py",
            "try:\n    import ujson as json\nexcept ImportError:\n    import json\ndef push(m): pass\n",
        ),
        (
            "srv/jobs/loop.py",
            "from api import envelope, send_out, KIND, nothing\nimport api.send\nimport api.build as b\nfrom ..api.send import push\nfrom api import send as module\n",
        ),
        ("srv/circle/a.py", "from circle.b import x\n"),
        ("srv/circle/b.py", "from circle.a import x\n"),
    ];

    #[test]
    fn a_name_leads_through_imports_to_where_it_is_defined() {
        let of = |name: &str| shown(TREE, "srv/jobs/loop.py", name);
        assert_eq!(of("envelope"), ["srv/api/build.py:def envelope"]);
        assert_eq!(of("send_out"), ["srv/api/send.py:def push"]);
        assert_eq!(of("KIND"), ["srv/api/build.py:KIND = 'x'"]);
        assert_eq!(of("push"), ["srv/api/send.py:def push"]);
        assert_eq!(of("api.send.push"), ["srv/api/send.py:def push"]);
        assert_eq!(of("b.envelope"), ["srv/api/build.py:def envelope"]);
        assert_eq!(of("module"), ["srv/api/send.py"]);
        assert_eq!(of("nothing"), ["missing api.nothing"]);
        assert_eq!(of("len"), [""; 0]);
        assert_eq!(shown(TREE, "srv/api/send.py", "json"), ["external ujson", "external json"]);
    }

    #[test]
    fn a_circle_of_imports_ends() {
        assert_eq!(shown(TREE, "srv/circle/a.py", "x"), ["missing circle.a.x"]);
    }

    #[test]
    fn deep_nesting_is_said_and_does_not_overflow() {
        let deep = format!("x = {}1{}\n", "[".repeat(100_000), "]".repeat(100_000));
        let minus = format!("x = {}1\n", "-".repeat(1_000_000));
        let calls = format!("x = f{}\n", "()".repeat(200_000));
        for text in [deep.as_str(), minus.as_str(), calls.as_str()] {
            let tree = tree(&[("a.py", text), ("b.py", "x = 1\n")]);
            let sources = PythonSources::parse(&tree);
            assert_eq!(sources.files[0].trouble, Some(super::super::Trouble::TooDeep));
            assert_eq!(sources.files[1].trouble, None);
        }
    }
}
