//! Sessions begun, loaded, resumed, forked, listed, closed and deleted.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::{
    paths,
    protocol::{RpcError, RpcId},
};

use super::{
    commands,
    face::{Call, Face},
    history,
    options::Options,
    rpc::{self, error_of},
    session::Phase,
    update,
};

/// Sessions of one page of the list.
const PAGE: u32 = 50;

/// A session that is being opened.
#[derive(Debug)]
pub struct Opening {
    pub how: How,
    /// What the app-server was asked, but for the thread's name.
    request: Map<String, Value>,
    directories: Vec<PathBuf>,
}

/// What the client asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    New,
    Fork,
    Resume,
    /// With its history.
    Load,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Params {
    #[serde(default)]
    session_id: Option<String>,
    cwd: PathBuf,
    #[serde(default)]
    additional_directories: Vec<PathBuf>,
    #[serde(default)]
    mcp_servers: Vec<Value>,
}

impl Face {
    pub(super) fn new_session(&mut self, id: RpcId, params: &Value) {
        self.open_session(id, params, How::New);
    }

    pub(super) fn load_session(&mut self, id: RpcId, params: &Value) {
        self.open_session(id, params, How::Load);
    }

    pub(super) fn resume_session(&mut self, id: RpcId, params: &Value) {
        self.open_session(id, params, How::Resume);
    }

    pub(super) fn fork_session(&mut self, id: RpcId, params: &Value) {
        self.open_session(id, params, How::Fork);
    }

    fn open_session(&mut self, id: RpcId, params: &Value, how: How) {
        let read = Params::deserialize(params)
            .map_err(|error| format!("The params are not valid: {error}."))
            .and_then(|params| Ok((upstream(&params, how)?, params)));
        let (mut request, params) = match read {
            Ok(read) => read,
            Err(why) => return self.refuse(&id, error_of(rpc::INVALID_PARAMS, why)),
        };
        let folders = std::iter::once(&params.cwd).chain(&params.additional_directories);
        let added: Vec<Value> = folders.filter_map(|folder| workspace_folder(folder)).collect();
        self.add_folders(&added);
        let asked = request.clone();
        let method = match how {
            How::New => "codex/thread/start",
            How::Fork => "codex/thread/fork",
            How::Resume | How::Load => "codex/thread/resume",
        };
        if how != How::New {
            request.insert("threadId".into(), params.session_id.into());
            request.insert("excludeTurns".into(), true.into());
        }
        let directories = params.additional_directories;
        let opening = Opening { how, request: asked, directories };
        self.call(method, request.into(), Call::Opened { request: id, opening });
    }

    /// The daemon is to know where this client works: its hunks are read and written there alone.
    fn add_folders(&mut self, added: &[Value]) {
        let event = json!({ "added": added, "removed": [] });
        self.tell_daemon("workspace/didChangeWorkspaceFolders", json!({ "event": event }));
    }

    pub(super) fn opened(&mut self, id: &RpcId, opening: Opening, result: Result<Value, RpcError>) {
        let result = match result {
            Ok(result) => result,
            Err(error) => return self.finish(id, Err(error)),
        };
        let thread = &result["thread"];
        let Some(name) = thread["id"].as_str().map(str::to_owned) else {
            let why = "The app-server opened a thread without a name.";
            return self.refuse(id, error_of(rpc::INTERNAL_ERROR, why));
        };
        let Opening { how, request, directories } = opening;
        let session = self.sessions.entry(name.clone()).or_default();
        session.options = Options::read(&result, &session.options);
        session.cwd = PathBuf::from(result["cwd"].as_str().unwrap_or_default());
        session.directories = directories;
        session.opening = request;
        session.attached = true;
        if how == How::Load {
            session.phase = Phase::Loading { pages: Vec::new(), held: Vec::new() };
            return self.next_page(id.clone(), name, None);
        }
        session.phase = Phase::Live;
        self.introduce_session(id, &name, how);
    }

    /// The session is ready: the client is told its name and what can be set, and what waits in it.
    pub(super) fn introduce_session(&mut self, id: &RpcId, name: &str, how: How) {
        let Some(session) = self.sessions.get(name) else { return };
        let mut result = json!({
            "modes": session.options.modes(),
            "configOptions": session.options.config(&self.models),
        });
        if matches!(how, How::New | How::Fork) {
            result["sessionId"] = name.into();
        }
        self.answer(id, &result);
        self.tell(update::update(name, &commands::available()));
        if how != How::New {
            let pending = Call::Pending { session: name.to_owned() };
            self.call("outrigger/approval/list", json!({ "threadId": name }), pending);
        }
    }

    pub(super) fn list_sessions(&mut self, id: RpcId, params: &Value) {
        let mut request = json!({
            "limit": PAGE,
            "sortKey": "updated_at",
            "sourceKinds": ["cli", "vscode", "exec", "appServer"],
        });
        for name in ["cwd", "cursor"] {
            if params[name].is_string() {
                request[name] = params[name].clone();
            }
        }
        self.call("codex/thread/list", request, Call::Listed { request: id });
    }

