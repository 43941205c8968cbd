//! Tables as kubectl prints them: left-aligned, three spaces between columns, no trailing blanks.

use owo_colors::OwoColorize;
use tabled::builder::Builder;
use tabled::grid::config::ColoredConfig;
use tabled::grid::records::vec_records::VecRecords;
use tabled::grid::records::{ExactRecords, PeekableRecords, Records};
use tabled::settings::{Alignment, Padding, Style, TableOption, object::Columns};

use super::escape::escape;
use crate::topology::Known;

/// kubectl's narrowest column, its padding included, and the padding (cli-runtime/pkg/printers/tabwriter.go).
pub const NARROWEST: usize = 6;
pub const PADDING: usize = 3;

pub struct Table {
    columns: Vec<Column>,
    rows: Vec<Vec<Cell>>,
}

struct Column {
    header: &'static str,
    /// Shown only with `-o wide`.
    wide: bool,
}

/// One value; colour says again what the text says.
pub struct Cell {
    text: String,
    tone: Tone,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    Plain,
    Good,
    Bad,
    Faint,
}

impl Cell {
    pub fn plain(text: impl std::fmt::Display) -> Self {
        Self::toned(text, Tone::Plain)
    }

    pub fn toned(text: impl std::fmt::Display, tone: Tone) -> Self {
        Self { text: escape(&text.to_string()), tone }
    }

    pub fn none() -> Self {
        Self { text: "<none>".to_owned(), tone: Tone::Faint }
    }

    pub fn unknown() -> Self {
        Self { text: "<unknown>".to_owned(), tone: Tone::Faint }
    }

    /// A value, `<none>` where there is none, `<unknown>` where it is not known.
    pub fn known<T>(known: &Known<T>, cell: impl FnOnce(&T) -> Self) -> Self {
        match known {
            Known::Seen(value) | Known::Computed(value) => cell(value),
            Known::Absent(_) => Self::none(),
            Known::Unknown(_) => Self::unknown(),
        }
    }

    pub fn optional(value: Option<impl std::fmt::Display>) -> Self {
        value.map_or_else(Self::none, Self::plain)
    }

    fn styled(&self) -> String {
        match self.tone {
            Tone::Plain => self.text.clone(),
            Tone::Good => self.text.green().to_string(),
            Tone::Bad => self.text.red().to_string(),
            Tone::Faint => self.text.dimmed().to_string(),
        }
    }
}

impl Table {
    /// A table with these columns, the last ones only with `-o wide`.
    pub fn new(columns: &[&'static str], wide: &[&'static str]) -> Self {
        let column = |wide: bool| move |header: &&'static str| Column { header, wide };
        Self {
            columns: columns.iter().map(column(false)).chain(wide.iter().map(column(true))).collect(),
            rows: Vec::new(),
        }
    }

    pub fn push(&mut self, row: Vec<Cell>) {
        debug_assert_eq!(row.len(), self.columns.len(), "a row has a cell for every column");
        self.rows.push(row);
    }

    /// The rows in another order.
    pub fn sorted(self, order: Option<&[usize]>) -> Self {
        Self { rows: super::sorted(self.rows, order), ..self }
    }

    /// Nothing at all without rows, as kubectl does.
    pub fn render(&self, headers: bool, wide: bool) -> String {
        if self.rows.is_empty() {
            return String::new();
        }
        let shown: Vec<usize> = (0..self.columns.len()).filter(|&at| wide || !self.columns[at].wide).collect();
        let mut builder = Builder::default();
        if headers {
            builder.push_record(shown.iter().map(|&at| self.columns[at].header));
        }
        for row in &self.rows {
            builder.push_record(shown.iter().filter_map(|&at| row.get(at)).map(Cell::styled));
        }
        let mut table = builder.build();
        table.with(Style::empty()).with(Alignment::left()).with(KubectlPadding);
        table.to_string().lines().map(|line| format!("{}\n", line.trim_end())).collect()
    }
}

/// The wider of [`NARROWEST`] and the widest cell plus [`PADDING`].
struct KubectlPadding;

impl<T: std::fmt::Debug + AsRef<str>>
    TableOption<VecRecords<T>, ColoredConfig, tabled::grid::dimension::CompleteDimension> for KubectlPadding
where
    VecRecords<T>: Records + ExactRecords + PeekableRecords,
{
    fn change(
        self,
        records: &mut VecRecords<T>,
        config: &mut ColoredConfig,
        dimension: &mut tabled::grid::dimension::CompleteDimension,
    ) {
        for column in 0..records.count_columns() {
            let width = |row| tabled::grid::util::string::get_text_width(records.get_text((row, column).into()));
            let widest = (0..records.count_rows()).map(width).max().unwrap_or(0);
            let right = PADDING.max(NARROWEST.saturating_sub(widest));
            TableOption::<VecRecords<T>, _, _>::change(
                tabled::settings::Modify::new(Columns::one(column)).with(Padding::new(0, right, 0, 0)),
                records,
                config,
                dimension,
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let mut table = Table::new(&["A", "BB", "CCC"], &["WIDE"]);
        table.push(vec![Cell::plain("1"), Cell::plain("22"), Cell::plain("x"), Cell::none()]);
        table
    }

    #[test]
    fn columns_are_as_wide_as_kubectls() {
        assert_eq!(table().render(true, false), "A     BB    CCC\n1     22    x\n");
        assert_eq!(table().render(false, false), "1     22    x\n");
        let wide = anstream::adapter::strip_str(&table().render(true, true)).to_string();
        assert_eq!(wide, "A     BB    CCC   WIDE\n1     22    x     <none>\n");
    }

    #[test]
    fn no_rows_is_nothing() {
        assert_eq!(Table::new(&["A"], &[]).render(true, false), "");
    }
}
