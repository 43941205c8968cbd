//! The alignment of `github.com/liggitt/tabwriter` with cli-runtime's settings.

use crate::present::table::{NARROWEST, PADDING};

/// Lines of cells. A column is as wide as its widest cell in adjoining lines, and never narrower than it was before.
#[derive(Default)]
pub struct TabWriter {
    lines: Vec<Vec<String>>,
    widths: Vec<usize>,
    text: String,
}

impl TabWriter {
    /// Adds a line. Tabs and line breaks in a cell start further cells and lines, as they do in kubectl.
    pub fn line(&mut self, cells: impl IntoIterator<Item = String>) {
        let mut line = Vec::new();
        for cell in cells {
            let mut rest = cell.as_str();
            while let Some(at) = rest.find(['\t', '\u{b}', '\n', '\u{c}']) {
                line.push(rest[..at].to_owned());
                match &rest[at..=at] {
                    "\n" => self.end_line(std::mem::take(&mut line), false),
                    "\u{c}" => self.end_line(std::mem::take(&mut line), true),
                    _ => {}
                }
                rest = &rest[at + 1..];
            }
            line.push(rest.to_owned());
        }
        // Without any column there is still a line.
        if line.is_empty() {
            line.push(String::new());
        }
        self.end_line(line, false);
    }

    /// The text of all lines.
    pub fn finish(mut self) -> String {
        self.flush();
        self.text
    }

    /// A line of one cell aligns with nothing, so that what was collected can go.
    fn end_line(&mut self, line: Vec<String>, break_columns: bool) {
        let flush = break_columns || line.len() == 1;
        self.lines.push(line);
        if flush {
            self.flush();
        }
    }

    fn flush(&mut self) {
        let mut lines = std::mem::take(&mut self.lines);
        let columns = lines.iter().map(|line| line.len() - 1).max().unwrap_or(0);
        for column in 0..columns {
            for block in lines.chunk_by_mut(|one, other| (column + 1 < one.len()) == (column + 1 < other.len())) {
                if column + 1 < block[0].len() {
                    self.pad(block, column);
                }
            }
        }
        for line in lines {
            self.text.extend(line);
            self.text.push('\n');
        }
    }

    /// Makes the cells of a column equally wide.
    fn pad(&mut self, block: &mut [Vec<String>], column: usize) {
        let width = |cell: &str| cell.chars().count();
        let widest = block.iter().map(|line| width(&line[column]) + PADDING).max().unwrap_or(0);
        if self.widths.len() == column {
            self.widths.push(NARROWEST);
        }
        let wanted = self.widths[column].max(widest);
        self.widths[column] = wanted;
        for line in block {
            let cell = &mut line[column];
            cell.extend(std::iter::repeat_n(' ', wanted - width(cell)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::TabWriter;

    fn written(lines: &[&[&str]]) -> String {
        let mut writer = TabWriter::default();
        for line in lines {
            writer.line(line.iter().map(|&cell| cell.to_owned()));
        }
        writer.finish()
    }

    #[test]
    fn columns_align() {
        assert_eq!(
            written(&[&["A", "B"], &["long name", "é"], &["", ""]]),
            "A           B\nlong name   é\n            \n"
        );
        assert_eq!(written(&[&[], &[]]), "\n\n");
    }

    #[test]
    fn breaks_in_cells_make_lines() {
        let lines: &[&[&str]] = &[&["A", "B", "C"], &["a\nbroken cell", "b\tmore", "c"]];
        assert_eq!(written(lines), "A     B     C\na\nbroken cell   b     more   c\n");
    }
}
