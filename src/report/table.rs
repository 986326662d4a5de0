//! Tables and paragraphs in the house's look: a rule under the header, no frames, as wide as the terminal. What a
//! person copies, an id, a path, a command, is never broken: where the columns do not fit side by side, each row
//! becomes a few lines under one another.

use comfy_table::{
    ColumnConstraint, ContentArrangement, ContentLineStyle, LineStyle, Table, TableStyle, Width,
};
use unicode_width::UnicodeWidthStr as _;

use crate::report::palette;

/// Lines of prose are not longer, however wide the terminal is: they could not be read.
pub const MAX_PROSE: usize = 120;

/// The titles and the rule under them.
const HEADER_LINES: usize = 2;
/// Lines of a row, in the mean, beyond which rows stand under one another.
const MAX_ROW_LINES: usize = 3;

const STYLE: TableStyle = TableStyle::new()
    .header_lines(ContentLineStyle::none())
    .header_separator(LineStyle::none().fill('─').junction('─'))
    .content_lines(ContentLineStyle::none());

/// An empty table with these column titles, for a terminal of so many columns.
pub fn table<'t>(width: usize, titles: impl IntoIterator<Item = &'t str>) -> Table {
    let mut table = Table::new();
    let width = u16::try_from(width).unwrap_or(u16::MAX);
    table.load_style(STYLE).set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
    table.set_header(titles.into_iter().map(|title| palette::heading(title).to_string()));
    table
}

/// The table's lines without blanks at their ends.
pub fn lines(table: &Table) -> String {
    let width = usize::from(table.width().unwrap_or(80));
    let least: Vec<usize> = least_widths(table)
        .into_iter()
        .zip(table.column_iter())
        .map(|(word, column)| word + usize::from(column.padding_width()))
        .collect();
    // a blank stands between columns
    if least.iter().sum::<usize>() + least.len().saturating_sub(1) > width {
        return stacked(table, width);
    }
    let mut fitted = table.clone();
    let narrow = |column: &usize| u16::try_from(*column).unwrap_or(u16::MAX);
    fitted.set_constraints(
        least.iter().map(|column| ColumnConstraint::LowerBoundary(Width::Fixed(narrow(column)))),
    );
    let side_by_side: Vec<String> = fitted.lines().map(|line| line.trim_end().to_owned() + "\n").collect();
    // columns that are a word wide can be read by nobody
    if side_by_side.len() > HEADER_LINES + table.row_count() * MAX_ROW_LINES {
        return stacked(table, width);
    }
    side_by_side.concat()
}

/// The widest word of each column, its title included.
fn least_widths(table: &Table) -> Vec<usize> {
    let mut least = Vec::new();
    for row in table.header().into_iter().chain(table.row_iter()) {
        for (at, cell) in row.cell_iter().enumerate() {
            let content = cell.content();
            let widest = content.split_whitespace().map(|word| plain(word).width()).max().unwrap_or(0);
            match least.get_mut(at) {
                Some(known) => *known = widest.max(*known),
                None => least.push(widest),
            }
        }
    }
    least
}

/// A row under the other: its first two cells on one line, where they fit, the others each with its title.
fn stacked(table: &Table, width: usize) -> String {
    let titles: Vec<String> =
        table.header().map(|row| row.cell_iter().map(|cell| cell.content()).collect()).unwrap_or_default();
    let mut text = String::new();
    for row in table.row_iter() {
        let cells: Vec<String> = row.cell_iter().map(|cell| cell.content()).collect();
        let mut rest = cells.iter().zip(&titles).skip(1).peekable();
        let mut first = cells.first().cloned().unwrap_or_default();
        if let Some((second, _)) =
            rest.next_if(|(second, _)| plain(&first).width() + 2 + plain(second).width() <= width)
        {
            first = format!("{first}  {second}");
        }
        text.push_str(first.trim_end());
        text.push('\n');
        for (cell, title) in rest.filter(|(cell, _)| !plain(cell).trim().is_empty()) {
            let title = plain(title).to_lowercase();
            text.push_str(&paragraph(width, &format!("  {title}: "), 4, cell));
        }
    }
    text
}

/// The text without the escape sequences that colour it.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c == '\u{1b}' {
            chars.by_ref().find(|c| c.is_ascii_alphabetic());
        } else {
            plain.push(c);
        }
    }
    plain
}

/// The text broken between words: the first line after `first`, the others indented so far; `first` may carry
/// colour.
pub fn paragraph(width: usize, first: &str, indent: usize, text: &str) -> String {
    let width = width.min(MAX_PROSE);
    let mut paragraph = first.to_owned();
    let mut column = plain(first).width();
    for (at, word) in text.split_whitespace().enumerate() {
        let word_width = plain(word).width();
        if at > 0 && column + 1 + word_width > width {
            paragraph.push('\n');
            paragraph.extend(std::iter::repeat_n(' ', indent));
            column = indent;
        } else if at > 0 {
            paragraph.push(' ');
            column += 1;
        }
        paragraph.push_str(word);
        column += word_width;
    }
    let mut paragraph = paragraph.trim_end().to_owned();
    paragraph.push('\n');
    paragraph
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "20261123T143000Z-0123456789abcdef";

    fn one_row(width: usize) -> String {
        let mut rows = table(width, ["Time", "What", "Id"]);
        rows.add_row([
            "2026-11-23 14:40",
            "a run of some minutes that found nothing to complain of at all",
            ID,
        ]);
        lines(&rows)
    }

    #[test]
    fn what_is_copied_is_whole_at_every_width() {
        for width in [40, 60, 80, 120, 160] {
            let text = one_row(width);
            assert!(text.contains(ID), "{width}: {text}");
            let widest = text.lines().map(|line| plain(line).width()).max().unwrap_or(0);
            assert!(widest <= width, "{width}: {widest}: {text}");
        }
        assert_eq!(one_row(160).lines().count(), 3, "one line an item where there is room");
        assert!(one_row(40).contains("\n  id: "), "{}", one_row(40));
    }

    #[test]
    fn a_word_that_is_wider_than_the_terminal_is_not_broken_either() {
        assert_eq!(paragraph(10, "fix: ", 2, "thor-cutover status"), "fix: thor-cutover\n  status\n");
        let colored = "\u{1b}[1mGO\u{1b}[0m ";
        assert_eq!(paragraph(8, colored, 2, "all of it"), "\u{1b}[1mGO\u{1b}[0m all\n  of it\n");
    }
}
