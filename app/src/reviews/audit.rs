//! The audit log, to read.

use domain::audit::AuditEntry;
use leptos::prelude::*;

use crate::components::EmptyState;
use crate::plain::{Table, When};

/// What the log is narrowed to.
#[derive(Debug, Clone, Default)]
pub struct AuditFilter {
    pub actor: String,
    pub action: String,
    pub subject: String,
    /// Days, both within.
    pub from: String,
    pub until: String,
}

impl AuditFilter {
    fn query(&self) -> String {
        let Self { actor, action, subject, from, until } = self;
        let parts =
            [("actor", actor), ("action", action), ("subject", subject), ("from", from), ("until", until)];
        parts.map(|(name, value)| format!("{name}={}", crate::url::encode(value))).join("&")
    }
}

#[component]
pub fn AuditPage(entries: Vec<AuditEntry>, filter: AuditFilter, next: Option<i64>) -> impl IntoView {
    let query = filter.query();
    let more = next.map(|next| {
        view! { <p class="pager"><a class="button small" href=format!("/audit?{query}&before={next}")>"Older"</a></p> }
    });
    let list = if entries.is_empty() {
        view! { <EmptyState title="No entries like that"/> }.into_any()
    } else {
        let rows = entries.into_iter().map(|entry| view! { <Row entry/> }).collect_view();
        let head = view! {
            <th scope="col">"Entry"</th>
            <th scope="col">"When"</th>
            <th scope="col">"Who"</th>
            <th scope="col">"From where"</th>
            <th scope="col">"What"</th>
            <th scope="col">"Of what"</th>
            <th scope="col">"Before and after"</th>
        }
        .into_any();
        view! {
            <Table name="Audit log, newest first" class="audit" head>{rows}</Table>
        }
        .into_any()
    };
    view! {
        <div class="page">
            <div class="page-head">
                <h1>"Audit log"</h1>
                <span class="spacer"></span>
                <a class="button" href=format!("/api/v1/audit.jsonl?{query}") download>"Export as JSON lines"</a>
            </div>
            <form method="get" action="/audit" class="toolbar" role="search">
                <input type="search" name="actor" value=filter.actor placeholder="Who" aria-label="Who"/>
                <input type="search" name="action" value=filter.action placeholder="What, e.g. review.sign" aria-label="What"/>
                <input type="search" name="subject" value=filter.subject placeholder="Of what, e.g. review 7" aria-label="A part of what it is of"/>
                <label>"From "<input type="date" name="from" value=filter.from/></label>
                <label>"until "<input type="date" name="until" value=filter.until/></label>
                <button type="submit" class="button">"Search"</button>
            </form>
            {list}
            {more}
        </div>
    }
}

#[component]
fn Row(entry: AuditEntry) -> impl IntoView {
    let roles = entry.roles.replace(',', ", ").replace('_', " ");
    let from = if entry.address.is_empty() { entry.via } else { format!("{}, {}", entry.via, entry.address) };
    view! {
        <tr>
            <th scope="row"><span title=entry.hash>{entry.id}</span></th>
            <td><When at=entry.at/></td>
            <td>{entry.actor}<br/><small class="nothing">{roles}</small></td>
            <td>{from}</td>
            <td>{entry.action}</td>
            <td>{entry.subject}</td>
            <td>
                <details class="gate-evidence">
                    <summary>"Show"</summary>
                    <p class="nothing">"Before"</p>
                    <pre>{entry.before}</pre>
                    <p class="nothing">"After"</p>
                    <pre>{entry.after}</pre>
                </details>
            </td>
        </tr>
    }
}
