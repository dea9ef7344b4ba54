//! Reads the JSON texts that an `MLmodel` file holds.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::{Column, Param, Property, Scalar, Schema, Signature, SignatureTexts, Tensor, Type};

/// A signature that can't be understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the signature's `{part}` can't be read: {why}")]
pub struct Unreadable {
    /// `inputs`, `outputs` or `params`.
    pub part: &'static str,
    pub why: String,
}

pub(super) fn signature(texts: &SignatureTexts) -> Result<Signature, Unreadable> {
    Ok(Signature {
        inputs: part("inputs", texts.inputs.as_deref(), schema)?,
        outputs: part("outputs", texts.outputs.as_deref(), schema)?,
        params: part("params", texts.params.as_deref(), params)?,
    })
}

fn part<T>(
    part: &'static str,
    text: Option<&str>,
    read: impl Fn(&[Value]) -> Result<T, String>,
) -> Result<Option<T>, Unreadable> {
    let Some(text) = text.filter(|text| !text.trim().is_empty()) else { return Ok(None) };
    let value = serde_json::from_str(text).map_err(|error| error.to_string());
    let read = value.and_then(|value: Value| match value {
        Value::Null => Ok(None),
        Value::Array(items) => read(&items).map(Some),
        _ => Err("it is no list".into()),
    });
    read.map_err(|why| Unreadable { part, why })
}

fn schema(items: &[Value]) -> Result<Schema, String> {
    let objects = items.iter().map(object).collect::<Result<Vec<_>, _>>()?;
    let is_tensor = |item: &&Map<String, Value>| item.get("type").and_then(Value::as_str) == Some("tensor");
    let tensors = objects.iter().copied().filter(is_tensor).count();
    let schema = if tensors == 0 {
        Schema::Columns(objects.into_iter().map(column).collect::<Result<_, _>>()?)
    } else if tensors == objects.len() {
        Schema::Tensors(objects.into_iter().map(tensor).collect::<Result<_, _>>()?)
    } else {
        return Err("it has tensors and columns".into());
    };
    let names: Vec<_> = match &schema {
        Schema::Columns(columns) => columns.iter().map(|column| column.name.as_deref()).collect(),
        Schema::Tensors(tensors) => tensors.iter().map(|tensor| tensor.name.as_deref()).collect(),
    };
    check_names(&names)?;
    Ok(schema)
}

fn check_names(names: &[Option<&str>]) -> Result<(), String> {
    let given: Vec<_> = names.iter().flatten().collect();
    if !given.is_empty() && given.len() < names.len() {
        return Err("some columns have a name and some have none".into());
    }
    let mut seen = BTreeSet::new();
    given
        .into_iter()
        .find(|name| !seen.insert(**name))
        .map_or(Ok(()), |twice| Err(format!("`{twice}` is there twice")))
}

fn object(value: &Value) -> Result<&Map<String, Value>, String> {
    value.as_object().ok_or_else(|| format!("`{value}` is no object"))
}

fn column(item: &Map<String, Value>) -> Result<Column, String> {
    Ok(Column { name: name(item)?, kind: kind(item)?, is_required: is_required(item) })
}

fn tensor(item: &Map<String, Value>) -> Result<Tensor, String> {
    let spec = item.get("tensor-spec").and_then(Value::as_object).ok_or("a tensor has no `tensor-spec`")?;
    let dtype = spec.get("dtype").and_then(Value::as_str).ok_or("a tensor has no `dtype`")?;
    let shape = spec.get("shape").and_then(Value::as_array).ok_or("a tensor has no `shape`")?;
    let shape = shape.iter().map(|length| length.as_i64().ok_or("a tensor's `shape` has integers only"));
    Ok(Tensor { name: name(item)?, dtype: dtype.to_owned(), shape: shape.collect::<Result<_, _>>()? })
}

fn params(items: &[Value]) -> Result<Vec<Param>, String> {
    let param = |item| {
        let item = object(item)?;
        let name = name(item)?.ok_or("a param has no `name`")?;
        let default = item.get("default").cloned().unwrap_or_default();
        let is_list = item.get("shape").is_some_and(|shape| !shape.is_null());
        Ok::<_, String>(Param { name, kind: kind(item)?, default, is_list })
    };
    let params = items.iter().map(param).collect::<Result<Vec<_>, _>>()?;
    check_names(&params.iter().map(|param| Some(param.name.as_str())).collect::<Vec<_>>())?;
    Ok(params)
}

fn name(item: &Map<String, Value>) -> Result<Option<String>, String> {
    match item.get("name") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(name)) => Ok(Some(name.clone())),
        // Columns of a frame that never got names are numbered.
        Some(Value::Number(number)) => Ok(Some(number.to_string())),
        Some(other) => Err(format!("`{other}` is no name")),
    }
}

/// Very old files say `optional` instead.
fn is_required(item: &Map<String, Value>) -> bool {
    let is = |key: &str| item.get(key).and_then(Value::as_bool);
    is("required").unwrap_or(!is("optional").unwrap_or(false))
}

fn kind(item: &Map<String, Value>) -> Result<Type, String> {
    let nested = |key: &str| -> Result<Box<Type>, String> {
        let inner = item.get(key).ok_or_else(|| format!("`{key}` is missing"))?;
        Ok(Box::new(kind(object(inner)?)?))
    };
    let name = item.get("type").and_then(Value::as_str).ok_or("`type` is missing")?;
    Ok(match name {
        "array" => Type::Array(nested("items")?),
        "map" => Type::Map(nested("values")?),
        "any" => Type::Any,
        "object" => {
            let properties = item.get("properties").and_then(Value::as_object);
            let properties = properties.ok_or("an object has no `properties`")?;
            let property = |(name, inner): (&String, &Value)| {
                let inner = object(inner)?;
                let property = Property { kind: kind(inner)?, is_required: is_required(inner) };
                Ok::<_, String>((name.clone(), property))
            };
            Type::Object(properties.iter().map(property).collect::<Result<BTreeMap<_, _>, _>>()?)
        }
        name => match Scalar::ALL.into_iter().find(|scalar| scalar.as_str() == name) {
            Some(scalar) => Type::Scalar(scalar),
            None => Type::Opaque(name.to_owned()),
        },
    })
}
