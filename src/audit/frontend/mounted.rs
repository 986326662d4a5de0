//! Which modules a browser gets to run: those that the entry page's script imports, directly or not.

use std::collections::BTreeSet;

use crate::audit::program::Program;
use crate::audit::tree::{FileKind, SourceTree};

pub(in crate::audit) struct Mounted {
    /// `None`: no entry was found, nothing can be said.
    units: Option<BTreeSet<usize>>,
}

impl Mounted {
    pub fn new(program: &Program<'_>, tree: &SourceTree) -> Self {
        let mut queue: Vec<usize> = entries(program, tree);
        let scripts =
            program.units.iter().filter(|unit| unit.language != crate::audit::tree::Language::Python);
        let by_pattern = scripts
            .clone()
            .any(|unit| unit.text.contains("import.meta.glob") || unit.text.contains("require.context("));
        if queue.is_empty() || by_pattern {
            return Self { units: None };
        }
        let mut units: BTreeSet<usize> = queue.iter().copied().collect();
        while let Some(unit) = queue.pop() {
            let module = &program.units[unit].module;
            let imported =
                module.imports.iter().filter(|import| !import.types_only).map(|import| import.module);
            let again = module.re_exports.iter().map(|export| export.module);
            for target in imported.chain(again) {
                if let Some(next) = program.script_modules().resolve(program.path(unit), target)
                    && units.insert(next)
                {
                    queue.push(next);
                }
            }
        }
        Self { units: Some(units) }
    }

    /// `false` only where it is sure that no entry leads to the file.
    pub fn contains(&self, unit: usize) -> bool {
        self.units.as_ref().is_none_or(|units| units.contains(&unit))
    }
}

/// Scripts that a page names, and modules that render into a page.
fn entries(program: &Program<'_>, tree: &SourceTree) -> Vec<usize> {
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
    found.into_iter().collect()
}
