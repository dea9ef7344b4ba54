//! Params, and the last value of each metric, searchable.

use domain::KeyValue;
use domain::metrics::LatestMetric;
use domain::runs::SYSTEM_METRIC_PREFIX;
use leptos::prelude::*;

use crate::components::{EmptyState, kept_text};
use crate::format;
use crate::runs::page::ShownRun;
use crate::url::Query;

/// From how many rows on a search is of use.
const SEARCHABLE: usize = 8;

#[component]
pub fn Params() -> impl IntoView {
    let details = ShownRun::expect().details.value;
    let params = Memo::new(move |_| details.with(|details| details.run.params.clone()));
    let rows = move |typed: &str| {
        params.with(|params| {
            let contains = |text: &str| text.to_lowercase().contains(typed);
            let found = params.iter().filter(|param| contains(&param.key) || contains(&param.value));
            let row = |param: &KeyValue| {
                view! {
                    <tr>
                        <th scope="row">{param.key.clone()}</th>
                        <td class="value">{param.value.clone()}</td>
                    </tr>
                }
                .into_any()
            };
            found.map(row).collect()
        })
    };
    view! {
        <KeySection
            title="Params"
            columns=&[("Param", ""), ("Value", "")]
            example="mlflow.log_param(\"lr\", 0.01)"
            count=Memo::new(move |_| params.with(Vec::len))
            rows
        />
    }
}

#[component]
pub fn Metrics() -> impl IntoView {
    let shown = ShownRun::expect();
    let metrics = Memo::new(move |_| {
        shown.details.value.with(|details| {
            let of_the_model = |metric: &&LatestMetric| !metric.key.starts_with(SYSTEM_METRIC_PREFIX);
            details.run.metrics.iter().filter(of_the_model).cloned().collect::<Vec<_>>()
        })
    });
    let rows = move |typed: &str| {
        metrics.with(|metrics| {
            let found = metrics.iter().filter(|metric| metric.key.to_lowercase().contains(typed));
            let row = |metric: &LatestMetric| {
                let href = Query::new().with("metric", &metric.key).after(&shown.address("charts"));
                view! {
                    <tr>
                        <th scope="row"><a href=href>{metric.key.clone()}</a></th>
                        <td class="number" title=metric.value.0.to_string()>{format::number(metric.value.0)}</td>
                        <td class="number muted">{format::count(metric.step)}</td>
                    </tr>
                }
                .into_any()
            };
            found.map(row).collect()
        })
    };
    view! {
        <KeySection
            title="Metrics"
            columns=&[("Metric", ""), ("Last value", "number"), ("Step", "number")]
            example="mlflow.log_metric(\"loss\", 0.42, step=1)"
            count=Memo::new(move |_| metrics.with(Vec::len))
            rows
        />
    }
}

/// A table of keys, with a search if it is long.
#[component]
fn KeySection(
    title: &'static str,
    /// Their heads and classes.
    columns: &'static [(&'static str, &'static str)],
    /// How to log one.
    example: &'static str,
    count: Memo<usize>,
    /// The rows that contain a text in lower case.
    rows: impl Fn(&str) -> Vec<AnyView> + Send + Sync + 'static,
) -> impl IntoView {
    let id = title.to_lowercase();
    let title_id = format!("{id}-title");
    let label = format!("Search {id}");
    let search_id = format!("{id}-search");
    let search = kept_text(&search_id, String::new);
    let box_for_search = move || {
        (count.get() >= SEARCHABLE).then(|| {
            view! {
                <input
                    id=search_id.clone()
                    type="search"
                    class="small-search"
                    placeholder="Search"
                    aria-label=label.clone()
                    prop:value=move || search.get()
                    on:input=move |event| search.set(event_target_value(&event))
                />
            }
        })
    };
    let nothing = format!("No {id}.");
    let body = move || {
        let found = rows(&search.get().to_lowercase());
        if found.is_empty() {
            view! { <tr><td colspan=columns.len() class="muted">"Nothing matches this search."</td></tr> }
                .into_any()
        } else {
            found.into_any()
        }
    };
    let body = StoredValue::new(body);
    let table = move || {
        if count.get() == 0 {
            return view! { <EmptyState title=nothing.clone()><p>"Log one with " <code>{example}</code></p></EmptyState> }
                .into_any();
        }
        let heads = columns.iter().map(|(head, class)| view! { <th scope="col" class=*class>{*head}</th> });
        view! {
            <div class="table-scroll" tabindex="0" role="region" aria-label=format!("Values of the {id}")>
                <table class="table keys">
                    <caption class="visually-hidden">{title}</caption>
                    <thead><tr>{heads.collect_view()}</tr></thead>
                    <tbody>{move || body.with_value(|body| body())}</tbody>
                </table>
            </div>
        }
        .into_any()
    };
    view! {
        <section class="card" aria-labelledby=title_id>
            <div class="section-head">
                <h2 id=title_id.clone()>{title}</h2>
                <span class="count">{move || count.get()}</span>
                <span class="spacer"></span>
                {box_for_search}
            </div>
            {table}
        </section>
    }
}
