//! What each meaning looks like on the screen: the palette's colours, or weight alone where colour is not wanted.

use ratatui::style::{Color, Modifier, Style};

use crate::model::verdict::Verdict;
use crate::report::run::differences::LineMark;

#[derive(Debug, Clone, Copy)]
pub struct Theme {
    pub color: bool,
}

impl Theme {
    fn of(self, color: Color) -> Style {
        if self.color { Style::new().fg(color) } else { Style::new() }
    }

    pub fn verdict(self, verdict: Verdict) -> Style {
        let color = match verdict {
            Verdict::Go => Color::Green,
            Verdict::NoGo => Color::Red,
            Verdict::Inconclusive => Color::Yellow,
            Verdict::Error => Color::Magenta,
        };
        self.of(color).add_modifier(Modifier::BOLD)
    }

    pub fn heading(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    pub fn faint(self) -> Style {
        Style::new().add_modifier(Modifier::DIM)
    }

    pub fn good(self) -> Style {
        self.of(Color::Green)
    }

    pub fn bad(self) -> Style {
        self.of(Color::Red).add_modifier(Modifier::BOLD)
    }

    pub fn attention(self) -> Style {
        self.of(Color::Yellow)
    }

    pub fn line(self, mark: LineMark) -> Style {
        match mark {
            LineMark::Rest => self.of(Color::Red),
            LineMark::WebSocket => self.of(Color::Green),
            LineMark::Same => Style::new(),
            LineMark::Remark => self.faint(),
        }
    }
}
