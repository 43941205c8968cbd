//! `-o custom-columns`, as kubectl/pkg/cmd/get/customcolumn.go prints it.

mod tab_writer;

use serde_json::Value;

use super::escape::escape_lines;
use super::jsonpath::{Found, Kind, Path};
use tab_writer::TabWriter;

/// Headers, and where the values below them come from.
#[derive(Debug)]
pub struct Columns {
    columns: Vec<Column>,
    /// kubectl does not ask for `--no-headers` where the columns come from a file.
    always_headers: bool,
}

#[derive(Debug)]
struct Column {
    header: String,
    path: Path,
}

impl Columns {
    /// The argument of `custom-columns=`: `NAME:.metadata.name,...`.
    pub fn parse(spec: &str) -> Result<Self, String> {
        if spec.is_empty() {
            return Err("custom-columns format specified but no custom columns given".to_owned());
        }
        let column = |column: &str| match column.split_once(':') {
            Some((header, path)) => Column::new(header, path),
            None => Err(format!("unexpected custom-columns spec: {column}, expected <header>:<json-path-expr>")),
        };
        Ok(Self { columns: spec.split(',').map(column).collect::<Result<_, _>>()?, always_headers: false })
    }

    /// The text of the file that `custom-columns-file=` names: a line of headers and a line of paths.
    pub fn parse_file(text: &str) -> Result<Self, String> {
        let mut lines = text.lines();
        let mut words = |line: &str| match lines.next() {
            Some(words) => Ok(words.split_whitespace().collect::<Vec<_>>()),
            None => Err(format!(
                "invalid template, missing {line} line. Expected format is one line of space separated headers, one line \
                 of space separated column specs."
            )),
        };
        let (headers, paths) = (words("header")?, words("spec")?);
        if headers.len() != paths.len() {
            let (headers, paths) = (headers.len(), paths.len());
            return Err(format!("number of headers ({headers}) and field specifications ({paths}) don't match"));
        }
        let columns = headers.into_iter().zip(paths).map(|(header, path)| Column::new(header, path));
        Ok(Self { columns: columns.collect::<Result<_, _>>()?, always_headers: true })
    }

    /// A line for each item; like kubectl, the headers even where there is no item.
    pub fn render(&self, items: &[Value], headers: bool) -> Result<String, String> {
        let mut writer = TabWriter::default();
        if headers || self.always_headers {
            writer.line(self.columns.iter().map(|column| column.header.clone()));
        }
        for item in items {
            let cells: Vec<String> = self.columns.iter().map(|column| column.cell(item)).collect::<Result<_, _>>()?;
            writer.line(cells);
        }
        Ok(writer.finish())
    }
}

impl Column {
    fn new(header: &str, path: &str) -> Result<Self, String> {
        Ok(Self { header: header.to_owned(), path: Path::parse(path)? })
    }

    fn cell(&self, item: &Value) -> Result<String, String> {
        let found = self.path.find(item)?;
        let mut text = String::new();
        for (at, value) in found.iter().enumerate() {
            text.push_str(if at > 0 { "," } else { "" });
            match value.kind() {
                Kind::Nothing => Found::Value(&Value::Null).format(&mut text),
                _ => value.format(&mut text),
            }
        }
        Ok(if found.is_empty() { "<none>".to_owned() } else { escape_lines(&text) })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn render(spec: &str, headers: bool) -> String {
        let items = [
            json!({"metadata": {"name": "node-1"}, "n": [1, 2], "m": {"b": null, "a": "x"}}),
            json!({"metadata": {"name": "n2"}, "n": []}),
        ];
        Columns::parse(spec).and_then(|columns| columns.render(&items, headers)).unwrap_or_else(|error| error)
    }

    #[test]
    fn columns_are_kubectls() {
        assert_eq!(
            render("NAME:.metadata.name,N:n[*],M:{.m}", true),
            "NAME     N        M\nnode-1   1,2      map[a:x b:<nil>]\nn2       <none>   <none>\n"
        );
        assert_eq!(render("N:n", false), "[1 2]\n[]\n");
    }

    #[test]
    fn errors_are_kubectls() {
        assert_eq!(render("", true), "custom-columns format specified but no custom columns given");
        assert_eq!(render("NAME", true), "unexpected custom-columns spec: NAME, expected <header>:<json-path-expr>");
        assert_eq!(render("A:.a[", true), "unterminated array");
        assert_eq!(render("A:.n[5]", true), "array index out of bounds: index 5, length 2");
    }

    #[test]
    fn files_have_two_lines() {
        let item = [json!({"a": 1, "b": "\u{1b}[m\r"})];
        let render = |text| Columns::parse_file(text).and_then(|columns| columns.render(&item, false));
        assert_eq!(render("A  B\n.a  b\n").as_deref(), Ok("A     B\n1     ^[[m\\r\n"));
        for (text, error) in [
            ("", "invalid template, missing header line"),
            ("A\n", "invalid template, missing spec line"),
            ("A B\n.a", "number of headers (2) and field specifications (1) don't match"),
        ] {
            assert!(render(text).is_err_and(|said| said.starts_with(error)), "{text}");
        }
    }
}
