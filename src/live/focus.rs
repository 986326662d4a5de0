//! What the keys have chosen: which feature, whether its newest difference fills the screen. Pure.

/// A key, as far as it means something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyPress {
    Char(char),
    Enter,
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
    /// Whether a difference is shown in full.
    pub is_detail: bool,
    /// Whether the findings are listed; beneath the difference, where one was chosen from the list.
    pub is_list: bool,
    pub is_help: bool,
    /// The chosen one of the list.
    chosen: usize,
    /// Lines of it that are above the screen.
    pub scroll: usize,
    pub is_ending: bool,
}

impl Focus {
    /// Index of the chosen feature.
    pub fn feature(&self, count: usize) -> usize {
        self.feature.checked_rem(count).unwrap_or(0)
    }

    /// Index of the chosen finding of so many.
    pub fn finding(&self, count: usize) -> usize {
        self.chosen.min(count.saturating_sub(1))
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
                (self.scroll, self.chosen) = (0, 0);
            }
            KeyPress::Char('?') => self.is_help = !self.is_help,
            KeyPress::Char('l') => {
                self.is_list = !self.is_list || self.is_detail;
                (self.is_detail, self.is_help) = (false, false);
            }
            KeyPress::Char('d') => {
                self.is_detail = !self.is_detail;
                self.is_help = false;
                self.scroll = 0;
            }
            KeyPress::Enter if self.is_list && !self.is_detail => {
                self.is_detail = true;
                self.scroll = 0;
            }
            KeyPress::Enter => {}
            // one layer at a time
            KeyPress::Escape if self.is_help => self.is_help = false,
            KeyPress::Escape if self.is_detail => self.is_detail = false,
            KeyPress::Escape => self.is_list = false,
            KeyPress::Scroll(lines) if self.is_list && !self.is_detail => {
                let by = usize::try_from(lines.unsigned_abs()).unwrap_or(usize::MAX);
                self.chosen = if lines < 0 { self.chosen.saturating_sub(by) } else { self.chosen + by };
            }
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
    fn the_list_is_a_layer_beneath_what_was_chosen_from_it() {
        let mut focus = Focus::default();
        focus.press(KeyPress::Char('l'));
        focus.press(KeyPress::Scroll(1));
        focus.press(KeyPress::Scroll(1));
        assert_eq!((focus.finding(5), focus.finding(2), focus.finding(0)), (2, 1, 0));
        focus.press(KeyPress::Enter);
        assert!(focus.is_list && focus.is_detail && focus.scroll == 0);
        focus.press(KeyPress::Scroll(4));
        assert_eq!((focus.scroll, focus.finding(5)), (4, 2), "in full, arrows scroll");
        focus.press(KeyPress::Escape);
        assert!(focus.is_list && !focus.is_detail);
        focus.press(KeyPress::Char('?'));
        assert!(focus.is_help);
        focus.press(KeyPress::Escape);
        focus.press(KeyPress::Escape);
        assert!(!focus.is_help && !focus.is_list);
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
