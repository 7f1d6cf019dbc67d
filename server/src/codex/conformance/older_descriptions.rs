//! Where older descriptions of the protocol differ from the schema, the schema rules.

use serde_json::{Value, json};

use super::schema::{definition, errors, message_validator, validator};
use crate::codex::contract::{SERVER_REQUESTS, is_known_request};

#[test]
fn the_schema_rules_where_older_descriptions_differ() {
    let policy = validator("AskForApproval");
    let allows = |value: Value| errors(&policy, &value).is_empty();

    // `onRequest`: the policy is spelt in kebab case.
    assert!(!allows(json!("onRequest")));
    assert!(allows(json!("on-request")));

    // `unlessTrusted`: the policy is called `untrusted`.
    assert!(!allows(json!("unlessTrusted")));
    assert!(!allows(json!("unless-trusted")));
    assert!(allows(json!("untrusted")));

    // `tool/requestUserInput`: the app-server asks `item/tool/requestUserInput`, and no client method is called so.
    assert!(!SERVER_REQUESTS.contains(&"tool/requestUserInput"));
    assert!(!is_known_request("tool/requestUserInput"));
    assert!(message_validator("ServerRequest", "tool/requestUserInput").is_none());
    assert!(message_validator("ServerRequest", "item/tool/requestUserInput").is_some());

    // `idToken`: a login or a refresh with tokens of one's own gives an `accessToken` and the account it is for.
    let login = validator("LoginAccountParams");
    let tokens = json!({ "type": "chatgptAuthTokens", "idToken": "t", "chatgptAccountId": "a" });
    assert_ne!(errors(&login, &tokens), [""; 0]);
    let tokens =
        json!({ "type": "chatgptAuthTokens", "accessToken": "t", "chatgptAccountId": "a" });
    assert_eq!(errors(&login, &tokens), [""; 0]);
    let refresh = definition("ChatgptAuthTokensRefreshResponse");
    assert_eq!(refresh["required"], json!(["accessToken", "chatgptAccountId"]));
    assert_eq!(refresh["properties"].get("idToken"), None);
}
