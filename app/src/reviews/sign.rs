//! Who has signed, who has to, and the forms by which whoever looks can.

use domain::Millis;
use domain::accounts::Role;
use domain::reviews::policy::{Requirement, Roles};
use domain::reviews::sign_off::{self, Void};
use domain::reviews::state::{self, Action, Actor, MIN_OVERRIDE_REASON, MIN_REASON, State};
use leptos::prelude::*;
use store::reviews::{Details, SignedBy};

use super::roles_in_words;
use crate::plain::When;

#[component]
pub fn SignOffs(details: Details, now: Millis) -> impl IntoView {
    let is_open = details.review.state == State::Open;
    let missing = details.standing.missing(&details.review);
    let (barred, valid) = (details.standing.barred(&details.review), details.standing.valid(&details.review));
    let needed = details.requirements.iter().map(|requirement| {
        let left = missing.iter().find(|one| one.roles == requirement.roles).map_or(0, |one| one.count);
        let have = requirement.count.saturating_sub(left);
        let is_full = left == 0;
        view! {
            <li class=if is_full { "place full" } else { "place" }>
                <span aria-hidden="true">{if is_full { "✓" } else { "○" }}</span>
                " "{wanted(requirement)}" "
                <span class="nothing">{format!("{have} of {}", requirement.count)}</span>
                {(is_open && !is_full).then(|| {
                    let able = sign_off::eligible(requirement, &details.standing.people, &barred, &valid);
                    let who = who_can(&able.map(|id| details.name(id)).collect::<Vec<_>>());
                    who.map(|who| view! { <p class="nothing">{who}</p> })
                })}
            </li>
        }
    });
    let in_force = details.policy.as_ref().map(|(in_force, _)| in_force);
    let authors_count = in_force.is_some_and(|in_force| in_force.author_may_sign(details.review.kind));
    let signed = details.signed.iter().rev().cloned().map(|signed| view! { <Signed signed is_open/> });
    let changes = details.changes.iter().cloned().map(|asked| {
        let dismiss = Action::DismissChanges { by: asked.by, reason: "x".repeat(MIN_REASON) };
        let dismiss = details.can(&dismiss, now).then(|| view! { <DismissForm id=details.id by=asked.by/> });
        view! {
            <li class="void">
                <strong>{asked.name}</strong>" asks for changes, as "{asked.role.label()}", "<When at=asked.at/>
                <p>{asked.words}</p>
                {dismiss}
            </li>
        }
    });
    view! {
        <section class="review-part" aria-labelledby="sign-offs">
            <h2 id="sign-offs">"Signatures"</h2>
            <ul class="places">{needed.collect_view()}</ul>
            {(!authors_count).then(|| {
                view! { <p class="nothing">"Who asked, and who made the version, doesn't count."</p> }
            })}
            <ul class="signed">{changes.collect_view()}{signed.collect_view()}</ul>
        </section>
    }
}

/// So many people are named.
const NAMED: usize = 5;

/// `None` if nobody is left: the page says so above.
fn who_can(names: &[String]) -> Option<String> {
    let rest = names.len().saturating_sub(NAMED);
    let first = names.get(..NAMED).unwrap_or(names).join(", ");
    let said =
        if rest > 0 { format!("{first} and {rest} more can sign.") } else { format!("{first} can sign.") };
    (!names.is_empty()).then_some(said)
}

fn wanted(requirement: &Requirement) -> String {
    match &requirement.roles {
        Roles::Any => "anybody but a viewer".into(),
        Roles::Of(roles) => {
            let labels: Vec<_> = roles.iter().map(|role| role.label()).collect();
            labels.join(" or ")
        }
    }
}

#[component]
fn Signed(signed: SignedBy, is_open: bool) -> impl IntoView {
    let void = signed.void.filter(|_| is_open).map(|void| match void {
        Void::Withdrawn => "withdrawn",
        Void::Replaced => "signed again since",
        Void::Stale => "stale: what was signed has changed since",
        Void::Disabled => "doesn't count: the account is disabled",
        Void::RoleLost => "doesn't count: they no longer hold that role",
        Void::Unreadable => "doesn't count: they may no longer see the model",
        Void::Author => "doesn't count: an author's",
    });
    // Who waived a gate, and when, stands beside the gate.
    let is_told = |path: &str| !path.ends_with(".waiver.by") && !path.ends_with(".waiver.at");
    let changed = signed.changed.iter().filter(|one| is_told(&one.path)).map(ToString::to_string);
    let changed: Vec<_> = changed.collect();
    let changed = (!changed.is_empty()).then(|| {
        view! { <ul class="changed">{changed.into_iter().map(|one| view! { <li>{one}</li> }).collect_view()}</ul> }
    });
    view! {
        <li class=if void.is_some() { "void" } else { "counts" }>
            <strong>{signed.name}</strong>" signed as "{signed.role.label()}", "<When at=signed.at/>
            {void.map(|void| view! { <p class="void-why">{void}</p> })}
            {changed}
            {(!signed.words.is_empty()).then(|| view! { <p>{signed.words}</p> })}
        </li>
    }
}

