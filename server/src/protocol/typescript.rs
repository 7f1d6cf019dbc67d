//! Writes the TypeScript of the contract, and fails when the checked-in copy is not current.

use std::path::Path;

use ts_rs::{Config, TS};

use super::{
    app_server as a, approval as p, atom, automation as o, diff as d, failure, file as f,
    host as h, hunk as k, settings as s, table, terminal as m, thread as t, turn as u,
};

const PATH: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../extensions/vscode/src/protocol.generated.ts");

fn declare<T: TS>(out: &mut String, config: &Config) {
    out.push_str("export ");
    out.push_str(&T::decl(config));
    out.push_str("\n\n");
}

macro_rules! declare_all {
    ($out:ident, $config:ident, $($kind:ty),* $(,)?) => { $( declare::<$kind>(&mut $out, &$config); )* };
}

fn generate() -> String {
    let config = Config::default();
    let mut out = String::from(
        "// Generated from the protocol table in server/src/protocol; `UPDATE=1 cargo test generated_typescript` writes it.\n\n",
    );
    for id in ["ThreadId", "TurnId", "ItemId", "ApprovalId", "TerminalId", "RunId"] {
        out.extend(["export type ", id, " = string;\n"]);
    }
    out.push_str("export type NoParams = Record<string, never>;\nexport type Done = Record<string, never>;\n\n");
    declare_all!(
        out,
        config,
        failure::FailureKind,
        d::Eol,
        d::LineKind,
        d::HunkLine,
        d::ModeChange,
        d::Origin,
        d::Hunk,
        d::HunkRange,
        d::FileStatus,
        d::FileHunks,
        k::HunkListParams,
        k::HunkLines,
        k::HunkTarget,
        k::HunkAnswer,
        k::HunkActParams,
        k::FileActParams,
        k::HunkIds,
        k::HunksTold,
        k::HunkActed,
        k::HunkName,
        k::HunkKeepParams,
        k::HunkKept,
        k::HunkUndoParams,
        k::HunkUndone,
        k::HunkJournalParams,
        k::JournalAction,
        k::JournalEntry,
        k::HunkJournal,
        k::HunkJournaledParams,
        k::JournaledFile,
        k::HunkJournaled,
        k::HunkChanged,
        d::FileDiff,
        u::TurnDiffParams,
        u::TurnDiff,
        u::TurnUndoParams,
        u::TurnUndone,
        u::ReviewListParams,
        u::FileReview,
        u::ReviewList,
        u::ReviewChanged,
        m::TerminalCreateParams,
        m::TerminalRef,
        m::TerminalWatchParams,
        m::TerminalWriteParams,
        m::TerminalResizeParams,
        m::TerminalAckParams,
        m::TerminalCloseParams,
        m::TerminalStatus,
        m::TerminalMode,
        m::Terminal,
        m::TerminalHeld,
        m::TerminalAttached,
        m::TerminalProcess,
        m::TerminalClosed,
        m::TerminalList,
        m::TerminalData,
        m::TerminalExited,
        m::TerminalChanged,
        m::DetachReason,
        m::TerminalDetached,
        o::Minutes,
        o::AutomationStatus,
        o::MissedPolicy,
        o::OverlapPolicy,
        o::ExecutionEnvironment,
        o::AutomationKind,
        o::AutomationOwner,
        o::Automation,
        o::AutomationFields,
        o::AutomationRef,
        o::AutomationRunParams,
        o::AutomationPreviewParams,
        o::AutomationPreview,
        o::AutomationHeld,
        o::AutomationProblem,
        o::AutomationList,
        o::AutomationChanged,
        o::RunTrigger,
        o::RunStatus,
        o::AutomationRun,
        o::AutomationRunHeld,
        o::AutomationRunsParams,
        o::AutomationRuns,
        o::RunRef,
        o::InboxItem,
        o::InboxListParams,
        o::InboxList,
        o::InboxRef,
        o::InboxItemHeld,
        a::AppServerState,
        a::AppServerErrorKind,
        a::AppServerError,
        a::AppServerStatus,
        a::DiagnosticLevel,
        a::DiagnosticKind,
        a::Diagnostic,
        p::ApprovalKind,
        p::ChangeKind,
        p::ProposedChange,
        p::DecisionScope,
        p::DecisionOption,
        p::HunkRef,
        p::Approval,
        p::Outcome,
        p::Delivery,
        p::ApprovalListParams,
        p::ApprovalList,
        p::DecideParams,
        p::ApprovalRequested,
        p::ApprovalRef,
        p::ApprovalResolved,
        p::RefusalFailed,
        p::HunksRefused,
        p::ProposedFile,
        p::ProposedFiles,
        p::HistoryParams,
        p::HistoryEntry,
        p::History,
        t::ChangeOp,
        t::ThreadChange,
        t::ThreadChanged,
        t::ThreadRef,
        t::SnapshotParams,
        t::Marker,
        t::ItemState,
        t::TurnState,
        t::ThreadState,
        t::Snapshot,
        t::ItemRef,
        t::ItemWhole,
        t::RunningProcess,
        t::Running,
        t::EndProcessParams,
        t::QueuedMessage,
        t::Queue,
        t::QueueAddParams,
        t::QueueUpdateParams,
        t::QueueRemoveParams,
        t::QueueReorderParams,
        t::QueueChanged,
        atom::AtomRef,
        atom::AtomSetParams,
        atom::AtomDeleteParams,
        atom::AtomListParams,
        atom::AtomValue,
        atom::AtomRevision,
        atom::Atom,
        atom::AtomList,
        h::Pong,
        h::Startup,
        h::MethodMetrics,
        h::MemoryMetrics,
        h::Metrics,
        h::SessionUpdate,
        f::FileRef,
        f::Directory,
        f::DirectoryEntry,
        f::Grant,
        f::GrantSource,
        f::Grants,
        s::SettingSource,
        s::Settings,
        s::SettingsUpdateParams,
        s::SettingsSchema,
    );
    out.push_str(&table::typescript(&config));
    // The item's own fields stand beside ours, and ts-rs cannot say that of a map.
    let item = t::ItemState::decl(&config);
    out.replace(&item, &format!("{} & {{ [field: string]: unknown }};", item.trim_end_matches(';')))
}

#[test]
fn generated_typescript_is_current() {
    let fresh = generate();
    if std::env::var_os("UPDATE").is_some() {
        std::fs::create_dir_all(Path::new(PATH).parent().unwrap()).unwrap();
        std::fs::write(PATH, &fresh).unwrap();
    }
    let checked_in = std::fs::read_to_string(PATH).unwrap_or_default();
    let stale = checked_in.lines().zip(fresh.lines()).find(|(old, new)| old != new);
    assert_eq!(
        (stale, checked_in.len()),
        (None, fresh.len()),
        "run `UPDATE=1 cargo test generated_typescript` and commit the result"
    );
}

#[test]
fn the_contract_for_people_names_every_method() {
    let docs = include_str!("../../../docs/protocol.md");
    let missing: Vec<&&str> = table::REQUESTS
        .iter()
        .chain(table::NOTIFICATIONS)
        .filter(|method| !docs.contains(&format!("`{method}")))
        .collect();
    assert_eq!(missing, Vec::<&&str>::new(), "docs/protocol.md does not name these");
}
