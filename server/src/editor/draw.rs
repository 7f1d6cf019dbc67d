//! Lenses, actions and diagnostics: where each pending approval stands in a document.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{hunks, words};
use crate::{
    core::{
        Action, World,
        proposals::{self, Touched},
        session::{Prompts, Session},
    },
    paths,
    protocol::{
        ApprovalId,
        approval::{Approval, ApprovalKind, ChangeKind, DecisionScope, ProposedChange},
    },
};

/// Approvals that this editor puts before its person: those of its folders. What belongs to no open
/// folder is put before the person in the editor that was last active.
pub fn relevant<'w>(world: &'w World, state: &Session) -> Vec<&'w Approval> {
    let trusted = |session: &&Session| session.trusted && session.initialized;
    if !trusted(&state) {
        return Vec::new();
    }
    // A terminal that lists approvals is no place where a person would look for one.
    let shows = |session: &&Session| {
        trusted(session)
            && (!session.folders.is_empty() || session.inline.prompts != Prompts::Never)
    };
    let last_active =
        world.sessions.values().filter(shows).max_by_key(|one| (one.active_at, one.id));
    let is_last_active = last_active.is_none_or(|last| last.id == state.id);
    let ours = |approval: &&Approval| {
        let Some(cwd) = approval.cwd.as_deref() else { return is_last_active };
        state.holds(cwd)
            || is_last_active && !world.sessions.values().filter(trusted).any(|s| s.holds(cwd))
    };
    world.approvals.pending().filter(ours).collect()
}

/// Whether a lens for this approval stands in a document that the editor has open.
pub fn has_lens(world: &World, state: &Session, approval: &Approval) -> bool {
    state.inline.code_lens
        && approval.kind != ApprovalKind::Question
        && state
            .documents
            .keys()
            .any(|uri| places(state, uri, approval).is_some_and(|places| !places.is_empty()))
        && relevant(world, state).iter().any(|one| one.approval_id == approval.approval_id)
}

/// What the lenses of a session are made of: when it changes, the editor is told to ask again.
pub fn lens_signature(world: &World, state: &Session) -> Vec<String> {
    let approvals = relevant(world, state);
    let mut signature: Vec<String> =
        approvals.iter().map(|approval| approval.approval_id.to_string()).collect();
    if approvals.iter().any(|approval| at_top(state, approval)) {
        signature.extend(state.active.clone());
    }
    let dirty = state.documents.iter().filter(|(_, document)| document.dirty);
    if !approvals.is_empty() {
        signature.extend(dirty.map(|(uri, _)| uri.clone()));
    }
    signature.extend(hunks::lens_signature(state));
    signature
}

/// The lenses of one document, and the approvals that they show.
pub fn lenses(world: &World, state: &Session, uri: &str) -> (Vec<Value>, Vec<ApprovalId>) {
    let mut lenses = Vec::new();
    let mut shown = Vec::new();
    if !state.inline.code_lens {
        return (lenses, shown);
    }
    let dirty = state.document(uri).is_some_and(|document| document.dirty);
    for approval in relevant(world, state) {
        let Some(places) = places(state, uri, approval) else { continue };
        let id = &approval.approval_id;
        for place in &places {
            let title = match (place.in_file, dirty) {
                (false, _) => words::headline(approval),
                (true, true) => {
                    format!("{} (this file has unsaved edits: save it first)", place.says)
                }
                (true, false) => place.says.clone(),
            };
            lenses.push(lens(place.line, &title, "outrigger.approval.next", id));
            for (title, command) in choices(approval) {
                lenses.push(lens(place.line, title, command, id));
            }
        }
        shown.push(id.clone());
    }
    lenses.extend(hunks::lenses(state, uri));
    (lenses, shown)
}

fn lens(line: u32, title: &str, command: &str, approval: &ApprovalId) -> Value {
    json!({
        "range": range(line, 0),
        "command": { "title": title, "command": command, "arguments": [approval] },
    })
}

/// Where an editor asks for code actions, and for which.
pub struct Asked<'a> {
    first: u64,
    last: u64,
    only: Option<Vec<&'a str>>,
    diagnostics: &'a [Value],
}

impl<'a> Asked<'a> {
    fn of(params: &'a Value) -> Self {
        let line = |pointer: &str| params.pointer(pointer).and_then(Value::as_u64).unwrap_or(0);
        let list = |pointer: &str| params.pointer(pointer).and_then(Value::as_array);
        Self {
            first: line("/range/start/line"),
            last: line("/range/end/line"),
            only: list("/context/only")
                .map(|kinds| kinds.iter().filter_map(Value::as_str).collect()),
            diagnostics: list("/context/diagnostics").map(Vec::as_slice).unwrap_or_default(),
        }
    }

    /// Whether any of these lines is meant.
    pub fn touches(&self, first: u32, last: u32) -> bool {
        u64::from(first) <= self.last && self.first <= u64::from(last)
    }

    pub fn wants(&self, kind: &str) -> bool {
        self.only.as_ref().is_none_or(|only| only.contains(&kind))
    }

    /// Our diagnostics there that have this value.
    pub fn marked(&self, pointer: &str, value: &str) -> Vec<&'a Value> {
        let ours = |diagnostic: &&Value| {
            diagnostic.get("source") == Some(&json!("outrigger"))
                && diagnostic.pointer(pointer) == Some(&json!(value))
        };
        self.diagnostics.iter().filter(ours).collect()
    }
}

