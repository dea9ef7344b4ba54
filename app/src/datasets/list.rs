//! The list of data sets.

use domain::reviews::gates::Validation;
use leptos::prelude::*;
use store::datasets::{DatasetCheck, DatasetEntry, DatasetsCatalog, DatasetsQuery};

use super::CheckBadge;
use crate::components::EmptyState;
use crate::format;
use crate::plain::{Confirm, Field, Outcome, PlainForm, Refusal, Table, When, pager, typed};
use crate::registry::version_path;
use crate::url::Query;

const PAGE: usize = 50;

/// The list that an address asks for.
pub fn datasets_list(part: String, page: &str) -> DatasetsQuery {
    let page = page.parse::<u32>().unwrap_or(1).clamp(1, 1_000_000) - 1;
    DatasetsQuery { part, page: page as usize, page_size: PAGE }
}

/// The list, searched for a name or a digest.
pub fn datasets_path(part: &str) -> String {
    address(&DatasetsQuery { part: part.to_owned(), ..DatasetsQuery::default() })
}

fn address(query: &DatasetsQuery) -> String {
    let page = if query.page == 0 { String::new() } else { (query.page + 1).to_string() };
    Query::new().with("q", &query.part).with("page", &page).after("/datasets")
}

#[component]
pub fn DatasetsPage(
    catalog: DatasetsCatalog,
    query: DatasetsQuery,
    /// Whether whoever looks may report checks.
    may_report: bool,
    done: Option<String>,
    problem: Option<String>,
) -> impl IntoView {
    let total = catalog.total;
    let list = if catalog.entries.is_empty() {
        nothing(&query).into_any()
    } else {
        list(catalog, &query, may_report).into_any()
    };
    let who = (!may_report && total > 0)
        .then(|| view! { <p class="nothing">"Data engineers report what checks of these found."</p> });
    view! {
        <div class="page">
            <div class="page-head">
                <h1>"Data sets"</h1>
                <span class="count">{format::count(total)}</span>
            </div>
            <Refusal message=problem/>
            <Outcome message=done/>
            <div class="toolbar">
                <form method="get" action="/datasets" class="search-form" role="search">
                    <input type="search" name="q" value=query.part placeholder="Name or digest" aria-label="Search by name or digest" class="search"/>
                    <button type="submit" class="button">"Search"</button>
                </form>
            </div>
            {list}
            {who}
        </div>
    }
}

fn nothing(query: &DatasetsQuery) -> impl IntoView + use<> {
    if query.page > 0 {
        let first = address(&DatasetsQuery { page: 0, ..query.clone() });
        return view! {
            <EmptyState title="The list ends before this page.">
                <p><a class="button" href=first>"First page"</a></p>
            </EmptyState>
        }
        .into_any();
    }
    let part = query.part.trim();
    if !part.is_empty() {
        return view! {
            <EmptyState title=format!("No data set has “{part}” in its name or digest.")>
                <p><a class="button" href="/datasets">"Clear the search"</a></p>
            </EmptyState>
        }
        .into_any();
    }
    view! {
        <EmptyState title="No data sets yet. A run says what it reads:">
            <figure class="code-block">
                <figcaption>"In Python"</figcaption>
                <pre tabindex="0" role="region" aria-label="In Python"><code>
                    "data = mlflow.data.from_pandas(frame, name=\"sales\")\nmlflow.log_input(data, context=\"training\")"
                </code></pre>
            </figure>
        </EmptyState>
    }
    .into_any()
}

fn list(catalog: DatasetsCatalog, query: &DatasetsQuery, may_report: bool) -> impl IntoView + use<> {
    let to = |page: usize| address(&DatasetsQuery { page, ..query.clone() });
    let pager = pager(query.page, query.page_size, catalog.total, to);
    let report =
        may_report.then(|| view! { <th scope="col"><span class="visually-hidden">"Report"</span></th> });
    let head = view! {
        <th scope="col">"Name"</th>
        <th scope="col">"Digest"</th>
        <th scope="col">"Last check"</th>
        <th scope="col">"Models made from it"</th>
        <th scope="col" class="number">"Runs"</th>
        <th scope="col">"Last used"</th>
        {report}
    }
    .into_any();
    let rows = catalog.entries.into_iter().map(|entry| row(entry, may_report).into_any()).collect_view();
    view! {
        <Table name="Data sets" class="data-sets" head>{rows}</Table>
        {pager}
    }
}

fn row(entry: DatasetEntry, may_report: bool) -> impl IntoView {
    let models = entry.models.iter().map(|(model, version)| {
        view! { <a href=version_path(model, *version)>{format!("{model} v{version}")}</a>" " }
    });
    let models = models.collect_view();
    let report = may_report
        .then(|| view! { <td><ReportForm name=entry.name.clone() digest=entry.digest.clone()/></td> });
    view! {
        <tr>
            <th scope="row" class="name">{entry.name}<span class="nothing">" "{entry.source_type}</span></th>
            <td><code>{entry.digest}</code></td>
            <td>{checked(entry.check)}</td>
            <td>{models}</td>
            <td class="number">{format::count(entry.runs)}</td>
            <td>{entry.last_used.map(|at| view! { <When at/> })}</td>
            {report}
        </tr>
    }
}

fn checked(check: Option<DatasetCheck>) -> impl IntoView {
    let Some(check) = check else {
        return view! { <CheckBadge state=Validation::NeverRun/> }.into_any();
    };
    let link = check.link.map(|link| view! { " "<a href=link rel="noreferrer nofollow">"Report"</a> });
    view! {
        <CheckBadge state=check.state/>
        <p class="nothing">{check.reporter}", "<When at=check.at/>{link}</p>
        <p class="check-summary">{check.summary}</p>
    }
    .into_any()
}

#[component]
fn ReportForm(name: String, digest: String) -> impl IntoView {
    let option = |state: Validation, label: &'static str| {
        view! { <option value=state.as_str()>{label}</option> }
    };
    view! {
        <Confirm label="Report a check">
            <PlainForm action="/datasets/checks" class="stack">
                <input type="hidden" name="name" value=name/>
                <input type="hidden" name="digest" value=digest/>
                <label class="field">
                    <span>"It"</span>
                    <select name="state">
                        {option(Validation::Passed, "passed")}
                        {option(Validation::Failed, "failed")}
                        {option(Validation::Running, "still runs")}
                    </select>
                </label>
                <label class="field">
                    <span>"What was checked"</span>
                    <textarea name="summary" rows="3" maxlength="5000" inner_html=typed("")></textarea>
                </label>
                <Field label="Where the report is" name="link" kind="url" maxlength=2000 required=false/>
                <button type="submit" class="button primary">"Report"</button>
            </PlainForm>
        </Confirm>
    }
}
