//! The settings of a person, one table of them: their names, bounds and defaults, and the schema of the file that an
//! editor completes from.

use std::{collections::BTreeMap, time::Duration};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// One setting.
pub struct Setting {
    /// Its name, dotted, as it stands in the file.
    pub key: &'static str,
    pub about: &'static str,
    pub kind: Kind,
}

pub enum Kind {
    /// 0 stands for never; else `least` to `most`.
    Rest {
        default: u64,
        least: u64,
        most: u64,
    },
    Flag {
        default: bool,
    },
    /// An hour of the day.
    Hour,
    /// The absolute path of a program; empty is none.
    Program,
}

pub const APP_SERVER_IDLE: &str = "appServer.idleMinutes";
pub const DAEMON_IDLE: &str = "daemon.idleSeconds";
pub const OS_NOTIFICATIONS: &str = "approvals.osNotifications";
pub const SHELL_INTEGRATION: &str = "terminals.shellIntegration";
pub const NOTICES_TURNS: &str = "notices.turns";
pub const NOTICES_AUTOMATIONS: &str = "notices.automations";
pub const NOTICES_CONTENT: &str = "notices.content";
const QUIET_FROM: &str = "notices.quietFrom";
const QUIET_UNTIL: &str = "notices.quietUntil";
const NOTICES_PROGRAM: &str = "notices.program";

/// Every setting, in the order of the schema.
pub const SETTINGS: &[Setting] = &[
    Setting {
        key: APP_SERVER_IDLE,
        about: "Minutes after which the app-server ends when no turn runs and no editor wants it. 0: never.",
        kind: Kind::Rest { default: 5, least: 1, most: 1_440 },
    },
    Setting {
        key: DAEMON_IDLE,
        about: "Seconds after which the daemon ends when no editor is connected and nothing runs or is due. 0: never.",
        kind: Kind::Rest { default: 60, least: 5, most: 86_400 },
    },
    Setting {
        key: OS_NOTIFICATIONS,
        about: "Whether a waiting approval is also told by a notification of the operating system while the editor is in the background.",
        kind: Kind::Flag { default: true },
    },
    Setting {
        key: SHELL_INTEGRATION,
        about: "Whether bash, zsh and fish in a terminal say where prompts and commands begin and in which folder they are.",
        kind: Kind::Flag { default: true },
    },
    Setting {
        key: NOTICES_TURNS,
        about: "Whether the end of a turn is told while no editor that shows it is open.",
        kind: Kind::Flag { default: false },
    },
    Setting {
        key: NOTICES_AUTOMATIONS,
        about: "Whether the end of an automation's run is told while no editor that shows it is open.",
        kind: Kind::Flag { default: true },
    },
    Setting {
        key: NOTICES_CONTENT,
        about: "Whether a notice says what Codex said last. Who passes by may read it.",
        kind: Kind::Flag { default: false },
    },
    Setting {
        key: QUIET_FROM,
        about: "The hour of the day, local time, from which no notice is shown.",
        kind: Kind::Hour,
    },
    Setting {
        key: QUIET_UNTIL,
        about: "The hour from which notices are shown again. The same as notices.quietFrom: no hour is quiet.",
        kind: Kind::Hour,
    },
    Setting {
        key: NOTICES_PROGRAM,
        about: "The absolute path of a program that shows notices in place of the system: it is given the title and the text.",
        kind: Kind::Program,
    },
];

impl Setting {
    fn default(&self) -> Value {
        match self.kind {
            Kind::Rest { default, .. } => default.into(),
            Kind::Flag { default } => default.into(),
            Kind::Hour => 0.into(),
            Kind::Program => "".into(),
        }
    }

