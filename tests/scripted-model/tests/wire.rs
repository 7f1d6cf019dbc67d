//! What each mark puts on the wire.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking, in its helping functions too")]

mod support;

use scripted_model::{Options, RecordedRequest, Script, Server, Unmarked};
use serde_json::{Value, json};
use support::{called, events, send, user};

fn created(number: u64) -> Value {
    json!({ "type": "response.created", "response": { "id": format!("resp_{number}") } })
}

fn completed(number: u64) -> Value {
    json!({ "type": "response.completed", "response": { "id": format!("resp_{number}"), "usage": {
        "input_tokens": 10,
        "input_tokens_details": { "cached_tokens": 0 },
        "output_tokens": 5,
        "output_tokens_details": { "reasoning_tokens": 0 },
        "total_tokens": 15,
    }}})
}

fn added(index: u64, item: &Value) -> Value {
    json!({ "type": "response.output_item.added", "output_index": index, "item": item })
}

fn done(index: u64, item: &Value) -> Value {
    json!({ "type": "response.output_item.done", "output_index": index, "item": item })
}

fn delta(index: u64, text: &str) -> Value {
    json!({
        "type": "response.output_text.delta",
        "item_id": format!("msg_1_{index}"),
        "output_index": index,
        "content_index": 0,
        "delta": text,
    })
}

fn message(index: u64, deltas: &[&str]) -> Vec<Value> {
    let item = |content| json!({ "type": "message", "role": "assistant", "id": format!("msg_1_{index}"), "content": content });
    let mut all = vec![added(index, &item(json!([])))];
    all.extend(deltas.iter().map(|text| delta(index, text)));
    all.push(done(index, &item(json!([{ "type": "output_text", "text": deltas.concat() }]))));
    all
}

fn function_call(index: u64, name: &str, arguments: &Value) -> Value {
    done(
        index,
        &json!({
            "type": "function_call",
            "id": format!("fc_1_{index}"),
            "call_id": format!("call_1_{index}"),
            "name": name,
            "arguments": arguments.to_string(),
        }),
    )
}

fn patch(index: u64, deltas: &[&str]) -> Vec<Value> {
    let item = |input: &str| {
        json!({
            "type": "custom_tool_call",
            "id": format!("ctc_1_{index}"),
            "call_id": format!("call_1_{index}"),
            "name": "apply_patch",
            "input": input,
        })
    };
    let mut all = vec![added(index, &item(""))];
    all.extend(deltas.iter().map(|text| {
        json!({
            "type": "response.custom_tool_call_input.delta",
            "item_id": format!("ctc_1_{index}"),
            "call_id": format!("call_1_{index}"),
            "output_index": index,
            "delta": text,
        })
    }));
    all.push(done(index, &item(&deltas.concat())));
    all
}

/// What stands between `response.created` and `response.completed` in the answer to one prompt.
async fn play(prompt: &str) -> Vec<Value> {
    let server = Server::start(Options::default()).unwrap();
    let mut all = events(&server, &json!([user(prompt)])).await;
    assert_eq!((all.remove(0), all.pop().unwrap()), (created(1), completed(1)));
    all
}

#[tokio::test]
async fn a_message_is_framed_byte_by_byte_as_codex_reads_it() {
    let server = Server::start(Options::default()).unwrap();
    let body = json!({ "input": [user("[[drop]]")] });
    let answer = send(&server, "POST", "/v1/responses", &body).await;
    assert_eq!(
        answer.body,
        "event: response.created\n\
         data: {\"response\":{\"id\":\"resp_1\"},\"type\":\"response.created\"}\n\n\
         event: response.output_item.added\n\
         data: {\"item\":{\"content\":[],\"id\":\"msg_1_0\",\"role\":\"assistant\",\"type\":\"message\"},\
         \"output_index\":0,\"type\":\"response.output_item.added\"}\n\n\
         event: response.output_text.delta\n\
         data: {\"content_index\":0,\"delta\":\"partial\",\"item_id\":\"msg_1_0\",\"output_index\":0,\
         \"type\":\"response.output_text.delta\"}\n\n"
    );
}

