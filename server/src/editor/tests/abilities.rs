//! What an editor cannot do, it is not asked for: an approval and a turn in every kind of editor.

use super::*;
use crate::protocol::{
    approval::{Approval, ApprovalKind, ChangeKind, DecisionOption, DecisionScope, ProposedChange},
    diff::HunkRange,
};

/// A change of line 3 of the open document waits, in a turn that runs.
fn asked() -> World {
    let mut world = world(&[]);
    let hunk = HunkRange { old_start: 3, old_lines: 1, new_start: 3, new_lines: 1 };
    let change = ProposedChange {
        uri: URI.to_owned(),
        kind: ChangeKind::Update,
        moved_to: None,
        diff: "@@ -3 +3 @@\n-old\n+new\n".to_owned(),
        hunks: vec![hunk],
    };
    let accept = DecisionOption {
        decision: Raw::of(&json!("accept")),
        label: "Accept".to_owned(),
        scope: DecisionScope::Once,
    };
    world.waits(Approval {
        approval_id: "a".into(),
        kind: ApprovalKind::FileChange,
        method: "item/fileChange/requestApproval".to_owned(),
        thread_id: Some("t".into()),
        turn_id: Some("u".into()),
        item_id: None,
        requested_at: 0,
        reason: None,
        cwd: None,
        command: None,
        command_actions: None,
        network: None,
        changes: Some(vec![change]),
        questions: None,
        elicitation: None,
        permissions: None,
        options: vec![accept],
        request: Raw::null(),
        refused_hunks: Vec::new(),
    });
    let turn = json!({ "threadId": "t", "turn": {
        "id": "u", "items": [], "status": "inProgress", "itemsView": "notLoaded",
    } });
    world.threads.note("t", "turn/started", &turn);
    if let Some(state) = world.sessions.get_mut(&EDITOR) {
        state.last_thread = Some("t".into());
    }
    world
}

/// Short names of what a redrawing sends.
fn sent(face: &mut Face, world: &World) -> Vec<String> {
    let name = |(_, message)| match message {
        Outgoing::Note { method, params } => {
            let params: Value = params.decode().unwrap();
            match params.pointer("/value/kind") {
                Some(kind) => kind.as_str().unwrap().to_owned(),
                None => method.into_owned(),
            }
        }
        Outgoing::Ask { method, .. } => method.to_owned(),
        other => panic!("{other:?}"),
    };
    let all = face.redraw(world).messages.into_iter().map(name);
    all.map(|name| name.rsplit('/').next().unwrap_or_default().to_owned()).collect()
}

/// What `approval.next` does beside its answer.
fn jumps(face: &mut Face, world: &World) -> bool {
    let params = json!({ "command": "outrigger.approval.next" });
    let id = Some(RpcId::Number(1));
    let actions = face.standard(world, EDITOR, id, "workspace/executeCommand", &params);
    actions.iter().any(|action| matches!(action, Action::Reveal { .. }))
}

/// One line for each kind of editor: what it can do, and what it is sent.
fn drawn([lens, refresh, document, progress]: [bool; 4]) -> String {
    let mut world = asked();
    if let Some(state) = world.sessions.get_mut(&EDITOR) {
        state.client.code_lens_refresh = refresh;
        state.client.show_document = document;
        state.client.progress = progress;
    }
    let mut face = Face::default();
    if lens {
        let params = json!({ "textDocument": { "uri": URI } });
        face.standard(&world, EDITOR, Some(RpcId::Number(1)), "textDocument/codeLens", &params);
    }
    let mut does = sent(&mut face, &world);
    let token = "outrigger:progress:outrigger:turn:u";
    face.answered(&world, EDITOR, token, &Ok(Value::Null));
    does.extend(sent(&mut face, &world));
    if jumps(&mut face, &world) {
        does.push("jump".to_owned());
    }
    let can =
        [(lens, "lens"), (refresh, "refresh"), (document, "document"), (progress, "progress")];
    let can: Vec<&str> = can.iter().filter_map(|(can, name)| can.then_some(*name)).collect();
    format!("{}: {}", can.join(" "), does.join(" "))
}

