//! What a person sets for a session: modes, model, effort, approval policy, sandbox.

use serde::Deserialize;
use serde_json::{Value, json};

/// A mode is an approval policy together with a sandbox.
struct Mode {
    id: &'static str,
    name: &'static str,
    description: &'static str,
    approval: &'static str,
    sandbox: &'static str,
}

const MODES: &[Mode] = &[
    Mode {
        id: "read-only",
        name: "Read only",
        description: "Codex reads, and asks before it changes or runs anything.",
        approval: "on-request",
        sandbox: "readOnly",
    },
    Mode {
        id: "agent",
        name: "Agent",
        description: "Codex works in this folder, and asks before it goes beyond it.",
        approval: "on-request",
        sandbox: "workspaceWrite",
    },
    Mode {
        id: "full-access",
        name: "Full access",
        description: "Codex does everything without asking, in all folders and on the network.",
        approval: "never",
        sandbox: "dangerFullAccess",
    },
];
/// What is neither of them.
const CUSTOM: &str = "custom";

const APPROVALS: &[(&str, &str)] = &[
    ("untrusted", "Ask before most commands"),
    ("on-request", "Ask when needed"),
    ("never", "Never ask"),
];
const SANDBOXES: &[(&str, &str)] = &[
    ("readOnly", "Read only"),
    ("workspaceWrite", "Write in the workspace"),
    ("dangerFullAccess", "Full access"),
];

/// A model that may be chosen.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Model {
    #[serde(rename = "model")]
    id: String,
    display_name: String,
    #[serde(default)]
    description: String,
    #[serde(default)]
    hidden: bool,
    #[serde(default)]
    default_reasoning_effort: Option<String>,
    #[serde(default)]
    supported_reasoning_efforts: Vec<Effort>,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Effort {
    reasoning_effort: String,
    #[serde(default)]
    description: String,
}

/// Reads the result of `model/list`. An entry that cannot be read is left out.
pub fn models(result: &Value) -> Vec<Model> {
    let rows = result["data"].as_array().into_iter().flatten();
    rows.filter_map(|row| Model::deserialize(row).ok()).collect()
}

/// What a session is set to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Options {
    model: String,
    effort: Option<String>,
    approval: Value,
    sandbox: Value,
    /// The sandbox of this kind as the person configured it, with the folders and the network that belong to it.
    workspace_write: Value,
}

impl Options {
    /// Reads what `thread/start` and its like answer, or what `thread/settings/updated` tells.
    pub fn read(told: &Value, before: &Self) -> Self {
        let either =
            |names: [&str; 2]| names.iter().map(|name| &told[*name]).find(|value| !value.is_null());
        let sandbox = either(["sandbox", "sandboxPolicy"]).cloned().unwrap_or_default();
        let workspace_write = match sandbox["type"].as_str() {
            Some("workspaceWrite") => sandbox.clone(),
            _ => before.workspace_write.clone(),
        };
        Self {
            model: told["model"].as_str().unwrap_or_default().to_owned(),
            effort: either(["reasoningEffort", "effort"])
                .and_then(Value::as_str)
                .map(str::to_owned),
            approval: told["approvalPolicy"].clone(),
            sandbox,
            workspace_write,
        }
    }

