//! `automation.toml`: read, and changed without touching what else stands in it.
//!
//! What Codex's desktop app knows stands at the top, with `status = "PAUSED"`, so that it shows the automation and does
//! not fire it. What is Outrigger's own stands in the table `outrigger`, its status too.

use std::path::PathBuf;

use serde_json::Value as Json;
use toml_edit::{Array, DocumentMut, Formatted, Item, Table, TableLike, Value};

use super::definition::{Definition, Fault};
use crate::protocol::automation::{
    AutomationKind, AutomationOwner, AutomationStatus, ExecutionEnvironment, Minutes, MissedPolicy,
    OverlapPolicy,
};

/// Bytes of one file.
pub const MAX_BYTES: usize = 2 << 20;
const OURS: &str = "outrigger";

/// What the file says; none of one that is marked as deleted.
pub fn read(id: &str, bytes: &[u8]) -> Result<Option<Definition>, Fault> {
    let document = parse(bytes)?;
    let root = Reader { table: document.as_table() };
    let named = root.text("id")?.unwrap_or_else(|| id.to_owned());
    if named != id {
        return Err(Fault::OtherId { found: named, expected: id.to_owned() });
    }
    let status = root.text("status")?;
    if status.as_deref() == Some("DELETED") {
        return Ok(None);
    }
    let for_desktop = status_of(status.as_deref());
    let required = |key: &str| {
        root.text(key)?.ok_or_else(|| Fault::Value { key: key.to_owned(), why: "is missing" })
    };
    let mut definition = Definition::new(
        root.text("name")?.unwrap_or_else(|| id.to_owned()),
        required("prompt")?,
        required("rrule")?,
        0,
    );
    id.clone_into(&mut definition.id);
    definition.stamp = stamp(bytes);
    definition.created_at = root.whole("created_at")?.unwrap_or_default();
    definition.updated_at = root.whole("updated_at")?.unwrap_or(definition.created_at);
    definition.model = root.text("model")?;
    definition.reasoning_effort = root.text("reasoning_effort")?;
    if root.text("execution_environment")?.as_deref() == Some("local") {
        definition.execution_environment = ExecutionEnvironment::Local;
    }
    if root.text("kind")?.as_deref() == Some("heartbeat") {
        definition.kind = AutomationKind::Heartbeat;
    }
    definition.target_thread_id = root.text("target_thread_id")?.map(Into::into);
    definition.cwds = root.paths("cwds")?;
    let Some(ours) = document.get(OURS) else {
        definition.owner = AutomationOwner::Desktop;
        definition.status = for_desktop;
        return Ok(Some(definition));
    };
    let Some(table) = ours.as_table_like() else {
        return Err(Fault::Value { key: OURS.into(), why: "is no table" });
    };
    let ours = Reader { table };
    definition.adopted = for_desktop == AutomationStatus::Active;
    definition.status = status_of(ours.text("status")?.as_deref());
    definition.timezone = ours.text("timezone")?;
    if ours.text("missed")?.as_deref() == Some("skip") {
        definition.missed = MissedPolicy::Skip;
    }
    if ours.text("overlap")?.as_deref() == Some("queue") {
        definition.overlap = OverlapPolicy::Queue;
    }
    definition.branch = ours.text("branch")?;
    definition.setup = ours.text("setup")?;
    definition.resume_after_reset = ours.flag("resume_after_reset")?.unwrap_or(false);
    definition.sandbox = ours.text("sandbox")?;
    definition.approval_policy = ours.json("approval_policy");
    for (key, minutes) in [
        ("deadline_minutes", &mut definition.deadline),
        ("approval_timeout_minutes", &mut definition.approval_timeout),
        ("max_run_minutes", &mut definition.max_run),
    ] {
        *minutes = ours.minutes(key)?.unwrap_or(*minutes);
    }
    Ok(Some(definition))
}

