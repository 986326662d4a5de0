//! Which modules a browser gets to run: those that the entry page's script imports, directly or not.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use crate::audit::program::Program;
use crate::audit::tree::{FileKind, SourceTree};

pub(in crate::audit) struct Mounted {
    /// `None`: no entry was found, nothing can be said.
    search: Option<Mutex<Search>>,
}

/// The search from the entries, through the files that were needed so far: those from which imports may lead to a
/// file that was asked about.
struct Search {
    needed: BTreeSet<usize>,
    /// What entries lead to straight or through needed files.
    reached: BTreeSet<usize>,
}

impl Mounted {
    pub fn new(program: &Program<'_>, tree: &SourceTree) -> Self {
        let entries = entries(program, tree);
        let by_pattern = program.units.iter().enumerate().any(|(index, unit)| {
            let patterns = ["import.meta.glob", "require.context("];
            !program.is_python(index) && patterns.iter().any(|pattern| unit.text.contains(pattern))
        });
        let search = Search { needed: BTreeSet::new(), reached: entries };
        let known = !search.reached.is_empty() && !by_pattern;
        Self { search: known.then(|| Mutex::new(search)) }
    }

    /// `false` only where it is sure that no entry leads to the file.
    pub fn contains(&self, program: &Program<'_>, unit: usize) -> bool {
        let Some(search) = &self.search else { return true };
        let mut search = search.lock().unwrap_or_else(PoisonError::into_inner);
        if !search.needed.contains(&unit) {
            search.extend(program, program.leading_to([unit]));
        }
        search.reached.contains(&unit)
    }
}

impl Search {
    fn extend(&mut self, program: &Program<'_>, more: BTreeSet<usize>) {
        let fresh: BTreeSet<usize> = more.difference(&self.needed).copied().collect();
        let mut queue: Vec<usize> = fresh.intersection(&self.reached).copied().collect();
        self.needed.extend(fresh);
        while !queue.is_empty() {
            program.fetch(queue.iter().copied());
            for unit in std::mem::take(&mut queue) {
                let module = program.module(unit);
                let imported =
                    module.imports.iter().filter(|import| !import.types_only).map(|import| import.module);
                let again = module.re_exports.iter().map(|export| export.module);
                let modules = imported.chain(again);
                let next = modules.filter_map(|it| program.script_modules().resolve(program.path(unit), it));
                queue.extend(next.filter(|it| self.reached.insert(*it) && self.needed.contains(it)));
            }
        }
    }
}

/// Scripts that a page names, and modules that render into a page.
fn entries(program: &Program<'_>, tree: &SourceTree) -> BTreeSet<usize> {
    let mut found = BTreeSet::new();
    for page in tree.files.iter().filter(|file| file.kind == FileKind::Page) {
        for part in page.text.split("src=").skip(1) {
            let quoted = part.split(['"', '\'']).nth(1).unwrap_or("");
            let target =
                if quoted.starts_with(['/', '.']) { quoted.to_owned() } else { format!("./{quoted}") };
            found.extend(program.script_modules().resolve(&page.path, &target));
        }
    }
    for (index, unit) in program.units.iter().enumerate() {
        let renders = ["createRoot(", "hydrateRoot(", "ReactDOM.render(", "createApp("];
        if unit.language != crate::audit::tree::Language::Python
            && !crate::audit::paths::is_test(unit.path)
            && renders.iter().any(|mark| unit.text.contains(mark))
        {
            found.insert(index);
        }
        // The scripts inside a page run with the page.
        if crate::audit::scripts::is_page(unit.path) {
            found.insert(index);
        }
    }
    found
}
