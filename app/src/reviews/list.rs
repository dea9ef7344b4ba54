//! All reviews.

use domain::Millis;
use domain::reviews::state::State;
use leptos::prelude::*;
use store::reviews::ReviewRow;

use super::{StateBadge, what};
use crate::components::EmptyState;
use crate::plain::{Table, When};

/// What the list is narrowed to.
#[derive(Debug, Clone, Default)]
pub struct ListFilter {
    /// A state's word, `overrides`, or empty for all.
    pub state: String,
    pub model: String,
}

#[component]
pub fn ReviewsPage(rows: Vec<ReviewRow>, filter: ListFilter, next: Option<i64>) -> impl IntoView {
    let encoded = crate::url::encode(&filter.model);
    let choices = [
        ("", "All"),
        ("open", "Open"),
        ("applied", "Applied"),
        ("rejected", "Rejected"),
        ("cancelled", "Cancelled"),
        ("expired", "Expired"),
        ("superseded", "Overtaken"),
        ("overrides", "Overrides"),
    ];
    let chosen = filter.state.clone();
    let links = choices.map(|(state, label)| {
        let current = (state == chosen).then_some("page");
        view! { <a href=format!("/reviews?state={state}&model={encoded}") aria-current=current>{label}</a> }
    });
    let more = next.map(|next| {
        view! {
            <p class="pager">
                <a class="button small" href=format!("/reviews?state={}&model={encoded}&before={next}", filter.state)>"Older"</a>
            </p>
        }
    });
    let list = if rows.is_empty() {
        view! {
            <EmptyState title="No reviews here">
                <p>"A review is asked for on the page of a model version."</p>
                <p><a class="button" href="/models">"Models"</a></p>
            </EmptyState>
        }
        .into_any()
    } else {
        view! { <ReviewTable rows/> }.into_any()
    };
    view! {
        <div class="page">
            <div class="page-head">
                <h1>"Reviews"</h1>
                <span class="spacer"></span>
                <a class="button" href="/webhooks">"Webhooks"</a>
                <a class="button" href="/policy">"Policy"</a>
            </div>
            <div class="toolbar">
                <nav class="segmented" aria-label="State">{links.collect_view()}</nav>
                <form method="get" action="/reviews" class="search-form" role="search">
                    <input type="hidden" name="state" value=filter.state.clone()/>
                    <input type="search" name="model" value=filter.model placeholder="Search by model" aria-label="Search by model" class="search"/>
                    <button type="submit" class="button">"Search"</button>
                </form>
            </div>
            {list}
            {more}
        </div>
    }
}

/// Reviews as a table; also part of other pages.
#[component]
pub fn ReviewTable(rows: Vec<ReviewRow>) -> impl IntoView {
    let rows = rows.into_iter().map(|row| {
        let state = State::parse(&row.state).unwrap_or_default();
        let is_override = row.is_override != 0;
        view! {
            <tr class=is_override.then_some("overridden-row")>
                <th scope="row"><a href=format!("/reviews/{}", row.id)>{what(&row)}</a>" "<span class="nothing">{format!("#{}", row.id)}</span></th>
                <td><StateBadge state is_override/></td>
                <td>{row.requester}</td>
                <td><When at=Millis(row.opened_at_ms)/></td>
                <td>{row.ended_at_ms.map(|at| view! { <When at=Millis(at)/>" by "{row.ended_by} })}</td>
            </tr>
        }
    });
    let rows = rows.collect_view();
    let head = view! {
        <th scope="col">"Review"</th>
        <th scope="col">"State"</th>
        <th scope="col">"Asked by"</th>
        <th scope="col">"Asked"</th>
        <th scope="col">"Ended"</th>
    }
    .into_any();
    view! { <Table name="List of reviews" class="reviews" head>{rows}</Table> }
}
