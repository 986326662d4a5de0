//! The terminal: a thread of its own draws and reads keys, and restores the terminal however the run ends.
//!
//! The run only leaves its newest view here and goes on; a terminal that is slow delays nobody.

use std::io::{self, BufWriter, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, TryRecvError, channel};
use std::sync::{Arc, Mutex, Once, PoisonError};
use std::thread;
use std::time::Duration;

use crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use crossterm::{cursor, execute, style, terminal};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use tokio::sync::mpsc::UnboundedSender;

use crate::live::focus::{Focus, KeyEffect, KeyPress};
use crate::live::render::Picture;
use crate::live::theme::Theme;
use crate::live::view::View;
use crate::system;

/// How long a key is waited for before the mailbox is looked into: a view is never older on the screen.
const TICK: Duration = Duration::from_millis(100);
/// How long more of what is typed at once is waited for; without any wait nothing is read.
const BURST: Duration = Duration::from_millis(1);
/// How long the end waits for a terminal that does not take what is written to it.
const PATIENCE: Duration = Duration::from_secs(1);

/// Whether the terminal is ours: raw, and on its other screen.
static TAKEN: AtomicBool = AtomicBool::new(false);

pub struct TerminalScreen {
    mailbox: Arc<Mailbox>,
    /// Closed by the thread when it has left the terminal.
    left: Receiver<()>,
}

#[derive(Default)]
struct Mailbox {
    newest: Mutex<Option<View>>,
    is_over: AtomicBool,
}

impl Mailbox {
    fn take(&self) -> Option<View> {
        self.newest.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl TerminalScreen {
    /// # Errors
    /// There is no terminal to take keys from, or it belongs to another job.
    pub fn open(theme: Theme, interrupt: UnboundedSender<()>) -> io::Result<Self> {
        if !system::is_in_foreground(crate::screen()) {
            return Err(io::Error::other("a job in the background draws nothing"));
        }
        style::force_color_output(theme.color);
        give_back_on_panic();
        terminal::enable_raw_mode()?;
        TAKEN.store(true, Ordering::SeqCst);
        let begun = begin();
        let (alive, left) = channel();
        let mailbox = Arc::new(Mailbox::default());
        let drawn = Arc::clone(&mailbox);
        let begun = begun.and_then(|mut terminal| {
            thread::Builder::new().name("live-view".to_owned()).spawn(move || {
                // A terminal that is gone shows nothing; the run goes on without it.
                let _ = attend(&mut terminal, &drawn, theme, &interrupt);
                give_back();
                drop(alive);
            })
        });
        if let Err(error) = begun {
            give_back();
            return Err(error);
        }
        Ok(Self { mailbox, left })
    }

    /// Whether the terminal was left before the end: it is gone, or drawing on it failed.
    pub fn is_left(&self) -> bool {
        self.left.try_recv() == Err(TryRecvError::Disconnected)
    }

    pub fn show(&self, view: View) {
        *self.mailbox.newest.lock().unwrap_or_else(PoisonError::into_inner) = Some(view);
    }
}

impl Drop for TerminalScreen {
    fn drop(&mut self) {
        self.mailbox.is_over.store(true, Ordering::SeqCst);
        if self.left.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
            give_back();
        }
    }
}

type ScreenBackend = CrosstermBackend<BufWriter<io::Stderr>>;

fn begin() -> io::Result<Terminal<ScreenBackend>> {
    // a frame is one write
    let mut out = BufWriter::with_capacity(1 << 16, crate::screen());
    execute!(out, terminal::EnterAlternateScreen, cursor::Hide)?;
    Terminal::new(CrosstermBackend::new(out))
}

/// Draws and listens until the run is over.
fn attend(
    terminal: &mut Terminal<ScreenBackend>,
    mailbox: &Mailbox,
    theme: Theme,
    interrupt: &UnboundedSender<()>,
) -> io::Result<()> {
    let mut focus = Focus::default();
    let mut view: Option<View> = None;
    while !mailbox.is_over.load(Ordering::SeqCst) && TAKEN.load(Ordering::SeqCst) {
        let mut is_stale = false;
        if let Some(newest) = mailbox.take() {
            view = Some(newest);
            is_stale = true;
        }
        // everything that was typed meanwhile, then one picture
        let mut patience = if is_stale { BURST } else { TICK };
        while event::poll(patience)? {
            patience = BURST;
            match event::read()? {
                Event::Key(pressed) => {
                    if let Some(key) = meaning(pressed)
                        && focus.press(key) == KeyEffect::Interrupt
                    {
                        // a run that listens no more is about to end
                        let _ = interrupt.send(());
                    }
                    is_stale = true;
                }
                Event::Resize(..) => is_stale = true,
                _ => {}
            }
        }
        if let (true, Some(view)) = (is_stale, &view) {
            terminal.draw(|frame| {
                frame.render_widget(Picture { view, focus: &focus, theme }, frame.area());
            })?;
        }
    }
    Ok(())
}

fn meaning(pressed: KeyEvent) -> Option<KeyPress> {
    if pressed.kind == KeyEventKind::Release {
        return None;
    }
    let is_control = pressed.modifiers.contains(KeyModifiers::CONTROL);
    match pressed.code {
        KeyCode::Char('c') if is_control => Some(KeyPress::CtrlC),
        KeyCode::Char(_) if is_control => None,
        KeyCode::Char(c) => Some(KeyPress::Char(c.to_ascii_lowercase())),
        KeyCode::Esc => Some(KeyPress::Escape),
        KeyCode::Enter => Some(KeyPress::Enter),
        KeyCode::Up => Some(KeyPress::Scroll(-1)),
        KeyCode::Down => Some(KeyPress::Scroll(1)),
        KeyCode::PageUp => Some(KeyPress::Scroll(-10)),
        KeyCode::PageDown => Some(KeyPress::Scroll(10)),
        _ => None,
    }
}

/// Restores the terminal; only the first call does anything.
fn give_back() {
    if TAKEN.swap(false, Ordering::SeqCst) {
        let mut out = crate::screen();
        // Each for itself: one that fails must not keep the other from being tried.
        let _ = execute!(out, terminal::LeaveAlternateScreen, cursor::Show);
        let _ = terminal::disable_raw_mode();
        let _ = out.flush();
    }
}

/// A panic's message belongs on the screen that stays.
fn give_back_on_panic() {
    static HOOKED: Once = Once::new();
    HOOKED.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            give_back();
            before(panic);
        }));
    });
}