    pub(super) fn listed(&mut self, id: &RpcId, result: Result<Value, RpcError>) {
        let result = result.map(|page| {
            let threads = page["data"].as_array().into_iter().flatten();
            json!({
                "sessions": threads.filter_map(listing).collect::<Vec<_>>(),
                "nextCursor": page["nextCursor"],
            })
        });
        self.finish(id, result);
    }

    pub(super) fn close_session(&mut self, id: &RpcId, params: &Value) {
        let Some(name) = self.session_of(id, params) else { return };
        let own = self.sessions.get(&name).is_some_and(|session| !session.prompts.is_empty());
        if own {
            self.cancel_session(&name);
        }
        self.forget_session(&name);
        self.call("codex/thread/unsubscribe", json!({ "threadId": name }), Call::Ignored);
        self.answer(id, &json!({}));
    }

    /// A deleted session is archived: it is in no list any more, and `codex unarchive` brings it back.
    pub(super) fn delete_session(&mut self, id: RpcId, params: &Value) {
        let Some(name) = params["sessionId"].as_str().map(str::to_owned) else {
            return self.refuse(&id, error_of(rpc::INVALID_PARAMS, "sessionId is missing."));
        };
        self.forget_session(&name);
        let done = Call::Done { request: id };
        self.call("codex/thread/archive", json!({ "threadId": name }), done);
    }

    pub(super) fn set_title(&mut self, id: RpcId, params: &Value) {
        let (Some(name), Some(title)) = (params["sessionId"].as_str(), params["title"].as_str())
        else {
            let why = "sessionId and title are needed.";
            return self.refuse(&id, error_of(rpc::INVALID_PARAMS, why));
        };
        let request = json!({ "threadId": name, "name": title });
        let titled = Call::Titled { request: id, title: title.to_owned() };
        self.call("codex/thread/name/set", request, titled);
    }

    /// Nothing of the session is told any more. Prompts that wait are answered as cancelled.
    fn forget_session(&mut self, name: &str) {
        let Some(session) = self.sessions.remove(name) else { return };
        self.withdraw_of(name);
        for prompt in session.prompts {
            self.answer(&prompt.request, &json!({ "stopReason": "cancelled" }));
        }
        self.children.retain(|_, parent| parent != name);
    }

    /// Takes a choice of the person. It counts at once, and is taken back if the app-server will not have it.
    pub(super) fn choose(
        &mut self,
        id: RpcId,
        params: &Value,
        option: &str,
        value: &str,
        config: bool,
    ) {
        let Some(name) = self.session_of(&id, params) else { return };
        let Some(session) = self.sessions.get_mut(&name) else { return };
        let before = session.options.clone();
        let Some(mut change) = session.options.choose(option, value, &self.models) else {
            let why = format!("{option} cannot be set to {value:?}.");
            return self.refuse(&id, error_of(rpc::INVALID_PARAMS, why));
        };
        change["threadId"] = name.clone().into();
        let chosen = Call::Chosen { request: id, session: name, before, config };
        self.call("codex/thread/settings/update", change, chosen);
    }

    pub(super) fn chosen(
        &mut self,
        id: &RpcId,
        name: &str,
        before: Options,
        config: bool,
        result: Result<Value, RpcError>,
    ) {
        let Some(session) = self.sessions.get_mut(name) else {
            return self.finish(id, result);
        };
        match result {
            Err(error) => {
                session.options = before;
                self.finish(id, Err(error));
            }
            Ok(_) if config => {
                let options = session.options.config(&self.models);
                self.answer(id, &json!({ "configOptions": options }));
            }
            Ok(_) => self.answer(id, &json!({})),
        }
    }

    /// Tells how a session is set, in both of ACP's ways.
    pub(super) fn tell_options(&mut self, name: &str) {
        let Some(session) = self.sessions.get(name) else { return };
        let mode = json!({
            "sessionUpdate": "current_mode_update",
            "currentModeId": session.options.mode(),
        });
        let config = json!({
            "sessionUpdate": "config_option_update",
            "configOptions": session.options.config(&self.models),
        });
        self.tell(update::update(name, &mode));
        self.tell(update::update(name, &config));
    }

    pub(super) fn tell_all_options(&mut self) {
        let live = self.sessions.iter().filter(|(_, session)| matches!(session.phase, Phase::Live));
        let names: Vec<String> = live.map(|(name, _)| name.clone()).collect();
        for name in names {
            self.tell_options(&name);
        }
    }
}

/// A folder as LSP names it.
pub(super) fn workspace_folder(folder: &Path) -> Option<Value> {
    let name = folder.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    Some(json!({ "uri": paths::to_uri(folder)?, "name": name }))
}

