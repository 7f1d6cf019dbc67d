//! The table: every method, its params, its result and its scope, once. The decoder, the lists, the
//! TypeScript and the check of `docs/protocol.md` all come from here.

use serde_json::Value;

use super::{
    Failure, FailureKind, Raw, app_server, approval, atom, automation, file, host, hunk, settings,
    terminal, thread, turn, wire::Outgoing,
};

/// What a request is about: requests of one thread wait while that thread is being resumed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    Host,
    Session,
    AppServer,
    Approval,
    Thread,
    Atom,
}

macro_rules! protocol {
    (
        requests { $($(#[$doc:meta])* $name:ident = $method:literal [$scope:ident] ($params:ty) -> $result:ty;)* }
        client_notes { $($(#[$client_doc:meta])* $client:ident = $client_method:literal ($client_params:ty);)* }
        notifications { $($(#[$note_doc:meta])* $note:ident = $note_method:literal ($note_params:ty);)* }
    ) => {
        /// A request or note of ours from an editor, decoded.
        #[derive(Clone, Debug, PartialEq)]
        pub enum ClientCall {
            $($(#[$doc])* $name($params),)*
            $($(#[$client_doc])* $client($client_params),)*
        }

        impl ClientCall {
            /// Decodes one call. Missing params count as an empty object.
            pub fn decode(method: &str, params: Value) -> Result<Self, Failure> {
                let params = if params.is_null() { Value::Object(serde_json::Map::new()) } else { params };
                match method {
                    $($method => read(method, params).map(Self::$name),)*
                    $($client_method => read(method, params).map(Self::$client),)*
                    _ => Err(Failure::new(FailureKind::MethodUnknown, format!("Outrigger has no method {method}."))),
                }
            }

            pub fn scope(&self) -> Scope {
                match self {
                    $(Self::$name(_) => Scope::$scope,)*
                    $(Self::$client(_) => Scope::Session,)*
                }
            }
        }

        /// Every request that an editor may send, in the order of the table.
        pub const REQUESTS: &[&str] = &[$($method,)*];

        /// Every note, of either side, in the order of the table.
        pub const NOTIFICATIONS: &[&str] = &[$($client_method,)* $($note_method,)*];

        /// Notes to an editor; each function builds one.
        pub mod note {
            use super::{Outgoing, Raw, app_server, approval, atom, automation, file, hunk, settings, terminal, thread, turn};
            $($(#[$note_doc])* #[allow(non_snake_case)] pub fn $note(params: &$note_params) -> Outgoing {
                Outgoing::Note { method: $note_method.into(), params: Raw::of(params) }
            })*
        }

        #[cfg(test)]
        pub(super) fn typescript(config: &ts_rs::Config) -> String {
            use ts_rs::TS;
            let mut out = String::from("export interface Requests {\n");
            $( out += &format!("  {:?}: {{ params: {}; result: {} }};\n", $method, <$params>::name(config), <$result>::name(config)); )*
            out += "}\n\nexport interface ClientNotifications {\n";
            $( out += &format!("  {:?}: {};\n", $client_method, <$client_params>::name(config)); )*
            out += "}\n\nexport interface Notifications {\n";
            $( out += &format!("  {:?}: {};\n", $note_method, <$note_params>::name(config)); )*
            out + "}\n"
        }
    };
}

fn read<T: serde::de::DeserializeOwned>(method: &str, params: Value) -> Result<T, Failure> {
    serde_json::from_value(params).map_err(|error| {
        Failure::new(
            FailureKind::InvalidParams,
            format!("The params of {method} are not valid: {error}."),
        )
    })
}

protocol! {
    requests {
        /// Is the sidecar there.
        Ping = "outrigger/ping" [Host] (host::NoParams) -> host::Pong;
        /// Start-up time, latency and errors per method, memory.
        Metrics = "outrigger/metrics" [Host] (host::NoParams) -> host::Metrics;
        AppServerStatus = "outrigger/appServer/status" [AppServer] (host::NoParams) -> app_server::AppServerStatus;
        AppServerStart = "outrigger/appServer/start" [AppServer] (host::NoParams) -> app_server::AppServerStatus;
        AppServerStop = "outrigger/appServer/stop" [AppServer] (host::NoParams) -> app_server::AppServerStatus;
        AppServerRestart = "outrigger/appServer/restart" [AppServer] (host::NoParams) -> app_server::AppServerStatus;
        ApprovalList = "outrigger/approval/list" [Approval] (approval::ApprovalListParams) -> approval::ApprovalList;
        ApprovalDecide = "outrigger/approval/decide" [Approval] (approval::DecideParams) -> approval::ApprovalRequested;
        ApprovalProposed = "outrigger/approval/proposed" [Approval] (approval::ApprovalRef) -> approval::ProposedFiles;
        ApprovalHistory = "outrigger/approval/history" [Approval] (approval::HistoryParams) -> approval::History;
        ThreadSubscribe = "outrigger/thread/subscribe" [Thread] (thread::ThreadRef) -> host::Done;
        ThreadUnsubscribe = "outrigger/thread/unsubscribe" [Thread] (thread::ThreadRef) -> host::Done;
        ThreadSnapshot = "outrigger/thread/snapshot" [Thread] (thread::SnapshotParams) -> thread::Snapshot;
        ThreadItem = "outrigger/thread/item" [Thread] (thread::ItemRef) -> thread::ItemWhole;
        ThreadRunning = "outrigger/thread/running" [Thread] (thread::ThreadRef) -> thread::Running;
        ThreadEndProcess = "outrigger/thread/endProcess" [Thread] (thread::EndProcessParams) -> host::Done;
        QueueList = "outrigger/thread/queue/list" [Thread] (thread::ThreadRef) -> thread::Queue;
        QueueAdd = "outrigger/thread/queue/add" [Thread] (thread::QueueAddParams) -> thread::Queue;
        QueueUpdate = "outrigger/thread/queue/update" [Thread] (thread::QueueUpdateParams) -> thread::Queue;
        QueueRemove = "outrigger/thread/queue/remove" [Thread] (thread::QueueRemoveParams) -> thread::Queue;
        QueueReorder = "outrigger/thread/queue/reorder" [Thread] (thread::QueueReorderParams) -> thread::Queue;
        /// Where host operations are allowed for this session.
        GrantList = "outrigger/grant/list" [Session] (host::NoParams) -> file::Grants;
        GrantAdd = "outrigger/grant/add" [Session] (file::FileRef) -> file::Grants;
        GrantRemove = "outrigger/grant/remove" [Session] (file::FileRef) -> file::Grants;
        FileListDirectory = "outrigger/file/listDirectory" [Session] (file::FileRef) -> file::Directory;
        SettingsGet = "outrigger/settings/get" [Host] (host::NoParams) -> settings::Settings;
        /// All of the changes are written, or none.
        SettingsUpdate = "outrigger/settings/update" [Host] (settings::SettingsUpdateParams) -> settings::Settings;
        SettingsSchema = "outrigger/settings/schema" [Host] (host::NoParams) -> settings::SettingsSchema;
        AtomGet = "outrigger/atom/get" [Atom] (atom::AtomRef) -> atom::AtomValue;
        AtomSet = "outrigger/atom/set" [Atom] (atom::AtomSetParams) -> atom::AtomRevision;
        AtomDelete = "outrigger/atom/delete" [Atom] (atom::AtomDeleteParams) -> host::Done;
        AtomList = "outrigger/atom/list" [Atom] (atom::AtomListParams) -> atom::AtomList;
        HunkList = "outrigger/hunk/list" [Session] (hunk::HunkListParams) -> hunk::FileHunks;
        HunkStage = "outrigger/hunk/stage" [Session] (hunk::HunkActParams) -> hunk::HunkActed;
        HunkUnstage = "outrigger/hunk/unstage" [Session] (hunk::HunkActParams) -> hunk::HunkActed;
        /// Undoes the unstaged change in the working tree.
        HunkRevert = "outrigger/hunk/revert" [Session] (hunk::HunkActParams) -> hunk::HunkActed;
        /// The whole file, mode and binary included.
        FileStage = "outrigger/file/stage" [Session] (hunk::FileActParams) -> hunk::HunkActed;
        FileUnstage = "outrigger/file/unstage" [Session] (hunk::FileActParams) -> hunk::HunkActed;
        FileRevert = "outrigger/file/revert" [Session] (hunk::FileActParams) -> hunk::HunkActed;
        /// The agent's change is fine; the files and the index stay as they are.
        HunkKeep = "outrigger/hunk/keep" [Session] (hunk::HunkKeepParams) -> hunk::HunkKept;
        /// Takes a journaled act back.
        HunkUndo = "outrigger/hunk/undo" [Session] (hunk::HunkUndoParams) -> hunk::HunkUndone;
        HunkJournal = "outrigger/hunk/journal" [Session] (hunk::HunkJournalParams) -> hunk::HunkJournal;
        /// What an entry of the journal replaced.
        HunkJournaled = "outrigger/hunk/journaled" [Session] (hunk::HunkJournaledParams) -> hunk::HunkJournaled;
        TurnDiff = "outrigger/turn/diff" [Session] (turn::TurnDiffParams) -> turn::TurnDiff;
        /// Puts the tree back as it was before the turn.
        TurnUndo = "outrigger/turn/undo" [Session] (turn::TurnUndoParams) -> turn::TurnUndone;
        /// The agent's hunks that were neither staged nor kept.
        ReviewList = "outrigger/review/list" [Session] (turn::ReviewListParams) -> turn::ReviewList;
        TerminalCreate = "outrigger/terminal/create" [Session] (terminal::TerminalCreateParams) -> terminal::TerminalHeld;
        /// From here on this session is sent the terminal's stream.
        TerminalAttach = "outrigger/terminal/attach" [Session] (terminal::TerminalRef) -> terminal::TerminalAttached;
        TerminalWrite = "outrigger/terminal/write" [Session] (terminal::TerminalWriteParams) -> host::Done;
        TerminalResize = "outrigger/terminal/resize" [Session] (terminal::TerminalResizeParams) -> host::Done;
        TerminalDetach = "outrigger/terminal/detach" [Session] (terminal::TerminalRef) -> host::Done;
        TerminalClose = "outrigger/terminal/close" [Session] (terminal::TerminalCloseParams) -> terminal::TerminalClosed;
        /// Runs the person's shell where an ended terminal was.
        TerminalRestart = "outrigger/terminal/restart" [Session] (terminal::TerminalRef) -> terminal::TerminalHeld;
        /// Shows a command of the agent in a terminal.
        TerminalWatch = "outrigger/terminal/watch" [Session] (terminal::TerminalWatchParams) -> terminal::TerminalHeld;
        TerminalList = "outrigger/terminal/list" [Session] (host::NoParams) -> terminal::TerminalList;
        AutomationCreate = "outrigger/automation/create" [Host] (automation::AutomationFields) -> automation::AutomationHeld;
        AutomationUpdate = "outrigger/automation/update" [Host] (automation::AutomationFields) -> automation::AutomationHeld;
        AutomationGet = "outrigger/automation/get" [Host] (automation::AutomationRef) -> automation::AutomationHeld;
        AutomationPause = "outrigger/automation/pause" [Host] (automation::AutomationRef) -> automation::AutomationHeld;
        AutomationResume = "outrigger/automation/resume" [Host] (automation::AutomationRef) -> automation::AutomationHeld;
        AutomationDelete = "outrigger/automation/delete" [Host] (automation::AutomationRef) -> host::Done;
        AutomationList = "outrigger/automation/list" [Host] (host::NoParams) -> automation::AutomationList;
        /// Runs it now, whatever its schedule says.
        AutomationRun = "outrigger/automation/run" [Host] (automation::AutomationRunParams) -> automation::AutomationRunHeld;
        AutomationPreview = "outrigger/automation/preview" [Host] (automation::AutomationPreviewParams) -> automation::AutomationPreview;
        AutomationRuns = "outrigger/automation/runs" [Host] (automation::AutomationRunsParams) -> automation::AutomationRuns;
        AutomationRunAccept = "outrigger/automation/run/accept" [Host] (automation::RunRef) -> automation::AutomationRunHeld;
        AutomationRunArchive = "outrigger/automation/run/archive" [Host] (automation::RunRef) -> automation::AutomationRunHeld;
        InboxList = "outrigger/inbox/list" [Host] (automation::InboxListParams) -> automation::InboxList;
        /// Marks the run read too.
        InboxMarkRead = "outrigger/inbox/markRead" [Host] (automation::InboxRef) -> automation::InboxItemHeld;
        InboxArchive = "outrigger/inbox/archive" [Host] (automation::InboxRef) -> automation::InboxItemHeld;
    }
    client_notes {
        /// Changes trust, subscriptions, or what the editor shows.
        SessionUpdate = "outrigger/session/update" (host::SessionUpdate);
        /// What this session has shown of a terminal's stream; a request too, which is answered with `{}`.
        TerminalAck = "outrigger/terminal/ack" (terminal::TerminalAckParams);
    }
    notifications {
        AppServerStatus = "outrigger/appServer/status" (app_server::AppServerStatus);
        Diagnostic = "outrigger/diagnostic" (app_server::Diagnostic);
        ApprovalRequested = "outrigger/approval/requested" (approval::ApprovalRequested);
        ApprovalResolved = "outrigger/approval/resolved" (approval::ApprovalResolved);
        /// The hunks that were left out of an accepted change are out of the files, or could not be taken out.
        HunksRefused = "outrigger/approval/hunksRefused" (approval::HunksRefused);
        ThreadChanged = "outrigger/thread/changed" (thread::ThreadChanged);
        QueueChanged = "outrigger/thread/queue/changed" (thread::QueueChanged);
        /// The hunks of a file are others now.
        HunkChanged = "outrigger/hunk/changed" (hunk::HunkChanged);
        /// What is to be looked at of the agent's work may be something else now.
        ReviewChanged = "outrigger/review/changed" (turn::ReviewChanged);
        /// To attached sessions alone; never merged and never left out.
        TerminalData = "outrigger/terminal/data" (terminal::TerminalData);
        TerminalExited = "outrigger/terminal/exited" (terminal::TerminalExited);
        TerminalChanged = "outrigger/terminal/changed" (terminal::TerminalChanged);
        /// This session is sent nothing more of it, though the terminal goes on.
        TerminalDetached = "outrigger/terminal/detached" (terminal::TerminalDetached);
        AutomationChanged = "outrigger/automation/changed" (automation::AutomationChanged);
        RunChanged = "outrigger/automation/runChanged" (automation::AutomationRunHeld);
        InboxChanged = "outrigger/inbox/changed" (automation::InboxItemHeld);
        GrantChanged = "outrigger/grant/changed" (file::Grants);
        SettingsChanged = "outrigger/settings/changed" (settings::Settings);
        AtomChanged = "outrigger/atom/changed" (atom::Atom);
    }
}