    /// Why the value cannot be that of this setting.
    pub fn fault(&self, value: &Value) -> Option<String> {
        let (holds, wanted) = match self.kind {
            Kind::Rest { least, most, .. } => {
                let holds = value.as_u64().is_some_and(|n| n == 0 || (least..=most).contains(&n));
                (holds, format!("a whole number from {least} to {most}, or 0 for never"))
            }
            Kind::Flag { .. } => (value.is_boolean(), "true or false".to_owned()),
            Kind::Hour => {
                let holds = value.as_u64().is_some_and(|hour| hour < 24);
                (holds, "a whole number from 0 to 23".to_owned())
            }
            Kind::Program => {
                let absolute = |text: &str| text.is_empty() || is_absolute(text);
                let holds = value.as_str().is_some_and(absolute);
                (holds, "the absolute path of a program, or empty".to_owned())
            }
        };
        (!holds).then(|| format!("{} must be {wanted}, not {value}.", self.key))
    }

    fn schema(&self) -> Value {
        match self.kind {
            Kind::Rest { default, least, most } => json!({
                "description": self.about, "type": "integer", "default": default,
                "anyOf": [{ "const": 0 }, { "minimum": least, "maximum": most }],
            }),
            Kind::Flag { default } => {
                json!({ "description": self.about, "type": "boolean", "default": default })
            }
            Kind::Hour => json!({
                "description": self.about, "type": "integer", "default": 0, "minimum": 0, "maximum": 23,
            }),
            Kind::Program => {
                json!({ "description": self.about, "type": "string", "default": "" })
            }
        }
    }
}

/// As any system has it: which one this is does not matter to a file that is carried about.
fn is_absolute(path: &str) -> bool {
    path.starts_with(['/', '\\']) || path.get(1..3).is_some_and(|drive| drive.starts_with(':'))
}

/// The setting of this name.
pub fn setting(key: &str) -> Option<&'static Setting> {
    SETTINGS.iter().find(|setting| setting.key == key)
}

/// The JSON schema of the file. What it does not know may stand there.
pub fn schema() -> Value {
    let each = SETTINGS.iter().map(|setting| (setting.key.to_owned(), setting.schema()));
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Outrigger's settings",
        "type": "object",
        "properties": each.collect::<Map<_, _>>(),
    })
}

/// Where a value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub enum SettingSource {
    Default,
    User,
}

/// The settings in force, each within its bounds.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Settings {
    /// By dotted name.
    #[cfg_attr(test, ts(type = "Record<string, boolean | number | string>"))]
    pub settings: BTreeMap<&'static str, Value>,
    #[cfg_attr(test, ts(type = "Record<string, SettingSource>"))]
    pub sources: BTreeMap<&'static str, SettingSource>,
    /// What in the file could not be used, in sentences.
    pub problems: Vec<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self::of(&Map::new())
    }
}

impl Settings {
    /// The settings that a file says: a value out of its bounds counts as not there.
    pub fn of(file: &Map<String, Value>) -> Self {
        let mut settings = BTreeMap::new();
        let mut sources = BTreeMap::new();
        let mut problems = Vec::new();
        for setting in SETTINGS {
            let given = file.get(setting.key);
            let fault = given.and_then(|value| setting.fault(value));
            let value = given.filter(|_| fault.is_none());
            let source = if value.is_some() { SettingSource::User } else { SettingSource::Default };
            settings.insert(setting.key, value.cloned().unwrap_or_else(|| setting.default()));
            sources.insert(setting.key, source);
            problems.extend(fault.map(|fault| format!("{fault} The default is used.")));
        }
        Self { settings, sources, problems }
    }

    /// How long the app-server stays without being needed; `None` for ever.
    pub fn app_server_idle(&self) -> Option<Duration> {
        self.rest(APP_SERVER_IDLE).map(Duration::from_mins)
    }

    /// How long the daemon stays without being needed; `None` for ever.
    pub fn daemon_idle(&self) -> Option<Duration> {
        self.rest(DAEMON_IDLE).map(Duration::from_secs)
    }

    /// Whether shells are started with what has them say where their prompts are.
    pub fn shell_integration(&self) -> bool {
        self.settings.get(SHELL_INTEGRATION).and_then(Value::as_bool).unwrap_or(true)
    }

    /// Whether a setting that is true or false is true.
    pub fn is_on(&self, key: &str) -> bool {
        self.settings.get(key).and_then(Value::as_bool).unwrap_or(false)
    }

