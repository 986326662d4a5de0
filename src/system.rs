//! Where systems differ: who may read a file and who owns it, a clock that goes on in sleep, whose the terminal is, unix
//! sockets. A test lists who else may ask which system this is.
//!
//! On a system without the thing each function says what is nearest: nothing here fails for want of Unix but a unix socket.

use std::fs::{File, Metadata, OpenOptions};
use std::io;
use std::path::Path;
use std::process::{Child, Command};

use tokio::io::{AsyncRead, AsyncWrite};

pub const HAS_UNIX_SOCKETS: bool = cfg!(unix);

/// Files that are made by these options are their owner's only. What is there already keeps its permissions; on Windows
/// a file has those of its folder.
pub fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}

/// Takes a file's permissions from everybody but its owner.
///
/// # Errors
/// Where the system refuses.
pub fn make_private(file: &File) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        file.set_permissions(std::fs::Permissions::from_mode(0o600))?;
    }
    #[cfg(not(unix))]
    let _ = file;
    Ok(())
}

/// The permission bits of a file; `None` where there are none.
pub fn mode(metadata: &Metadata) -> Option<u32> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        Some(metadata.permissions().mode() & 0o7777)
    }
    #[cfg(not(unix))]
    {
        let _ = metadata;
        None
    }
}

/// Gives a draft the permissions and the owner of the file it is to replace; `false` where that is not allowed.
///
/// # Errors
/// Where the draft cannot be asked.
pub fn make_like(draft: &File, metadata: &Metadata) -> io::Result<bool> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt as _, fchown};
        let own = draft.metadata()?;
        if (own.uid(), own.gid()) != (metadata.uid(), metadata.gid())
            && fchown(draft, Some(metadata.uid()), Some(metadata.gid())).is_err()
        {
            return Ok(false);
        }
    }
    draft.set_permissions(metadata.permissions())?;
    Ok(true)
}

/// A nameless beginning of a file that will be everybody's as others in the folder are: by the user's mask.
///
/// # Errors
/// Where no file can be made in the folder.
pub fn draft_in(folder: &Path) -> io::Result<tempfile::NamedTempFile> {
    let mut draft = tempfile::Builder::new();
    draft.prefix(".thor-cutover-");
    #[cfg(unix)]
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o666);
    #[cfg(unix)]
    draft.permissions(mode);
    draft.tempfile_in(folder)
}

/// Nanoseconds since some instant before, which go on while the machine sleeps; `None` where no clock is known to.
pub fn boot_time() -> Option<i128> {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
        Some(i128::from(time.tv_sec) * 1_000_000_000 + i128::from(time.tv_nsec))
    }
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    None
}

/// Whether this process may change the terminal: a job in the background would be stopped for it.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub fn is_in_foreground(terminal: impl std::os::fd::AsFd) -> bool {
    match rustix::termios::tcgetpgrp(terminal) {
        Ok(foreground) => foreground == rustix::process::getpgrp(),
        // not the terminal that controls us: nobody is stopped for touching it
        Err(_) => true,
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub fn is_in_foreground<T>(_terminal: T) -> bool {
    true
}

/// A connection by a unix socket.
///
/// # Errors
/// Where nobody listens, or where there are none.
pub async fn unix_stream(path: &Path) -> io::Result<impl AsyncRead + AsyncWrite + Unpin + Send + 'static> {
    #[cfg(unix)]
    return tokio::net::UnixStream::connect(path).await;
    #[cfg(not(unix))]
    {
        let why = format!("there are no unix sockets here: {}", path.display());
        Err::<tokio::io::DuplexStream, _>(io::Error::new(io::ErrorKind::Unsupported, why))
    }
}

/// Makes a program the head of a group of its own, so that what it starts can be ended with it.
pub fn in_own_group(command: &mut Command) -> &mut Command {
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(command, 0);
    command
}

/// Ends a program that was started [`in_own_group`]: on Linux with all that it started, elsewhere alone.
pub fn end_group(child: &mut Child) -> io::Result<()> {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    rustix::process::kill_process_group(
        rustix::process::Pid::from_child(child),
        rustix::process::Signal::KILL,
    )?;
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    child.kill()?;
    child.wait().map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_private_file_is_its_owners_and_a_like_one_has_the_bits_of_the_other() {
        let folder = tempfile::tempdir().unwrap();
        let open = |name: &str| {
            private(File::options().write(true).create(true)).open(folder.path().join(name)).unwrap()
        };
        let own = open("own");
        let bits = |file: &File| mode(&file.metadata().unwrap());
        assert_eq!(bits(&own), cfg!(unix).then_some(0o600));
        let other = File::create(folder.path().join("other")).unwrap();
        assert!(make_like(&own, &other.metadata().unwrap()).unwrap());
        assert_eq!(bits(&own), bits(&other));
        make_private(&own).unwrap();
        assert_eq!(bits(&own), cfg!(unix).then_some(0o600));
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_group_is_ended_with_what_its_head_started() {
        use std::io::Read as _;
        let mut command = Command::new("sh");
        let script = ["-c", "sleep 1000 & wait"];
        let mut head =
            in_own_group(&mut command).args(script).stdout(std::process::Stdio::piped()).spawn().unwrap();
        let mut held = head.stdout.take().unwrap();
        std::thread::sleep(std::time::Duration::from_millis(200));
        end_group(&mut head).unwrap();
        // both hold the pipe: it is closed when neither is left
        assert_eq!(held.read(&mut [0]).unwrap(), 0);
    }
}