    /// The mode that this is.
    pub fn mode(&self) -> &'static str {
        let is =
            |mode: &&Mode| self.approval == mode.approval && self.sandbox["type"] == mode.sandbox;
        MODES.iter().find(is).map_or(CUSTOM, |mode| mode.id)
    }

    /// ACP's `SessionModeState`.
    pub fn modes(&self) -> Value {
        let current = self.mode();
        let mut modes: Vec<Value> = MODES
            .iter()
            .map(
                |mode| json!({ "id": mode.id, "name": mode.name, "description": mode.description }),
            )
            .collect();
        if current == CUSTOM {
            modes.push(json!({ "id": CUSTOM, "name": "Custom", "description": CUSTOM_IS }));
        }
        json!({ "currentModeId": current, "availableModes": modes })
    }

    /// ACP's config options, all of them.
    pub fn config(&self, models: &[Model]) -> Value {
        let modes = self.modes();
        let modes = modes["availableModes"].as_array().into_iter().flatten().map(|mode| {
            json!({ "value": mode["id"], "name": mode["name"], "description": mode["description"] })
        });
        let mut options = vec![select("mode", "Mode", "mode", self.mode(), modes.collect())];
        if !self.model.is_empty() {
            options.push(select("model", "Model", "model", &self.model, self.model_values(models)));
        }
        options.extend(self.effort_option(models));
        let approval = self.approval.as_str().unwrap_or(CUSTOM);
        options.push(select(
            "approval_policy",
            "Approvals",
            "_approvals",
            approval,
            values(APPROVALS, approval),
        ));
        let sandbox = self.sandbox["type"].as_str().unwrap_or(CUSTOM);
        options.push(select("sandbox", "Sandbox", "_sandbox", sandbox, values(SANDBOXES, sandbox)));
        Value::Array(options)
    }

    fn model_values(&self, models: &[Model]) -> Vec<Value> {
        let listed = models.iter().filter(|model| !model.hidden || model.id == self.model);
        let mut values: Vec<Value> = listed
            .map(|model| {
                json!({ "value": model.id, "name": model.display_name, "description": model.description })
            })
            .collect();
        if !values.iter().any(|value| value["value"] == *self.model) {
            values.insert(0, json!({ "value": self.model, "name": self.model }));
        }
        values
    }

    fn effort_option(&self, models: &[Model]) -> Option<Value> {
        let known = models.iter().find(|model| model.id == self.model);
        let mut values: Vec<Value> = known
            .into_iter()
            .flat_map(|model| &model.supported_reasoning_efforts)
            .map(|effort| {
                let name = &effort.reasoning_effort;
                json!({ "value": name, "name": capitalised(name), "description": effort.description })
            })
            .collect();
        let usual = known.and_then(|model| model.default_reasoning_effort.as_deref());
        let current = self.effort.as_deref().or(usual)?;
        if !values.iter().any(|value| value["value"] == *current) {
            values.push(json!({ "value": current, "name": capitalised(current) }));
        }
        Some(select("reasoning_effort", "Reasoning effort", "thought_level", current, values))
    }

    /// Takes a choice, and says what the app-server is to be told; `None` for one that is not there.
    pub fn choose(&mut self, option: &str, value: &str, models: &[Model]) -> Option<Value> {
        match option {
            "mode" => {
                let mode = MODES.iter().find(|mode| mode.id == value)?;
                self.approval = mode.approval.into();
                self.sandbox = self.sandbox_of(mode.sandbox);
                Some(json!({ "approvalPolicy": self.approval, "sandboxPolicy": self.sandbox }))
            }
            "model" => {
                let model = models.iter().find(|model| model.id == value)?;
                value.clone_into(&mut self.model);
                let efforts = &model.supported_reasoning_efforts;
                let fits = |effort: &String| efforts.iter().any(|e| e.reasoning_effort == *effort);
                if efforts.is_empty() || self.effort.as_ref().is_none_or(fits) {
                    return Some(json!({ "model": value }));
                }
                self.effort = efforts.first().map(|effort| effort.reasoning_effort.clone());
                Some(json!({ "model": value, "effort": self.effort }))
            }
            "reasoning_effort" => {
                self.effort = Some(value.to_owned());
                Some(json!({ "effort": value }))
            }
            "approval_policy" => {
                APPROVALS.iter().find(|(known, _)| *known == value)?;
                self.approval = value.into();
                Some(json!({ "approvalPolicy": value }))
            }
            "sandbox" => {
                SANDBOXES.iter().find(|(known, _)| *known == value)?;
                self.sandbox = self.sandbox_of(value);
                Some(json!({ "sandboxPolicy": self.sandbox }))
            }
            _ => None,
        }
    }

    fn sandbox_of(&self, kind: &str) -> Value {
        if kind == "workspaceWrite" && !self.workspace_write.is_null() {
            return self.workspace_write.clone();
        }
        json!({ "type": kind })
    }
}

const CUSTOM_IS: &str = "What your configuration of Codex says.";

