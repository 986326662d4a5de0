//! The binary on a pseudo-terminal, and what the terminal shows: bytes go through a terminal's own parser.

use std::io::{Read as _, Write as _};
use std::num::NonZero;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, SlavePty, native_pty_system};
use thor_cutover::clock::Clock;
use thor_cutover::model::time::Nanos;

use super::{Stage, variables};

/// Nothing that is waited for takes longer, on however slow a machine.
const PATIENCE: Duration = Duration::from_secs(60);
/// How a terminal is told to show its own screen again.
const LEAVE: &str = "\u{1b}[?1049l";

pub struct Terminal {
    master: Box<dyn MasterPty + Send>,
    /// Kept open: a terminal that nobody has open forgets its modes.
    _slave: Box<dyn SlavePty + Send>,
    child: Box<dyn Child + Send + Sync>,
    keyboard: Box<dyn std::io::Write + Send>,
    heard: Arc<Mutex<Heard>>,
}

struct Heard {
    screen: vt100::Parser,
    bytes: Vec<u8>,
}

fn size(columns: u16, rows: u16) -> PtySize {
    PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 }
}

fn some(count: u16) -> NonZero<u16> {
    NonZero::new(count).unwrap()
}

impl Terminal {
    /// `shadow-diff` with these arguments and further variables, on a terminal of 80 × 24.
    pub fn start(stage: &Stage, arguments: &[&str], more: &[(&str, &str)]) -> Self {
        Self::start_by(&[env!("CARGO_BIN_EXE_thor-cutover")], stage, arguments, more)
    }

    /// The same by way of another program.
    pub fn start_by(program: &[&str], stage: &Stage, arguments: &[&str], more: &[(&str, &str)]) -> Self {
        let mut command = CommandBuilder::from_argv(program.iter().map(Into::into).collect());
        command.env_clear();
        for (name, value) in variables("xterm-256color") {
            command.env(name, value);
        }
        for (name, value) in more {
            command.env(name, value);
        }
        command.args(["shadow-diff", "--every", "200ms"]);
        command.args(arguments);
        command.cwd(stage.path());
        Self::of(command)
    }

    /// Any program, on a terminal of 80 × 24.
    pub fn of(command: CommandBuilder) -> Self {
        let pty = native_pty_system().openpty(size(80, 24)).unwrap();
        let child = pty.slave.spawn_command(command).unwrap();
        let heard = Arc::new(Mutex::new(Heard {
            screen: vt100::Parser::new(some(24), some(80), 0),
            bytes: Vec::new(),
        }));
        let mut reader = pty.master.try_clone_reader().unwrap();
        let listener = Arc::clone(&heard);
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(count @ 1..) = reader.read(&mut buffer) {
                let mut heard = listener.lock().unwrap();
                heard.screen.process(&buffer[..count]);
                heard.bytes.extend_from_slice(&buffer[..count]);
            }
        });
        let keyboard = pty.master.take_writer().unwrap();
        Self { master: pty.master, _slave: pty.slave, child, keyboard, heard }
    }

    /// The screen once it is as wanted.
    pub fn wait(&self, what: &str, is_wanted: impl Fn(&vt100::Screen) -> bool) -> String {
        let clock = Clock::start();
        loop {
            let (is_there, shown) = {
                let heard = self.heard.lock().unwrap();
                (is_wanted(heard.screen.screen()), heard.screen.screen().contents())
            };
            if is_there {
                return shown;
            }
            assert!(clock.now().since(Nanos::ZERO) < PATIENCE, "{what}: not seen; there is\n{shown}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// The same for a piece of text.
    pub fn wait_for(&self, text: &str) -> String {
        self.wait(text, |screen| screen.contents().contains(text))
    }

    pub fn wait_gone(&self, text: &str) -> String {
        self.wait(&format!("no {text}"), |screen| !screen.contents().contains(text))
    }

    pub fn press(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).unwrap();
        self.keyboard.flush().unwrap();
    }

    pub fn resize(&self, columns: u16, rows: u16) {
        self.heard.lock().unwrap().screen.screen_mut().set_size(some(rows), some(columns));
        self.master.resize(size(columns, rows)).unwrap();
    }

    pub fn signal(&self, name: &str) {
        let process = self.child.process_id().unwrap().to_string();
        assert!(Command::new("kill").args([name, &process]).status().unwrap().success());
    }

    /// Everything that was ever written to the terminal.
    pub fn bytes(&self) -> String {
        String::from_utf8_lossy(&self.heard.lock().unwrap().bytes).into_owned()
    }

    /// What was written after the view was left, once it has this text.
    pub fn wait_after(&self, text: &str) -> String {
        let clock = Clock::start();
        loop {
            let bytes = self.bytes();
            let after = bytes.rsplit(LEAVE).next().unwrap_or_default();
            if bytes.contains(LEAVE) && after.contains(text) {
                return after.to_owned();
            }
            assert!(
                clock.now().since(Nanos::ZERO) < PATIENCE,
                "{text}: not said after the view; there is\n{after}"
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Waits for the end of the run; its exit code.
    pub fn exit_code(&mut self) -> u32 {
        let clock = Clock::start();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.exit_code();
            }
            assert!(clock.now().since(Nanos::ZERO) < PATIENCE, "it does not end; there is\n{}", self.bytes());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// The terminal must be as it was before: on its own screen, with a cursor, line by line, echoing.
    pub fn is_given_back(&self) {
        self.wait("the screen as it was", |screen| !screen.alternate_screen() && !screen.hide_cursor());
        if cfg!(target_os = "linux") {
            let name = self.master.tty_name().unwrap();
            let modes = Command::new("stty").arg("-a").arg("-F").arg(name).output().unwrap();
            let modes = String::from_utf8_lossy(&modes.stdout).into_owned();
            let is_on = |mode: &str| modes.split_whitespace().any(|word| word == mode);
            assert!(is_on("icanon") && is_on("echo") && is_on("isig") && is_on("opost"), "{modes}");
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
    }
}
