//! Results: values of the document, and what a template itself contributes.

use std::fmt::Write;

use serde_json::{Map, Value};

use super::go;

/// One result.
#[derive(Clone, Copy, Debug)]
pub enum Found<'a> {
    Value(&'a Value),
    Text(&'a str),
    Int(i64),
    Float(f64),
    Bool(bool),
    /// One byte of a string, which is what `*` makes of strings.
    Byte(u8),
    /// What a range over null iterates on.
    Nothing,
}

/// What a result is, numbers told apart as kubectl does.
#[derive(Clone, Copy)]
pub enum Kind<'a> {
    Nothing,
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(&'a str),
    Array(&'a [Value]),
    Map(&'a Map<String, Value>),
}

impl<'a> Found<'a> {
    pub fn kind(self) -> Kind<'a> {
        match self {
            Self::Value(Value::Null) => Kind::Null,
            Self::Value(&Value::Bool(value)) | Self::Bool(value) => Kind::Bool(value),
            Self::Value(Value::Number(number)) => match go::number(number) {
                go::Number::Int(int) => Kind::Int(int),
                go::Number::Float(float) => Kind::Float(float),
            },
            Self::Value(Value::String(text)) => Kind::Text(text),
            Self::Value(Value::Array(items)) => Kind::Array(items),
            Self::Value(Value::Object(fields)) => Kind::Map(fields),
            Self::Text(text) => Kind::Text(text),
            Self::Int(int) => Kind::Int(int),
            Self::Float(float) => Kind::Float(float),
            Self::Byte(byte) => Kind::Int(byte.into()),
            Self::Nothing => Kind::Nothing,
        }
    }

    /// Go's name of the type.
    pub fn type_name(self) -> &'static str {
        match (self, self.kind()) {
            (Self::Int(_), _) => "int",
            (Self::Byte(_), _) => "uint8",
            (_, Kind::Nothing | Kind::Null) => "<nil>",
            (_, Kind::Bool(_)) => "bool",
            (_, Kind::Int(_)) => "int64",
            (_, Kind::Float(_)) => "float64",
            (_, Kind::Text(_)) => "string",
            (_, Kind::Array(_)) => "[]interface {}",
            (_, Kind::Map(_)) => "map[string]interface {}",
        }
    }

    /// How a jsonpath template prints it: arrays and maps as JSON.
    pub fn print(self, to: &mut String) {
        match (self.kind(), self) {
            (Kind::Nothing, _) => to.push_str("<no value>"),
            (Kind::Null, _) => to.push_str("null"),
            (Kind::Array(_) | Kind::Map(_), Self::Value(value)) => go::json(value, to),
            _ => self.format(to),
        }
    }

    /// How Go's `%v` prints it.
    pub fn format(self, to: &mut String) {
        match self.kind() {
            Kind::Nothing => to.push_str("<invalid reflect.Value>"),
            Kind::Null => to.push_str("<nil>"),
            Kind::Bool(value) => to.push_str(if value { "true" } else { "false" }),
            Kind::Int(int) => _ = write!(to, "{int}"),
            Kind::Float(float) => to.push_str(&go::float(float)),
            Kind::Text(text) => to.push_str(text),
            Kind::Array(items) => {
                to.push('[');
                for (at, item) in items.iter().enumerate() {
                    to.push_str(if at > 0 { " " } else { "" });
                    Found::Value(item).format(to);
                }
                to.push(']');
            }
            Kind::Map(fields) => {
                to.push_str("map[");
                for (at, (key, value)) in go::sorted(fields).into_iter().enumerate() {
                    _ = write!(to, "{}{key}:", if at > 0 { " " } else { "" });
                    Found::Value(value).format(to);
                }
                to.push(']');
            }
        }
    }

    /// As JSON with an indent, `depth` levels deep.
    pub fn print_json(self, depth: usize, to: &mut String) {
        match self {
            Self::Value(value) => go::pretty_json(value, depth, to),
            Self::Nothing => to.push_str("null"),
            Self::Text(text) => go::json_string(text, to),
            Self::Float(float) => to.push_str(&go::json_float(float)),
            Self::Int(_) | Self::Bool(_) | Self::Byte(_) => self.format(to),
        }
    }
}
