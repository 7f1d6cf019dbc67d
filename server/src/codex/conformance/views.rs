//! Every field that a view reads is in the schema, of that type, and required unless the view says Option.

use serde_json::Value;

use super::schema::{definition, methods, resolve, variants};
use super::{Field, Shape, Shaped};
use crate::codex::views::{
    AgentMessageItem, BackgroundTerminalPage, CommandExecutionItem, FileChangeItem, Initialized,
    Item, ItemPage, Note, PlanItem, ReasoningItem, ServerRequest, Terminated, ThreadOpened,
    ThreadPage, ThreadRead, TurnPage, TurnStarted, TurnSteered, Unsubscribed, UserMessageItem,
};

/// A schema's property, and whether every object of the schema has it.
fn property(schema: &'static Value, name: &str) -> Option<(&'static Value, bool)> {
    let own = schema["properties"].get(name);
    let required =
        schema["required"].as_array().is_some_and(|names| names.iter().any(|n| n == name));
    if let Some(own) = own {
        return Some((own, required));
    }
    let alternatives = schema.get("oneOf").or_else(|| schema.get("anyOf"))?.as_array()?;
    let found: Vec<_> =
        alternatives.iter().map(|variant| property(resolve(variant), name)).collect();
    let (first, _) = found.iter().flatten().next()?;
    Some((first, found.iter().all(|found| found.is_some_and(|(_, required)| required))))
}

/// The alternatives of a property that are not null, and whether null is one.
fn not_null(schema: &'static Value) -> (Vec<&'static Value>, bool) {
    let all: Vec<_> = variants(resolve(schema)).into_iter().map(resolve).collect();
    let is_null = |schema: &Value| schema["type"] == "null";
    let nullable = all.iter().any(|schema| {
        is_null(schema)
            || schema["type"].as_array().is_some_and(|types| types.contains(&"null".into()))
    });
    (all.into_iter().filter(|schema| !is_null(schema)).collect(), nullable)
}

fn is_of_type(schema: &Value, wanted: &str) -> bool {
    match &schema["type"] {
        Value::String(name) => name == wanted,
        Value::Array(names) => names.iter().any(|name| name == wanted),
        _ => false,
    }
}

fn check_value(place: &str, shape: &Shape, schema: &'static Value, findings: &mut Vec<String>) {
    let (alternatives, nullable) = not_null(schema);
    if nullable && !matches!(shape, Shape::Optional(_) | Shape::Any) {
        findings.push(format!("{place} may be null: it needs an Option"));
    }
    let wanted = match shape {
        Shape::Any => return,
        Shape::Optional(inner) => {
            if let Shape::Any = **inner {
                return;
            }
            let mut inner_findings = Vec::new();
            check_value(place, inner, schema, &mut inner_findings);
            inner_findings.retain(|finding| !finding.starts_with(&format!("{place} may be null")));
            findings.extend(inner_findings);
            return;
        }
        Shape::View { schemas, fields } => {
            check_fields(place, fields, resolve(single(place, &alternatives, schema)), findings);
            // The view's own claim is checked too: it may be used apart from this field.
            for name in *schemas {
                check_fields(name, fields, definition(name), findings);
            }
            return;
        }
        Shape::List(inner) => {
            if let [list] = alternatives[..]
                && list.get("items").is_some()
            {
                check_value(&format!("{place}[]"), inner, &list["items"], findings);
            }
            "array"
        }
        Shape::Map(_) => "object",
        Shape::Text => "string",
        Shape::Integer => "integer",
        Shape::Boolean => "boolean",
    };
    if !alternatives.iter().all(|schema| is_of_type(schema, wanted)) {
        findings.push(format!("{place} is not always of type {wanted}"));
    }
}

/// The one alternative that is not null, or the whole union where a view reads all its variants.
fn single(place: &str, alternatives: &[&'static Value], schema: &'static Value) -> &'static Value {
    match alternatives {
        [] => panic!("{place} can be null only"),
        [only] => only,
        _ => schema,
    }
}

fn check_fields(place: &str, fields: &[Field], schema: &'static Value, findings: &mut Vec<String>) {
    for Field { json, shape } in fields {
        let place = format!("{place}.{json}");
        match property(schema, json) {
            None => findings.push(format!("{place} is not in the schema")),
            Some((_, false)) if !matches!(shape, Shape::Optional(_)) => {
                findings.push(format!("{place} is not required: it needs an Option"));
            }
            Some((property, _)) => check_value(&place, shape, property, findings),
        }
    }
}

fn check_view(shape: &Shape) -> Vec<String> {
    let Shape::View { schemas, fields } = shape else { panic!("a view has fields") };
    let mut findings = Vec::new();
    for name in *schemas {
        check_fields(name, fields, definition(name), &mut findings);
    }
    findings
}

#[test]
fn every_field_of_a_view_is_in_the_schema() {
    let results = [
        Initialized::shape(),
        ThreadOpened::shape(),
        ThreadRead::shape(),
        ThreadPage::shape(),
        TurnPage::shape(),
        ItemPage::shape(),
        TurnStarted::shape(),
        TurnSteered::shape(),
        Unsubscribed::shape(),
        BackgroundTerminalPage::shape(),
        Terminated::shape(),
    ];
    let items = [
        Item::shape(),
        UserMessageItem::shape(),
        AgentMessageItem::shape(),
        PlanItem::shape(),
        ReasoningItem::shape(),
        CommandExecutionItem::shape(),
        FileChangeItem::shape(),
    ];
    let messages = Note::table().into_iter().chain(ServerRequest::table()).map(|(_, shape)| shape);
    let findings: Vec<String> = results
        .into_iter()
        .chain(items)
        .chain(messages)
        .flat_map(|shape| check_view(&shape))
        .collect();
    assert_eq!(findings, Vec::<String>::new());
}

#[test]
fn every_message_is_read_by_a_view_of_its_own_params() {
    let tables = [("ServerNotification", Note::table()), ("ServerRequest", ServerRequest::table())];
    for (union, table) in tables {
        let params = methods(union);
        for (method, shape) in table {
            let Shape::View { schemas, .. } = shape else { panic!("a view has fields") };
            let name = params[method].unwrap();
            assert!(schemas.contains(&name), "{method} has {name}, its view reads {schemas:?}");
        }
    }
}

#[test]
fn a_wrong_view_is_found_out() {
    let wrong = Shape::View {
        schemas: &["Thread"],
        fields: vec![
            Field { json: "id", shape: Shape::Text },
            Field { json: "title", shape: Shape::Text },
            Field { json: "name", shape: Shape::Text },
            Field { json: "createdAt", shape: Shape::Text },
            Field { json: "projectId", shape: Shape::Text },
        ],
    };
    assert_eq!(
        check_view(&wrong),
        [
            "Thread.title is not in the schema",
            "Thread.name is not required: it needs an Option",
            "Thread.createdAt is not always of type string",
            "Thread.projectId may be null: it needs an Option",
        ]
    );
}
