//! The list of models.

use domain::KeyValue;
use leptos::prelude::*;
use store::registry::{Catalog, CatalogEntry, CatalogOrder, CatalogQuery, OpenReview};

use super::list_url::address;
use super::stage::Overridden;
use super::{model_path, or_dash, version_path};
use crate::components::{EmptyState, SortHeader, Tag, in_a_shell, shown_tags};
use crate::format;
use crate::plain::{Table, When, pager};

#[component]
pub fn ModelsPage(
    catalog: Catalog,
    query: CatalogQuery,
    /// This server's address, for those who have to name it.
    base: String,
    /// Whether clients need a token.
    has_accounts: bool,
) -> impl IntoView {
    let title = if query.prompts { "Prompts" } else { "Models" };
    let of = |prompts: bool| CatalogQuery { prompts, page: 0, ..query.clone() };
    let current = |prompts: bool| (query.prompts == prompts).then_some("page");
    let total = catalog.total;
    let list = if catalog.entries.is_empty() {
        nothing(&query, &base, has_accounts).into_any()
    } else {
        view! { <ModelTable catalog query=query.clone()/> }.into_any()
    };
    let kind = query.prompts.then(|| view! { <input type="hidden" name="kind" value="prompts"/> });
    view! {
        <div class="page">
            <div class="page-head">
                <h1>{title}</h1>
                <span class="count">{format::count(total)}</span>
                <span class="spacer"></span>
                <a class="button" href="/datasets">"Data sets"</a>
            </div>
            <div class="toolbar">
                <form method="get" action="/models" class="search-form" role="search">
                    <input type="search" name="q" value=query.part.clone() placeholder="Name, or tag: team=risk" aria-label="Search by name or tag" class="search"/>
                    {kind}
                    <button type="submit" class="button">"Search"</button>
                </form>
                <span class="spacer"></span>
                <nav class="segmented" aria-label="What is listed">
                    <a href=address(&of(false)) aria-current=current(false)>"Models"</a>
                    <a href=address(&of(true)) aria-current=current(true)>"Prompts"</a>
                </nav>
            </div>
            {list}
        </div>
    }
}

fn nothing(query: &CatalogQuery, base: &str, has_accounts: bool) -> impl IntoView + use<> {
    let all = CatalogQuery { part: String::new(), page: 0, ..query.clone() };
    let what = if query.prompts { "prompt" } else { "model" };
    if query.page > 0 {
        let first = address(&CatalogQuery { page: 0, ..query.clone() });
        return view! {
            <EmptyState title="The list ends before this page.">
                <p><a class="button" href=first>"First page"</a></p>
            </EmptyState>
        }
        .into_any();
    }
    if !query.part.trim().is_empty() {
        return view! {
            <EmptyState title=format!("No {what} has “{}” in its name or a tag.", query.part.trim())>
                <p><a class="button" href=address(&all)>"Clear the search"</a></p>
            </EmptyState>
        }
        .into_any();
    }
    let shell = in_a_shell(base, has_accounts);
    let (title, python) = if query.prompts {
        (
            "No prompts yet. Register the first one:",
            "import mlflow\nmlflow.genai.register_prompt(name=\"summary\", template=\"Summarize: {{ text }}\")",
        )
    } else {
        (
            "No models yet. Register the first one:",
            "import mlflow\n# A model that a run has logged becomes version 1 of “churn”:\n\
             mlflow.register_model(\"runs:/RUN_ID/model\", \"churn\")",
        )
    };
    view! {
        <EmptyState title>
            <div class="snippets">
                <CodeBlock title="In a shell" code=shell/>
                <CodeBlock title="In Python" code=python.to_owned()/>
            </div>
        </EmptyState>
    }
    .into_any()
}

#[component]
fn CodeBlock(title: &'static str, code: String) -> impl IntoView {
    view! {
        <figure class="code-block">
            <figcaption>{title}</figcaption>
            <pre tabindex="0" role="region" aria-label=title><code>{code}</code></pre>
        </figure>
    }
}

