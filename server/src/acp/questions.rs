//! Questions of codex and of MCP servers: forms, pages, or one choice after another. And the sign-in.

use serde_json::{Map, Value, json};

use crate::protocol::{RpcError, RpcId};

use super::{
    abilities::CHATGPT,
    asks::{Answers, Ask, Choice, choices},
    face::{Call, Face},
    rpc::{self, error_of},
};

/// An approval of the daemon that is put to this client.
#[derive(Clone, Debug)]
pub struct Waiting {
    pub session: String,
    pub approval: Value,
}

impl Waiting {
    fn id(&self) -> &str {
        self.approval["approvalId"].as_str().unwrap_or_default()
    }

    pub fn ask(&self, answers: Answers) -> Ask {
        Ask {
            approval: self.id().to_owned(),
            session: self.session.clone(),
            call: self.approval["itemId"].as_str().map(str::to_owned),
            answers,
        }
    }

    /// The daemon's value for a no, or for a stop.
    fn refusal(&self, stops: bool) -> Option<Value> {
        let choices = choices(&self.approval);
        let found =
            choices.iter().find(|choice| choice.stops == stops && choice.kind == "reject_once");
        found.or(choices.last()).map(|choice| choice.decision.clone())
    }
}

/// Questions that are put one after another, to a client without forms.
#[derive(Debug)]
pub struct OneByOne {
    waiting: Waiting,
    at: usize,
    answers: Map<String, Value>,
}

/// The id of the choice that leaves a question unanswered.
const SKIP: &str = "skip";
/// What stands behind the id of a question for an answer in the person's own words.
const OTHER: &str = "-other";

impl Face {
    pub(super) fn ask_questions(&mut self, waiting: Waiting) {
        if !self.abilities.form {
            return self.ask_next(&OneByOne { waiting, at: 0, answers: Map::new() });
        }
        let questions = questions(&waiting.approval);
        let message = match questions {
            [only] => only["question"].as_str().unwrap_or_default().to_owned(),
            many => format!("Codex has {} questions.", many.len()),
        };
        let params = json!({
            "mode": "form",
            "sessionId": waiting.session,
            "toolCallId": waiting.approval["itemId"],
            "message": message,
            "requestedSchema": form(questions),
        });
        let ask = waiting.ask(Answers::Form(Box::new(waiting.clone())));
        self.ask("elicitation/create", &params, ask);
    }

    /// The next question, or, after the last, the answers.
    fn ask_next(&mut self, asked: &OneByOne) {
        let OneByOne { waiting, at, answers } = asked;
        let Some(question) = questions(&waiting.approval).get(*at) else {
            let decision = json!({ "answers": answers });
            return self.decide(&waiting.session, waiting.id(), &decision);
        };
        let options = question["options"].as_array().into_iter().flatten();
        let mut shown: Vec<Value> = options
            .enumerate()
            .map(|(at, option)| {
                json!({ "optionId": at.to_string(), "name": option["label"], "kind": "allow_once" })
            })
            .collect();
        shown.push(json!({ "optionId": SKIP, "name": "Skip", "kind": "reject_once" }));
        let described = question["options"].as_array().into_iter().flatten().map(|option| {
            let text = |name: &str| option[name].as_str().unwrap_or_default();
            format!("- **{}**: {}", text("label"), text("description"))
        });
        let described = described.collect::<Vec<_>>().join("\n");
        let item = waiting.approval["itemId"].as_str().unwrap_or_default();
        let params = json!({
            "sessionId": waiting.session,
            "toolCall": {
                "toolCallId": item,
                "title": question["question"],
                "kind": "think",
                "status": "pending",
                "content": [super::update::content(&described)],
            },
            "options": shown,
        });
        let ask = waiting.ask(Answers::OneByOne(Box::new(OneByOne {
            waiting: waiting.clone(),
            at: *at,
            answers: answers.clone(),
        })));
        self.ask("session/request_permission", &params, ask);
    }

    pub(super) fn question_answered(&mut self, mut asked: OneByOne, result: &Value) {
        let outcome = &result["outcome"];
        if outcome["outcome"] != "selected" {
            return self.decline(&asked.waiting, false);
        }
        let question = &questions(&asked.waiting.approval)[asked.at];
        let option = outcome["optionId"].as_str().and_then(|id| id.parse::<usize>().ok());
        let label = option.and_then(|at| question["options"][at]["label"].as_str());
        if let (Some(id), Some(label)) = (question["id"].as_str(), label) {
            asked.answers.insert(id.to_owned(), json!({ "answers": [label] }));
        }
        asked.at += 1;
        self.ask_next(&asked);
    }

