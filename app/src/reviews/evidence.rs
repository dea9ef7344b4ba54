//! What was computed: the gates, each with what it saw.

use domain::Millis;
use domain::reviews::Kind;
use domain::reviews::gates::{GateResult, Status};
use domain::reviews::state::Action;
use leptos::prelude::*;
use serde_json::Value;
use store::reviews::Details;

use crate::components::{EmptyState, prose};

#[component]
pub fn Evidence(details: Details, now: Millis) -> impl IntoView {
    let gates = details.gates().to_vec();
    let list = if gates.is_empty() {
        view! { <EmptyState title="The policy names no gates for this stage"/> }.into_any()
    } else {
        let rows = gates.into_iter().map(|gate| {
            let waive =
                Action::Waive { gate: gate.id.clone(), reason: "a reason that is long enough".into() };
            let can_waive = details.can(&waive, now);
            let waived_by = gate.waiver.as_ref().map(|waiver| details.name(waiver.by));
            view! { <Gate gate review=details.id can_waive waived_by/> }
        });
        view! { <ul class="gates">{rows.collect_view()}</ul> }.into_any()
    };
    let is_rollback = details.review.kind == Kind::Rollback;
    let ended = details.review.state.is_final().then(|| {
        view! { <p class="nothing">"As it was when this review ended."</p> }
    });
    view! {
        <section class="review-part" aria-labelledby="evidence">
            <h2 id="evidence">"Evidence"</h2>
            {ended}
            {is_rollback.then(|| view! {
                <p class="nothing">"A rollback waits for signatures alone: what the gates say is shown, and holds nothing up."</p>
            })}
            {list}
        </section>
    }
}

#[component]
fn Gate(gate: GateResult, review: i64, can_waive: bool, waived_by: Option<String>) -> impl IntoView {
    let is_waived = gate.waiver.is_some();
    let (mark, word, class) = match gate.status {
        _ if is_waived => ("~", "waived", "waived"),
        Status::Pass => ("✓", "pass", "pass"),
        Status::Fail => ("✕", "fail", "fail"),
        Status::Pending => ("…", "pending", "pending"),
        Status::NotApplicable => ("–", "not applicable", "not-applicable"),
    };
    let waiver = gate.waiver.as_ref().zip(waived_by).map(|(waiver, by)| {
        view! { <p class="gate-waiver">{format!("Waived by {by}: {}", waiver.reason)}</p> }
    });
    let form = can_waive.then(|| {
        view! {
            <details class="confirm">
                <summary class="button small">"Waive"</summary>
                <form method="post" action=format!("/reviews/{review}/waive") class="inline-form">
                    <input type="hidden" name="gate" value=gate.id.clone()/>
                    <input type="text" name="reason" required minlength="10" maxlength="1000" placeholder="Why it may fail" aria-label="Why it may fail"/>
                    <button type="submit" class="button small danger">"Waive with my name"</button>
                </form>
            </details>
        }
    });
    let data = (gate.kind == "data").then(|| view! { " "<a href="/datasets">"All data sets"</a> });
    view! {
        <li class="gate">
            <span class=format!("gate-status {class}")><span aria-hidden="true">{mark}</span>" "{word}</span>
            <div class="gate-body">
                <p>
                    <strong>{gate.id.clone()}</strong>
                    <span class="chip">{if gate.required { "required" } else { "advisory" }}</span>
                </p>
                <p>{prose(&gate.summary)}{data}</p>
                {waiver}
                <details class="gate-evidence">
                    <summary>"What it saw"</summary>
                    <EvidenceTable value=gate.evidence/>
                </details>
                {form}
            </div>
        </li>
    }
}

/// Evidence as rows of name and value.
#[component]
fn EvidenceTable(value: Value) -> impl IntoView {
    let mut rows = Vec::new();
    flatten(&mut rows, String::new(), &value);
    let rows = rows.into_iter().map(|(name, value)| {
        view! { <div><dt>{name}</dt><dd>{value}</dd></div> }
    });
    view! { <dl class="evidence-rows">{rows.collect_view()}</dl> }
}

/// So many rows are shown; the record has all.
const MOST_ROWS: usize = 200;

fn flatten(rows: &mut Vec<(String, String)>, path: String, value: &Value) {
    if rows.len() >= MOST_ROWS {
        return;
    }
    let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                flatten(rows, below(name), value);
            }
        }
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                flatten(rows, below(&(at + 1).to_string()), item);
            }
        }
        Value::String(text) => rows.push((path, text.clone())),
        other => rows.push((path, other.to_string())),
    }
}
