//! What was sent, how it went, and the button to send it again.

use leptos::prelude::*;
use store::webhooks::{Delivery, DeliveryState, Status, Webhook};

use super::path;
use crate::components::EmptyState;
use crate::plain::{PlainForm, Table, When};

/// What the list is narrowed to.
#[derive(Debug, Clone, Default)]
pub struct DeliveryFilter {
    /// Empty: all.
    pub state: String,
    pub part: String,
}

#[component]
pub(super) fn Deliveries(
    hook: Webhook,
    deliveries: Vec<Delivery>,
    filter: DeliveryFilter,
    next: Option<i64>,
) -> impl IntoView {
    let here = path(&hook);
    let is_narrowed = !filter.state.is_empty() || !filter.part.is_empty();
    let part = crate::url::encode(&filter.part);
    let states =
        [("", "All")].into_iter().chain(DeliveryState::ALL.map(|state| (state.as_str(), label(state))));
    let links = states.map(|(state, label)| {
        let current = (state == filter.state).then_some("page");
        view! { <a href=format!("{here}?state={state}&q={part}") aria-current=current>{label}</a> }
    });
    let links = links.collect_view();
    let list = if deliveries.is_empty() {
        let title = if is_narrowed { "No deliveries like that" } else { "Nothing was sent yet" };
        view! { <EmptyState title/> }.into_any()
    } else {
        let rows = deliveries
            .into_iter()
            .map(|one| view! { <Row one here=here.clone() may_replay=hook.status == Status::Active/> });
        let rows = rows.collect_view();
        let head = view! {
            <th scope="col">"Event"</th>
            <th scope="col">"About"</th>
            <th scope="col">"State"</th>
            <th scope="col">"Answer"</th>
            <th scope="col">"Attempts"</th>
            <th scope="col">"Happened"</th>
            <td></td>
        };
        view! { <Table name="Deliveries, newest first" class="reviews" head=head.into_any()>{rows}</Table> }
            .into_any()
    };
    let more = next.map(|next| {
        let href = format!("{here}?state={}&q={part}&before={next}", filter.state);
        view! { <p class="pager"><a class="button small" href=href>"Older"</a></p> }
    });
    view! {
        <section class="part" aria-labelledby="deliveries">
            <h2 id="deliveries">"Deliveries"</h2>
            <div class="toolbar">
                <nav class="segmented" aria-label="State of deliveries">{links}</nav>
                <form method="get" action=here.clone() class="search-form" role="search">
                    <input type="hidden" name="state" value=filter.state.clone()/>
                    <input type="search" name="q" value=filter.part placeholder="Event, model or message id" aria-label="Event, model or message id" class="search"/>
                    <button type="submit" class="button">"Search"</button>
                </form>
            </div>
            {list}
            {more}
        </section>
    }
}

fn label(state: DeliveryState) -> &'static str {
    match state {
        DeliveryState::Waiting => "Waiting",
        DeliveryState::Held => "Held",
        DeliveryState::Delivered => "Delivered",
        DeliveryState::Dead => "Given up",
    }
}

#[component]
fn Row(one: Delivery, here: String, may_replay: bool) -> impl IntoView {
    let (mark, class) = match one.state {
        DeliveryState::Waiting => ("●", "open"),
        DeliveryState::Held => ("–", "cancelled"),
        DeliveryState::Delivered => ("✓", "applied"),
        DeliveryState::Dead => ("✕", "rejected"),
    };
    let answer = match (one.status, one.problem.is_empty()) {
        (Some(status), true) => status.to_string(),
        (_, false) => one.problem.clone(),
        (None, true) => "not tried yet".to_owned(),
    };
    let next = one.next_at.filter(|_| one.attempts > 0);
    let replay =
        (may_replay && matches!(one.state, DeliveryState::Delivered | DeliveryState::Dead)).then(|| {
            view! {
                <PlainForm action=format!("{here}/replay") class="inline-form">
                    <input type="hidden" name="delivery" value=one.id/>
                    <button type="submit" class="button small">"Send again"</button>
                </PlainForm>
            }
        });
    view! {
        <tr>
            <th scope="row">
                {one.topic}
                {one.is_replay.then(|| view! { <small class="nothing">" again"</small> })}
            </th>
            <td>{one.subject}</td>
            <td><span class=format!("review-state {class}")><span aria-hidden="true">{mark}</span>" "{label(one.state)}</span></td>
            <td class="hook-answer">
                {answer}
                <details class="gate-evidence">
                    <summary>"Sent and answered"</summary>
                    <p class="nothing">{one.message_id}</p>
                    <pre>{one.body}</pre>
                    {(!one.excerpt.is_empty()).then(|| view! { <pre>{one.excerpt}</pre> })}
                </details>
            </td>
            <td class="number">
                {one.attempts}
                {next.map(|at| view! { <small class="nothing">", next "<When at/></small> })}
            </td>
            <td><When at=one.created_at/></td>
            <td class="row-actions">{replay}</td>
        </tr>
    }
}
