//! The process's surroundings, read once at the top and passed down as values.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::IsTerminal as _;
use std::path::PathBuf;

/// What a command may know of its surroundings.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    pub arguments: Vec<OsString>,
    /// Variables whose name and value are Unicode.
    pub variables: BTreeMap<String, String>,
    pub folder: PathBuf,
    /// Who runs the process, and on which machine; empty where the system does not say.
    pub user: String,
    pub host: String,
    /// Columns of the terminal that the answer goes to, or that `COLUMNS` promises; none where it goes elsewhere.
    pub columns: Option<usize>,
    pub stdin_is_terminal: bool,
    pub stdout_is_terminal: bool,
    pub stderr_is_terminal: bool,
}

impl Environment {
    pub fn of_process() -> Self {
        let promised = std::env::var_os("COLUMNS").and_then(|columns| columns.to_str()?.parse().ok());
        let stdout_is_terminal = std::io::stdout().is_terminal();
        let seen = || terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
        Self {
            columns: if stdout_is_terminal { seen().or(promised) } else { promised },
            arguments: std::env::args_os().collect(),
            variables: std::env::vars_os()
                .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
                .collect(),
            folder: std::env::current_dir().unwrap_or_default(),
            user: whoami::username().unwrap_or_default(),
            host: whoami::hostname().unwrap_or_default(),
            stdin_is_terminal: std::io::stdin().is_terminal(),
            stdout_is_terminal,
            stderr_is_terminal: std::io::stderr().is_terminal(),
        }
    }

    /// How wide an answer for people may be: 80 columns where there is no terminal.
    pub fn width(&self) -> usize {
        self.columns.filter(|columns| *columns > 0).unwrap_or(80).clamp(40, 200)
    }

    /// A variable's value; an empty one counts as unset.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }
}
