//! What the keys have chosen: which feature, whether its newest difference fills the screen. Pure.

/// A key, as far as it means something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyPress {
    Char(char),
    Escape,
    /// Up or down by this many lines.
    Scroll(i32),
    CtrlC,
}

/// What pressing it asks of the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyEffect {
    Nothing,
    /// As one Ctrl-C does.
    Interrupt,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Focus {
    /// Counted on and on; taken modulo the number of features.
    feature: usize,
    /// Whether the newest difference is shown in full.
    pub is_detail: bool,
    /// Lines of it that are above the screen.
    pub scroll: usize,
    pub is_ending: bool,
}

impl Focus {
    /// Index of the chosen feature.
    pub fn feature(&self, count: usize) -> usize {
        self.feature.checked_rem(count).unwrap_or(0)
    }

    pub fn press(&mut self, key: KeyPress) -> KeyEffect {
        match key {
            // the second one goes on to the run, which then ends at once
            KeyPress::CtrlC => {
                self.is_ending = true;
                return KeyEffect::Interrupt;
            }
            KeyPress::Char('q') if !self.is_ending => {
                self.is_ending = true;
                return KeyEffect::Interrupt;
            }
            KeyPress::Char('f') => {
                self.feature = self.feature.wrapping_add(1);
                self.scroll = 0;
            }
            KeyPress::Char('d') => {
                self.is_detail = !self.is_detail;
                self.scroll = 0;
            }
            KeyPress::Escape => self.is_detail = false,
            KeyPress::Scroll(lines) => {
                let by = usize::try_from(lines.unsigned_abs()).unwrap_or(usize::MAX);
                self.scroll = if lines < 0 { self.scroll.saturating_sub(by) } else { self.scroll + by };
            }
            KeyPress::Char(_) => {}
        }
        KeyEffect::Nothing
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f_goes_round_d_opens_and_closes() {
        let mut focus = Focus::default();
        let seen: Vec<usize> = (0..4)
            .map(|_| {
                focus.press(KeyPress::Char('f'));
                focus.feature(3)
            })
            .collect();
        assert_eq!(seen, [1, 2, 0, 1]);
        assert_eq!(focus.feature(0), 0);
        focus.press(KeyPress::Char('d'));
        focus.press(KeyPress::Scroll(7));
        assert!(focus.is_detail && focus.scroll == 7);
        focus.press(KeyPress::Scroll(-9));
        assert_eq!(focus.scroll, 0);
        focus.press(KeyPress::Escape);
        assert!(!focus.is_detail);
    }

    #[test]
    fn q_asks_once_and_every_ctrl_c_counts() {
        let mut focus = Focus::default();
        assert_eq!(focus.press(KeyPress::Char('q')), KeyEffect::Interrupt);
        assert_eq!(focus.press(KeyPress::Char('q')), KeyEffect::Nothing);
        assert_eq!(focus.press(KeyPress::CtrlC), KeyEffect::Interrupt);
        assert_eq!(focus.press(KeyPress::CtrlC), KeyEffect::Interrupt);
        assert_eq!(Focus::default().press(KeyPress::Char('x')), KeyEffect::Nothing);
    }
}
