//! kubectl's own dialect of `JSONPath` (client-go/util/jsonpath), for `-o jsonpath`, `custom-columns` and `--sort-by`.
//!
//! It prints what kubectl prints for the same document, oddities included. Where kubectl leaves the order open, as Go does
//! for maps, it is that of the keys; where kubectl crashes or never ends, there is an error.

mod budget;
mod compare;
mod evaluate;
mod found;
mod go;
mod node;
mod parse;
mod unquote;

use serde_json::Value;

use budget::Budget;
pub use found::{Found, Kind};
use node::Part;

/// What `-o jsonpath=...` prints.
#[derive(Debug)]
pub struct Template {
    text: String,
    parts: Vec<Part>,
    as_json: bool,
}

impl Template {
    /// The argument of `jsonpath=` and `jsonpath-as-json=`.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            return Err("template format specified but no template given".to_owned());
        }
        Self::parse_file(text)
    }

    /// The text of the file that `jsonpath-file=` names; it may be empty, and a line break at its end is printed.
    pub fn parse_file(text: &str) -> Result<Self, String> {
        let parts = parse::template(text).map_err(|error| format!("error parsing jsonpath {text}, {error}"))?;
        Ok(Self { text: text.to_owned(), parts, as_json: false })
    }

    /// For `jsonpath-as-json=`: every part prints its results as an array.
    pub fn into_json(self) -> Self {
        Self { as_json: true, ..self }
    }

    /// Fills in the document. As with kubectl, no line break follows and missing keys print nothing.
    pub fn render(&self, document: &Value) -> Result<String, String> {
        self.fill(document).map_err(|error| {
            format!("error executing jsonpath {}: Error executing template: {error}", go::quoted(&self.text))
        })
    }

    fn fill(&self, document: &Value) -> Result<String, String> {
        let mut budget = Budget::new(document);
        let mut text = String::new();
        for results in evaluate::run(&self.parts, Found::Value(document), &mut budget)? {
            if self.as_json {
                print_array(&results, &mut text, &mut budget)?;
            } else {
                print(&results, &mut text, &mut budget)?;
            }
        }
        Ok(text)
    }
}

fn print(results: &[Found], to: &mut String, budget: &mut Budget) -> Result<(), String> {
    for (at, result) in results.iter().enumerate() {
        let before = to.len();
        to.push_str(if at > 0 { " " } else { "" });
        result.print(to);
        budget.spend_text(to.len() - before)?;
    }
    Ok(())
}

fn print_array(results: &[Found], to: &mut String, budget: &mut Budget) -> Result<(), String> {
    to.push('[');
    for (at, result) in results.iter().enumerate() {
        let before = to.len();
        to.push_str(if at > 0 { ",\n    " } else { "\n    " });
        result.print_json(1, to);
        budget.spend_text(to.len() - before)?;
    }
    to.push_str(if results.is_empty() { "]\n" } else { "\n]\n" });
    Ok(())
}

/// A path on its own, as custom columns and `--sort-by` take it: `metadata.name`, `.metadata.name`, `{metadata.name}` or
/// `{.metadata.name}`.
#[derive(Debug)]
pub struct Path {
    text: String,
    parts: Vec<Part>,
}

impl Path {
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = relaxed(text)?;
        let parts = parse::template(&text)?;
        Ok(Self { text, parts })
    }

    /// The path with its braces.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Everything that it finds, or nothing.
    pub fn find<'a>(&'a self, document: &'a Value) -> Result<Vec<Found<'a>>, String> {
        let found = evaluate::run(&self.parts, Found::Value(document), &mut Budget::new(document))?;
        // A path is one part, so that there is one list of results.
        Ok(found.into_iter().flatten().collect())
    }
}

