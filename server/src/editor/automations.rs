//! Automations for editors that have none of ours: listed, made, run, paused and resumed by commands.

use serde::Deserialize;
use serde_json::Value;

use crate::{
    core::{Action, World},
    protocol::{
        ClientCall, Failure, FailureKind, RpcId,
        automation::{AutomationFields, AutomationRef, AutomationRunParams},
        host::NoParams,
    },
};

/// What a command about automations comes to; `None` when it is not one.
pub(super) fn execute(
    world: &World,
    id: &RpcId,
    command: &str,
    arguments: &[Value],
) -> Option<Vec<Action>> {
    let argument = |n: usize| arguments.get(n).filter(|one| !one.is_null());
    let call = match command {
        "outrigger.automation.list" => {
            let call = Box::new(ClientCall::AutomationList(NoParams {}));
            let list = Action::Call { id: id.clone(), call };
            return Some(vec![list, Action::Say { text: world.automations.words() }]);
        }
        "outrigger.automation.create" => create(argument(0)),
        "outrigger.automation.run" => named(argument(0)).map(|id| {
            let force = argument(1).and_then(|options| options.get("force")?.as_bool());
            ClientCall::AutomationRun(AutomationRunParams { id, force })
        }),
        "outrigger.automation.pause" => {
            named(argument(0)).map(|id| ClientCall::AutomationPause(AutomationRef { id }))
        }
        "outrigger.automation.resume" => {
            named(argument(0)).map(|id| ClientCall::AutomationResume(AutomationRef { id }))
        }
        _ => return None,
    };
    Some(vec![match call {
        Ok(call) => Action::Call { id: id.clone(), call: Box::new(call) },
        Err(failure) => Action::Answer { id: id.clone(), result: Err(failure) },
    }])
}

fn create(fields: Option<&Value>) -> Result<ClientCall, Failure> {
    let Some(fields) = fields else {
        return Err(wrong("outrigger.automation.create takes { name, prompt, rrule, .. }"));
    };
    let fields = AutomationFields::deserialize(fields)
        .map_err(|error| wrong(&format!("The automation is not valid: {error}")))?;
    Ok(ClientCall::AutomationCreate(fields))
}

fn named(name: Option<&Value>) -> Result<String, Failure> {
    match name {
        Some(Value::String(name)) => Ok(name.clone()),
        _ => Err(wrong("It takes the id of an automation")),
    }
}

fn wrong(why: &str) -> Failure {
    Failure::new(FailureKind::InvalidParams, format!("{why}."))
}