/// The app-server's params for what a client asks; the error is what is wrong with it.
fn upstream(params: &Params, how: How) -> Result<Map<String, Value>, String> {
    if how != How::New && params.session_id.is_none() {
        return Err("sessionId is missing.".to_owned());
    }
    let relative = std::iter::once(&params.cwd)
        .chain(&params.additional_directories)
        .find(|folder| !folder.is_absolute());
    if let Some(relative) = relative {
        return Err(format!("{} is not an absolute path.", relative.display()));
    }
    let mut request = Map::new();
    request.insert("cwd".into(), json!(params.cwd));
    if !params.additional_directories.is_empty() {
        let mut roots = vec![&params.cwd];
        roots.extend(&params.additional_directories);
        request.insert("runtimeWorkspaceRoots".into(), json!(roots));
    }
    let servers = mcp_servers(&params.mcp_servers)?;
    if !servers.is_empty() {
        request.insert("config".into(), json!({ "mcp_servers": servers }));
    }
    Ok(request)
}

/// MCP servers as codex configures them.
fn mcp_servers(servers: &[Value]) -> Result<Map<String, Value>, String> {
    let pairs = |list: &Value| -> Map<String, Value> {
        let entries = list.as_array().into_iter().flatten();
        entries
            .filter_map(|entry| Some((entry["name"].as_str()?.to_owned(), entry["value"].clone())))
            .collect()
    };
    let mut configured = Map::new();
    for server in servers {
        let name = server["name"].as_str().ok_or("An MCP server has no name.")?;
        let config = match server["type"].as_str() {
            Some("http") => {
                json!({ "url": server["url"], "http_headers": pairs(&server["headers"]) })
            }
            None | Some("stdio") if server["command"].is_string() => json!({
                "command": server["command"],
                "args": server["args"],
                "env": pairs(&server["env"]),
            }),
            kind => {
                let kind = kind.unwrap_or("without a command");
                return Err(format!(
                    "The MCP server {name} is {kind}: codex takes stdio and http."
                ));
            }
        };
        configured.insert(name.to_owned(), config);
    }
    Ok(configured)
}

/// A thread in the list.
fn listing(thread: &Value) -> Option<Value> {
    let said = |name: &str| thread[name].as_str().filter(|text| !text.trim().is_empty());
    let title = said("name").or_else(|| said("preview").map(str::trim));
    Some(json!({
        "sessionId": thread["id"].as_str()?,
        "cwd": thread["cwd"].as_str()?,
        "title": title.map(one_line),
        "updatedAt": thread["updatedAt"].as_i64().map(history::iso_time),
    }))
}

/// The first line, of which so much is shown that it fits a list.
fn one_line(text: &str) -> String {
    const LONGEST: usize = 120;
    let line = text.lines().next().unwrap_or_default();
    match line.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(params: Value, how: How) -> Result<Value, String> {
        upstream(&Params::deserialize(params).unwrap(), how).map(Value::from)
    }

    #[test]
    fn folders_and_servers_become_codex_own() {
        let params = json!({
            "cwd": "/w",
            "additionalDirectories": ["/more"],
            "mcpServers": [
                { "name": "files", "command": "/bin/files", "args": ["-v"], "env": [{ "name": "A", "value": "1" }] },
                { "type": "http", "name": "web", "url": "https://mcp.example/x", "headers": [{ "name": "K", "value": "V" }] },
            ],
        });
        assert_eq!(
            read(params, How::New),
            Ok(json!({
                "cwd": "/w",
                "runtimeWorkspaceRoots": ["/w", "/more"],
                "config": { "mcp_servers": {
                    "files": { "command": "/bin/files", "args": ["-v"], "env": { "A": "1" } },
                    "web": { "url": "https://mcp.example/x", "http_headers": { "K": "V" } },
                } },
            }))
        );
        assert_eq!(
            read(json!({ "cwd": "/w", "mcpServers": [] }), How::New),
            Ok(json!({ "cwd": "/w" }))
        );
    }

    #[test]
    fn what_cannot_be_is_refused_by_name() {
        let sse = json!({ "cwd": "/w", "mcpServers": [{ "type": "sse", "name": "old", "url": "x", "headers": [] }] });
        assert_eq!(
            read(sse, How::New),
            Err("The MCP server old is sse: codex takes stdio and http.".to_owned())
        );
        assert_eq!(
            read(json!({ "cwd": "w" }), How::New),
            Err("w is not an absolute path.".to_owned())
        );
        assert_eq!(
            read(json!({ "cwd": "/w" }), How::Load),
            Err("sessionId is missing.".to_owned())
        );
    }

    #[test]
    fn a_thread_without_a_name_is_listed_by_how_it_began() {
        let thread = |name: Value| json!({ "id": "t", "cwd": "/w", "name": name, "preview": "\nFix it\nnow", "updatedAt": 1_795_300_000 });
        let listed = |title: &str| {
            Some(
                json!({ "sessionId": "t", "cwd": "/w", "title": title, "updatedAt": "2026-11-21T22:26:40Z" }),
            )
        };
        assert_eq!(listing(&thread(Value::Null)), listed("Fix it"));
        assert_eq!(listing(&thread(json!("The fix"))), listed("The fix"));
    }
}