/// kubectl/pkg/cmd/get/customcolumn.go, `RelaxedJSONPathExpression`
fn relaxed(path: &str) -> Result<String, String> {
    if path.is_empty() {
        return Ok(String::new());
    }
    let inside = path.strip_prefix('{').and_then(|path| path.strip_suffix('}')).unwrap_or(path);
    if inside.is_empty() || inside.contains(['{', '}']) {
        return Err("unexpected path string, expected a 'name1.name2' or '.name1.name2' or '{name1.name2}' or \
                    '{.name1.name2}'"
            .to_owned());
    }
    let bare = inside.strip_prefix('.').filter(|bare| !bare.is_empty()).unwrap_or(inside);
    Ok(format!("{{.{bare}}}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn render(template: &str) -> String {
        let document = json!({"items": [
            {"name": "a", "n": 1, "tags": ["x", "y"], "m": {"k.l": true}},
            {"name": "b", "n": 2, "tags": [], "f": 1.5, "z": null},
        ]});
        Template::parse(template).and_then(|template| template.render(&document)).unwrap_or_else(|error| error)
    }

    #[test]
    fn templates_print_what_kubectl_prints() {
        for (template, printed) in [
            ("text", "text"),
            ("{.items[*].name}", "a b"),
            ("{.items[0].tags}{.items[0].m}", r#"["x","y"]{"k.l":true}"#),
            (r"{.items[0].m.k\.l}{.items[0]['m']['k\.l']}", "truetrue"),
            ("{..name}", "a b"),
            ("{.items[-1].name}{.items[0:2].n}{.items[::2].n}", "b1 21"),
            ("{.items[0]['name','n']}", "a 1"),
            (r#"{.items[?(@.name=="b")].f}"#, "1.5"),
            ("{.items[?(@.m)].name}{.items[1].z}{.missing}", "anull"),
            (r#"{range .items[*]}{.name}{"\t"}{range .tags[*]}<{@}>{end}{"\n"}{end}"#, "a\t<x><y>\nb\t\n"),
        ] {
            assert_eq!(render(template), printed, "{template}");
        }
    }

    #[test]
    fn errors_are_kubectls() {
        assert_eq!(render(""), "template format specified but no template given");
        assert_eq!(render("{.items[}"), "error parsing jsonpath {.items[}, unterminated array");
        assert_eq!(
            render(r#"{.items[2]}{"\n"}"#),
            r#"error executing jsonpath "{.items[2]}{\"\\n\"}": Error executing template: array index out of bounds: index 2, length 2"#
        );
    }

    #[test]
    fn json_has_an_array_for_every_part() {
        let template = Template::parse("{.a[*]}{.b}").map(Template::into_json);
        let text = template.and_then(|template| template.render(&json!({"a": [1, "x"]})));
        assert_eq!(text.as_deref(), Ok("[\n    1,\n    \"x\"\n]\n[]\n"));
    }

    #[test]
    fn work_is_bounded() {
        let document = (0..40).fold(json!(1), |inside, _| json!([inside]));
        for (hostile, ends) in [
            (format!("{{@{}}}", "[0,0]".repeat(40)), "too many results"),
            ("{range @}".repeat(60), "too many results"),
            ("{range .none}".repeat(100_000), "nested too deeply"),
            (format!("{{@{}}}", " range".repeat(100_000)), ""),
        ] {
            let end = Template::parse(&hostile).and_then(|template| template.render(&document));
            assert!(end.unwrap_or_else(|error| error).ends_with(ends), "{}", &hostile[..40]);
        }
    }

    #[test]
    fn paths_are_relaxed() {
        for path in ["a.b", ".a.b", "{a.b}", "{.a.b}"] {
            assert_eq!(relaxed(path).as_deref(), Ok("{.a.b}"));
        }
        assert_eq!(relaxed(".").as_deref(), Ok("{..}"));
        assert_eq!(relaxed("").as_deref(), Ok(""));
        assert!(relaxed("{}").is_err());
        assert!(relaxed("{.a").is_err());
    }
}
