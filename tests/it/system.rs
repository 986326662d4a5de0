//! What tests ask of the system. On Windows those that need it are left out: `.github/workflows/ci.yml` names them.

use std::path::Path;

/// How a process is ended.
#[derive(Debug, Clone, Copy)]
pub enum Ending {
    Kill,
    Interrupt,
}

#[cfg(unix)]
pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Ends a process that may have ended already.
#[cfg(unix)]
pub fn end(process: u32, how: Ending) {
    use rustix::process::{Pid, Signal, kill_process};
    let process = Pid::from_raw(i32::try_from(process).unwrap()).unwrap();
    let signal = match how {
        Ending::Kill => Signal::KILL,
        Ending::Interrupt => Signal::INT,
    };
    let _ = kill_process(process, signal);
}

#[cfg(unix)]
pub fn set_mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

#[cfg(unix)]
pub fn link(original: &Path, link: &Path) {
    std::os::unix::fs::symlink(original, link).unwrap();
}

#[cfg(not(unix))]
pub fn is_root() -> bool {
    false
}

#[cfg(not(unix))]
pub fn end(process: u32, how: Ending) {
    panic!("{how:?} of {process}: needs Unix");
}

#[cfg(not(unix))]
pub fn set_mode(path: &Path, mode: u32) {
    panic!("mode {mode:o} of {}: needs Unix", path.display());
}

#[cfg(not(unix))]
pub fn link(original: &Path, link: &Path) {
    panic!("{} as {}: needs Unix", original.display(), link.display());
}