#[component]
pub fn Actions(details: Details, now: Millis) -> impl IntoView {
    if details.review.state != State::Open {
        return ().into_any();
    }
    let words = || "a reason that is long enough".to_owned();
    let can = |action: &Action| details.can(action, now);
    let id = details.id;
    let may_sign = can(&Action::Sign { role: None, digest: None });
    let sign = may_sign.then(|| view! { <SignForm details=details.clone()/> });
    let why_not = (!may_sign).then(|| why_not(&details, now)).flatten();
    let simple = |name: &'static str,
                  label: &'static str,
                  field: Option<(&'static str, &'static str)>,
                  danger: bool| {
        let input = field.map(|(field, placeholder)| {
            view! { <textarea name=field rows="2" maxlength="10000" required placeholder=placeholder aria-label=placeholder></textarea> }
        });
        let class = if danger { "button small danger" } else { "button small" };
        view! {
            <details class="confirm action">
                <summary class="button small">{label}</summary>
                <form method="post" action=format!("/reviews/{id}/{name}") class="action-form">
                    {input}
                    <button type="submit" class=class>{label}</button>
                </form>
            </details>
        }
    };
    let offered = [
        can(&Action::Withdraw).then(|| simple("withdraw", "Withdraw my signature", None, false)),
        can(&Action::RequestChanges { words: words() }).then(|| {
            simple("request-changes", "Request changes", Some(("comment", "What has to change")), false)
        }),
        can(&Action::WithdrawChanges)
            .then(|| simple("withdraw-changes", "Take my request for changes back", None, false)),
        can(&Action::Apply).then(|| simple("apply", "Apply", None, false)),
        can(&Action::Reject).then(|| simple("reject", "Reject", Some(("comment", "Why not")), true)),
        can(&Action::Cancel).then(|| simple("cancel", "Cancel the review", None, true)),
    ];
    // Who hasn't signed in lately is told to, where the form would be.
    let signed_in = Actor { is_fresh: true, ..details.actor.clone() };
    let overriding = Action::Override { reason: "x".repeat(MIN_OVERRIDE_REASON) };
    let may_override = state::check(&overriding, &details.review, &signed_in, &details.standing, now).is_ok();
    let over = may_override.then(|| view! { <OverrideForm id is_fresh=details.actor.is_fresh/> });
    view! {
        <section class="review-part" aria-labelledby="actions">
            <h2 id="actions">"Your part"</h2>
            {sign}
            {why_not.map(|why| view! { <p class="nothing">{crate::components::prose(&roles_in_words(&why))}</p> })}
            <div class="actions">{offered.into_iter().flatten().collect_view()}{over}</div>
        </section>
    }
    .into_any()
}

/// Why whoever looks has nothing to sign.
fn why_not(details: &Details, now: Millis) -> Option<String> {
    let sign = Action::Sign { role: None, digest: None };
    let refusal = state::check(&sign, &details.review, &details.actor, &details.standing, now).err()?;
    Some(refusal.to_string())
}

#[component]
fn SignForm(details: Details) -> impl IntoView {
    let held: Vec<Role> = details
        .actor
        .roles
        .iter()
        .copied()
        .filter(|role| sign_off::is_named(&details.requirements, *role))
        .collect();
    let chosen = details.actor.id.and_then(|id| details.standing.role_for(&details.review, id));
    let options = held.into_iter().map(|role| {
        view! { <option value=role.as_str() selected=chosen == Some(role)>{role.label()}</option> }
    });
    view! {
        <form method="post" action=format!("/reviews/{}/sign", details.id) class="sign-form">
            <input type="hidden" name="digest" value=details.standing.digest/>
            <label class="field">
                <span>"Sign as"</span>
                <select name="role">{options.collect_view()}</select>
            </label>
            <label class="field">
                <span>"What did you check?"</span>
                <textarea name="comment" rows="3" maxlength="10000"></textarea>
            </label>
            <button type="submit" class="button primary">"Sign"</button>
            <p class="nothing">"Your signature holds for exactly what stands here. If any of it changes, it goes stale."</p>
        </form>
    }
}

/// For when whoever asked for changes can't say that they are made.
#[component]
fn DismissForm(id: i64, by: i64) -> impl IntoView {
    view! {
        <details class="confirm action">
            <summary class="button small">"Dismiss"</summary>
            <form method="post" action=format!("/reviews/{id}/dismiss-changes") class="action-form">
                <input type="hidden" name="by" value=by.to_string()/>
                <textarea name="reason" rows="2" required minlength=MIN_REASON.to_string() maxlength="10000" placeholder="Why it holds nothing up any more" aria-label="Why it holds nothing up any more"></textarea>
                <button type="submit" class="button small danger">"Dismiss the request for changes"</button>
            </form>
        </details>
    }
}

/// For the night on which nobody else answers. It is red everywhere, and has a review of its own.
#[component]
fn OverrideForm(id: i64, is_fresh: bool) -> impl IntoView {
    let content = if is_fresh {
        view! {
            <form method="post" action=format!("/reviews/{id}/override") class="action-form">
                <textarea name="reason" rows="3" required minlength=MIN_OVERRIDE_REASON.to_string() maxlength="10000" placeholder="Why it can't wait" aria-label="Why it can't wait"></textarea>
                <button type="submit" class="button small danger">"Override without signatures"</button>
                <p class="nothing">
                    {format!("Say why in at least {MIN_OVERRIDE_REASON} characters. It is marked red in every list and opens a review of its own.")}
                </p>
            </form>
        }
        .into_any()
    } else {
        view! {
            <p>
                "An override asks you to sign in again first: "
                <a href=format!("/sign-in?again=1&next=%2Freviews%2F{id}")>"sign in"</a>
            </p>
        }
        .into_any()
    };
    view! {
        <details class="confirm action">
            <summary class="button small">"Emergency override"</summary>
            {content}
        </details>
    }
}
