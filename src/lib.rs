//! thor-cutover: go or no-go before a REST timer is deleted.
//!
//! The life of a run, told once:
//!
//! 1. [`cli`] turns words into arguments; [`environment`] is read once.
//! 2. [`settings`] merges options, environment variables, `thor-cutover.toml` and the built-in [`contract`]; the former
//!    wins.
//! 3. [`commands`] gathers what its answer needs: [`observe`] and [`recording`] bring observations,
//!    [`flags`], [`audit`] and [`evidence`] bring facts.
//! 4. [`frames`] turns what a server sends into plain events; [`align`] explains REST samples by WebSocket versions, and
//!    calls [`diff`] to normalise payloads and to name what differs. [`propose`] derives rules from a recording.
//! 5. [`judge`] holds the tally and the facts against the gates: the verdict.
//!    [`watch`] is the same for weeks: it says which session is observed when.
//! 6. [`report`] renders the answer; this file prints it, and nothing else prints.

#![forbid(unsafe_code)]

pub mod align;
pub mod audit;
pub mod bounded;
pub mod cli;
pub mod clock;
pub mod commands;
pub mod contract;
pub mod diff;
pub mod doctor;
pub mod emulator;
pub mod environment;
pub mod error;
pub mod evidence;
pub mod flags;
pub mod frames;
pub mod json;
pub mod judge;
pub mod line_diff;
pub mod live;
pub mod model;
pub mod observe;
pub mod own_folder;
pub mod propose;
pub mod recording;
pub mod report;
pub mod secrets;
pub mod settings;
pub mod storage;
pub mod system;
pub mod watch;
pub mod whole_file;

use std::io::{BufRead as _, Write as _};
use std::process::ExitCode;

use clap::Parser as _;

use crate::environment::Environment;
use crate::error::Error;

/// Parses the command line, runs the command, prints its answer; the exit code is decided before printing.
pub fn run() -> ExitCode {
    let environment = Environment::of_process();
    secrets::register_variables(&environment.variables);
    for argument in &environment.arguments {
        secrets::register_url(&argument.to_string_lossy());
    }
    if let Some(shell) = environment.get(commands::completions::ASKED_BY) {
        propose_to(shell, &environment);
        return ExitCode::SUCCESS;
    }
    fail_on_panic();
    let cli = match cli::Cli::try_parse_from(&environment.arguments) {
        Ok(cli) => cli,
        Err(error) => {
            let code = u8::try_from(error.exit_code()).unwrap_or(2);
            let said = error.render().to_string();
            let printed = match secrets::redacted(&said) {
                std::borrow::Cow::Borrowed(_) => error.print(),
                std::borrow::Cow::Owned(safe) => std::io::stderr().lock().write_all(safe.as_bytes()),
            };
            return match printed {
                // whoever reads only the beginning of a help text has read it
                Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => ExitCode::from(4),
                _ => ExitCode::from(code),
            };
        }
    };
    let palette = report::palette::Palette::decide(cli.global.color, &environment);
    palette.apply();
    match answers(&cli, &environment) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            complain(&error);
            ExitCode::from(error.exit_code())
        }
    }
}

/// Answers once, or again and again where the answer is to be watched; until it fails, or a signal ends it.
fn answers(cli: &cli::Cli, environment: &Environment) -> error::Result<u8> {
    loop {
        let answer = commands::dispatch(cli, environment)?;
        let pause = answer.again_after();
        if pause.is_some() && cli.global.output.is_none() && environment.stdout_is_terminal {
            // Home, and clear what was there: each answer takes the place of the one before.
            let _ = std::io::stdout().lock().write_all(b"\x1b[H\x1b[2J\x1b[3J");
        }
        let code = deliver(cli, environment, answer.as_ref())?;
        match pause {
            Some(pause) => std::thread::sleep(pause),
            None => return Ok(code),
        }
    }
}

/// Answers a shell while a command is typed there. Whatever goes wrong, the prompt stays as it is.
fn propose_to(shell: &str, environment: &Environment) {
    std::panic::set_hook(Box::new(|_| {}));
    let proposed = std::panic::catch_unwind(|| commands::completions::proposed(shell, environment));
    if let Ok(Some(text)) = proposed {
        let _ = std::io::stdout().lock().write_all(secrets::redact(text).as_bytes());
    }
}

/// A panic is the tool's own failure, wherever it happens: said without secrets, and never a verdict.
#[expect(clippy::disallowed_methods, reason = "no way back to main from a thread that panicked")]
fn fail_on_panic() {
    std::panic::set_hook(Box::new(|panic| {
        say(&panic.to_string());
        let trace = std::backtrace::Backtrace::capture();
        if trace.status() == std::backtrace::BacktraceStatus::Captured {
            say(&trace.to_string());
        }
        say("error: thor-cutover itself failed: there is no verdict");
        std::process::exit(4);
    }));
}

/// Renders and writes the answer to stdout or `--output`; returns the exit code the answer had before.
fn deliver(cli: &cli::Cli, environment: &Environment, answer: &dyn report::Answer) -> error::Result<u8> {
    let code = answer.exit_code();
    let text = secrets::redact(answer.render(cli.global.format, environment)?);
    match &cli.global.output {
        Some(path) => whole_file::write(path, text.as_bytes()).map_err(Error::failed)?,
        None => {
            let mut out = std::io::stdout().lock();
            match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
                Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
                    return Err(Error::failed(anyhow::Error::new(error).context("writing to stdout")));
                }
                _ => {}
            }
        }
    }
    for hint in answer.hints() {
        say(&hint);
    }
    Ok(code)
}

fn complain(error: &Error) {
    say(&format!("error: {error}"));
    if let Some(hint) = &error.hint {
        say(&format!("hint: {hint}"));
    }
}

/// Asks a person: the question on stderr, the answer from stdin without its line ending; `None` at its end.
pub(crate) fn ask(question: &str) -> std::io::Result<Option<String>> {
    let mut out = std::io::stderr().lock();
    write!(out, "{}", secrets::redacted(question)).and_then(|()| out.flush())?;
    let mut line = String::new();
    let read = std::io::stdin().lock().read_line(&mut line)?;
    Ok((read > 0).then(|| line.trim_end_matches(['\r', '\n']).to_owned()))
}

/// Where the live view draws: stderr, since stdout is the answer.
pub(crate) fn screen() -> std::io::Stderr {
    std::io::stderr()
}

/// A line on stderr. A closed stderr is nobody's loss: the exit code still tells.
pub(crate) fn say(line: &str) {
    // What a server or a file put into an error must not reach the terminal as a command.
    for line in secrets::redacted(line).lines() {
        let _ = writeln!(std::io::stderr().lock(), "{}", model::text::visible(line));
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    /// The test's own program, once more.
    const CHILD: &str = "THOR_CUTOVER_TEST_PANICS";

    #[test]
    fn a_panic_on_any_thread_is_an_error_and_no_verdict() {
        let environment = Environment::of_process();
        if environment.variables.contains_key(CHILD) {
            fail_on_panic();
            let _ = std::thread::spawn(|| panic!("planted")).join();
            unreachable!("the process has ended");
        }
        let name = "tests::a_panic_on_any_thread_is_an_error_and_no_verdict";
        let mut child = Command::new(&environment.arguments[0]);
        let child = child.args(["--exact", name, "--nocapture"]).env(CHILD, "1").output().unwrap();
        let said = String::from_utf8_lossy(&child.stderr);
        assert_eq!(child.status.code(), Some(4), "{said}");
        assert!(said.contains("planted") && said.contains("there is no verdict"), "{said}");
    }
}
