use super::*;

const ONE: SessionId = SessionId(1);

#[test]
fn an_atom_is_told_to_every_editor_and_there_after_a_restart() {
    let mut stage = Stage::ready();
    stage.connect(2, "two", json!({ "events": ["atom"] }));
    let set = json!({ "key": "draft/t", "value": { "text": "hello" }, "ifRevision": 0 });
    let (_, effects) = stage.request(ONE, "outrigger/atom/set", set.clone());
    let changed = json!({ "key": "draft/t", "value": { "text": "hello" }, "revision": 1 });
    let effects = told(&effects);
    assert_eq!(effects[0].1, json!({ "result": { "revision": 1 } }));
    assert_eq!(
        effects[1..],
        ["s1", "s2"].map(|who| (format!("{who} outrigger/atom/changed"), changed.clone()))
    );
    let (_, late) = stage.request(ONE, "outrigger/atom/set", set);
    let error = &told(&late)[0].1["error"]["data"];
    assert_eq!(*error, json!({ "kind": "revisionConflict", "revision": 1 }));

    let mut stage = stage.restarted();
    stage.connect(1, "one", json!({ "events": ["*"] }));
    let mut ask = |method: &str, params| {
        let (_, effects) = stage.request(ONE, method, params);
        told(&effects).into_iter().map(|(_, value)| value).collect::<Vec<_>>()
    };
    let list = ask("outrigger/atom/list", json!({ "prefix": "draft/" }));
    assert_eq!(list, [json!({ "result": { "atoms": [changed] } })]);
    let gone = json!({ "key": "draft/t", "value": null, "revision": 0 });
    assert_eq!(
        ask("outrigger/atom/delete", json!({ "key": "draft/t" })),
        [json!({ "result": {} }), gone]
    );
    let absent = json!({ "result": { "value": null, "revision": 0 } });
    assert_eq!(ask("outrigger/atom/get", json!({ "key": "draft/t" })), [absent]);
}

#[test]
fn nothing_is_kept_for_a_workspace_that_is_not_trusted() {
    let mut stage = Stage::new();
    stage.connect(1, "one", json!({ "trusted": false }));
    let (_, effects) = stage.request(ONE, "outrigger/atom/set", json!({ "key": "k", "value": 1 }));
    assert_eq!(refusal(&effects), "workspaceUntrusted");
    assert!(stage.store.is_none());
}
