//! The settings: what is in force, what an editor changes, and what the file is told to say.

use serde_json::Value;

use super::{Effect, Purpose, Step};
use crate::protocol::{
    Failure, FailureKind, RpcId, SessionId,
    app_server::{DiagnosticKind, DiagnosticLevel},
    note,
    settings::{self, FileRead, Settings, SettingsSchema, SettingsUpdateParams},
};

impl Step<'_> {
    pub(super) fn settings_get(&mut self, session: SessionId, id: RpcId) {
        let settings = self.world.settings.clone();
        self.answer(session, id, &settings);
    }

    pub(super) fn settings_schema(&mut self, session: SessionId, id: RpcId) {
        self.answer(session, id, &SettingsSchema { schema: settings::schema() });
    }

    pub(super) fn settings_update(
        &mut self,
        session: SessionId,
        id: RpcId,
        params: SettingsUpdateParams,
    ) {
        if !self.world.sessions.get(&session).is_some_and(|session| session.trusted) {
            let why = "This workspace is not trusted, so nothing is written for it.";
            return self.fail(session, id, Failure::new(FailureKind::WorkspaceUntrusted, why));
        }
        if let Some(failure) = params.changes.iter().find_map(|(key, value)| refusal(key, value)) {
            return self.fail(session, id, failure);
        }
        let token = self.token(Purpose::Settings { session, id });
        self.effects.push(Effect::UpdateSettings { token, changes: params.changes });
    }

    /// The file was changed, or why it was not.
    pub(super) fn settings_updated(&mut self, token: u64, result: Result<FileRead, String>) {
        let asked = self.world.purposes.remove(&token);
        let result = result.map(|read| self.settings_read(read));
        let Some(Purpose::Settings { session, id }) = asked else { return };
        match result {
            Ok(()) => self.settings_get(session, id),
            Err(why) => self.fail(session, id, Failure::new(FailureKind::Io, why)),
        }
    }

    /// What the file says now. A broken one leaves the last good settings in force.
    pub(super) fn settings_read(&mut self, read: FileRead) {
        let settings = match read {
            FileRead::Said(file) => Settings::of(&file),
            FileRead::Broken { message } => {
                let message = format!("{message} What was set before stays in force.");
                Settings { problems: vec![message], ..self.world.settings.clone() }
            }
        };
        if settings == self.world.settings {
            return;
        }
        let before = std::mem::replace(&mut self.world.settings, settings.clone());
        for problem in settings.problems.iter().filter(|told| !before.problems.contains(told)) {
            self.tell(DiagnosticLevel::Warning, DiagnosticKind::Settings, None, problem.clone(), 1);
        }
        self.broadcast("settings", &note::SettingsChanged(&settings), |_| true);
    }
}

fn refusal(key: &str, value: &Value) -> Option<Failure> {
    let why = match settings::setting(key) {
        None => format!("There is no setting {key}."),
        Some(_) if value.is_null() => return None,
        Some(setting) => setting.fault(value)?,
    };
    Some(Failure::new(FailureKind::InvalidParams, why).with("key", key))
}