/// The choices at the lines that are asked for, as code actions.
pub fn actions(world: &World, state: &Session, uri: &str, params: &Value) -> Vec<Value> {
    let asked = Asked::of(params);
    let mut actions = Vec::new();
    for approval in relevant(world, state) {
        let Some(places) = places(state, uri, approval) else { continue };
        // At the top of the active document it concerns the whole of it.
        let here =
            |place: &&Place| !place.in_file || asked.touches(place.line, place.line + place.lines);
        let Some(place) = places.iter().find(here) else { continue };
        let marked = asked.marked("/data/approvalId", approval.approval_id.as_str());
        let kind = if marked.is_empty() { "refactor" } else { "quickfix" };
        if !asked.wants(kind) {
            continue;
        }
        let what = if place.in_file { &place.says } else { &words::headline(approval) };
        for (title, command) in choices(approval) {
            actions.push(json!({
                "title": format!("{title}: {what}"),
                "kind": kind,
                "diagnostics": marked,
                "command": {
                    "title": title, "command": command, "arguments": [approval.approval_id],
                },
            }));
        }
    }
    actions.extend(hunks::actions(world, state, uri, &asked));
    actions
}

/// Diagnostics by document, and the approvals that they show.
pub fn diagnostics(
    world: &World,
    state: &Session,
) -> (BTreeMap<String, Vec<Value>>, Vec<ApprovalId>) {
    let mut by_document: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    let mut shown = Vec::new();
    if !state.inline.diagnostics {
        return (by_document, shown);
    }
    for approval in relevant(world, state) {
        for uri in state.documents.keys() {
            for place in places(state, uri, approval).into_iter().flatten() {
                by_document.entry(uri.clone()).or_default().push(json!({
                    "range": range(place.line, place.lines),
                    "severity": 3,
                    "source": "outrigger",
                    "code": "approval",
                    "message": if place.in_file { place.says.clone() } else { words::headline(approval) },
                    "data": { "approvalId": approval.approval_id },
                }));
                shown.push(approval.approval_id.clone());
            }
        }
    }
    for uri in state.documents.keys() {
        let marks = hunks::diagnostics(world, state, uri);
        if !marks.is_empty() {
            by_document.entry(uri.clone()).or_default().extend(marks);
        }
    }
    (by_document, shown)
}

/// Where the person should look, in an editor that can open documents when asked.
pub fn reveal(state: &Session, approval: &Approval) -> Option<Action> {
    let change = approval.changes.as_ref()?.iter().find(|change| change.kind != ChangeKind::Add)?;
    let places = places(state, &change.uri, approval)?;
    let line = places.first().map_or(0, |place| place.line);
    state.client.show_document.then(|| Action::Reveal { uri: change.uri.clone(), line })
}

/// One place of an approval in a document. Lines are LSP's, from 0.
struct Place {
    line: u32,
    lines: u32,
    /// At lines that a change touches, rather than at the top for want of a better place.
    in_file: bool,
    says: String,
}

/// Where an approval stands in this document; none when it does not concern it.
fn places(state: &Session, uri: &str, approval: &Approval) -> Option<Vec<Place>> {
    let touched = |change: &&ProposedChange| paths::same_file(&change.uri, uri);
    if let Some(change) = approval.changes.iter().flatten().find(touched) {
        let hunks = proposals::touched(change).into_iter().map(|Touched { first, lines }| Place {
            // What is added after line 5 is drawn below it; LSP counts from 0.
            line: if lines == 0 { first } else { first.saturating_sub(1) },
            lines: lines.saturating_sub(1),
            in_file: true,
            says: words::lines(first, lines),
        });
        let mut places: Vec<Place> = hunks.collect();
        if places.is_empty() {
            places.push(top());
        }
        return Some(places);
    }
    let active = state.active.as_deref().is_none_or(|active| paths::same_file(active, uri));
    (active && at_top(state, approval)).then(|| vec![top()])
}

fn top() -> Place {
    Place { line: 0, lines: 0, in_file: false, says: String::new() }
}

/// Whether this stands at the top of the active document: a command, or a change of files none of
/// which is open here.
fn at_top(state: &Session, approval: &Approval) -> bool {
    match approval.kind {
        ApprovalKind::FileChange => {
            !approval.changes.iter().flatten().any(|change| state.document(&change.uri).is_some())
        }
        ApprovalKind::Question => false,
        ApprovalKind::Command
        | ApprovalKind::Permissions
        | ApprovalKind::Elicitation
        | ApprovalKind::ToolCall => true,
    }
}

/// The choices that a lens or an action offers, with the command of each.
fn choices(approval: &Approval) -> Vec<(&'static str, &'static str)> {
    let mut choices = Vec::new();
    let has = |scope| approval.options.iter().any(|option| option.scope == scope);
    if has(DecisionScope::Once) {
        choices.push(("Accept", "outrigger.approval.accept"));
    }
    if has(DecisionScope::Session) {
        choices.push(("Accept for session", "outrigger.approval.acceptForSession"));
    }
    if has(DecisionScope::No) {
        choices.push(("Decline", "outrigger.approval.decline"));
    }
    if approval.kind == ApprovalKind::FileChange {
        choices.push(("Show diff", "outrigger.approval.showDiff"));
    }
    choices
}

pub(super) fn range(line: u32, lines: u32) -> Value {
    // To the end of the last line: editors cut a column that is too large.
    let end = if lines == 0 { line } else { line + lines };
    json!({
        "start": { "line": line, "character": 0 },
        "end": { "line": end, "character": 10_000 },
    })
}
