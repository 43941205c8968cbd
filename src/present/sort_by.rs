//! `--sort-by`: kubectl's order of values (kubectl/pkg/cmd/get/sorter.go), and a stable one where kubectl's is not.

use std::cmp::Ordering;

use serde_json::Value;

use super::jsonpath::{Found, Kind, Path};

/// The items' positions in the order of what a path finds first in each: items without it come first, then numbers, then
/// strings by their bytes. If no item has it, that is an error.
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
    if let Some(found) = keys.iter().flatten().find(|found| rank(**found) == UNSORTABLE) {
        let (path, kind) = (path.text(), found.type_name());
        return Err(format!("Field {path} in *unstructured.Unstructured is an unsortable type: {kind}"));
    }
    let mut order: Vec<usize> = (0..items.len()).collect();
    order.sort_by(|&one, &other| compare(keys[one], keys[other]));
    Ok(order)
}

const UNSORTABLE: u8 = 4;

fn rank(found: Found) -> u8 {
    match found.kind() {
        Kind::Null | Kind::Nothing => 1,
        Kind::Int(_) | Kind::Float(_) => 2,
        Kind::Text(_) => 3,
        _ => UNSORTABLE,
    }
}

#[allow(clippy::cast_precision_loss)]
fn compare(one: Option<Found>, other: Option<Found>) -> Ordering {
    let (Some(one), Some(other)) = (one, other) else { return one.is_some().cmp(&other.is_some()) };
    match (one.kind(), other.kind()) {
        (Kind::Int(one), Kind::Int(other)) => one.cmp(&other),
        (Kind::Float(one), Kind::Float(other)) => one.total_cmp(&other),
        (Kind::Int(one), Kind::Float(other)) => (one as f64).total_cmp(&other),
        (Kind::Float(one), Kind::Int(other)) => one.total_cmp(&(other as f64)),
        (Kind::Text(one), Kind::Text(other)) => one.cmp(other),
        _ => rank(one).cmp(&rank(other)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn sorted(values: &Value) -> Result<Vec<Value>, String> {
        let items: Vec<Value> = values.as_array().into_iter().flatten().map(|value| json!({"v": value})).collect();
        Ok(order(&items, ".v")?.into_iter().map(|at| items[at]["v"].clone()).collect())
    }

    #[test]
    fn the_order_is_kubectls() {
        for (values, order) in [
            (json!([10, 9, null, -1]), json!([null, -1, 9, 10])),
            (json!(["a9", "a10"]), json!(["a10", "a9"])),
            (json!([1.5, 1, 2]), json!([1, 1.5, 2])),
        ] {
            assert_eq!(sorted(&values).map(Value::from), Ok(order));
        }
    }

    #[test]
    fn missing_comes_first_and_ties_keep_their_order() {
        let items = [json!({"v": 1}), json!({"w": 1}), json!({"v": 0}), json!({"v": 1, "w": 2})];
        assert_eq!(order(&items, "{.v}"), Ok(vec![1, 2, 0, 3]));
        let error = "couldn't find any field with path \"{.x}\" in the list of objects";
        assert_eq!(order(&items, "x"), Err(error.to_owned()));
        assert_eq!(order(&[], "x["), Ok(Vec::new()));
    }

    #[test]
    fn what_has_no_order_is_an_error() {
        assert!(sorted(&json!([{"a": 1}, {"a": 2}])).is_err());
        assert!(sorted(&json!([true, false])).is_err());
    }
}
