//! What happened to a version, on its page.

use leptos::prelude::*;
use store::registry::{Happened, VersionChanged};

use super::or_dash;
use crate::components::EmptyState;
use crate::plain::When;
use crate::reviews::in_a_sentence;

#[component]
pub fn VersionActivity(
    /// The newest first.
    happened: Vec<Happened>,
) -> impl IntoView {
    let list = if happened.is_empty() {
        view! { <EmptyState title="Nothing has happened to it yet"/> }.into_any()
    } else {
        let items = happened.into_iter().map(|one| {
            let at = one.at();
            let (who, what, review) = match one {
                Happened::Changed(changed) => (changed.by.clone(), said(&changed), None),
                Happened::Reviewed(activity) => {
                    (activity.name.clone(), in_a_sentence(&activity), activity.review_id)
                }
            };
            let review = review.map(|id| view! { ", in "<a href=format!("/reviews/{id}")>{format!("review #{id}")}</a> });
            view! { <li class="happened"><p><strong>{or_dash(Some(who).filter(|who| !who.is_empty()))}</strong>" "{what}{review}", "<When at/></p></li> }
        });
        view! { <ol class="timeline">{items.collect_view()}</ol> }.into_any()
    };
    view! {
        <section class="part" aria-labelledby="activity">
            <h2 id="activity">"Activity"</h2>
            {list}
        </section>
    }
}

/// A change in words, after the name of whoever made it.
fn said(changed: &VersionChanged) -> String {
    let VersionChanged { action, before, after, .. } = changed;
    let text = |side: &serde_json::Value, key: &str| side[key].as_str().unwrap_or_default().to_owned();
    match action.as_str() {
        "version.create" => "registered it".into(),
        "version.change_files" => format!("changed its file {}", text(after, "path")),
        "version.update" => "changed its description".into(),
        "version.set_tag" => format!("set the tag {} to {}", text(after, "key"), text(after, "value")),
        "version.delete_tag" => format!("took the tag {} away", text(before, "key")),
        "version.set_card" => "wrote its card".into(),
        "version.transition" => {
            format!("moved it from {} to {}", text(before, "stage"), text(after, "stage"))
        }
        "model.set_alias" if after["version"] == before["version"] => {
            format!("confirmed the alias @{}", text(after, "alias"))
        }
        "model.set_alias" => match (before["version"].as_i64(), after["version"].as_i64()) {
            (Some(from), Some(to)) => {
                format!("moved the alias @{} from v{from} to v{to}", text(after, "alias"))
            }
            _ => format!("gave it the alias @{}", text(after, "alias")),
        },
        "model.delete_alias" => format!("took the alias @{} away", text(before, "alias")),
        other => other.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use domain::Millis;
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn changes_read_as_sentences() {
        let said = |action: &str, before: Value, after: Value| {
            said(&VersionChanged { at: Millis(1), by: "ana".into(), action: action.into(), before, after })
        };
        let moved = said("version.transition", json!({ "stage": "None" }), json!({ "stage": "Staging" }));
        assert_eq!(moved, "moved it from None to Staging");
        let alias = |from: Value, to: i64| {
            said("model.set_alias", json!({ "version": from }), json!({ "alias": "best", "version": to }))
        };
        assert_eq!(alias(Value::Null, 2), "gave it the alias @best");
        assert_eq!(alias(json!(1), 2), "moved the alias @best from v1 to v2");
        let tag = said("version.set_tag", Value::Null, json!({ "key": "team", "value": "risk" }));
        assert_eq!(tag, "set the tag team to risk");
    }
}