#[tokio::test]
async fn texts_come_in_deltas() {
    assert_eq!(play("no mark").await, message(0, &["hello"]));
    assert_eq!(
        play("[[msg:old]] and [[msg:a \"quoted\"\nline]]").await,
        message(0, &["a \"quoted\"\nline"])
    );
    assert_eq!(play("[[words:word by word]]").await, message(0, &["word ", "by ", "word"]));
    assert_eq!(play("[[long:3]]").await, message(0, &["tok0 ", "tok1 ", "tok2 "]));
    assert_eq!(play("[[long:2,1]]").await, message(0, &["tok0 ", "tok1 "]));
    assert_eq!(play("[[slow:2,0.001]]").await, message(0, &["tok0 ", "tok1 "]));
    assert_eq!(play("[[paced:2,1000]]").await, message(0, &["tok0 ", "tok1 "]));
}

#[tokio::test]
async fn a_flood_of_deltas_is_complete_and_in_order() {
    let tokens: Vec<String> = (0..20_000).map(|n| format!("tok{n} ")).collect();
    let tokens: Vec<&str> = tokens.iter().map(String::as_str).collect();
    // Not assert_eq: a difference would print 40,000 events.
    assert!(play("[[long:20000]]").await == message(0, &tokens));
}

#[tokio::test]
async fn commands_are_calls_of_exec_command() {
    let call = |index, command| function_call(index, "exec_command", &json!({ "cmd": command }));
    assert_eq!(play("[[exec:touch a]]").await, [call(0, "touch a")]);
    assert_eq!(play("[[two:touch a|touch b]]").await, [call(0, "touch a"), call(1, "touch b")]);
    assert_eq!(play("[[exec2:touch a|touch b]]").await, [call(0, "touch a"), call(1, "touch b")]);
    assert_eq!(
        play("[[perm:git push origin]]").await,
        [function_call(
            0,
            "exec_command",
            &json!({
                "cmd": "git push origin",
                "justification": "the script needs it",
                "prefix_rule": ["git", "push"],
                "sandbox_permissions": "require_escalated",
            })
        )]
    );
    assert_eq!(
        play("[[bg:sleep 9]]").await,
        [function_call(0, "exec_command", &json!({ "cmd": "sleep 9", "yield_time_ms": 250 }))]
    );
}

#[tokio::test]
async fn patches_are_streamed_to_apply_patch() {
    let text = "*** Begin Patch\n*** Add File: ä.txt\n+x\n*** End Patch";
    let deltas = ["*** Begin Patch\n*** ", "Add File: ä.txt\n+x\n*", "** End Patch"];
    assert_eq!(play(&format!("[[patch:{text}]]")).await, patch(0, &deltas));

    let mut both = patch(0, &deltas);
    both.push(function_call(1, "exec_command", &json!({ "cmd": "cat ä.txt" })));
    assert_eq!(play(&format!("[[patchexec:{text}\n---\ncat ä.txt]]")).await, both);
}

#[tokio::test]
async fn other_tools_get_their_arguments() {
    let questions = |question| {
        json!({ "questions": [{
            "header": "Pick",
            "id": "q1",
            "options": [{ "description": "first", "label": "A" }, { "description": "second", "label": "B" }],
            "question": question,
        }]})
    };
    let own = json!({ "questions": [{ "id": "mine" }] });
    let input = |arguments: &Value| function_call(0, "request_user_input", arguments);
    assert_eq!(play("[[input]]").await, [input(&questions("Which one?"))]);
    assert_eq!(play("[[input:Tabs?]]").await, [input(&questions("Tabs?"))]);
    assert_eq!(play(&format!("[[input:{own}]]")).await, [input(&own)]);
    assert_eq!(play("[[input:[{\"id\": \"mine\"}] ]]").await, [input(&own)]);
    assert_eq!(play("[[dyn:look_up]]").await, [function_call(0, "look_up", &json!({ "x": 1 }))]);
    assert_eq!(
        play("[[plan]]").await,
        [function_call(
            0,
            "update_plan",
            &json!({
                "explanation": "The scripted plan.",
                "plan": [
                    { "status": "completed", "step": "Read the code" },
                    { "status": "in_progress", "step": "Change it" },
                    { "status": "pending", "step": "Test the change" },
                ],
            })
        )]
    );
}

