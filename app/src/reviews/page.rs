//! A review: what is asked for, what speaks for it, who has to say yes.

use domain::Millis;
use domain::reviews::Kind;
use domain::reviews::state::State;
use leptos::prelude::*;
use store::reviews::Details;

use super::changes::Changes;
use super::discussion::Discussion;
use super::evidence::Evidence;
use super::sign::{Actions, SignOffs};
use super::{StateBadge, in_words, model_path, version_path};
use crate::components::prose;
use crate::plain::{Outcome, Refusal, When, typed};

#[component]
pub fn ReviewPage(
    details: Details,
    now: Millis,
    /// Whether the release was recorded.
    has_record: bool,
    done: Option<String>,
    problem: Option<String>,
    /// What stood in the form that was refused.
    wrote: Option<String>,
) -> impl IntoView {
    let wrote = wrote.filter(|wrote| !wrote.trim().is_empty()).map(|wrote| {
        view! {
            <details class="wrote" open>
                <summary>"What you wrote"</summary>
                <textarea rows="4" readonly aria-label="What you wrote" inner_html=typed(&wrote)></textarea>
            </details>
        }
    });
    let title = match details.review.kind {
        Kind::Promotion => {
            format!("{} version {} to {}", details.model, details.version, details.review.target)
        }
        Kind::Rollback => {
            format!("Roll {} back to version {} in {}", details.model, details.version, details.review.target)
        }
        Kind::Followup => format!(
            "Was it right that {} version {} went to {}?",
            details.model, details.version, details.review.target
        ),
    };
    let record = has_record.then(|| {
        view! {
            <a class="button small" href=format!("/api/v1/reviews/{}/record", details.id) download>"Release record"</a>
        }
    });
    view! {
        <div class="page review">
            <nav class="crumbs" aria-label="Breadcrumb">
                <a href="/reviews">"Reviews"</a>
                <a href=model_path(&details.model)>{details.model.clone()}</a>
                <a href=version_path(&details.model, details.version)>{format!("Version {}", details.version)}</a>
            </nav>
            <div class="page-head">
                <h1>{title}</h1>
                <StateBadge state=details.review.state is_override=details.is_override/>
                <span class="nothing">{format!("#{}", details.id)}</span>
                <span class="spacer"></span>
                {record}
            </div>
                        <Refusal message=problem/>
            {wrote}
            <Outcome message=done/>
            <Standing details=details.clone()/>
            <div class="review-columns">
                <div class="review-main">
                    <Asked details=details.clone()/>
                    <Evidence details=details.clone() now/>
                    <Changes details=details.clone()/>
                    <Discussion details=details.clone() now/>
                </div>
                <aside class="review-side">
                    <SignOffs details=details.clone() now/>
                    <Actions details now/>
                </aside>
            </div>
        </div>
    }
}

/// The one line that says how it stands.
#[component]
fn Standing(details: Details) -> impl IntoView {
    let ended = |word: &str| {
        let why = if details.reason.is_empty() { String::new() } else { format!(": {}", details.reason) };
        format!("{word} by {}{why}", details.ended_by)
    };
    let said = match details.review.state {
        State::Open if details.missing.is_empty() => "Nothing is missing any more.".to_owned(),
        State::Open => format!("Waits for {}.", in_words(&details.missing)),
        State::Applied if details.is_override => ended("Overridden"),
        State::Applied => ended("Applied"),
        State::Rejected => ended("Rejected"),
        State::Cancelled => ended("Cancelled"),
        State::Expired => ended("Expired"),
        State::Superseded => ended("Overtaken"),
    };
    let lacking = (!details.infeasible.is_empty() && details.review.state == State::Open).then(|| {
        let lacking: Vec<_> = details.infeasible.iter().map(ToString::to_string).collect();
        view! {
            <p class="notice" role="alert">
                {format!("Nobody who may sign is left for: {}. An admin can give somebody the role, or the right to read the model.", in_words(&lacking))}
            </p>
        }
    });
    let class = format!(
        "standing {}",
        if details.is_override { "overridden" } else { details.review.state.as_str() }
    );
    view! {
        <p class=class role="status">{prose(&said)}</p>
        {lacking}
    }
}

#[component]
fn Asked(details: Details) -> impl IntoView {
    let comment = (!details.comment.is_empty()).then(
        || view! { <div class="markdown" inner_html=crate::components::to_html(&details.comment)></div> },
    );
    let leaves = (!details.archive.is_empty()).then(|| {
        let versions: Vec<_> = details.archive.iter().map(ToString::to_string).collect();
        format!("Version {} leaves it in the same step.", versions.join(", "))
    });
    let deadline = details.review.deadline.filter(|_| details.review.state == State::Open);
    let deadline = deadline.map(|at| view! { <p class="nothing">"Open until " <When at/></p> });
    let follows = details.follows.map(|id| view! { <p>"It follows "<a href=format!("/reviews/{id}")>{format!("review #{id}")}</a>", which was overridden."</p> });
    view! {
        <section class="review-part" aria-label="What is asked for">
            <p>
                <strong>{details.requester.clone()}</strong>" asked "<When at=details.opened_at/>": "
                {(details.review.kind != Kind::Followup).then(|| format!("{} → ", details.from))}
                <strong>{details.review.target.to_string()}</strong>". "
                {leaves}
            </p>
            {follows}
            {comment}
            {deadline}
        </section>
    }
}
