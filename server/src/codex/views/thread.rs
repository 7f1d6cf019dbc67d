//! Threads, turns and the results that carry them.

use serde_json::value::RawValue;

use super::{Text, view};

view! {
    /// The answer to `initialize`.
    pub struct Initialized<'a> of "InitializeResponse" {
        user_agent = "userAgent": Text<'a>,
        /// The `CODEX_HOME` that the app-server uses, absolute.
        codex_home = "codexHome": Text<'a>,
        platform_os = "platformOs": Text<'a>,
    }
}

view! {
    /// A thread, as results and `thread/started` carry it.
    pub struct Thread<'a> of "Thread" {
        id = "id": Text<'a>,
        session_id = "sessionId": Text<'a>,
        cwd = "cwd": Text<'a>,
        name = "name": Option<Text<'a>>,
        /// Usually the first words of the first prompt.
        preview = "preview": Text<'a>,
        /// Absent on a thread that has not been resumed in this process.
        model = "model": Option<Text<'a>>,
        model_provider = "modelProvider": Text<'a>,
        status = "status": ThreadStatus<'a>,
        /// Unix seconds.
        created_at = "createdAt": i64,
        /// Unix seconds.
        updated_at = "updatedAt": i64,
        ephemeral = "ephemeral": bool,
        /// `legacy` or `paginated`.
        history_mode = "historyMode": Option<Text<'a>>,
        forked_from_id = "forkedFromId": Option<Text<'a>>,
        parent_thread_id = "parentThreadId": Option<Text<'a>>,
        /// Empty unless the turns were asked for.
        turns = "turns": Vec<Turn<'a>>,
    }
}

view! {
    /// `notLoaded`, `idle`, `systemError`, or `active` with its flags.
    pub struct ThreadStatus<'a> of "ThreadStatus" {
        kind = "type": Text<'a>,
        /// `waitingOnApproval`, `waitingOnUserInput`; only with `active`.
        active_flags = "activeFlags": Option<Vec<Text<'a>>>,
    }
}

view! {
    /// A turn; its items are there only as far as `items_view` says.
    pub struct Turn<'a> of "Turn" {
        id = "id": Text<'a>,
        /// `inProgress`, `completed`, `interrupted` or `failed`.
        status = "status": Text<'a>,
        error = "error": Option<TurnError<'a>>,
        /// Unix seconds.
        started_at = "startedAt": Option<i64>,
        /// Unix seconds.
        completed_at = "completedAt": Option<i64>,
        items = "items": Vec<&'a RawValue>,
        /// `notLoaded`, `summary` or `full`.
        items_view = "itemsView": Option<Text<'a>>,
    }
}

view! {
    /// Why a turn failed.
    pub struct TurnError<'a> of "TurnError" {
        message = "message": Text<'a>,
        additional_details = "additionalDetails": Option<Text<'a>>,
        /// A string, or an object whose one key names the cause.
        codex_error_info = "codexErrorInfo": Option<&'a RawValue>,
    }
}

view! {
    /// The answer to `thread/start`, `thread/resume` and `thread/fork`.
    pub struct ThreadOpened<'a> of "ThreadStartResponse" | "ThreadResumeResponse" | "ThreadForkResponse" {
        thread = "thread": Thread<'a>,
        cwd = "cwd": Text<'a>,
        model = "model": Text<'a>,
        model_provider = "modelProvider": Text<'a>,
        /// A string, or an object for a granular policy.
        approval_policy = "approvalPolicy": &'a RawValue,
        sandbox = "sandbox": &'a RawValue,
        reasoning_effort = "reasoningEffort": Option<&'a RawValue>,
    }
}

view! {
    /// The answer to `thread/read`.
    pub struct ThreadRead<'a> of "ThreadReadResponse" {
        thread = "thread": Thread<'a>,
    }
}

view! {
    /// The answer to `thread/list`.
    pub struct ThreadPage<'a> of "ThreadListResponse" {
        data = "data": Vec<Thread<'a>>,
        next_cursor = "nextCursor": Option<Text<'a>>,
    }
}

view! {
    /// The answer to `thread/turns/list`.
    pub struct TurnPage<'a> of "ThreadTurnsListResponse" {
        data = "data": Vec<Turn<'a>>,
        next_cursor = "nextCursor": Option<Text<'a>>,
        backwards_cursor = "backwardsCursor": Option<Text<'a>>,
    }
}

view! {
    /// The answer to `thread/items/list`.
    pub struct ItemPage<'a> of "ThreadItemsListResponse" {
        data = "data": Vec<ItemEntry<'a>>,
        next_cursor = "nextCursor": Option<Text<'a>>,
        backwards_cursor = "backwardsCursor": Option<Text<'a>>,
    }
}

view! {
    /// A stored item and the turn it belongs to.
    pub struct ItemEntry<'a> of "ThreadItemEntry" {
        turn_id = "turnId": Text<'a>,
        item = "item": &'a RawValue,
    }
}

view! {
    /// The answer to `turn/start`: a running turn's own id when the input steered it.
    pub struct TurnStarted<'a> of "TurnStartResponse" {
        turn = "turn": Turn<'a>,
    }
}

view! {
    /// The answer to `turn/steer`.
    pub struct TurnSteered<'a> of "TurnSteerResponse" {
        turn_id = "turnId": Text<'a>,
    }
}

view! {
    /// The answer to `thread/unsubscribe`.
    pub struct Unsubscribed<'a> of "ThreadUnsubscribeResponse" {
        status = "status": Text<'a>,
    }
}

view! {
    /// The answer to `thread/backgroundTerminals/list`.
    pub struct BackgroundTerminalPage<'a> of "ThreadBackgroundTerminalsListResponse" {
        data = "data": Vec<BackgroundTerminal<'a>>,
        next_cursor = "nextCursor": Option<Text<'a>>,
    }
}

view! {
    /// A command that still runs although its turn is over.
    pub struct BackgroundTerminal<'a> of "ThreadBackgroundTerminal" {
        /// The app-server's id, not the operating system's.
        process_id = "processId": Text<'a>,
        item_id = "itemId": Text<'a>,
        command = "command": Text<'a>,
        cwd = "cwd": Text<'a>,
        os_pid = "osPid": Option<u32>,
    }
}

view! {
    /// The answer to `thread/backgroundTerminals/terminate`.
    pub struct Terminated of "ThreadBackgroundTerminalsTerminateResponse" {
        terminated = "terminated": bool,
    }
}
