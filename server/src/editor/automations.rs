//! Automations for editors that have none of ours: listed, made, run, paused and resumed by commands.

use serde::Deserialize;
use serde_json::Value;

use super::calls::{argument, listed, made, wrong};
use crate::{
    core::{Action, World},
    protocol::{
        ClientCall, Failure, RpcId,
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
    let argument = |place: usize| argument(arguments, place);
    let call = match command {
        "outrigger.automation.list" => {
            return Some(listed(
                id,
                ClientCall::AutomationList(NoParams {}),
                world.automations.words(),
            ));
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
    Some(made(id, call))
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