#[component]
fn ModelTable(catalog: Catalog, query: CatalogQuery) -> impl IntoView {
    let caption = if query.prompts { "Prompts" } else { "Models" };
    let head = |label: &'static str, order: CatalogOrder, class: &'static str| {
        let is_sorted = query.order == order;
        // What is new is what one looks for first.
        let descends = if is_sorted { !query.descends } else { order == CatalogOrder::Updated };
        let href = address(&CatalogQuery { order, descends, page: 0, ..query.clone() });
        let sorted = is_sorted.then_some(query.descends);
        view! { <SortHeader label href=Signal::stored(href) sorted=Signal::stored(sorted) class/> }
    };
    let prompts = query.prompts;
    // What serves is looked for first, then what comes next.
    let stages: Vec<_> = catalog.stages.active().rev().map(str::to_owned).filter(|_| !prompts).collect();
    let heads = stages.clone().into_iter().map(|stage| view! { <th scope="col">{stage}</th> }).collect_view();
    let to = |page: usize| address(&CatalogQuery { page, ..query.clone() });
    let pager = pager(query.page, query.page_size, catalog.total, to);
    let rows = catalog
        .entries
        .into_iter()
        .map(|entry| view! { <ModelRow entry stages=stages.clone()/> })
        .collect_view();
    let head = view! {
        {head("Name", CatalogOrder::Name, "name")}
        <th scope="col">"Owner"</th>
        {heads}
        {(!prompts).then(|| view! { <th scope="col">"Waits"</th> })}
        <th scope="col">"Newest"</th>
        <th scope="col" class="number">"Versions"</th>
        {head("Updated", CatalogOrder::Updated, "")}
    }
    .into_any();
    view! {
        <Table name=caption class="models" head>{rows}</Table>
        {pager}
    }
}

#[component]
fn ModelRow(entry: CatalogEntry, stages: Vec<String>) -> impl IntoView {
    const MOST_TAGS: usize = 3;
    let tags: Vec<KeyValue> = shown_tags(&entry.tags).into_iter().take(MOST_TAGS).collect();
    let chips = (!tags.is_empty()).then(|| {
        let tags = tags.into_iter().map(|tag| view! { <Tag tag/> }).collect_view();
        view! { <span class="tag-list">{tags}</span> }
    });
    let is_model = !stages.is_empty();
    let stages = stages.iter().map(|stage| {
        let inside = entry.active.get(stage).map(Vec::as_slice).unwrap_or_default();
        let is_overridden = inside.iter().any(|version| entry.overridden.contains(version));
        view! { <td>{versions(&entry.name, inside)} {is_overridden.then(|| view! { " "<Overridden/> })}</td> }
    });
    let waits = is_model.then(|| view! { <td>{waits(entry.open_reviews)}</td> });
    let stages = stages.collect_view();
    view! {
        <tr>
            <th scope="row" class="name"><a href=model_path(&entry.name)>{entry.name.clone()}</a> {chips}</th>
            <td>{or_dash(Some(entry.owner).filter(|owner| !owner.is_empty()))}</td>
            {stages}
            {waits}
            <td>{versions(&entry.name, entry.newest.as_slice())}</td>
            <td class="number">{format::count(entry.versions)}</td>
            <td><When at=entry.updated_at/></td>
        </tr>
    }
}

/// What waits for signatures.
fn waits(open: Vec<OpenReview>) -> AnyView {
    if open.is_empty() {
        return or_dash(None);
    }
    let links =
        open.into_iter().enumerate().map(|(index, OpenReview { id, version, target, is_followup })| {
            let comma = (index > 0).then_some(", ");
            let what = if is_followup {
                format!("v{version}: overridden")
            } else {
                format!("v{version} → {target}")
            };
            view! { {comma}<a href=format!("/reviews/{id}")>{what}</a> }
        });
    links.collect_view().into_any()
}

/// Links to versions, the highest first.
fn versions(name: &str, numbers: &[i64]) -> AnyView {
    if numbers.is_empty() {
        return or_dash(None);
    }
    let links = numbers.iter().rev().enumerate().map(|(index, number)| {
        let comma = (index > 0).then_some(", ");
        let label = format!("{name} v{number}");
        view! { {comma}<a href=version_path(name, *number) aria-label=label>{format!("v{number}")}</a> }
    });
    links.collect_view().into_any()
}
