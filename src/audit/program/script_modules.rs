//! Module paths of TypeScript: which file `./x`, `@/lib/api` or `src/lib/api` is, seen from another file.

use std::collections::HashMap;

use crate::audit::parse::Unit;
use crate::audit::tree::{Language, SourceTree};

use super::aliases::Aliases;

const EXTENSIONS: [&str; 8] = ["ts", "tsx", "js", "jsx", "mjs", "cjs", "mts", "cts"];

pub(in crate::audit) struct ScriptModules<'p> {
    by_path: HashMap<&'p str, usize>,
    /// By the last part of the path without its extension; of an `index` the folder's name.
    by_stem: HashMap<&'p str, Vec<usize>>,
    paths: HashMap<usize, &'p str>,
    tree: &'p SourceTree,
    aliases: Aliases,
}

impl<'p> ScriptModules<'p> {
    pub fn new(units: &[Unit<'p>], tree: &'p SourceTree) -> Self {
        let scripts = units.iter().enumerate().filter(|(_, unit)| unit.language != Language::Python);
        let by_path: HashMap<&'p str, usize> = scripts.map(|(index, unit)| (unit.path, index)).collect();
        let mut by_stem: HashMap<&'p str, Vec<usize>> = HashMap::new();
        for (path, index) in &by_path {
            by_stem.entry(last(stem(path))).or_default().push(*index);
        }
        let paths = by_path.iter().map(|(path, index)| (*index, *path)).collect();
        Self { by_path, by_stem, paths, tree, aliases: Aliases::of(units, tree) }
    }

    /// The file of the tree that `module`, written in `from`, means.
    pub fn resolve(&self, from: &str, module: &str) -> Option<usize> {
        let module = without_query(module);
        if module.starts_with('.') {
            return self.at(&join(directory(from), module)?);
        }
        if let Some(rest) = module.strip_prefix('/') {
            return above(from).find_map(|directory| self.at(&child(directory, rest)));
        }
        if let Some(found) = self.aliases.paths(from, module).find_map(|path| self.at(&path)) {
            return Some(found);
        }
        let rest = alias(module)?;
        above(from)
            .find_map(|directory| {
                self.at(&child(directory, &format!("src/{rest}")))
                    .or_else(|| self.at(&child(directory, rest)))
            })
            .or_else(|| {
                let bare = module.trim_start_matches(['@', '~', '#']);
                above(from).find_map(|directory| self.at(&child(directory, &format!("src/{bare}"))))
            })
            .or_else(|| self.behind_alias(module))
    }

    /// An alias that only the bundler's configuration explains: the one file of the tree whose path ends like it.
    fn behind_alias(&self, module: &str) -> Option<usize> {
        let bare = module.trim_start_matches(['@', '~', '#']).trim_start_matches('/');
        let shorter = bare.split_once('/').map(|(_, rest)| rest).filter(|_| bare.len() < module.len());
        [Some(bare), shorter].into_iter().flatten().filter(|wanted| wanted.contains('/')).find_map(|wanted| {
            let wanted = stem(wanted);
            let ending = |index: &&usize| {
                let path = stem(self.paths[*index]);
                path.strip_suffix(wanted).is_some_and(|before| before.is_empty() || before.ends_with('/'))
            };
            let mut found = self.by_stem.get(last(wanted))?.iter().filter(ending);
            let only = found.next()?;
            found.next().is_none().then_some(*only)
        })
    }

    /// `true` where a relative import leads to nothing that the tree has, not even a style or an image.
    pub fn is_missing(&self, from: &str, module: &str) -> bool {
        if !module.starts_with('.') || self.resolve(from, module).is_some() {
            return false;
        }
        let Some(path) = join(directory(from), without_query(module)) else { return false };
        let other = ["", ".d.ts", ".json", ".vue", ".svelte", ".css", ".scss", ".svg"];
        !other.iter().any(|extension| self.tree.has_path(&format!("{path}{extension}")))
            && !self.tree.has_path(&format!("{path}/index.d.ts"))
            && !path.contains("generated")
    }

    fn at(&self, path: &str) -> Option<usize> {
        if let Some(index) = self.by_path.get(path) {
            return Some(*index);
        }
        // Written as it will be compiled: `./x.js` for `x.ts`.
        let stem = EXTENSIONS.iter().find_map(|extension| path.strip_suffix(&format!(".{extension}")));
        let names = [Some(path), stem].into_iter().flatten();
        for name in names {
            for extension in EXTENSIONS {
                let found = self.by_path.get(format!("{name}.{extension}").as_str());
                if let Some(index) = found {
                    return Some(*index);
                }
            }
        }
        EXTENSIONS
            .iter()
            .find_map(|extension| self.by_path.get(format!("{path}/index.{extension}").as_str()).copied())
    }
}

/// `./worker.ts?worker` is `./worker.ts`; `#shared/x` is a name.
fn without_query(module: &str) -> &str {
    let end = module.char_indices().skip(1).find(|(_, character)| matches!(character, '?' | '#'));
    end.map_or(module, |(end, _)| &module[..end])
}

/// A path without its extension, and without `index` at its end.
fn stem(path: &str) -> &str {
    let bare = EXTENSIONS.iter().find_map(|extension| path.strip_suffix(extension)?.strip_suffix('.'));
    let bare = bare.unwrap_or(path);
    bare.strip_suffix("/index").unwrap_or(bare)
}

fn last(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// What follows an alias: `@/x`, `~/x`, `#/x`, `src/x`, `@lib/x`; packages have none.
fn alias(module: &str) -> Option<&str> {
    let (first, rest) = module.split_once('/')?;
    match first {
        "@" | "~" | "#" | "src" | "@src" | "~src" | "@app" => Some(rest),
        _ if first.starts_with(['@', '~', '#']) => Some(module),
        _ => Some(module),
    }
}

pub(super) fn directory(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(directory, _)| directory)
}

/// The directories above a file, nearest first, the root last.
pub(super) fn above(path: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(directory(path)), |current| (!current.is_empty()).then(|| directory(current)))
}

pub(super) fn child(directory: &str, rest: &str) -> String {
    if directory.is_empty() { rest.to_owned() } else { format!("{directory}/{rest}") }
}

/// `a/b` + `../c` is `a/c`; `None` where it climbs out of the tree.
pub(super) fn join(directory: &str, relative: &str) -> Option<String> {
    let mut parts: Vec<&str> = directory.split('/').filter(|part| !part.is_empty()).collect();
    for part in relative.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            _ => parts.push(part),
        }
    }
    Some(parts.join("/"))
}
