use super::*;

const ONE: SessionId = SessionId(1);
const TWO: SessionId = SessionId(2);

fn decide(stage: &mut Stage, session: SessionId, approval: &str, decision: &Value) -> Vec<Effect> {
    let params = json!({ "approvalId": approval, "decision": decision });
    stage.request(session, "outrigger/approval/decide", params).1
}

#[test]
fn the_first_decision_wins_and_goes_up_verbatim_on_its_own_id() {
    let mut stage = Stage::ready();
    stage.connect(2, "two", json!({ "events": ["approval"] }));
    stage.open_thread(ONE);
    let asked = stage.ask_command(0);
    assert_eq!(
        names(&asked),
        ["s1 outrigger/approval/requested", "s2 outrigger/approval/requested"]
    );

    let won = decide(&mut stage, TWO, "1.1:0", &json!("decline"));
    let resolved = json!({ "approvalId": "1.1:0", "outcome": "decided", "decidedBy": "two" });
    let told = told(&won);
    assert_eq!(told[0], ("s1 outrigger/approval/resolved".into(), resolved.clone()));
    assert_eq!(told[1], ("s2 outrigger/approval/resolved".into(), resolved));
    assert_eq!(told[2], ("codex 1 respond 0".into(), json!({ "decision": "decline" })));
    assert_eq!(told[3].1["result"]["approval"]["approvalId"], "1.1:0");

    let late = decide(&mut stage, ONE, "1.1:0", &json!("accept"));
    let error = &super::told(&late)[0].1["error"];
    assert_eq!(
        (&error["code"], &error["data"]),
        (
            &json!(-32000),
            &json!({ "kind": "approvalResolved", "approvalId": "1.1:0", "outcome": "decided",
                "decidedBy": "two", "decision": "decline" })
        )
    );
}

#[test]
fn what_was_not_offered_or_not_in_the_schema_goes_nowhere() {
    let mut stage = Stage::ready();
    stage.open_thread(ONE);
    stage.ask_command(0);
    for bad in [
        json!("approved"),
        json!(null),
        json!({ "foo": 1 }),
        json!({ "acceptWithExecpolicyAmendment": { "execpolicy_amendment": ["rm"] } }),
    ] {
        let effects = decide(&mut stage, ONE, "1.1:0", &bad);
        assert_eq!(
            (refusal(&effects), names(&effects).len()),
            (json!("decisionInvalid"), 1),
            "{bad}"
        );
    }
    assert!(stage.world.approvals.is_pending(&"1.1:0".into()));
}

#[test]
fn a_request_that_is_asked_again_after_a_resume_is_shown_once() {
    let mut stage = Stage::ready();
    stage.open_thread(ONE);
    stage.ask_command(0);
    assert_eq!(names(&stage.ask_command(0)), Vec::<String>::new());
    decide(&mut stage, ONE, "1.1:0", &json!("accept"));
    assert_eq!(names(&stage.ask_command(0)), Vec::<String>::new());
}

#[test]
fn an_interrupted_turn_takes_its_approvals_along() {
    let mut stage = Stage::ready();
    stage.open_thread(ONE);
    stage.ask_command(0);
    let turn = json!({ "id": "u", "items": [], "status": "interrupted", "itemsView": "notLoaded" });
    let ended = stage.note("turn/completed", json!({ "threadId": "t", "turn": turn }));
    let resolved = json!({ "approvalId": "1.1:0", "outcome": "turnEnded", "decidedBy": null });
    assert!(told(&ended).contains(&("s1 outrigger/approval/resolved".into(), resolved)));
    // The app-server's own word comes behind the turn's end, and has nothing left to settle.
    let late = stage.note("serverRequest/resolved", json!({ "threadId": "t", "requestId": 0 }));
    assert_eq!(names(&late), ["s1 codex/serverRequest/resolved"]);
    let effects = decide(&mut stage, ONE, "1.1:0", &json!("accept"));
    assert_eq!(refusal(&effects), "approvalResolved");
}

#[test]
fn an_answer_for_a_dead_process_never_reaches_the_next_one() {
    let mut stage = Stage::ready();
    stage.open_thread(ONE);
    stage.ask_command(0);
    stage.ask_command(1);
    decide(&mut stage, ONE, "1.1:1", &json!("accept"));
    let error = crate::protocol::app_server::AppServerError {
        kind: crate::protocol::app_server::AppServerErrorKind::Exited,
        message: "killed".into(),
        hint: None,
    };
    let died = stage.step(EventKind::Codex(codex::Event::Exited { epoch: 1, error }));
    let resolved =
        json!({ "approvalId": "1.1:0", "outcome": "appServerExited", "decidedBy": null });
    assert!(told(&died).contains(&("s1 outrigger/approval/resolved".into(), resolved)));

    stage.app_server_up(2);
    let stale = decide(&mut stage, ONE, "1.1:0", &json!("accept"));
    assert_eq!((refusal(&stale), names(&stale).len()), (json!("approvalResolved"), 1));
    let (_, history) = stage.request(ONE, "outrigger/approval/history", json!({}));
    let entries = &told(&history)[0].1["result"]["entries"];
    assert_eq!(
        (&entries[0]["outcome"], &entries[1]["delivery"]),
        (&json!("appServerExited"), &json!("appServerExited"))
    );
}

