//! Which modules a browser gets to run: those that the entry page's script imports, directly or not.

use std::collections::BTreeSet;

use crate::audit::program::Program;
use crate::audit::tree::{FileKind, SourceTree};

pub(in crate::audit) struct Mounted {
    /// `None`: no entry was found, nothing can be said.
    reached: Option<BTreeSet<usize>>,
}

impl Mounted {
    pub fn new(program: &Program<'_>, tree: &SourceTree) -> Self {
        let mut reached = entries(program, tree);
        let by_pattern = program.units.iter().enumerate().any(|(index, unit)| {
            let patterns = ["import.meta.glob", "require.context("];
            !program.is_python(index) && patterns.iter().any(|pattern| unit.text.contains(pattern))
        });
        let mut queue: Vec<usize> = reached.iter().copied().collect();
        while let Some(unit) = queue.pop() {
            queue.extend(program.imports_of(unit).into_iter().filter(|next| reached.insert(*next)));
        }
        Self { reached: (!reached.is_empty() && !by_pattern).then_some(reached) }
    }

    /// `false` only where it is sure that no entry leads to the file.
    pub fn contains(&self, unit: usize) -> bool {
        self.reached.as_ref().is_none_or(|reached| reached.contains(&unit))
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
