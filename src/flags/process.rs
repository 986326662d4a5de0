//! The environment a running process was started with, on Linux.

use std::collections::BTreeMap;

/// The variables of process `pid` as its start left them: what it changed itself since is not seen.
///
/// # Errors
/// A line for a person: no such process, not ours to read, or a system without `/proc`.
#[cfg(target_os = "linux")]
pub fn environment(pid: u32) -> Result<BTreeMap<String, String>, String> {
    let path = format!("/proc/{pid}/environ");
    let bytes = std::fs::read(&path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => {
            format!("there is no process {pid}; pgrep -af daphne lists those of a backend")
        }
        std::io::ErrorKind::PermissionDenied => {
            format!("process {pid} is another user's: its environment cannot be read")
        }
        _ => format!("cannot read {path}: {error}"),
    })?;
    if bytes.is_empty() {
        return Err(format!("process {pid} shows no environment: it has ended, or belongs to the kernel"));
    }
    let pairs = bytes.split(|byte| *byte == 0).filter_map(|pair| {
        let (name, value) = std::str::from_utf8(pair).ok()?.split_once('=')?;
        Some((name.to_owned(), value.to_owned()))
    });
    Ok(pairs.collect())
}

/// # Errors
/// Always: other systems do not show it.
#[cfg(not(target_os = "linux"))]
pub fn environment(pid: u32) -> Result<BTreeMap<String, String>, String> {
    Err(format!("the environment of process {pid} can only be read on Linux, from /proc"))
}
