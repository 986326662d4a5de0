//! Which files are source, which directories are not entered, and why. Decided by name, and by what lies beside.

use super::{FileKind, Language};

/// Directories that hold other people's code, machine-made code or history.
const CLOSED: [(&str, &str); 26] = [
    ("node_modules", "installed packages"),
    ("bower_components", "installed packages"),
    ("site-packages", "installed packages"),
    (".git", "version control"),
    (".hg", "version control"),
    (".svn", "version control"),
    ("__pycache__", "caches"),
    (".mypy_cache", "caches"),
    (".pytest_cache", "caches"),
    (".ruff_cache", "caches"),
    (".cache", "caches"),
    (".parcel-cache", "caches"),
    (".vite", "caches"),
    (".turbo", "caches"),
    (".tox", "virtual environment"),
    (".nox", "virtual environment"),
    (".venv", "virtual environment"),
    (".next", "build output"),
    (".nuxt", "build output"),
    (".output", "build output"),
    ("staticfiles", "build output"),
    ("storybook-static", "build output"),
    ("coverage", "build output"),
    ("htmlcov", "build output"),
    (".idea", "editor settings"),
    (".vscode", "editor settings"),
];

/// Why a directory is not entered; `has` tells whether it contains a file of that name or suffix (`*.py`),
/// `beside` whether its parent does.
pub(super) fn closed(
    name: &str,
    has: impl Fn(&str) -> bool,
    beside: impl Fn(&str) -> bool,
) -> Option<&'static str> {
    if let Some((_, reason)) = CLOSED.iter().find(|(closed, _)| *closed == name) {
        return Some(reason);
    }
    if has("pyvenv.cfg") {
        return Some("virtual environment");
    }
    match name {
        "migrations" if has("__init__.py") || has("0001_initial.py") => Some("database migrations"),
        "venv" | "env" | "virtualenv" if !has("*.py") && !has("*.ts") => Some("virtual environment"),
        "dist" | "build" | "out" if (beside("package.json") || has("index.html")) && !has("*.py") => {
            Some("build output")
        }
        _ => None,
    }
}

/// What a file is for the audit; `None`: only its path matters.
pub(super) fn kind(name: &str) -> Option<FileKind> {
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    Some(match extension {
        "py" | "pyw" => FileKind::Code(Language::Python),
        "ts" | "mts" | "cts" => FileKind::Code(Language::TypeScript),
        "tsx" | "js" | "jsx" | "mjs" | "cjs" => FileKind::Code(Language::Tsx),
        "md" | "mdx" | "rst" | "txt" | "adoc" => FileKind::Document,
        "html" | "htm" | "vue" | "svelte" => FileKind::Page,
        "ipynb" | "astro" | "coffee" | "pyx" | "dart" | "kt" | "swift" | "java" | "go" | "rb" | "php"
        | "cs" => FileKind::Foreign,
        "sh" | "bash" | "ps1" | "bat" | "cmd" | "yml" | "yaml" | "service" | "http" => FileKind::Operation,
        "json" if ["tsconfig", "jsconfig", "package."].iter().any(|start| name.starts_with(start)) => {
            FileKind::Configuration
        }
        _ => match name {
            "Procfile" | "Makefile" | "justfile" | "supervisord.conf" => FileKind::Operation,
            _ if name.starts_with("Dockerfile") => FileKind::Operation,
            _ => return None,
        },
    })
}

/// A bundle that no person edits: long, and hardly any line breaks.
pub(super) fn is_minified(name: &str, bytes: &[u8]) -> bool {
    let script = [".js", ".mjs", ".cjs"].iter().any(|suffix| name.ends_with(suffix));
    if !script {
        return false;
    }
    let lines = 1 + memchr::memchr_iter(b'\n', bytes).count();
    name.contains(".min.") || (bytes.len() > 32 * 1024 && bytes.len() / lines > 400)
}