#[test]
fn a_decision_is_confirmed_when_the_app_server_says_so() {
    let mut stage = Stage::ready();
    stage.open_thread(ONE);
    stage.ask_command(0);
    decide(&mut stage, ONE, "1.1:0", &json!("accept"));
    let delivery = |stage: &mut Stage| {
        let (_, effects) = stage.request(ONE, "outrigger/approval/history", json!({}));
        told(&effects)[0].1["result"]["entries"][0]["delivery"].clone()
    };
    assert_eq!(delivery(&mut stage), "sent");
    stage.note("serverRequest/resolved", json!({ "threadId": "t", "requestId": 0 }));
    assert_eq!(delivery(&mut stage), "confirmed");
}

#[test]
fn the_history_comes_in_pages_newest_first() {
    let mut stage = Stage::ready();
    stage.open_thread(ONE);
    for id in 0..5 {
        stage.ask_command(id);
        decide(&mut stage, ONE, &format!("1.1:{id}"), &json!("accept"));
    }
    let mut cursor = Value::Null;
    let mut pages = Vec::new();
    loop {
        let params = json!({ "limit": 2, "cursor": cursor });
        let (_, effects) = stage.request(ONE, "outrigger/approval/history", params);
        let result = told(&effects)[0].1["result"].clone();
        let ids: Vec<Value> = result["entries"]
            .as_array()
            .unwrap()
            .iter()
            .map(|entry| entry["approval"]["approvalId"].clone())
            .collect();
        pages.push(ids);
        cursor = result["nextCursor"].clone();
        if cursor.is_null() {
            break;
        }
    }
    assert_eq!(pages, [vec!["1.1:4", "1.1:3"], vec!["1.1:2", "1.1:1"], vec!["1.1:0"]]);
}

#[test]
fn every_other_request_of_the_app_server_is_answered_at_once() {
    let mut stage = Stage::ready();
    stage.open_thread(ONE);
    let at_once = |stage: &mut Stage, id, method: &str, params| {
        told(&stage.asks(1, id, method, params))
            .into_iter()
            .find(|(name, _)| *name == format!("codex 1 respond {id}"))
            .map(|(_, value)| value)
    };
    let thread = json!({ "threadId": "t" });
    assert_eq!(
        at_once(&mut stage, 1, "currentTime/read", thread),
        Some(json!({ "currentTimeAt": 1 }))
    );
    let attest = at_once(&mut stage, 2, "attestation/generate", json!({}));
    assert_eq!(attest, Some(json!({ "error": -32000 })));
    let unknown = at_once(&mut stage, 3, "made/up", json!({}));
    assert_eq!(unknown, Some(json!({ "error": -32601 })));
    let refresh = json!({ "reason": "unauthorized" });
    let refused = at_once(&mut stage, 4, "account/chatgptAuthTokens/refresh", refresh);
    assert_eq!(refused, Some(json!({ "error": -32000 })));
    let call =
        json!({ "threadId": "t", "turnId": "u", "callId": "c", "tool": "x", "arguments": {} });
    let tool = at_once(&mut stage, 5, "item/tool/call", call).unwrap();
    assert_eq!(tool["success"], false);
    let malformed =
        at_once(&mut stage, 6, "item/commandExecution/requestApproval", json!({ "x": 1 }));
    assert_eq!(malformed, Some(json!({ "error": -32602 })));
}

/// The one command that waits for the store.
fn held(effects: Vec<Effect>) -> store::Command {
    let mut commands = effects.into_iter().filter_map(|effect| match effect {
        Effect::Store(command) => Some(command),
        _ => None,
    });
    let one = commands.next().expect("nothing went to the store");
    assert_eq!(commands.next(), None);
    one
}