    pub(super) fn ask_elicitation(&mut self, waiting: &Waiting) {
        let asked = &waiting.approval["elicitation"];
        let mode = asked["mode"].as_str().unwrap_or_default();
        let mut params = json!({ "sessionId": waiting.session, "message": asked["message"] });
        if mode == "url" && self.abilities.url {
            params["mode"] = "url".into();
            params["elicitationId"] = asked["elicitationId"].clone();
            params["url"] = asked["url"].clone();
            let ask = waiting.ask(Answers::Page(Box::new(waiting.clone())));
            return self.ask("elicitation/create", &params, ask);
        }
        if mode == "form" && self.abilities.form {
            params["mode"] = "form".into();
            params["requestedSchema"] = asked["requestedSchema"].clone();
            let ask = waiting.ask(Answers::Form(Box::new(waiting.clone())));
            return self.ask("elicitation/create", &params, ask);
        }
        let mut choices = choices(&waiting.approval);
        let fields = asked["requestedSchema"]["properties"].as_object();
        if mode != "url" && fields.is_none_or(Map::is_empty) {
            // There is nothing to fill in: yes is an answer.
            choices.insert(
                0,
                Choice {
                    id: "accept".into(),
                    name: "Accept".into(),
                    kind: "allow_once",
                    decision: json!({ "action": "accept", "content": {} }),
                    stops: false,
                },
            );
        }
        let said = asked["url"].as_str().map(super::update::content);
        let call = json!({
            "toolCallId": waiting.id(),
            "title": asked["message"],
            "kind": "other",
            "status": "pending",
            "content": said.into_iter().collect::<Vec<_>>(),
        });
        self.ask_permission(waiting, &call, choices);
    }

    pub(super) fn form_answered(&mut self, waiting: &Waiting, result: &Value) {
        let action = result["action"].as_str().unwrap_or("cancel");
        if action != "accept" {
            return self.decline(waiting, action == "cancel");
        }
        let content = &result["content"];
        let decision = if waiting.approval["kind"] == "question" {
            answers(questions(&waiting.approval), content)
        } else {
            json!({ "action": "accept", "content": content })
        };
        self.decide(&waiting.session, waiting.id(), &decision);
    }

    pub(super) fn page_answered(&mut self, waiting: &Waiting, result: &Value) {
        match result["action"].as_str() {
            Some("accept") => {
                self.decide(&waiting.session, waiting.id(), &json!({ "action": "accept" }));
            }
            action => self.decline(waiting, action != Some("decline")),
        }
    }

    fn decline(&mut self, waiting: &Waiting, stops: bool) {
        if let Some(decision) = waiting.refusal(stops) {
            self.decide(&waiting.session, waiting.id(), &decision);
        }
    }

    pub(super) fn authenticate(&mut self, id: RpcId, params: &Value) {
        let by_chatgpt = params["methodId"] == CHATGPT;
        let account = Call::Account { request: id, by_chatgpt };
        self.call("codex/account/read", json!({ "refreshToken": false }), account);
    }

    /// Clients sign in whenever they start: whoever has signed in is not asked again, in whatever way.
    pub(super) fn account_is(
        &mut self,
        id: RpcId,
        by_chatgpt: bool,
        result: Result<Value, RpcError>,
    ) {
        let account = match result {
            Ok(account) => account,
            Err(error) => return self.finish(&id, Err(error)),
        };
        if !account["account"].is_null() || account["requiresOpenaiAuth"] == false {
            return self.answer(&id, &json!({}));
        }
        if !by_chatgpt {
            let why =
                "Here one signs in with ChatGPT. For an API key run `codex login` in a terminal.";
            return self.refuse(&id, error_of(rpc::AUTH_REQUIRED, why));
        }
        if let Some(earlier) = self.sign_in.replace(id.clone()) {
            self.refuse(&earlier, error_of(rpc::CANCELLED, "Another sign-in was begun."));
        }
        let request = json!({ "type": "chatgpt" });
        self.call("codex/account/login/start", request, Call::SignIn { request: id });
    }

