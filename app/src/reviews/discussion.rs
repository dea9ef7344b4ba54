//! What people said, and what happened, in order.

use domain::Millis;
use domain::accounts::Role;
use domain::reviews::state::Action;
use leptos::prelude::*;
use store::reviews::{Activity, Comment, Details};

use crate::components::to_html;
use crate::plain::{When, typed};

enum Entry {
    Happened(Activity),
    Said(Comment),
}

impl Entry {
    fn at(&self) -> i64 {
        match self {
            Self::Happened(activity) => activity.at_ms,
            Self::Said(comment) => comment.at_ms,
        }
    }
}

#[component]
pub fn Discussion(details: Details, now: Millis) -> impl IntoView {
    let mut entries: Vec<_> = details.timeline.iter().cloned().map(Entry::Happened).collect();
    entries.extend(details.comments.iter().cloned().map(Entry::Said));
    entries.sort_by_key(Entry::at);
    let items = entries.into_iter().map(|entry| match entry {
        Entry::Happened(activity) => view! { <Happened activity/> }.into_any(),
        Entry::Said(comment) => {
            let by = comment.by_id.unwrap_or(-1);
            let can_edit = details.can(&Action::EditComment { by }, now);
            let can_delete = details.can(&Action::DeleteComment { by }, now);
            view! { <Said comment review=details.id can_edit can_delete/> }.into_any()
        }
    });
    let can_comment = details.can(&Action::Comment, now);
    let form = can_comment.then(|| {
        view! {
            <form method="post" action=format!("/reviews/{}/comment", details.id) class="comment-form">
                <label class="field">
                    <span>"Comment, in Markdown"</span>
                    <textarea name="comment" rows="3" required maxlength="10000"></textarea>
                </label>
                <button type="submit" class="button">"Comment"</button>
            </form>
        }
    });
    view! {
        <section class="review-part" aria-labelledby="discussion">
            <h2 id="discussion">"Discussion"</h2>
            <ol class="timeline">{items.collect_view()}</ol>
            {form}
        </section>
    }
}

/// What somebody did, after their name.
pub(crate) fn in_a_sentence(activity: &Activity) -> String {
    let role = if activity.role.is_empty() {
        String::new()
    } else {
        let role = Role::parse(&activity.role).map_or(&*activity.role, |role| role.label());
        format!(" as {role}")
    };
    match activity.kind.as_str() {
        "opened" => "asked for this".to_owned(),
        "signed" => format!("signed{role}"),
        "withdrew" => "withdrew their signature".into(),
        "requested_changes" => format!("asked for changes{role}"),
        "withdrew_changes" => "took their request for changes back".into(),
        "dismissed_changes" => "dismissed a request for changes".into(),
        "reported" => format!("reported the check {}", activity.said),
        "waived" => format!("waived the gate {}", activity.said),
        "unwaived" => format!("took the waiver of the gate {} back", activity.said),
        "rejected" => "rejected it".into(),
        "cancelled" => "cancelled it".into(),
        "expired" => "saw it expire".into(),
        "superseded" => format!("ended it: {}", activity.said),
        "overrode" => "overrode it".into(),
        "applied" => format!("signed last: version {} is in {}", activity.version, activity.to_stage),
        "confirmed" => "signed last: it was right".into(),
        "retired" => format!("moved version {} to {}", activity.version, activity.to_stage),
        other => other.replace('_', " "),
    }
}

#[component]
fn Happened(activity: Activity) -> impl IntoView {
    let what = in_a_sentence(&activity);
    let words = (!activity.words.is_empty())
        .then(|| view! { <div class="words markdown" inner_html=to_html(&activity.words)></div> });
    view! {
        <li class="happened">
            <p><strong>{activity.name}</strong>" "{what}", "<When at=Millis(activity.at_ms)/></p>
            {words}
        </li>
    }
}

#[component]
fn Said(comment: Comment, review: i64, can_edit: bool, can_delete: bool) -> impl IntoView {
    let id = comment.id;
    let text = if comment.deleted_at_ms.is_some() {
        view! { <p class="nothing">"deleted"</p> }.into_any()
    } else {
        view! { <div class="markdown" inner_html=to_html(&comment.text)></div> }.into_any()
    };
    let is_there = comment.deleted_at_ms.is_none();
    let edit = (can_edit && is_there).then(|| {
        view! {
            <details class="confirm">
                <summary class="button small quiet">"Edit"</summary>
                <form method="post" action=format!("/reviews/{review}/comment/{id}/edit") class="action-form">
                    <textarea name="comment" rows="3" required maxlength="10000" aria-label="Comment" inner_html=typed(&comment.text)></textarea>
                    <button type="submit" class="button small">"Save"</button>
                </form>
            </details>
        }
    });
    let delete = (can_delete && is_there).then(|| {
        view! {
            <details class="confirm">
                <summary class="button small quiet">"Delete"</summary>
                <form method="post" action=format!("/reviews/{review}/comment/{id}/delete") class="action-form">
                    <p>"Its text is gone for good."</p>
                    <button type="submit" class="button small danger">"Delete"</button>
                </form>
            </details>
        }
    });
    let edited = comment.edited_at_ms.is_some().then_some(" (edited)");
    view! {
        <li class="said">
            <p><strong>{comment.name}</strong>" wrote, "<When at=Millis(comment.at_ms)/>{edited}</p>
            {text}
            <div class="comment-actions">{edit}{delete}</div>
        </li>
    }
}
