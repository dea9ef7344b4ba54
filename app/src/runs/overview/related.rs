//! What a run is connected with: child runs, data sets, logged models.

use leptos::prelude::*;

use crate::components::StatusBadge;
use crate::format;
use crate::runs::dataset::{DatasetFacts, Fact};
use crate::runs::page::ShownRun;
use crate::runs::server::RelatedModel;
use crate::runs::table::children_filter;
use crate::url::Query;

#[component]
pub fn Children() -> impl IntoView {
    let details = ShownRun::expect().details.value;
    let list = move || {
        details.with(|details| {
            if details.children.is_empty() {
                return None;
            }
            let id = details.run.experiment_id;
            let links = details.children.iter().map(|child| {
                let href = format!("/experiments/{id}/runs/{}", child.uuid);
                view! { <li><StatusBadge status=child.status compact=true/><a href=href>{child.name.clone()}</a></li> }
            });
            let all = Query::new()
                .with("filter", &children_filter(&details.run.uuid))
                .after(&format!("/experiments/{id}"));
            Some(view! {
                <section class="card" aria-labelledby="children-title">
                    <div class="section-head">
                        <h2 id="children-title">"Child runs"</h2>
                        <span class="count">{format::count(details.child_count)}</span>
                        <span class="spacer"></span>
                        <a class="button small" href=all>"Show as table"</a>
                    </div>
                    <ul class="related">{links.collect_view()}</ul>
                </section>
            })
        })
    };
    view! { {list} }
}

#[component]
pub fn Datasets() -> impl IntoView {
    let details = ShownRun::expect().details.value;
    let datasets = Memo::new(move |_| details.with(|details| details.datasets.clone()));
    let section = move || {
        let inputs = datasets.get();
        (!inputs.is_empty()).then(|| {
            view! {
                <section class="card" aria-labelledby="datasets-title">
                    <h2 id="datasets-title">"Data sets"</h2>
                    <ul class="datasets">{inputs.into_iter().map(dataset).collect_view()}</ul>
                </section>
            }
        })
    };
    view! { {section} }
}

fn dataset(dataset: DatasetFacts) -> impl IntoView {
    let context = dataset.context.map(|context| view! { <span class="chip">{context}</span> });
    let facts = dataset.facts.into_iter().map(|Fact { label, value, href }| {
        let value = match href {
            Some(href) => view! { <a href=href rel="external noreferrer">{value}</a> }.into_any(),
            None => view! { <code>{value}</code> }.into_any(),
        };
        view! { <dt>{label}</dt><dd>{value}</dd> }
    });
    let columns = dataset.columns.into_iter().map(|(name, kind)| {
        view! { <tr><th scope="row">{name}</th><td class="muted">{kind}</td></tr> }
    });
    view! {
        <li>
            <details>
                <summary>
                    <span class="dataset-name">{dataset.name}</span>
                    {context}
                    <code class="muted">{dataset.digest}</code>
                </summary>
                <dl class="dataset-facts">{facts.collect_view()}</dl>
                <table class="dataset-columns">
                    <caption class="visually-hidden">"Columns"</caption>
                    <tbody>{columns.collect_view()}</tbody>
                </table>
            </details>
        </li>
    }
}

#[component]
pub fn Models() -> impl IntoView {
    let shown = ShownRun::expect();
    let models = Memo::new(move |_| shown.details.value.with(|details| details.models.clone()));
    let section = move || {
        let models = models.get();
        (!models.is_empty()).then(|| {
            let items = models.into_iter().map(|one| model(shown, one)).collect_view();
            view! {
                <section class="card" aria-labelledby="models-title">
                    <h2 id="models-title">"Logged models"</h2>
                    <ul class="datasets">{items}</ul>
                </section>
            }
        })
    };
    view! { {section} }
}

fn model(shown: ShownRun, model: RelatedModel) -> impl IntoView {
    let href = Query::new().with("model", &model.model_id).after(&shown.address("artifacts"));
    let role = match model.made_at_step {
        None => "read by this run".to_owned(),
        Some(0) => "made by this run".to_owned(),
        Some(step) => format!("made at step {}", format::count(step)),
    };
    let name = match model.name {
        Some(name) => view! { <a href=href>{name}</a> }.into_any(),
        None => view! { <span class="muted">"deleted"</span> }.into_any(),
    };
    view! {
        <li class="model">
            {name}
            <span class="chip">{role}</span>
            <code class="muted">{model.model_id}</code>
        </li>
    }
}
