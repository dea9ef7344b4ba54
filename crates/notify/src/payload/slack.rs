//! What Slack takes, and Mattermost and Rocket.Chat with it: `{"text": …}`. Nothing is signed: the address itself is
//! the secret.

use serde_json::{Value, json};

use crate::Event;
use crate::text::{cut, escape, sentence};

pub(super) fn body(event: &Event) -> Value {
    let mut text = sentence(event);
    if !event.url.is_empty() {
        // `|` ends the address in Slack's links.
        let url = escape(&event.url).replace('|', "%7C");
        let model = escape(&cut(&event.model, 100)).replace('|', "¦");
        let name = match event.version() {
            Some(version) => format!("{model} v{}", escape(version)),
            None => model,
        };
        text = format!("{text} <{url}|{name}>");
    }
    json!({ "text": text })
}
