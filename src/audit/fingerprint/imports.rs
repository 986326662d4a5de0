//! From an import to the module of the tree that it means.

use crate::audit::python::{PythonModules, PythonSources};
use crate::audit::tree::SourceTree;

/// What an import of a module leads to.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::audit) enum ImportTarget {
    /// A module of the tree.
    Module(usize),
    /// A package of the tree without a file of its own: its dotted name, as seen from the asking file.
    Namespace(usize, String),
    /// Not in the tree: the dotted name.
    External(String),
    /// It must be in the tree and is not.
    Missing,
}

/// The modules of a tree by the names under which they are imported.
pub(in crate::audit) struct PythonNames<'s, 't> {
    pub sources: &'s PythonSources<'t>,
    pub modules: PythonModules<'t>,
}

impl<'s, 't> PythonNames<'s, 't> {
    pub fn new(sources: &'s PythonSources<'t>, tree: &'t SourceTree) -> Self {
        let paths = sources.files.iter().map(|file| file.path).enumerate();
        Self { sources, modules: PythonModules::new(paths, tree) }
    }

    /// What `module`, with so many dots before it, means when it is written in `file`.
    pub fn module(&self, file: usize, level: u32, module: &str) -> ImportTarget {
        let written = written(level, module);
        let from = self.sources.files[file].path;
        match self.modules.resolve(from, &written) {
            Some(target) => ImportTarget::Module(target),
            None if self.modules.is_missing(from, &written) => ImportTarget::Missing,
            None if self.modules.is_package(from, &written) => ImportTarget::Namespace(file, written),
            None => ImportTarget::External(written),
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

    #[test]
    fn deep_nesting_is_said_and_does_not_overflow() {
        let deep = format!("x = {}1{}\n", "[".repeat(100_000), "]".repeat(100_000));
        let minus = format!("x = {}1\n", "-".repeat(1_000_000));
        let calls = format!("x = f{}\n", "()".repeat(200_000));
        for text in [deep.as_str(), minus.as_str(), calls.as_str()] {
            let tree = tree(&[("a.py", text), ("b.py", "x = 1\n")]);
            let sources = PythonSources::parse(&tree);
            assert_eq!(sources.files[0].trouble, Some(crate::audit::python::Trouble::TooDeep));
            assert_eq!(sources.files[1].trouble, None);
        }
    }
}
