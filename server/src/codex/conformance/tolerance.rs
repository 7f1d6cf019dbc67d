//! What a newer codex may send: views read past it, and nothing of it is lost or refused.

use serde_json::value::RawValue;

use crate::codex::views::{
    CommandExecutionItem, FileChangeItem, Item, Note, ServerRequest, Text, Thread, read,
};

fn raw(json: &str) -> Box<RawValue> {
    RawValue::from_string(json.to_owned()).unwrap()
}

#[test]
fn text_is_borrowed_unless_it_has_escapes() {
    let plain: Text<'_> = serde_json::from_str(r#""plain""#).unwrap();
    assert_eq!((plain.is_borrowed(), &*plain), (true, "plain"));
    let escaped: Text<'_> = serde_json::from_str(r#""a\n\"b\" \ud83d\ude00""#).unwrap();
    assert_eq!((escaped.is_borrowed(), &*escaped), (false, "a\n\"b\" 😀"));
    let optional: Option<Text<'_>> = serde_json::from_str(r#""plain""#).unwrap();
    assert!(optional.unwrap().is_borrowed());
}

#[test]
fn a_delta_is_read_without_a_copy() {
    let params = raw(r#"{"threadId":"t","turnId":"u","itemId":"i","delta":"hello","new":[1]}"#);
    let Ok(Note::AgentMessageDelta(delta)) = Note::read("item/agentMessage/delta", &params) else {
        panic!("a delta is read as one");
    };
    let read = [delta.thread_id, delta.turn_id, delta.item_id, delta.delta];
    assert!(read.iter().all(Text::is_borrowed));
    assert_eq!(read.map(Text::into_string), ["t", "u", "i", "hello"]);
}

#[test]
fn values_that_no_one_knows_yet_survive() {
    let item = raw(r#"{"type":"hologram","id":"i","shape":{"sides":7}}"#);
    let envelope: Item<'_> = read(&item).unwrap();
    assert_eq!((&*envelope.kind, &*envelope.id), ("hologram", "i"));

    let item = raw(
        r#"{"type":"commandExecution","id":"i","command":"ls","cwd":"/a","status":"paused","commandActions":[{"type":"dance"}]}"#,
    );
    let command: CommandExecutionItem<'_> = read(&item).unwrap();
    assert_eq!(command.status, "paused");
    assert_eq!(command.command_actions[0].get(), r#"{"type":"dance"}"#);

    let item = raw(
        r#"{"type":"fileChange","id":"i","status":"held","changes":[{"path":"/a","kind":{"type":"link","to":"/b"},"diff":""}]}"#,
    );
    let patch: FileChangeItem<'_> = read(&item).unwrap();
    assert_eq!(patch.changes[0].kind.kind, "link");
    assert!(patch.changes[0].kind.move_path.is_none());

    let thread = raw(
        r#"{"id":"t","sessionId":"s","cwd":"/a","preview":"","modelProvider":"m","status":{"type":"dreaming","activeFlags":["asleep"]},"createdAt":1,"updatedAt":2,"ephemeral":false,"turns":[],"mood":"good"}"#,
    );
    let thread: Thread<'_> = read(&thread).unwrap();
    assert_eq!(thread.status.kind, "dreaming");
    assert_eq!(thread.status.active_flags.unwrap()[0], "asleep");
    assert_eq!((thread.name, thread.model), (None, None));
}

#[test]
fn a_method_that_no_one_knows_yet_is_not_an_error() {
    let params = raw(r#"{"anything":null}"#);
    assert!(matches!(Note::read("thread/dreamt", &params), Ok(Note::Other)));
    assert!(matches!(ServerRequest::read("item/new/ask", &params), Ok(ServerRequest::Unknown)));
}

#[test]
fn params_that_lack_what_we_act_on_are_an_error_that_names_it() {
    let params = raw(r#"{"threadId":"t","turnId":"u"}"#);
    let error = ServerRequest::read("item/fileChange/requestApproval", &params).unwrap_err();
    assert!(error.to_string().contains("itemId"), "{error}");
}

#[test]
fn the_id_of_a_resolved_request_keeps_its_type() {
    for id in ["0", "\"0\""] {
        let params = raw(&format!(r#"{{"threadId":"t","requestId":{id}}}"#));
        let Ok(Note::RequestResolved(resolved)) = Note::read("serverRequest/resolved", &params)
        else {
            panic!("serverRequest/resolved is read as one");
        };
        assert_eq!(resolved.request_id.get(), id);
    }
}
