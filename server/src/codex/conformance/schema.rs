//! The vendored schema, as the tests ask it.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use jsonschema::Validator;
use serde_json::{Value, json};

static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../../schema/codex/protocol.json")).unwrap()
});

/// The definition `name`, or the variant `kind` of it for `name#kind`.
pub fn definition(name: &str) -> &'static Value {
    let (name, variant) = match name.split_once('#') {
        Some((name, variant)) => (name, Some(variant)),
        None => (name, None),
    };
    let definitions = &DOCUMENT["definitions"];
    let found = definitions.get(name).or_else(|| definitions["v2"].get(name));
    let found = found.unwrap_or_else(|| panic!("the schema has no definition {name}"));
    let Some(variant) = variant else { return found };
    variants(found)
        .into_iter()
        .find(|candidate| candidate["properties"]["type"]["enum"][0] == variant)
        .unwrap_or_else(|| panic!("{name} has no variant {variant}"))
}

/// The alternatives of a schema, or the schema itself where it has none.
pub fn variants(schema: &'static Value) -> Vec<&'static Value> {
    match schema.get("oneOf").or_else(|| schema.get("anyOf")).and_then(Value::as_array) {
        Some(alternatives) => alternatives.iter().collect(),
        None => vec![schema],
    }
}

/// Follows `$ref`, and `allOf` of one, to what is meant.
pub fn resolve(schema: &'static Value) -> &'static Value {
    if let Some(pointer) = schema["$ref"].as_str() {
        return resolve(DOCUMENT.pointer(pointer.trim_start_matches('#')).unwrap());
    }
    match schema["allOf"].as_array().map(Vec::as_slice) {
        Some([only]) => resolve(only),
        _ => schema,
    }
}

/// The methods of a union such as `ServerRequest`, each with the name of its params' definition where it has one.
pub fn methods(union: &str) -> BTreeMap<&'static str, Option<&'static str>> {
    variants(definition(union))
        .into_iter()
        .map(|variant| {
            let method = variant["properties"]["method"]["enum"][0].as_str().unwrap();
            let params = variant["properties"]["params"]["$ref"].as_str();
            (method, params.and_then(|pointer| pointer.rsplit('/').next()))
        })
        .collect()
}

/// A validator of the definition `name`.
pub fn validator(name: &str) -> Validator {
    definition(name);
    let scope = if DOCUMENT["definitions"].get(name).is_some() { "" } else { "v2/" };
    compile(&json!({ "$ref": format!("#/definitions/{scope}{name}") }))
}

/// A validator of the messages of one method: one variant of a union, so that its errors speak of that method.
pub fn message_validator(union: &str, method: &str) -> Option<Validator> {
    variants(definition(union))
        .into_iter()
        .find(|variant| variant["properties"]["method"]["enum"][0] == method)
        .map(compile)
}

fn compile(schema: &Value) -> Validator {
    let mut document = schema.clone();
    document["$schema"] = DOCUMENT["$schema"].clone();
    document["definitions"] = DOCUMENT["definitions"].clone();
    jsonschema::validator_for(&document).unwrap()
}

/// What is wrong with `value`, in words, or nothing.
pub fn errors(validator: &Validator, value: &Value) -> Vec<String> {
    validator
        .iter_errors(value)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect()
}

/// The name of the result's definition for the request whose params are `params`, where the names follow the rule.
pub fn response_of(params: &str) -> Option<String> {
    let response = format!("{}Response", params.strip_suffix("Params")?);
    let definitions = &DOCUMENT["definitions"];
    let exists = definitions.get(&response).is_some() || definitions["v2"].get(&response).is_some();
    exists.then_some(response)
}
