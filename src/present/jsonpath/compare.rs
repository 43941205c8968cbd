//! The operators of filters (client-go/third_party/forked/golang/template/funcs.go).

use std::cmp::Ordering;

use super::found::{Found, Kind};

/// Compares values of the same type; kubectl converts none, so that `[?(@.port==1.0)]` is an error for an integer.
pub fn compare(operator: &str, left: Found, right: Found) -> Result<bool, String> {
    let accepts = match operator {
        "==" => Ordering::is_eq,
        "!=" => Ordering::is_ne,
        "<" => Ordering::is_lt,
        "<=" => Ordering::is_le,
        ">" => Ordering::is_gt,
        ">=" => Ordering::is_ge,
        _ => return Err(format!("unrecognized filter operator {operator}")),
    };
    let is_equality = matches!(operator, "==" | "!=");
    order(left.kind(), right.kind(), is_equality).map(accepts).map_err(str::to_owned)
}

fn order(left: Kind, right: Kind, is_equality: bool) -> Result<Ordering, &'static str> {
    match (left, right) {
        (Kind::Bool(left), Kind::Bool(right)) if is_equality => Ok(left.cmp(&right)),
        (Kind::Int(left), Kind::Int(right)) => Ok(left.cmp(&right)),
        (Kind::Float(left), Kind::Float(right)) => Ok(left.partial_cmp(&right).unwrap_or(Ordering::Equal)),
        (Kind::Text(left), Kind::Text(right)) => Ok(left.cmp(right)),
        (Kind::Bool(_), Kind::Bool(_)) => Err("invalid type for comparison"),
        (left, right) if is_basic(left) && is_basic(right) => Err("incompatible types for comparison"),
        _ => Err("invalid type for comparison"),
    }
}

fn is_basic(kind: Kind) -> bool {
    matches!(kind, Kind::Bool(_) | Kind::Int(_) | Kind::Float(_) | Kind::Text(_))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_type_compares() {
        assert_eq!(compare("<=", Found::Int(1), Found::Int(1)), Ok(true));
        assert_eq!(compare("!=", Found::Text("a"), Found::Text("a")), Ok(false));
        assert_eq!(compare(">", Found::Float(1.5), Found::Float(1.0)), Ok(true));
        assert_eq!(
            compare("==", Found::Int(1), Found::Float(1.0)),
            Err("incompatible types for comparison".to_owned())
        );
        assert_eq!(compare("<", Found::Bool(true), Found::Bool(true)), Err("invalid type for comparison".to_owned()));
        assert_eq!(compare("==", Found::Nothing, Found::Int(1)), Err("invalid type for comparison".to_owned()));
        assert_eq!(compare("===", Found::Int(1), Found::Int(1)), Err("unrecognized filter operator ===".to_owned()));
    }
}
