//! What would be different from what serves today, or was from what served when the review ended.

use std::collections::BTreeMap;

use domain::reviews::Kind;
use domain::reviews::gates::{Measured, VersionFacts};
use domain::reviews::signature::{self, Severity};
use domain::runs::SYSTEM_METRIC_PREFIX;
use leptos::prelude::*;
use store::reviews::Details;

use super::version_path;
use crate::components::{EmptyState, prose};
use crate::format;

#[component]
pub fn Changes(details: Details) -> impl IntoView {
    let has_ended = details.review.state.is_final();
    let title = match details.review.kind {
        Kind::Followup => "Against what served before",
        _ if details.facts.champion.is_some() && details.facts.holder().is_none() => {
            "Against what served last"
        }
        _ if has_ended => "Against what served then",
        _ => "Against what serves today",
    };
    let Some(champion) = details.facts.champion.clone() else {
        let target = details.review.target.to_string();
        let alone = if has_ended || details.review.kind == Kind::Followup {
            format!("Nothing was in {target} before")
        } else if details.facts.candidate.stage == target {
            format!("It is what serves in {target}")
        } else {
            format!("Nothing is in {target} yet")
        };
        return view! {
            <section class="review-part" aria-labelledby="changes">
                <h2 id="changes">{title}</h2>
                <EmptyState title=alone/>
            </section>
        }
        .into_any();
    };
    let candidate = details.facts.candidate.clone();
    let params = pairs(&details.params);
    let before = pairs(&details.champion_params);
    view! {
        <section class="review-part" aria-labelledby="changes">
            <h2 id="changes">
                {title}": "
                <a href=version_path(&details.model, champion.version)>{format!("version {}", champion.version)}</a>
            </h2>
            <Callers candidate=candidate.clone() champion=champion.clone()/>
            <Metrics candidate=last(&candidate) champion=last(&champion)/>
            <Differences caption="Params" candidate=params champion=before/>
        </section>
    }
    .into_any()
}

fn pairs(params: &[domain::KeyValue]) -> BTreeMap<String, String> {
    params.iter().map(|param| (param.key.clone(), param.value.clone())).collect()
}

/// A version's metrics by name. What was measured of the machine is no difference between models.
fn last(facts: &VersionFacts) -> BTreeMap<String, f64> {
    let of_model = |measured: &&Measured| !measured.key.starts_with(SYSTEM_METRIC_PREFIX);
    facts.values().filter(of_model).map(|measured| (measured.key.clone(), measured.value.0)).collect()
}

/// What a program that calls the model would notice.
#[component]
fn Callers(candidate: VersionFacts, champion: VersionFacts) -> impl IntoView {
    let read = |facts: &VersionFacts| facts.signature.as_ref().map(signature::SignatureTexts::parse);
    let (old, new) = (read(&champion), read(&candidate));
    let content = match (old, new) {
        (Some(Err(_)), _) | (_, Some(Err(_))) => {
            view! { <p>"A signature can't be read, so nothing can be said about callers."</p> }.into_any()
        }
        (None, None) => view! { <p>"Neither has a signature: callers were promised nothing."</p> }.into_any(),
        (old, new) => {
            let old = old.and_then(Result::ok);
            let new = new.and_then(Result::ok);
            let findings = signature::compare(old.as_ref(), new.as_ref());
            let mut shown: Vec<_> =
                findings.into_iter().filter(|finding| finding.severity != Severity::Ok).collect();
            shown.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
            if shown.is_empty() {
                view! { <p>"Nothing: the signature fits."</p> }.into_any()
            } else {
                let items = shown.into_iter().map(|finding| {
                    let word = match finding.severity {
                        Severity::Breaking => "breaking",
                        Severity::Risky => "risky",
                        _ => "note",
                    };
                    view! {
                        <li><span class=format!("severity {word}")>{word}</span>" "{prose(&format!("`{}`: {}", finding.path, finding.message))}</li>
                    }
                });
                view! { <ul class="findings">{items.collect_view()}</ul> }.into_any()
            }
        }
    };
    view! {
        <h3>"What changes for callers"</h3>
        {content}
    }
}

#[component]
fn Metrics(candidate: BTreeMap<String, f64>, champion: BTreeMap<String, f64>) -> impl IntoView {
    let keys: std::collections::BTreeSet<_> = candidate.keys().chain(champion.keys()).cloned().collect();
    if keys.is_empty() {
        return view! { <p class="nothing">"Neither has metrics."</p> }.into_any();
    }
    let text = |value: Option<&f64>| value.map_or_else(|| "–".to_owned(), |value| format::number(*value));
    let rows = keys.into_iter().map(|key| {
        let (new, old) = (candidate.get(&key), champion.get(&key));
        let change = new.zip(old).map(|(new, old)| new - old).filter(|change| change.is_finite());
        let change = change.map(|change| {
            let sign = if change > 0.0 { "+" } else { "" };
            format!("{sign}{}", format::number(change))
        });
        view! {
            <tr>
                <th scope="row">{key}</th>
                <td class="number">{text(old)}</td>
                <td class="number">{text(new)}</td>
                <td class="number">{change}</td>
            </tr>
        }
    });
    view! {
        <div class="table-scroll" tabindex="0" role="region" aria-label="Metrics">
            <table class="table">
                <caption>"Metrics"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Metric"</th>
                        <th scope="col" class="number">"Before"</th>
                        <th scope="col" class="number">"After"</th>
                        <th scope="col" class="number">"Change"</th>
                    </tr>
                </thead>
                <tbody>{rows.collect_view()}</tbody>
            </table>
        </div>
    }
    .into_any()
}

/// Only what differs.
#[component]
fn Differences(
    caption: &'static str,
    candidate: BTreeMap<String, String>,
    champion: BTreeMap<String, String>,
) -> impl IntoView {
    let keys: std::collections::BTreeSet<_> = candidate.keys().chain(champion.keys()).cloned().collect();
    let same = keys.iter().filter(|key| candidate.get(*key) == champion.get(*key)).count();
    let differing: Vec<_> = keys.into_iter().filter(|key| candidate.get(key) != champion.get(key)).collect();
    let note = format!("{} the same.", format::plural(format::as_i64(same), "param is", "params are"));
    if differing.is_empty() && same == 0 {
        return view! { <p class="nothing">"Neither has params."</p> }.into_any();
    }
    if differing.is_empty() {
        return view! { <p class="nothing">{format!("{caption}: {note}")}</p> }.into_any();
    }
    let rows = differing.into_iter().map(|key| {
        let text = |value: Option<&String>| value.cloned().unwrap_or_else(|| "–".to_owned());
        view! {
            <tr>
                <th scope="row">{key.clone()}</th>
                <td>{text(champion.get(&key))}</td>
                <td>{text(candidate.get(&key))}</td>
            </tr>
        }
    });
    view! {
        <div class="table-scroll" tabindex="0" role="region" aria-label=caption>
            <table class="table">
                <caption>{caption}</caption>
                <thead>
                    <tr>
                        <th scope="col">"Name"</th>
                        <th scope="col">"Before"</th>
                        <th scope="col">"After"</th>
                    </tr>
                </thead>
                <tbody>{rows.collect_view()}</tbody>
            </table>
        </div>
        {(same > 0).then(|| view! { <p class="nothing">{note}</p> })}
    }
    .into_any()
}
