//! What a file's path says about it: tests, type declarations, examples. Conventions of the languages, not of Thor.

/// Test code does not run in production.
pub(in crate::audit) fn is_test(path: &str) -> bool {
    let mut parts = path.rsplit('/');
    let name = parts.next().unwrap_or(path);
    let stem = name.split('.').next().unwrap_or(name);
    let by_name = stem.starts_with("test_")
        || stem.ends_with("_test")
        || stem == "conftest"
        || stem == "tests"
        || [".test.", ".spec.", ".stories.", ".e2e."].iter().any(|mark| name.contains(mark));
    by_name
        || parts.any(|part| matches!(part, "tests" | "test" | "__tests__" | "__mocks__" | "e2e" | "cypress"))
}

/// Only types: nothing in it runs.
pub(in crate::audit) fn is_declaration(path: &str) -> bool {
    path.ends_with(".d.ts") || path.ends_with(".d.mts") || path.ends_with(".d.cts")
}

/// The name under which `manage.py` starts the command in this file.
pub(in crate::audit) fn management_command(path: &str) -> Option<&str> {
    let (directory, name) = path.rsplit_once('/')?;
    let stem = name.strip_suffix(".py").filter(|stem| !stem.starts_with('_'))?;
    directory.ends_with("management/commands").then_some(stem)
}
