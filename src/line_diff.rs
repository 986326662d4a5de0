//! Two texts, line against line, by Myers' algorithm alone: `similar::TextDiff` brings all its algorithms into the
//! program, which is 0.4 MB of it.

use std::convert::Infallible;
use std::ops::Range;

use similar::algorithms::{Capture, Compact, Replace, myers};
use similar::udiff::UnifiedHunkHeader;
use similar::{ChangeTag, DiffOp};

/// What turns one text into another.
pub struct LineDiff<'text> {
    before: Vec<&'text str>,
    after: Vec<&'text str>,
    operations: Vec<DiffOp>,
}

/// Changed lines with those around them.
pub struct Hunk<'text> {
    /// Lines of the text before, counted from 0.
    pub before: Range<usize>,
    /// Each without its line ending.
    pub lines: Vec<(ChangeTag, &'text str)>,
}

impl<'text> LineDiff<'text> {
    /// Compares; a line's ending belongs to it.
    pub fn new(before: &'text str, after: &'text str) -> LineDiff<'text> {
        let before: Vec<_> = before.split_inclusive('\n').collect();
        let after: Vec<_> = after.split_inclusive('\n').collect();
        let mut hook = Compact::new(Replace::new(Capture::new()), &before, &after);
        let done: Result<(), Infallible> =
            myers::diff(&mut hook, &before, 0..before.len(), &after, 0..after.len());
        let Ok(()) = done;
        let operations = hook.into_inner().into_inner().into_ops();
        LineDiff { before, after, operations }
    }

    /// The changes with up to `context` equal lines around each; none where the texts are equal.
    pub fn hunks(&self, context: usize) -> Vec<Hunk<'text>> {
        self.groups(context).iter().map(|group| self.hunk(group)).collect()
    }

    /// The changed lines alone as a unified diff of the file `name`; empty where nothing changes.
    pub fn unified(&self, name: &str) -> String {
        let groups = self.groups(0);
        let mut text = String::new();
        if !groups.is_empty() {
            text = format!("--- {name}\n+++ {name}\n");
        }
        for group in &groups {
            text.push_str(&format!("{}\n", UnifiedHunkHeader::new(group)));
            for (tag, line) in group.iter().flat_map(|operation| self.lines(operation)) {
                text.push_str(&format!("{tag}{line}"));
                if !line.ends_with('\n') {
                    text.push_str("\n\\ No newline at end of file\n");
                }
            }
        }
        text
    }

    fn groups(&self, context: usize) -> Vec<Vec<DiffOp>> {
        let groups = similar::group_diff_ops(self.operations.clone(), context).into_iter();
        groups
            .filter(|group| group.iter().any(|operation| !matches!(operation, DiffOp::Equal { .. })))
            .collect()
    }

    fn hunk(&self, group: &[DiffOp]) -> Hunk<'text> {
        let start = group.first().map_or(0, |operation| operation.old_range().start);
        let end = group.last().map_or(start, |operation| operation.old_range().end);
        let lines = group.iter().flat_map(|operation| self.lines(operation));
        let lines = lines.map(|(tag, line)| (tag, line.trim_end_matches(['\r', '\n']))).collect();
        Hunk { before: start..end, lines }
    }

    fn lines(&self, operation: &DiffOp) -> Vec<(ChangeTag, &'text str)> {
        let changes = operation.iter_changes(&self.before[..], &self.after[..]);
        changes.map(|change| (change.tag(), change.value())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_line_stands_alone_in_the_unified_diff() {
        let diff = LineDiff::new("A=1\nSECRET=x\nB=1\n", "A=1\nSECRET=x\nB=2\n");
        assert_eq!(diff.unified(".env"), "--- .env\n+++ .env\n@@ -3 +3 @@\n-B=1\n+B=2\n");
    }

    #[test]
    fn a_missing_newline_is_said_and_equal_texts_have_no_diff() {
        let diff = LineDiff::new("A=1", "A=1\nB=2\n");
        let expected = "--- e\n+++ e\n@@ -1 +1,2 @@\n-A=1\n\\ No newline at end of file\n+A=1\n+B=2\n";
        assert_eq!(diff.unified("e"), expected);
        assert_eq!(LineDiff::new("A=1", "A=1").unified("e"), "");
    }

    #[test]
    fn hunks_carry_the_lines_around_and_where_they_stand() {
        let before: String = (0..9).map(|line| format!("{line}\n")).collect();
        let after = before.replace("4\n", "four\n");
        let diff = LineDiff::new(&before, &after);
        let hunks = diff.hunks(1);
        assert_eq!(hunks.len(), 1);
        assert_eq!(hunks[0].before, 3..6);
        let expected = [
            (ChangeTag::Equal, "3"),
            (ChangeTag::Delete, "4"),
            (ChangeTag::Insert, "four"),
            (ChangeTag::Equal, "5"),
        ];
        assert_eq!(hunks[0].lines, expected);
    }
}
