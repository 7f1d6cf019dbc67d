//! An HTTP client for the scripted model, and requests as codex makes them.

use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use scripted_model::Server;
use serde_json::{Value, json};

/// What the server answered: the status and the whole body.
pub struct Answer {
    pub status: u16,
    pub body: String,
}

/// Sends one request, without a body for `GET`.
pub async fn send(server: &Server, method: &str, path: &str, body: &Value) -> Answer {
    let client: Client<_, Full<axum::body::Bytes>> =
        Client::builder(TokioExecutor::new()).build_http();
    let body = if method == "GET" { String::new() } else { body.to_string() };
    let request = axum::http::Request::builder()
        .method(method)
        .uri(format!("http://{}{path}", server.addr()))
        .body(Full::from(body))
        .unwrap();
    let response = client.request(request).await.unwrap();
    let status = response.status().as_u16();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    Answer { status, body: String::from_utf8(body.to_vec()).unwrap() }
}

/// The events of the response to this input, checked to be framed as codex needs them.
pub async fn events(server: &Server, input: &Value) -> Vec<Value> {
    let body = json!({ "input": input, "tools": [{ "name": "apply_patch", "type": "custom" }] });
    let answer = send(server, "POST", "/v1/responses", &body).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let frames = answer.body.strip_suffix("\n\n").unwrap().split("\n\n");
    frames
        .map(|frame| {
            let (event, data) = frame.split_once('\n').unwrap();
            let data: Value = serde_json::from_str(data.strip_prefix("data: ").unwrap()).unwrap();
            assert_eq!(event, format!("event: {}", data["type"].as_str().unwrap()));
            data
        })
        .collect()
}

/// A message of the person.
pub fn user(text: &str) -> Value {
    json!({ "type": "message", "role": "user", "content": [{ "type": "input_text", "text": text }] })
}

/// A tool call and its output.
pub fn called(tool: &str, output: &str) -> [Value; 2] {
    [
        json!({ "type": "function_call", "call_id": "c", "name": tool, "arguments": "{}" }),
        json!({ "type": "function_call_output", "call_id": "c", "output": output }),
    ]
}