#[test]
fn an_editor_is_sent_what_it_can_show_and_nothing_else() {
    let both = [true, false];
    let mut lines = Vec::new();
    for lens in both {
        for refresh in both {
            for document in both {
                lines.extend(both.map(|progress| drawn([lens, refresh, document, progress])));
            }
        }
    }
    assert_eq!(
        lines,
        [
            "lens refresh document progress: publishDiagnostics refresh create begin jump",
            "lens refresh document: publishDiagnostics refresh jump",
            "lens refresh progress: publishDiagnostics refresh create begin",
            "lens refresh: publishDiagnostics refresh",
            "lens document progress: publishDiagnostics showMessageRequest create begin jump",
            "lens document: publishDiagnostics showMessageRequest jump",
            "lens progress: publishDiagnostics showMessageRequest create begin",
            "lens: publishDiagnostics showMessageRequest",
            "refresh document progress: publishDiagnostics refresh showMessageRequest create begin jump",
            "refresh document: publishDiagnostics refresh showMessageRequest jump",
            "refresh progress: publishDiagnostics refresh showMessageRequest create begin",
            "refresh: publishDiagnostics refresh showMessageRequest",
            "document progress: publishDiagnostics showMessageRequest create begin jump",
            "document: publishDiagnostics showMessageRequest jump",
            "progress: publishDiagnostics showMessageRequest create begin",
            ": publishDiagnostics showMessageRequest",
        ]
    );
}

#[test]
fn an_editor_without_message_requests_is_not_asked_again_and_nothing_is_decided() {
    let world = asked();
    let mut face = Face::default();
    let params = json!({});
    assert_eq!(sent(&mut face, &world), ["publishDiagnostics", "refresh", "showMessageRequest"]);
    let unknown = RpcError { code: -32601, message: "Method not found".to_owned(), data: None };
    let ask = "outrigger:prompt:2:a";
    assert_eq!(face.answered(&world, EDITOR, ask, &Err(unknown)), Vec::<Action>::new());
    assert_eq!(sent(&mut face, &world), Vec::<String>::new());
    let lenses = ask_of(&mut face, &world, "textDocument/codeLens", params);
    assert_eq!(lenses.as_array().unwrap().len(), 3);
}

#[test]
fn a_refused_or_unwanted_progress_is_never_begun() {
    let mut world = asked();
    let state = world.sessions.get_mut(&EDITOR).unwrap();
    state.client.progress = true;
    let mut face = Face::default();
    assert!(sent(&mut face, &world).contains(&"create".to_owned()));
    let refused = RpcError { code: -32603, message: "No".to_owned(), data: None };
    face.answered(&world, EDITOR, "outrigger:progress:outrigger:turn:u", &Err(refused));
    assert_eq!(sent(&mut face, &world), Vec::<String>::new());

    let state = world.sessions.get_mut(&EDITOR).unwrap();
    state.events = crate::core::session::Subscriptions::new(&["thread".to_owned()]);
    assert!(!sent(&mut Face::default(), &world).contains(&"create".to_owned()));
    let state = world.sessions.get_mut(&EDITOR).unwrap();
    state.events = crate::core::session::Subscriptions::default();
    state.inline.progress = false;
    assert!(!sent(&mut Face::default(), &world).contains(&"create".to_owned()));
}

fn ask_of(face: &mut Face, world: &World, method: &str, mut params: Value) -> Value {
    params["textDocument"] = json!({ "uri": URI });
    let id = Some(RpcId::Number(1));
    match face.standard(world, EDITOR, id, method, &params).pop() {
        Some(Action::Answer { result: Ok(result), .. }) => result.decode().unwrap(),
        other => panic!("{other:?}"),
    }
}
