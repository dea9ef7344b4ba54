//! Params, and the last value of each metric, searchable.

use domain::metrics::LatestMetric;
use domain::runs::SYSTEM_METRIC_PREFIX;
use leptos::prelude::*;

use crate::components::EmptyState;
use crate::format;
use crate::runs::page::ShownRun;
use crate::url::Query;

/// From how many rows on a search is of use.
const SEARCHABLE: usize = 8;

#[component]
pub fn Params() -> impl IntoView {
    let details = ShownRun::expect().details.value;
    let search = RwSignal::new(String::new());
    let params = Memo::new(move |_| details.with(|details| details.run.params.clone()));
    let count = Memo::new(move |_| params.with(Vec::len));
    let rows = move || {
        let typed = search.get().to_lowercase();
        params.with(|params| {
            params
                .iter()
                .filter(|param| {
                    param.key.to_lowercase().contains(&typed) || param.value.to_lowercase().contains(&typed)
                })
                .map(|param| {
                    view! {
                        <tr>
                            <th scope="row">{param.key.clone()}</th>
                            <td class="value">{param.value.clone()}</td>
                        </tr>
                    }
                })
                .collect_view()
        })
    };
    let rows = StoredValue::new(rows);
    view! {
        <KeySection title="Params" count search>
            {move || if count.get() == 0 {
                view! {
                    <EmptyState title="No params.">
                        <p>"Log one with " <code>"mlflow.log_param(\"lr\", 0.01)"</code></p>
                    </EmptyState>
                }
                .into_any()
            } else {
                view! {
                    <div class="table-scroll" tabindex="0" role="region" aria-label="Values of the params">
                        <table class="table keys">
                            <caption class="visually-hidden">"Params"</caption>
                            <thead><tr><th scope="col">"Param"</th><th scope="col">"Value"</th></tr></thead>
                            <tbody>{rows.get_value()}</tbody>
                        </table>
                    </div>
                }
                .into_any()
            }}
        </KeySection>
    }
}

#[component]
pub fn Metrics() -> impl IntoView {
    let shown = ShownRun::expect();
    let search = RwSignal::new(String::new());
    let metrics = Memo::new(move |_| {
        shown.details.value.with(|details| {
            let of_the_model = |metric: &&LatestMetric| !metric.key.starts_with(SYSTEM_METRIC_PREFIX);
            details.run.metrics.iter().filter(of_the_model).cloned().collect::<Vec<_>>()
        })
    });
    let count = Memo::new(move |_| metrics.with(Vec::len));
    let rows = move || {
        let typed = search.get().to_lowercase();
        metrics.with(|metrics| {
            metrics
                .iter()
                .filter(|metric| metric.key.to_lowercase().contains(&typed))
                .map(|metric| {
                    let href = Query::new().with("q", &metric.key).after(&shown.address("charts"));
                    view! {
                        <tr>
                            <th scope="row"><a href=href>{metric.key.clone()}</a></th>
                            <td class="number" title=metric.value.0.to_string()>{format::number(metric.value.0)}</td>
                            <td class="number muted">{format::count(metric.step)}</td>
                        </tr>
                    }
                })
                .collect_view()
        })
    };
    let rows = StoredValue::new(rows);
    view! {
        <KeySection title="Metrics" count search>
            {move || if count.get() == 0 {
                view! {
                    <EmptyState title="No metrics.">
                        <p>"Log one with " <code>"mlflow.log_metric(\"loss\", 0.42, step=1)"</code></p>
                    </EmptyState>
                }
                .into_any()
            } else {
                view! {
                    <div class="table-scroll" tabindex="0" role="region" aria-label="Last values of the metrics">
                        <table class="table keys">
                            <caption class="visually-hidden">"Last values of the metrics"</caption>
                            <thead>
                                <tr>
                                    <th scope="col">"Metric"</th>
                                    <th scope="col" class="number">"Last value"</th>
                                    <th scope="col" class="number">"Step"</th>
                                </tr>
                            </thead>
                            <tbody>{rows.get_value()}</tbody>
                        </table>
                    </div>
                }
                .into_any()
            }}
        </KeySection>
    }
}

#[component]
fn KeySection(
    title: &'static str,
    count: Memo<usize>,
    search: RwSignal<String>,
    children: Children,
) -> impl IntoView {
    let id = title.to_lowercase();
    let title_id = format!("{id}-title");
    let label = format!("Search {id}");
    let box_for_search = move || {
        (count.get() >= SEARCHABLE).then(|| {
            view! {
                <input
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
    view! {
        <section class="card" aria-labelledby=title_id>
            <div class="section-head">
                <h2 id=title_id.clone()>{title}</h2>
                <span class="count">{move || count.get()}</span>
                <span class="spacer"></span>
                {box_for_search}
            </div>
            {children()}
        </section>
    }
}