/// The text of the file after this definition is written into it. `old` is empty where there is none.
pub fn write(old: &[u8], definition: &Definition) -> Result<String, Fault> {
    let mut document = parse(old)?;
    let root = document.as_table_mut();
    if !root.contains_key("version") {
        set(root, "version", Some(1.into()));
    }
    set(root, "id", Some(definition.id.as_str().into()));
    let kind = match definition.kind {
        AutomationKind::Cron => "cron",
        AutomationKind::Heartbeat => "heartbeat",
    };
    set(root, "kind", Some(kind.into()));
    set(root, "name", Some(definition.name.as_str().into()));
    set(root, "prompt", Some(definition.prompt.as_str().into()));
    let ours = definition.owner == AutomationOwner::Outrigger;
    let status = name_of(definition.status);
    set(root, "status", Some(if ours { "PAUSED" } else { status }.into()));
    set(root, "rrule", Some(definition.rrule.as_str().into()));
    set(root, "model", definition.model.as_deref().map(Into::into));
    set(root, "reasoning_effort", definition.reasoning_effort.as_deref().map(Into::into));
    let environment = match definition.execution_environment {
        ExecutionEnvironment::Local => "local",
        ExecutionEnvironment::Worktree => "worktree",
    };
    set(root, "execution_environment", Some(environment.into()));
    let thread = definition.target_thread_id.as_ref();
    set(root, "target_thread_id", thread.map(|thread| thread.as_str().into()));
    let cwds: Array =
        definition.cwds.iter().map(|path| path.to_string_lossy().into_owned()).collect();
    set(root, "cwds", Some(cwds.into()));
    set(root, "created_at", i64::try_from(definition.created_at).ok().map(Into::into));
    set(root, "updated_at", i64::try_from(definition.updated_at).ok().map(Into::into));
    if ours {
        write_ours(root, definition)?;
    }
    Ok(document.to_string())
}

fn write_ours(root: &mut Table, definition: &Definition) -> Result<(), Fault> {
    let table = root.entry(OURS).or_insert_with(|| Item::Table(Table::new()));
    let Some(table) = table.as_table_like_mut() else {
        return Err(Fault::Value { key: OURS.into(), why: "is no table" });
    };
    let missed = match definition.missed {
        MissedPolicy::Skip => "skip",
        MissedPolicy::CatchUpOnce => "catchUpOnce",
    };
    let overlap = match definition.overlap {
        OverlapPolicy::Skip => "skip",
        OverlapPolicy::Queue => "queue",
    };
    set(table, "status", Some(name_of(definition.status).into()));
    set(table, "timezone", definition.timezone.as_deref().map(Into::into));
    set(table, "missed", Some(missed.into()));
    set(table, "overlap", Some(overlap.into()));
    set(table, "deadline_minutes", Some(minutes(definition.deadline)));
    set(table, "branch", definition.branch.as_deref().map(Into::into));
    set(table, "approval_policy", definition.approval_policy.as_ref().and_then(value_of));
    set(table, "sandbox", definition.sandbox.as_deref().map(Into::into));
    set(table, "approval_timeout_minutes", Some(minutes(definition.approval_timeout)));
    set(table, "max_run_minutes", Some(minutes(definition.max_run)));
    Ok(())
}

/// The text of the file once it is marked as deleted, as Codex marks it.
pub fn write_deleted(old: &[u8]) -> Result<String, Fault> {
    let mut document = parse(old)?;
    set(document.as_table_mut(), "status", Some("DELETED".into()));
    Ok(document.to_string())
}

/// What tells one text of the file from another.
pub fn stamp(bytes: &[u8]) -> u64 {
    let step = |sum: u64, byte: &u8| (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, step).max(1)
}

fn parse(bytes: &[u8]) -> Result<DocumentMut, Fault> {
    if bytes.len() > MAX_BYTES {
        return Err(Fault::TooLarge(MAX_BYTES));
    }
    if bytes.starts_with(b"\xef\xbb\xbf") {
        return Err(Fault::ByteOrderMark);
    }
    let text = std::str::from_utf8(bytes).map_err(|_| Fault::NotText)?;
    text.parse()
        .map_err(|error: toml_edit::TomlError| Fault::NotToml(error.to_string().trim().to_owned()))
}

/// Sets a key or takes it out. What stands around it stays, and so does a value that means the same.
fn set(table: &mut dyn TableLike, key: &str, value: Option<Value>) {
    let Some(mut value) = value else {
        table.remove(key);
        return;
    };
    match table.get_mut(key).and_then(Item::as_value_mut) {
        Some(old) if plain(old) == plain(&value) => {}
        Some(old) => {
            value.decor_mut().clone_from(old.decor());
            *old = value;
        }
        None => {
            table.insert(key, Item::Value(value));
        }
    }
}

/// A value without the way in which it is written.
fn plain(value: &Value) -> Json {
    match value {
        Value::String(text) => text.value().as_str().into(),
        Value::Integer(number) => (*number.value()).into(),
        Value::Float(number) => (*number.value()).into(),
        Value::Boolean(yes) => (*yes.value()).into(),
        Value::Datetime(time) => time.value().to_string().into(),
        Value::Array(all) => all.iter().map(plain).collect(),
        Value::InlineTable(table) => {
            table.iter().map(|(key, value)| (key.to_owned(), plain(value))).collect()
        }
    }
}

fn value_of(json: &Json) -> Option<Value> {
    Some(match json {
        Json::Null => return None,
        Json::Bool(yes) => (*yes).into(),
        Json::Number(number) => match number.as_i64() {
            Some(whole) => whole.into(),
            None => number.as_f64()?.into(),
        },
        Json::String(text) => text.as_str().into(),
        Json::Array(all) => Value::Array(all.iter().filter_map(value_of).collect()),
        Json::Object(members) => Value::InlineTable(
            members.iter().filter_map(|(key, value)| Some((key, value_of(value)?))).collect(),
        ),
    })
}

