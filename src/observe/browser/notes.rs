//! What a HAR cannot prove, in words.

#[derive(Debug, Default)]
pub(super) struct HarNotes {
    pub all: Vec<String>,
}

impl HarNotes {
    pub fn add(&mut self, note: String) {
        self.all.push(note);
    }

    /// Only where there is something to say it of.
    pub fn count(&mut self, count: u64, said: &str) {
        if count > 0 {
            self.all.push(format!("{count} {said}"));
        }
    }
}
