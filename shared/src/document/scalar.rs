//! Between Automerge's scalars and [`Value`].

use automerge::{ScalarValue, ValueRef};

use crate::value::Value;

/// Gives the scalar that stands for a value.
pub(super) fn to_scalar(value: &Value) -> ScalarValue {
    match value {
        Value::Null => ScalarValue::Null,
        Value::Bool(yes) => ScalarValue::Boolean(*yes),
        Value::Int(number) => ScalarValue::Int(*number),
        Value::Str(text) => ScalarValue::Str(text.as_str().into()),
    }
}

/// Gives the value a scalar stands for; `None` for kinds that documents do not hold.
pub(super) fn from_scalar(scalar: &ScalarValue) -> Option<Value> {
    match scalar {
        ScalarValue::Null => Some(Value::Null),
        ScalarValue::Boolean(yes) => Some(Value::Bool(*yes)),
        ScalarValue::Int(number) => Some(Value::Int(*number)),
        ScalarValue::Str(text) => Some(Value::Str(text.to_string())),
        _ => None,
    }
}

/// Gives the value behind a reference into a document.
pub(super) fn from_ref(value: &ValueRef<'_>) -> Option<Value> {
    match value.to_owned().into_value() {
        automerge::Value::Scalar(scalar) => from_scalar(&scalar),
        automerge::Value::Object(_) => None,
    }
}