#[test]
fn a_decision_goes_up_only_once_it_is_on_the_disk() {
    let mut stage = Stage::ready();
    stage.open_thread(ONE);
    stage.ask_command(0);
    stage.holds_store = true;
    let taken = decide(&mut stage, ONE, "1.1:0", &json!("accept"));
    assert_eq!(names(&taken), Vec::<String>::new());
    // Whoever comes in between is late, although nothing has gone up yet.
    let late = told(&decide(&mut stage, ONE, "1.1:0", &json!("decline")));
    let data = &late[0].1["error"]["data"];
    assert_eq!(
        (&data["kind"], &data["outcome"], &data["decidedBy"], &data["decision"]),
        (&json!("approvalResolved"), &json!("decided"), &json!("one"), &json!("accept"))
    );
    let command = held(taken);
    stage.holds_store = false;
    let durable = names(&stage.keep(command));
    assert_eq!(durable.len(), 3, "{durable:?}");
    assert_eq!(durable[..2], ["s1 outrigger/approval/resolved", "codex 1 respond 0"]);
    assert!(durable[2].starts_with("s1 reply"), "{durable:?}");
}

#[test]
fn a_decision_that_cannot_be_kept_goes_nowhere_and_can_be_made_again() {
    let mut stage = Stage::ready();
    stage.open_thread(ONE);
    stage.ask_command(0);
    stage.holds_store = true;
    let command = held(decide(&mut stage, ONE, "1.1:0", &json!("accept")));
    let result = Err(store::Error::Full);
    let failed =
        stage.step(EventKind::Store(store::Event::Answered { token: command.token, result }));
    let told = told(&failed);
    assert_eq!((told.len(), refusal(&failed)), (1, json!("store")));
    assert_eq!(told[0].1["error"]["data"]["hint"], "Free some space, then try again.");
    stage.holds_store = false;
    let again = names(&decide(&mut stage, ONE, "1.1:0", &json!("accept")));
    assert!(again.contains(&"codex 1 respond 0".to_owned()), "{again:?}");
}

#[test]
fn a_turn_that_ends_before_the_decision_is_on_the_disk_takes_it_along() {
    let mut stage = Stage::ready();
    stage.open_thread(ONE);
    stage.ask_command(0);
    stage.holds_store = true;
    let decision = held(decide(&mut stage, ONE, "1.1:0", &json!("accept")));
    let turn = json!({ "id": "u", "items": [], "status": "interrupted", "itemsView": "notLoaded" });
    let ending = stage.note("turn/completed", json!({ "threadId": "t", "turn": turn }));
    let ended = held(ending);
    stage.holds_store = false;
    let late = stage.keep(decision);
    assert_eq!((refusal(&late), names(&late).len()), (json!("approvalResolved"), 1));
    stage.keep(ended);
    let (_, history) = stage.request(ONE, "outrigger/approval/history", json!({}));
    let entries = &told(&history)[0].1["result"]["entries"];
    assert_eq!(entries.as_array().unwrap().len(), 1);
    assert_eq!(
        (&entries[0]["outcome"], &entries[0]["decision"], &entries[0]["delivery"]),
        (&json!("turnEnded"), &Value::Null, &Value::Null)
    );
}

#[test]
fn an_approval_of_before_the_restart_is_known_and_hits_no_new_one() {
    let mut stage = Stage::ready();
    stage.open_thread(ONE);
    stage.ask_command(0);
    decide(&mut stage, ONE, "1.1:0", &json!("decline"));
    let mut stage = stage.restarted();
    stage.connect(1, "two", json!({ "events": ["*"] }));
    stage.app_server_up(1);
    stage.open_thread(ONE);
    stage.ask_command(0);
    let stale = decide(&mut stage, ONE, "1.1:0", &json!("accept"));
    let data = told(&stale)[0].1["error"]["data"].clone();
    assert_eq!(
        data,
        json!({ "kind": "approvalResolved", "approvalId": "1.1:0", "outcome": "decided",
            "decidedBy": "one", "decision": "decline" })
    );
    assert_eq!(refusal(&decide(&mut stage, ONE, "9.9:9", &json!("accept"))), "approvalUnknown");
    let new = names(&decide(&mut stage, ONE, "2.1:0", &json!("accept")));
    assert!(new.contains(&"codex 1 respond 0".to_owned()), "{new:?}");
}

#[test]
fn a_secret_answer_is_given_and_not_kept() {
    let mut stage = Stage::ready();
    stage.open_thread(ONE);
    let question = json!({ "id": "q", "header": "h", "question": "?", "isSecret": true });
    let params = json!({ "threadId": "t", "turnId": "u", "itemId": "i", "questions": [question] });
    stage.asks(1, 0, "item/tool/requestUserInput", params);
    let answer = json!({ "answers": { "q": { "answers": ["s3same"] } } });
    let answered = told(&decide(&mut stage, ONE, "1.1:0", &answer));
    let up = answered.iter().find(|(name, _)| name == "codex 1 respond 0").unwrap();
    assert_eq!(up.1, answer);
    let (_, history) = stage.request(ONE, "outrigger/approval/history", json!({}));
    let entry = &told(&history)[0].1["result"]["entries"][0];
    assert_eq!((&entry["outcome"], &entry["decision"]), (&json!("decided"), &Value::Null));
}
