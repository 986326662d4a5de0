//! What a browser gets to run: the modules that the entry page's script imports, directly or not, and in them the
//! functions that one leads to: components, hooks, services, pages that are loaded later.

use std::collections::BTreeSet;

use crate::audit::code::{CallForm, Expr, ImportNames, Kind, Pattern, StatementKind, visit};
use crate::audit::program::{CallSite, Definition, Program, Site};
use crate::audit::tree::{FileKind, SourceTree};

pub(in crate::audit) struct Mounted {
    /// `None`: no entry was found, nothing can be said.
    files: Option<BTreeSet<usize>>,
    /// The functions that the application may run, from what its modules run when they are loaded.
    functions: BTreeSet<Site>,
}

/// Calls that only keep the functions that they are given, for whoever names their result.
const KEEPING: [&str; 8] =
    ["memo", "forwardRef", "observer", "lazy", "createContext", "createAsyncThunk", "create", "createSlice"];

impl Mounted {
    pub fn new(program: &Program<'_>, tree: &SourceTree) -> Self {
        let mut files = entries(program, tree);
        let by_pattern = program.units.iter().enumerate().any(|(index, unit)| {
            let patterns = ["import.meta.glob", "require.context("];
            !program.is_python(index) && patterns.iter().any(|pattern| unit.text.contains(pattern))
        });
        // `import(`./pages/${name}.tsx`)`
        let computed = |call: &CallSite<'_>| call.call.positional(0).is_some_and(|it| it.literal().is_none());
        if files.is_empty() || by_pattern || program.script_calls("import").iter().any(computed) {
            return Self { files: None, functions: BTreeSet::new() };
        }
        let mut queue: Vec<usize> = files.iter().copied().collect();
        while let Some(unit) = queue.pop() {
            queue.extend(program.imports_of(unit).into_iter().filter(|next| files.insert(*next)));
        }
        let functions = running(program, &files);
        Self { files: Some(files), functions }
    }

    /// The files that an entry leads to; `None`: no entry was found.
    pub fn files(&self) -> Option<&BTreeSet<usize>> {
        self.files.as_ref()
    }

    /// `false` only where it is sure that no entry leads to the file.
    pub fn contains(&self, unit: usize) -> bool {
        self.files.as_ref().is_none_or(|files| files.contains(&unit))
    }

    /// The application is known to lead to the function.
    pub fn runs(&self, site: Site) -> bool {
        self.functions.contains(&site)
    }
}

/// What is reached from what the modules run when they are loaded: components that others show, hooks and services
/// that they call, modules that are loaded later.
fn running(program: &Program<'_>, files: &BTreeSet<usize>) -> BTreeSet<Site> {
    let mut found: BTreeSet<Site> = files.iter().map(|unit| Site { unit: *unit, function: 0 }).collect();
    let mut queue = started(program, files);
    while let Some(site) = queue.pop() {
        if site.function == 0 || !found.insert(site) {
            continue;
        }
        queue.extend(program.edges(site));
        queue.extend(later(program, site));
        queue.extend(constructed(program, site));
    }
    found
}

/// What modules run when they are loaded.
pub(super) fn started(program: &Program<'_>, files: &BTreeSet<usize>) -> Vec<Site> {
    files.iter().flat_map(|unit| loaded(program, Site { unit: *unit, function: 0 })).collect()
}