#[tokio::test]
async fn reasoning_comes_before_its_message() {
    let summary = |text| {
        json!({
            "type": "response.reasoning_summary_text.delta",
            "item_id": "rs_1_0",
            "output_index": 0,
            "summary_index": 0,
            "delta": text,
        })
    };
    let mut expected = vec![
        added(0, &json!({ "type": "reasoning", "id": "rs_1_0", "summary": [] })),
        json!({
            "type": "response.reasoning_summary_part.added",
            "item_id": "rs_1_0",
            "output_index": 0,
            "summary_index": 0,
            "part": { "type": "summary_text", "text": "" },
        }),
        summary("**Think"),
        summary("ing** "),
        summary("about it"),
        json!({
            "type": "response.reasoning_text.delta",
            "item_id": "rs_1_0",
            "output_index": 0,
            "content_index": 0,
            "delta": "raw thoughts",
        }),
        done(
            0,
            &json!({
                "type": "reasoning",
                "id": "rs_1_0",
                "summary": [{ "type": "summary_text", "text": "**Thinking** about it" }],
                "content": [{ "type": "reasoning_text", "text": "raw thoughts" }],
                "encrypted_content": "x",
            }),
        ),
    ];
    expected.extend(message(1, &["after reasoning"]));
    assert_eq!(play("[[reason]]").await, expected);
}

#[tokio::test]
async fn a_failed_response_ends_with_its_code() {
    let server = Server::start(Options::default()).unwrap();
    let failed = |number, code| {
        let error = json!({ "code": code, "message": "the script failed the response" });
        let id = format!("resp_{number}");
        [
            created(number),
            json!({ "type": "response.failed", "response": { "id": id, "error": error } }),
        ]
    };
    let input = json!([user("[[failed:context_length_exceeded]]")]);
    assert_eq!(events(&server, &input).await, failed(1, "context_length_exceeded"));
    assert_eq!(events(&server, &json!([user("[[failed]]")])).await, failed(2, "server_error"));
}

