//! A program that prints one JSON event a line: the way in for whatever else pushes.
//!
//! Started again, after a pause, whenever it ends. Its environment is this process's, so that secrets need no argument;
//! what it says on stderr is told when it ends. When it is connected only it knows: its first line, which may be empty,
//! says so.

use std::process::Stdio;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use tokio::process::{Child, ChildStderr, ChildStdout, Command};
use tokio::task::JoinHandle;

use crate::observe::handshake::HandshakeError;
use crate::observe::queue::{Arrived, Outlet};

/// Kept of what a program says on stderr: its end. Much more than is shown: a secret that is cut off at its beginning
/// could not be told any more.
const MAX_COMPLAINT: usize = 8 << 10;

pub struct Program {
    command: Vec<String>,
    max_message: usize,
    queue: Outlet,
}

/// Killed when dropped.
pub struct RunningProgram {
    child: Child,
    lines: BufReader<ChildStdout>,
    complaint: JoinHandle<String>,
    /// Whether it has said anything.
    is_open: bool,
}

impl RunningProgram {
    /// Whether it has said that it is connected.
    pub fn is_open(&self) -> bool {
        self.is_open
    }
}

impl Program {
    /// `command`: the program and its arguments.
    pub fn new(command: &[String], max_message: usize, queue: Outlet) -> Self {
        Self { command: command.to_vec(), max_message, queue }
    }

    /// Starts it.
    ///
    /// # Errors
    /// [`HandshakeError::Program`] where it cannot be started.
    pub fn start(&self) -> Result<RunningProgram, HandshakeError> {
        let (program, arguments) =
            self.command.split_first().map_or(("", &[][..]), |(first, rest)| (first, rest));
        let failed = |why: String| HandshakeError::Program { program: program.to_owned(), why };
        let mut child = Command::new(program)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| failed(error.to_string()))?;
        let (Some(lines), Some(complaints)) = (child.stdout.take(), child.stderr.take()) else {
            return Err(failed("its output cannot be read".to_owned()));
        };
        self.queue.push(Arrived::Opening);
        Ok(RunningProgram {
            child,
            lines: BufReader::new(lines),
            complaint: tokio::spawn(last_words(complaints)),
            is_open: false,
        })
    }

    /// Reads its lines to the end: a close code, and how it ended.
    pub async fn read(&self, running: &mut RunningProgram) -> (u16, String) {
        let mut line = Vec::new();
        loop {
            line.clear();
            // One more than the limit tells that the limit is passed.
            let most = u64::try_from(self.max_message).unwrap_or(u64::MAX).saturating_add(1);
            match (&mut running.lines).take(most).read_until(b'\n', &mut line).await {
                Err(error) => return (1006, format!("its output cannot be read: {error}")),
                Ok(0) => break,
                Ok(_) if line.len() > self.max_message => {
                    return (1009, format!("a line is over the limit of {} bytes", self.max_message));
                }
                Ok(_) => {}
            }
            if !std::mem::replace(&mut running.is_open, true) {
                self.queue.push_or_wait(Arrived::Open).await;
            }
            match std::str::from_utf8(&line).map(str::trim) {
                Ok("") => {}
                Ok(text) => self.queue.push_or_wait(Arrived::Text(text.into())).await,
                Err(_) => {
                    self.queue.push_or_wait(Arrived::Binary { bytes: line.len(), content: None }).await;
                }
            }
        }
        let ended = match running.child.wait().await {
            Ok(status) => format!("the program ended: {status}"),
            Err(error) => format!("the program ended: {error}"),
        };
        let said = (&mut running.complaint).await.unwrap_or_default();
        let said = said.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default().trim();
        (1006, if said.is_empty() { ended } else { format!("{ended}: {said}") })
    }
}

/// The end of what it says on stderr.
async fn last_words(mut complaints: ChildStderr) -> String {
    let mut kept = Vec::new();
    let mut chunk = [0; 1024];
    while let Ok(length @ 1..) = complaints.read(&mut chunk).await {
        kept.extend_from_slice(&chunk[..length]);
        let surplus = kept.len().saturating_sub(MAX_COMPLAINT);
        kept.drain(..surplus);
    }
    String::from_utf8_lossy(&kept).into_owned()
}
