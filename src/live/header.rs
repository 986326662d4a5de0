//! The lines at the edges of the view: how far the run is, how the socket is, what the keys do. Pure.

use std::time::Duration;

use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};

use crate::live::focus::Focus;
use crate::live::render::{counted, fit, grouped};
use crate::live::theme::Theme;
use crate::live::view::{Left, LinkView, View};
use crate::model::text::clock_face;
use crate::model::time::{Nanos, nanos};
use crate::report::palette::word;

pub fn title<'l>(view: &'l View, focus: &Focus, theme: Theme, width: u16) -> Line<'l> {
    let left = match view.left {
        Left::Exactly(left) => format!("{} left", face(left)),
        Left::AtMost(left) => format!("at most {} left", face(left)),
    };
    let left = if focus.is_ending { "ending".to_owned() } else { left };
    let verdict = word(view.report.verdict);
    let times = format!("  {} elapsed, {left}", face(view.elapsed));
    let taken = 22 + verdict.len() + times.len();
    let target = fit(&view.target, usize::from(width).saturating_sub(taken));
    Line::from(vec![
        Span::styled("shadow-diff  ", theme.heading()),
        Span::raw("so far "),
        Span::styled(verdict, theme.verdict(view.report.verdict)),
        Span::raw(times),
        Span::styled(if target.is_empty() { String::new() } else { format!("  {target}") }, theme.faint()),
    ])
}

pub fn connection(view: &View, theme: Theme, width: u16) -> Line<'_> {
    let connection = &view.report.connection;
    let (state, style, why) = match &view.link {
        LinkView::Connecting => ("connecting".to_owned(), theme.attention(), ""),
        LinkView::Open { since } => (format!("open for {}", face(*since)), theme.good(), ""),
        LinkView::Down { since, why } => (format!("DOWN for {}", face(*since)), theme.bad(), why.as_str()),
    };
    let alert = |count: u64| if count > 0 { theme.attention() } else { Style::new() };
    let mut spans = vec![
        Span::raw("WebSocket "),
        Span::styled(state, style),
        Span::raw(" · "),
        Span::styled(counted(connection.reconnects, "reconnect"), alert(connection.reconnects)),
        Span::raw(format!(" · {}", counted(connection.messages, "frame"))),
    ];
    if connection.bad_frames > 0 {
        spans.push(Span::styled(format!(" · {} unreadable", grouped(connection.bad_frames)), alert(1)));
    }
    if connection.blind_seconds >= 0.05 {
        spans.push(Span::raw(format!(" · {:.1} s blind", connection.blind_seconds)));
    }
    // whole words or none
    while spans.len() > 2 && spans.iter().map(Span::width).sum::<usize>() > usize::from(width) {
        spans.pop();
    }
    let line = Line::from(spans);
    let room = usize::from(width).saturating_sub(line.width() + 3);
    let why = fit(why, room);
    if why.is_empty() { line } else { line + Span::raw(format!(" · {why}")) }
}

pub fn keys(focus: &Focus, theme: Theme) -> Line<'static> {
    let keys: &[(&str, &str)] = if focus.is_help {
        &[("?", "back"), ("q", "end")]
    } else if focus.is_detail && focus.is_list {
        &[("Esc", "list"), ("↑↓", "scroll"), ("q", "end")]
    } else if focus.is_detail {
        &[("d", "back"), ("↑↓", "scroll"), ("f", "next feature"), ("q", "end")]
    } else if focus.is_list {
        &[("↑↓", "choose"), ("Enter", "in full"), ("f", "next feature"), ("Esc", "back"), ("q", "end")]
    } else {
        &[("q", "end"), ("l", "findings"), ("d", "newest"), ("f", "feature"), ("?", "help")]
    };
    let mut spans = Vec::new();
    for (key, what) in keys {
        spans.push(Span::styled(format!(" {key} "), Style::new().add_modifier(Modifier::REVERSED)));
        spans.push(Span::styled(format!(" {what}  "), theme.faint()));
    }
    Line::from(spans)
}

fn face(duration: Duration) -> String {
    clock_face(Nanos(nanos(duration)))
}