#[tokio::test]
async fn what_can_not_be_played_is_answered_with_the_reason() {
    let scripts = tempfile::tempdir().unwrap();
    std::fs::write(scripts.path().join("bad.json"), r#"[["paced:5"]]"#).unwrap();
    let server =
        Server::start(Options { scripts: Some(scripts.path().into()), ..Options::default() })
            .unwrap();
    let refused = async |prompt: &str| {
        let body = json!({ "input": [user(prompt)] });
        let answer = send(&server, "POST", "/v1/responses", &body).await;
        let error: Value = serde_json::from_str(&answer.body).unwrap();
        (answer.status, error["error"]["message"].as_str().unwrap().to_owned())
    };
    assert_eq!(
        [
            refused("[[http:429]]").await,
            refused("[[shout:a]]").await,
            refused("[[long:1000001]]").await,
            refused("[[file:bad]]").await,
            refused("[[file:../bad]]").await,
        ],
        [
            (429, "the script answered with this status".into()),
            (400, "`shout` is no kind of action; README.md lists them".into()),
            (
                400,
                "`long` needs COUNT (at most a million) or COUNT,DELAY_MS, but its argument is `1000001`"
                    .into()
            ),
            (400, "`paced` needs COUNT,PER_SECOND, but its argument is `5`".into()),
            (400, "`../bad` is not the plain name of a script file".into()),
        ]
    );
}

#[tokio::test]
async fn a_script_file_goes_on_with_each_tool_output() {
    let scripts = tempfile::tempdir().unwrap();
    let script = r#"[["msg:Look first.", "exec:ls"], [{"patch": ["*** Begin Patch", "*** End Patch"]}], ["msg:Bye."]]"#;
    std::fs::write(scripts.path().join("tour.json"), script).unwrap();
    let options = || Options { scripts: Some(scripts.path().into()), ..Options::default() };
    // A server for each step, so that the ids of all three begin with 1.
    let step = async |calls: Vec<Value>| {
        let mut input = vec![user("[[file:tour]]")];
        input.extend(calls);
        let mut all = events(&Server::start(options()).unwrap(), &json!(input)).await;
        assert_eq!((all.remove(0), all.pop().unwrap()), (created(1), completed(1)));
        all
    };
    let mut first = message(0, &["Look first."]);
    first.push(function_call(1, "exec_command", &json!({ "cmd": "ls" })));
    assert_eq!(step(vec![]).await, first);
    let ls = called("exec_command", "");
    assert_eq!(step(ls.to_vec()).await, patch(0, &["*** Begin Patch\n*** ", "End Patch"]));
    let both = [ls, called("apply_patch", "")].concat();
    assert_eq!(step(both).await, message(0, &["Bye."]));
}

#[tokio::test]
async fn a_prompt_without_a_mark_gets_what_the_options_say() {
    let unmarked =
        Unmarked::Script(Script::from_json("file", r#"[["exec:ls"], ["msg:Seen."]]"#).unwrap());
    let server =
        Server::start(Options { unmarked, run: "again".into(), ..Options::default() }).unwrap();
    let mut input = vec![user("look around")];
    let first = events(&server, &json!(input)).await;
    assert_eq!(first[1]["item"]["call_id"], "call_again_1_0");
    input.extend(called("exec_command", ""));
    let second = events(&server, &json!(input)).await;
    assert_eq!(second[2]["delta"], "Seen.");
}

#[tokio::test]
async fn requests_are_recorded_and_other_paths_answered() {
    let server = Server::start(Options::default()).unwrap();
    let listed = send(&server, "GET", "/v1/models", &Value::Null).await;
    let unknown = send(&server, "GET", "/favicon.ico", &Value::Null).await;
    let empty = r#"{"data":[],"models":[]}"#;
    assert_eq!((listed.status, listed.body.as_str()), (200, empty));
    assert_eq!((unknown.status, unknown.body.as_str()), (404, empty));
    let body = json!({ "input": [user("hi")] });
    send(&server, "POST", "/v1/responses", &body).await;
    let request = |number, method: &str, path: &str, body| RecordedRequest {
        number,
        method: method.into(),
        path: path.into(),
        body,
    };
    assert_eq!(
        server.requests(),
        [
            request(1, "GET", "/v1/models", Value::Null),
            request(2, "GET", "/favicon.ico", Value::Null),
            request(3, "POST", "/v1/responses", body),
        ]
    );
}

#[tokio::test]
async fn the_record_keeps_the_last_thousand() {
    let server = Server::start(Options::default()).unwrap();
    for _ in 0..1_001 {
        send(&server, "GET", "/v1/models", &Value::Null).await;
    }
    let numbers: Vec<u64> = server.requests().iter().map(|request| request.number).collect();
    assert_eq!(numbers, (2..=1_001).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_dropped_server_gives_its_port_back() {
    let server = Server::start(Options::default()).unwrap();
    let port = server.addr().port();
    let taken = Server::start(Options { port, ..Options::default() }).unwrap_err();
    assert_eq!(taken.to_string(), format!("can't listen on 127.0.0.1:{port}"));
    drop(server);
    assert_eq!(Server::start(Options { port, ..Options::default() }).unwrap().addr().port(), port);
}
