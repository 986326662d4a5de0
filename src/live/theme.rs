//! What each meaning looks like on the screen: the palette's colours, or weight alone where colour is not wanted.

use ratatui::style::{Color, Modifier, Style};

use crate::model::verdict::Verdict;
use crate::report::run::differences::LineMark;

#[derive(Debug, Clone, Copy)]
pub struct Theme {
    pub color: bool,
    /// The terminal's ground is light: its own yellow and green could not be read on it.
    pub is_light: bool,
}

impl Theme {
    /// `COLORFGBG` says `15;0` or `0;default;15`: the ground stands last; 7 and 9 to 15 are light.
    pub fn of_terminal(color: bool, colorfgbg: Option<&str>) -> Self {
        let ground = colorfgbg.and_then(|said| said.rsplit(';').next()?.parse::<u8>().ok());
        Self { color, is_light: ground.is_some_and(|ground| ground == 7 || (9..=15).contains(&ground)) }
    }

    fn of(self, color: Color) -> Style {
        if !self.color {
            return Style::new();
        }
        Style::new().fg(match color {
            Color::Yellow if self.is_light => Color::Indexed(94),
            Color::Green if self.is_light => Color::Indexed(22),
            Color::Red if self.is_light => Color::Indexed(124),
            other => other,
        })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn on_a_light_ground_no_colour_is_lighter_than_it_can_be_read() {
        for (said, is_light) in [
            (Some("0;15"), true),
            (Some("0;default;7"), true),
            (Some("15;0"), false),
            (Some("x"), false),
            (None, false),
        ] {
            let theme = Theme::of_terminal(true, said);
            assert_eq!(theme.is_light, is_light, "{said:?}");
            assert_eq!(theme.attention().fg == Some(Color::Yellow), !is_light, "{said:?}");
        }
        assert_eq!(Theme::of_terminal(false, Some("0;15")).attention().fg, None);
    }
}
