//! Tables and paragraphs in the house's look: a rule under the header, no frames, at most 80 columns.

use comfy_table::{ContentArrangement, ContentLineStyle, LineStyle, Table, TableStyle};
use unicode_width::UnicodeWidthStr as _;

use crate::report::palette;

/// What fits a terminal nobody has widened.
pub const WIDTH: usize = 80;

const STYLE: TableStyle = TableStyle::new()
    .header_lines(ContentLineStyle::none())
    .header_separator(LineStyle::none().fill('─').junction('─'))
    .content_lines(ContentLineStyle::none());

/// An empty table with these column titles.
pub fn table<'t>(titles: impl IntoIterator<Item = &'t str>) -> Table {
    let mut table = Table::new();
    table.load_style(STYLE).set_content_arrangement(ContentArrangement::Dynamic).set_width(WIDTH as u16);
    table.set_header(titles.into_iter().map(|title| palette::heading(title).to_string()));
    table
}

/// The table's lines without blanks at their ends.
pub fn lines(table: &Table) -> String {
    table.lines().map(|line| line.trim_end().to_owned() + "\n").collect()
}

/// The text broken between words into lines of at most 80 columns: the first after `first`, the others
/// indented as far. `first` may carry colour; its width is that of `indent` columns.
pub fn paragraph(first: &str, indent: usize, text: &str) -> String {
    let mut paragraph = first.to_owned();
    let mut column = indent;
    for (at, word) in text.split_whitespace().enumerate() {
        if at > 0 && column + 1 + word.width() > WIDTH {
            paragraph.push('\n');
            paragraph.extend(std::iter::repeat_n(' ', indent));
            column = indent;
        } else if at > 0 {
            paragraph.push(' ');
            column += 1;
        }
        paragraph.push_str(word);
        column += word.width();
    }
    paragraph.push('\n');
    paragraph
}
