//! `--sort-by`, as kubectl/pkg/cmd/get/sorter.go sorts.

mod pattern_sort;
mod quantity;

use std::cmp::Ordering;

use serde_json::Value;

use super::jsonpath::{Found, Kind, Path};
use pattern_sort::PatternSort;

/// The items' positions in the order of what a path finds first in each: numbers, quantities such as `10Gi`, and other
/// strings by their bytes. Items without it come first; if no item has it, that is an error.
pub fn order(items: &[Value], path: &str) -> Result<Vec<usize>, String> {
    if items.is_empty() {
        return Ok(Vec::new());
    }
    let path = Path::parse(path)?;
    let keys: Vec<Option<Found>> =
        items.iter().map(|item| Ok(path.find(item)?.first().copied())).collect::<Result<_, String>>()?;
    if keys.iter().all(Option::is_none) {
        return Err(format!("couldn't find any field with path \"{}\" in the list of objects", path.text()));
    }
    let mut failed = None;
    let mut order: Vec<usize> = (0..items.len()).collect();
    PatternSort::sort(&mut order, |one, other| match (keys[one], keys[other]) {
        (None, _) => true,
        (_, None) => false,
        (Some(one), Some(other)) => is_less(one, other).unwrap_or_else(|why| {
            failed.get_or_insert(why);
            false
        }),
    });
    match failed {
        Some(why) => {
            let path = path.text();
            Err(format!("Field {path} in *unstructured.Unstructured is an unsortable type: interface, err: {why}"))
        }
        None => Ok(order),
    }
}

#[allow(clippy::cast_precision_loss)]
fn is_less(one: Found, other: Found) -> Result<bool, String> {
    match (one.kind(), other.kind()) {
        (Kind::Null | Kind::Nothing, other) => Ok(!matches!(other, Kind::Null | Kind::Nothing)),
        (_, Kind::Null | Kind::Nothing) => Ok(false),
        (Kind::Int(one), Kind::Int(other)) => Ok(one < other),
        (Kind::Float(one), Kind::Float(other)) => Ok(one < other),
        // kubectl gives up here; but 1 and 1.5 of one field differ only in how JSON writes them.
        (Kind::Int(one), Kind::Float(other)) => Ok((one as f64) < other),
        (Kind::Float(one), Kind::Int(other)) => Ok(one < other as f64),
        (Kind::Text(one), Kind::Text(other)) => Ok(text_order(one, other).is_lt()),
        (Kind::Int(_) | Kind::Float(_) | Kind::Text(_), _) => Err("unsortable interface: interface".to_owned()),
        (Kind::Bool(_) | Kind::Array(_) | Kind::Map(_), _) => Err(format!("unsortable type: {}", one.type_name())),
    }
}

fn text_order(one: &str, other: &str) -> Ordering {
    match (quantity::parse(one), quantity::parse(other)) {
        (Some(one), Some(other)) => one.cmp(&other),
        _ => one.cmp(other),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn sorted(values: &[Value]) -> Result<Vec<Value>, String> {
        let items: Vec<Value> = values.iter().map(|value| json!({"v": value})).collect();
        let items: Vec<Value> = order(&items, ".v")?.into_iter().map(|at| items[at].clone()).collect();
        Ok(items.into_iter().map(|mut item| item["v"].take()).collect())
    }

    #[test]
    fn the_order_is_kubectls() {
        for (values, order) in [
            (json!([10, 9, null, -1]), json!([null, -1, 9, 10])),
            (json!(["a9", "a10"]), json!(["a10", "a9"])),
            (json!(["10Gi", "9Ki", "500m"]), json!(["500m", "9Ki", "10Gi"])),
        ] {
            let values = values.as_array().cloned().unwrap_or_default();
            assert_eq!(sorted(&values).map(Value::from), Ok(order));
        }
    }

    #[test]
    fn missing_comes_first() {
        let items = vec![json!({"v": 1}), json!({"w": 1}), json!({"v": 0})];
        assert_eq!(order(&items, "{.v}"), Ok(vec![1, 2, 0]));
        let error = "couldn't find any field with path \"{.x}\" in the list of objects";
        assert_eq!(order(&items, "x"), Err(error.to_owned()));
        assert_eq!(order(&[], "x["), Ok(Vec::new()));
    }

    #[test]
    fn what_has_no_order_is_an_error() {
        let prefix = "Field {.v} in *unstructured.Unstructured is an unsortable type: interface, err: ";
        assert_eq!(sorted(&[json!(true), json!(false)]), Err(format!("{prefix}unsortable type: bool")));
        assert_eq!(sorted(&[json!(1), json!("a")]), Err(format!("{prefix}unsortable interface: interface")));
    }
}