    pub(super) fn sign_in_begun(&mut self, id: &RpcId, result: Result<Value, RpcError>) {
        let result = match result {
            Ok(result) => result,
            Err(error) => {
                self.sign_in = None;
                return self.finish(id, Err(error));
            }
        };
        let (login, url) = (&result["loginId"], &result["authUrl"]);
        if !self.abilities.url {
            self.call("codex/account/login/cancel", json!({ "loginId": login }), Call::Ignored);
            let why =
                "This client cannot open a page. Run `codex login` in a terminal, then try again.";
            return self.sign_in_failed(why.to_owned());
        }
        let params = json!({
            "mode": "url",
            "requestId": id,
            "elicitationId": login,
            "url": url,
            "message": "Sign in to Codex with ChatGPT.",
        });
        let answers = Answers::SignIn;
        let ask = Ask { approval: String::new(), session: String::new(), call: None, answers };
        self.ask("elicitation/create", &params, ask);
    }

    /// The page was opened, or not; that the person has signed in is told by a note.
    pub(super) fn sign_in_answered(&mut self, result: &Value) {
        if result["action"] != "accept" {
            self.sign_in_failed("The sign-in was declined.".to_owned());
        }
    }

    pub(super) fn sign_in_failed(&mut self, why: String) {
        if let Some(id) = self.sign_in.take() {
            self.refuse(&id, error_of(rpc::AUTH_REQUIRED, why));
        }
    }

    pub(super) fn signed_in(&mut self, told: &Value) {
        if told["success"] != true {
            let why = told["error"].as_str().unwrap_or("The sign-in failed.").to_owned();
            return self.sign_in_failed(why);
        }
        if let Some(id) = self.sign_in.take() {
            self.answer(&id, &json!({}));
        }
    }
}

fn questions(approval: &Value) -> &[Value] {
    approval["questions"].as_array().map_or(&[], Vec::as_slice)
}

/// The form of codex' questions.
fn form(questions: &[Value]) -> Value {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for question in questions {
        let Some(id) = question["id"].as_str() else { continue };
        let options = question["options"].as_array().map_or(&[][..], Vec::as_slice);
        let mut property = json!({
            "type": "string",
            "title": question["header"],
            "description": question["question"],
        });
        if !options.is_empty() {
            let options = options.iter().map(|option| {
                json!({ "const": option["label"], "title": option["label"], "description": option["description"] })
            });
            property["oneOf"] = options.collect::<Vec<_>>().into();
        }
        properties.insert(id.to_owned(), property);
        if options.is_empty() || question["isOther"] != true {
            required.push(id);
        } else {
            let other = json!({ "type": "string", "title": "Something else" });
            properties.insert(format!("{id}{OTHER}"), other);
        }
    }
    json!({ "type": "object", "properties": properties, "required": required })
}

/// The answers as codex takes them: the person's own words before a choice.
fn answers(questions: &[Value], content: &Value) -> Value {
    let answered = questions.iter().filter_map(|question| {
        let id = question["id"].as_str()?;
        let said = |key: &str| content[key].as_str().filter(|text| !text.is_empty());
        let answer = said(&format!("{id}{OTHER}")).or_else(|| said(id))?;
        Some((id.to_owned(), json!({ "answers": [answer] })))
    });
    json!({ "answers": answered.collect::<Map<_, _>>() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked() -> Value {
        json!([
            { "id": "how", "header": "How", "question": "Quick?", "isOther": true,
              "options": [{ "label": "Quick", "description": "One look" }] },
            { "id": "why", "header": "Why", "question": "And why?", "options": null },
        ])
    }

    #[test]
    fn questions_are_a_form() {
        assert_eq!(
            form(asked().as_array().unwrap()),
            json!({
                "type": "object",
                "properties": {
                    "how": { "type": "string", "title": "How", "description": "Quick?",
                             "oneOf": [{ "const": "Quick", "title": "Quick", "description": "One look" }] },
                    "how-other": { "type": "string", "title": "Something else" },
                    "why": { "type": "string", "title": "Why", "description": "And why?" },
                },
                "required": ["why"],
            })
        );
    }

    #[test]
    fn own_words_come_before_a_choice_and_what_is_empty_is_no_answer() {
        let of = |content: Value| answers(asked().as_array().unwrap(), &content);
        assert_eq!(
            of(json!({ "how": "Quick", "how-other": "Slowly", "why": "" })),
            json!({ "answers": { "how": { "answers": ["Slowly"] } } })
        );
        assert_eq!(
            of(json!({ "how": "Quick", "why": "So" })),
            json!({ "answers": { "how": { "answers": ["Quick"] }, "why": { "answers": ["So"] } } })
        );
    }
}