/// What a module's top level runs, and not what it only defines.
fn loaded(program: &Program<'_>, top: Site) -> BTreeSet<Site> {
    let mut found = BTreeSet::new();
    for statement in &program.function(top).body {
        let parts: Vec<&Expr<'_>> = match &statement.kind {
            StatementKind::Expression(value) => vec![value],
            StatementKind::Assign { target, value, .. } => match &value.kind {
                Kind::Call(call) if !KEEPING.contains(&call.callee.last_name()) => vec![value],
                // Tables of what is shown where: `[{ path: "/", element: <Page/> }]`.
                Kind::Await(_) | Kind::List(_) | Kind::Record(_) => vec![value],
                // `balance.onMount = (set) => …`
                Kind::Function(_) if matches!(target, Pattern::Place(_)) => vec![value],
                _ => Vec::new(),
            },
            StatementKind::Function(_) | StatementKind::Class(_) | StatementKind::Import(_) => Vec::new(),
            _ => {
                let mut inside = Vec::new();
                visit::block(std::slice::from_ref(statement), &mut |part, _| {
                    if let visit::Part::Expression(expr) = part {
                        inside.push(expr);
                    }
                });
                inside
            }
        };
        for part in parts {
            found.extend(program.referred(part, top));
        }
    }
    found.extend(later(program, top));
    found
}

/// What modules offer that a function loads when it runs: `import('./Page')`.
pub(super) fn later(program: &Program<'_>, site: Site) -> Vec<Site> {
    let imports = program.module(site.unit).imports.iter();
    let lazy = imports.filter(|it| it.function == site.function && matches!(it.names, ImportNames::Nothing));
    lazy.filter_map(|import| program.imported(site.unit, import))
        .flat_map(|unit| program.offered(unit))
        .collect()
}

/// The methods of the classes of which a function makes objects.
fn constructed(program: &Program<'_>, site: Site) -> Vec<Site> {
    let mut found = Vec::new();
    visit::function(program.function(site), &mut |part, _| {
        let visit::Part::Expression(Expr { kind: Kind::Call(call), .. }) = part else { return };
        if !matches!(call.form, CallForm::New | CallForm::Element) {
            return;
        }
        for definition in program.resolve(&call.callee, site) {
            if let Definition::Class(class) = definition {
                let methods = program.class(class).methods.iter();
                found.extend(methods.map(|method| Site { unit: class.unit, function: *method }));
            }
        }
    });
    found
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
    let by_page = by_page_alone(program, tree);
    for (index, unit) in program.units.iter().enumerate() {
        let renders = ["createRoot(", "hydrateRoot(", "ReactDOM.render(", "createApp("];
        if unit.language != crate::audit::tree::Language::Python
            && !crate::audit::paths::is_test(unit.path)
            && renders.iter().any(|mark| unit.text.contains(mark))
            && !by_page.iter().any(|folder| unit.path.starts_with(folder))
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

/// The folders whose page lies beside their `package.json`, as Vite and Parcel want it: what it loads is served, and
/// nothing else.
fn by_page_alone<'t>(program: &Program<'_>, tree: &'t SourceTree) -> Vec<&'t str> {
    let pages = tree.files.iter().filter(|file| file.kind == FileKind::Page);
    let folders = pages.filter_map(|page| Some((page, page.path.strip_suffix("index.html")?)));
    let by_page = |folder: &str| {
        let named = |file: &crate::audit::tree::SourceFile, names: &[&str]| {
            file.path
                .strip_prefix(folder)
                .is_some_and(|name| names.iter().any(|start| name.starts_with(start)))
        };
        // Others put the script into the page.
        let others = ["webpack", "react-scripts", "craco", "rsbuild", "rspack"];
        let built = tree
            .files
            .iter()
            .any(|it| named(it, &["package.json"]) && !others.iter().any(|other| it.text.contains(other)));
        let inputs = tree.files.iter().any(|it| {
            named(it, &["webpack", "rspack"]) || named(it, &["vite.config."]) && it.text.contains("input")
        });
        built && !inputs
    };
    let loads = |page: &crate::audit::tree::SourceFile| {
        page.text.split("src=").skip(1).any(|part| {
            let quoted = part.split(['"', '\'']).nth(1).unwrap_or("");
            program.script_modules().resolve(&page.path, quoted).is_some()
        })
    };
    let alone =
        folders.filter(|(page, folder)| by_page(folder) && (loads(page) || !page.text.contains("<script")));
    alone.map(|(_, folder)| folder).collect()
}