fn select(id: &str, name: &str, category: &str, current: &str, options: Vec<Value>) -> Value {
    let mut option = json!({
        "id": id,
        "name": name,
        "category": category,
        "type": "select",
        "currentValue": current,
    });
    option["options"] = options.into();
    option
}

/// The values of a closed list, and the current one should it be another.
fn values(known: &[(&str, &str)], current: &str) -> Vec<Value> {
    let mut values: Vec<Value> =
        known.iter().map(|(value, name)| json!({ "value": value, "name": name })).collect();
    if !known.iter().any(|(value, _)| *value == current) {
        values.push(json!({ "value": current, "name": capitalised(current) }));
    }
    values
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().collect::<String>() + letters.as_str()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn configured() -> Options {
        let told = json!({
            "model": "big",
            "reasoningEffort": "high",
            "approvalPolicy": "on-request",
            "sandbox": { "type": "workspaceWrite", "writableRoots": ["/more"], "networkAccess": true },
        });
        Options::read(&told, &Options::default())
    }

    fn list() -> Vec<Model> {
        let effort = |name| json!({ "reasoningEffort": name, "description": "" });
        models(&json!({ "data": [
            { "model": "big", "displayName": "Big", "description": "Thinks", "supportedReasoningEfforts": [effort("low"), effort("high")] },
            { "model": "small", "displayName": "Small", "supportedReasoningEfforts": [effort("low")] },
            { "model": "secret", "displayName": "Secret", "hidden": true },
            { "unreadable": true },
        ] }))
    }

    #[test]
    fn every_option_has_its_value_and_its_choices() {
        let config = configured().config(&list());
        let summary: Vec<Value> = config
            .as_array()
            .unwrap()
            .iter()
            .map(|option| {
                let values: Vec<&Value> =
                    option["options"].as_array().unwrap().iter().map(|o| &o["value"]).collect();
                json!([option["id"], option["category"], option["currentValue"], values])
            })
            .collect();
        assert_eq!(
            json!(summary),
            json!([
                ["mode", "mode", "agent", ["read-only", "agent", "full-access"]],
                ["model", "model", "big", ["big", "small"]],
                ["reasoning_effort", "thought_level", "high", ["low", "high"]],
                [
                    "approval_policy",
                    "_approvals",
                    "on-request",
                    ["untrusted", "on-request", "never"]
                ],
                [
                    "sandbox",
                    "_sandbox",
                    "workspaceWrite",
                    ["readOnly", "workspaceWrite", "dangerFullAccess"]
                ],
            ])
        );
    }

    #[test]
    fn a_mode_sets_both_and_coming_back_keeps_what_was_configured() {
        let mut options = configured();
        assert_eq!(
            options.choose("mode", "full-access", &[]),
            Some(
                json!({ "approvalPolicy": "never", "sandboxPolicy": { "type": "dangerFullAccess" } })
            )
        );
        assert_eq!(options.mode(), "full-access");
        assert_eq!(
            options.choose("mode", "agent", &[]),
            Some(json!({ "approvalPolicy": "on-request", "sandboxPolicy": {
                "type": "workspaceWrite", "writableRoots": ["/more"], "networkAccess": true,
            } }))
        );
    }

    #[test]
    fn a_mixture_is_a_mode_of_its_own_that_cannot_be_chosen() {
        let mut options = configured();
        options.choose("approval_policy", "never", &[]).unwrap();
        assert_eq!(options.mode(), "custom");
        assert_eq!(options.modes()["availableModes"].as_array().unwrap().len(), 4);
        assert_eq!(options.choose("mode", "custom", &[]), None);
        assert_eq!(options.choose("sandbox", "none", &[]), None);
        assert_eq!(options.choose("colour", "red", &[]), None);
    }

    #[test]
    fn a_model_that_cannot_think_so_hard_thinks_as_it_can() {
        let mut options = configured();
        assert_eq!(
            options.choose("model", "small", &list()),
            Some(json!({ "model": "small", "effort": "low" }))
        );
        assert_eq!(options.choose("model", "big", &list()), Some(json!({ "model": "big" })));
        assert_eq!(options.choose("model", "unheard of", &list()), None);
    }
}
