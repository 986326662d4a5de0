//! What imports lead to, and what modules offer.

use super::resolve::{Definition, FARTHEST};
use super::{Program, Site};
use crate::audit::code::ImportNames;

impl<'p> Program<'p> {
    pub(super) fn resolve_import(
        &self,
        unit: usize,
        import: usize,
        name: Option<usize>,
        left: u32,
    ) -> Vec<Definition<'p>> {
        let import = &self.module(unit).imports[import];
        let target = self.imported(unit, import);
        let name = match (&import.names, name) {
            (ImportNames::Named(names), Some(name)) => names.get(name).map(|(imported, _)| *imported),
            (ImportNames::Dotted, None) => {
                let first = import.module.split('.').next().unwrap_or(import.module);
                return match target.filter(|_| first == import.module) {
                    Some(unit) => vec![Definition::Module(unit)],
                    None => vec![Definition::External(first.to_owned())],
                };
            }
            _ => None,
        };
        match (target, name) {
            (Some(unit), None) => vec![Definition::Module(unit)],
            (Some(target), Some(name)) => self.exported(target, name, left),
            (None, None) => vec![Definition::External(import.module.to_owned())],
            (None, Some(name)) => {
                let inside = self
                    .is_python(unit)
                    .then(|| self.python.in_namespace(self.path(unit), import.module, name));
                match inside.flatten() {
                    Some(unit) => vec![Definition::Module(unit)],
                    None => vec![Definition::External(format!("{}.{name}", import.module))],
                }
            }
        }
    }

    /// What a module offers under a name.
    pub(super) fn exported(&self, unit: usize, name: &'p str, left: u32) -> Vec<Definition<'p>> {
        let Some(left) = left.checked_sub(1) else { return Vec::new() };
        let top = Site { unit, function: 0 };
        let module = self.module(unit);
        if self.is_python(unit) {
            if self.scope(top).names.contains_key(name) {
                return self.resolve_name(name, top, left);
            }
            if let Some(unit) = self.python.submodule(self.path(unit), name) {
                return vec![Definition::Module(unit)];
            }
            return match self.through_stars(name, top, left) {
                found if matches!(found.as_slice(), [Definition::External(_)]) => Vec::new(),
                found => found,
            };
        }
        if let Some((_, local)) = module.exports.iter().find(|(exported, _)| *exported == name) {
            return self.resolve_name(local, top, left);
        }
        for export in &module.re_exports {
            let inner = match &export.names {
                Some(names) => match names.iter().find(|(_, exported)| *exported == name) {
                    Some((imported, _)) => *imported,
                    None => continue,
                },
                None if name != "default" => name,
                None => continue,
            };
            let Some(target) = self.scripts.resolve(self.path(unit), export.module) else { continue };
            let found = self.exported(target, inner, left);
            if !found.is_empty() {
                return found;
            }
        }
        match name {
            "default" => self.resolve_default(top, left),
            _ => Vec::new(),
        }
    }

    fn resolve_default(&self, top: Site, left: u32) -> Vec<Definition<'p>> {
        match self.scope(top).names.contains_key("default") {
            true => self.resolve_name("default", top, left),
            false => Vec::new(),
        }
    }

    /// A module offers a name at its top level, by itself or through a star import of the tree.
    pub fn offers(&self, unit: usize, name: &'p str) -> bool {
        let top = Site { unit, function: 0 };
        self.scope(top).names.contains_key(name) || !self.exported(unit, name, FARTHEST).is_empty()
    }

    /// The functions that a script offers to others, itself or from elsewhere; of a class its methods.
    pub fn offered(&self, unit: usize) -> Vec<Site> {
        let module = self.module(unit);
        let own = module.exports.iter().map(|(exported, _)| *exported);
        let again =
            module.re_exports.iter().flat_map(|export| export.names.iter().flatten().map(|(_, name)| *name));
        let mut found = Vec::new();
        for definition in own.chain(again).flat_map(|name| self.exported(unit, name, FARTHEST)) {
            match definition {
                Definition::Function(function) => found.push(function),
                Definition::Class(class) => found.extend(
                    self.class(class)
                        .methods
                        .iter()
                        .map(|method| Site { unit: class.unit, function: *method }),
                ),
                Definition::Value(value, owner) => found.extend(self.referred(value, owner)),
                _ => {}
            }
        }
        found
    }
}