fn minutes(Minutes(minutes): Minutes) -> Value {
    let whole = format!("{minutes:.0}").parse::<i64>().ok().filter(|_| minutes.fract() == 0.0);
    whole.map_or_else(|| Value::Float(Formatted::new(minutes)), Into::into)
}

/// What is neither is left alone: it does not fire.
fn status_of(text: Option<&str>) -> AutomationStatus {
    match text {
        Some("ACTIVE") => AutomationStatus::Active,
        _ => AutomationStatus::Paused,
    }
}

fn name_of(status: AutomationStatus) -> &'static str {
    match status {
        AutomationStatus::Active => "ACTIVE",
        AutomationStatus::Paused => "PAUSED",
    }
}

struct Reader<'t> {
    table: &'t dyn TableLike,
}

impl Reader<'_> {
    fn text(&self, key: &str) -> Result<Option<String>, Fault> {
        self.table.get(key).map(|item| text_of(key, item)).transpose()
    }

    fn flag(&self, key: &str) -> Result<Option<bool>, Fault> {
        let bad = || Fault::Value { key: key.to_owned(), why: "is neither true nor false" };
        self.table.get(key).map(|item| item.as_bool().ok_or_else(bad)).transpose()
    }

    fn whole(&self, key: &str) -> Result<Option<u64>, Fault> {
        let bad = || Fault::Value { key: key.to_owned(), why: "is no time in milliseconds" };
        let number = |item: &Item| {
            item.as_integer().and_then(|number| u64::try_from(number).ok()).ok_or_else(bad)
        };
        self.table.get(key).map(number).transpose()
    }

    fn minutes(&self, key: &str) -> Result<Option<Minutes>, Fault> {
        let bad = || Fault::Value { key: key.to_owned(), why: "is no number of minutes" };
        let number = |item: &Item| {
            let whole =
                item.as_integer().and_then(|number| u32::try_from(number).ok()).map(f64::from);
            let minutes = whole.or_else(|| item.as_float());
            minutes
                .filter(|minutes| minutes.is_finite() && *minutes >= 0.0)
                .map(Minutes)
                .ok_or_else(bad)
        };
        self.table.get(key).map(number).transpose()
    }

    fn paths(&self, key: &str) -> Result<Vec<PathBuf>, Fault> {
        let bad = || Fault::Value { key: key.to_owned(), why: "is no list of folders" };
        let Some(item) = self.table.get(key) else { return Ok(Vec::new()) };
        let list = item.as_array().ok_or_else(bad)?;
        list.iter().map(|one| one.as_str().map(PathBuf::from).ok_or_else(bad)).collect()
    }

    fn json(&self, key: &str) -> Option<Json> {
        match self.table.get(key)? {
            Item::Value(value) => Some(plain(value)),
            Item::Table(table) => {
                Some(plain(&Value::InlineTable(table.clone().into_inline_table())))
            }
            Item::None | Item::ArrayOfTables(_) => None,
        }
    }
}

fn text_of(key: &str, item: &Item) -> Result<String, Fault> {
    let text = item.as_str().map(str::to_owned);
    text.ok_or_else(|| Fault::Value { key: key.to_owned(), why: "is no text" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_has_every_key_that_is_written_and_takes_what_is_written() {
        let text = include_str!("../../../docs/automation.schema.json");
        let schema: Json = serde_json::from_str(text).unwrap();
        let mut definition = Definition::new("n".into(), "p".into(), "FREQ=DAILY".into(), 1);
        definition.id = "n".into();
        definition.model = Some("m".into());
        definition.reasoning_effort = Some("low".into());
        definition.target_thread_id = Some("t".into());
        definition.timezone = Some("UTC".into());
        definition.branch = Some("main".into());
        definition.sandbox = Some("read-only".into());
        definition.approval_policy = Some("never".into());
        let text = write(b"", &definition).unwrap();
        let all = plain(&Value::InlineTable(
            text.parse::<DocumentMut>().unwrap().as_table().clone().into_inline_table(),
        ));
        for (written, known) in
            [(&all, &schema["properties"]), (&all[OURS], &schema["properties"][OURS]["properties"])]
        {
            let keys = written.as_object().unwrap().keys();
            let unknown: Vec<&String> = keys.filter(|key| known[key.as_str()].is_null()).collect();
            assert_eq!(unknown, Vec::<&String>::new());
        }
        assert!(jsonschema::validator_for(&schema).unwrap().is_valid(&all), "{all}");
    }
}