    /// From which hour of the day to which one no notice is shown; none when none is quiet.
    pub fn quiet_hours(&self) -> Option<(u64, u64)> {
        let hour = |key| self.settings.get(key).and_then(Value::as_u64);
        hour(QUIET_FROM).zip(hour(QUIET_UNTIL)).filter(|(from, until)| from != until)
    }

    /// What shows notices in place of the system.
    pub fn notices_program(&self) -> Option<String> {
        let program = self.settings.get(NOTICES_PROGRAM).and_then(Value::as_str);
        program.filter(|program| !program.is_empty()).map(str::to_owned)
    }

    fn rest(&self, key: &str) -> Option<u64> {
        self.settings.get(key).and_then(Value::as_u64).filter(|rest| *rest > 0)
    }
}

/// What is to be changed, by dotted name; null takes a setting out of the file.
pub type Changes = BTreeMap<String, Value>;

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct SettingsUpdateParams {
    #[cfg_attr(test, ts(type = "Record<string, boolean | number | string | null>"))]
    pub changes: Changes,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct SettingsSchema {
    #[cfg_attr(test, ts(type = "unknown"))]
    pub schema: Value,
}

/// What the file says, or why that cannot be told.
#[derive(Clone, Debug, PartialEq)]
pub enum FileRead {
    Said(Map<String, Value>),
    /// The last good settings stay.
    Broken {
        message: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_out_of_bounds_give_way_to_the_default() {
        let file = json!({
            "appServer.idleMinutes": 0, "daemon.idleSeconds": 4, "approvals.osNotifications": "no",
            "another.program": [1],
        });
        let settings = Settings::of(file.as_object().unwrap());
        assert_eq!(
            serde_json::to_value(&settings).unwrap(),
            json!({
                "settings": {
                    "appServer.idleMinutes": 0, "approvals.osNotifications": true, "daemon.idleSeconds": 60,
                    "notices.automations": true, "notices.content": false, "notices.program": "",
                    "notices.quietFrom": 0, "notices.quietUntil": 0, "notices.turns": false,
                    "terminals.shellIntegration": true,
                },
                "sources": {
                    "appServer.idleMinutes": "user", "approvals.osNotifications": "default",
                    "daemon.idleSeconds": "default", "notices.automations": "default",
                    "notices.content": "default", "notices.program": "default",
                    "notices.quietFrom": "default", "notices.quietUntil": "default", "notices.turns": "default",
                    "terminals.shellIntegration": "default",
                },
                "problems": [
                    "daemon.idleSeconds must be a whole number from 5 to 86400, or 0 for never, not 4. The default is used.",
                    "approvals.osNotifications must be true or false, not \"no\". The default is used.",
                ],
            })
        );
        assert_eq!(settings.app_server_idle(), None);
        assert_eq!(settings.daemon_idle(), Some(Duration::from_mins(1)));
    }

    #[test]
    fn the_schema_takes_what_is_taken_and_no_more() {
        let validator = jsonschema::validator_for(&schema()).unwrap();
        let setting = setting(DAEMON_IDLE).unwrap();
        for value in
            [json!(0), json!(5), json!(86_400), json!(4), json!(-1), json!(1.5), json!("5")]
        {
            let file = json!({ DAEMON_IDLE: value, "unknown": 1 });
            assert_eq!(validator.is_valid(&file), setting.fault(&value).is_none(), "{value}");
        }
    }

    #[test]
    fn the_published_schema_is_current() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/settings.schema.json");
        let fresh = serde_json::to_string_pretty(&schema()).unwrap() + "\n";
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(path, &fresh).unwrap();
        }
        let published = std::fs::read_to_string(path).unwrap_or_default();
        assert_eq!(
            published, fresh,
            "run `UPDATE=1 cargo test published_schema` and commit the result"
        );
    }

    #[test]
    fn the_guide_names_every_setting() {
        let guide = include_str!("../../../docs/settings.md");
        let missing: Vec<&str> = SETTINGS
            .iter()
            .map(|setting| setting.key)
            .filter(|key| !guide.contains(&format!("`{key}`")))
            .collect();
        assert_eq!(missing, Vec::<&str>::new(), "docs/settings.md does not name these");
    }
}
