//! The runs of an experiment's table as files: a plain page that offers each format.

use leptos::prelude::*;
use leptos_router::params::ParamsMap;

use super::table::{Attribute, Column, TableState};
use crate::plain::Refusal;
use crate::url::{Query, insert};

/// The ending, its name, what it is good for.
const FORMATS: [(&str, &str, &str); 4] = [
    ("csv", "CSV", "for a spreadsheet"),
    ("parquet", "Parquet", "for pandas, Polars or DuckDB: small, and with types"),
    ("jsonl", "JSON lines", "for scripts and pipes: a row a line"),
    ("json", "JSON", "one list"),
];

/// Which runs of which experiment.
#[derive(Debug, Clone)]
pub struct RunsExport {
    experiment_id: i64,
    experiment: String,
    state: TableState,
}

impl RunsExport {
    /// `fields`: of the table's address.
    pub fn new(experiment_id: i64, experiment: String, fields: Vec<(String, String)>) -> Self {
        let mut query = ParamsMap::new();
        for (key, value) in fields {
            insert(&mut query, key, &value);
        }
        Self { experiment_id, experiment, state: TableState::from_query(&query) }
    }

    pub fn filter(&self) -> &str {
        &self.state.selection.filter
    }

    pub fn is_of_deleted(&self) -> bool {
        self.state.selection.deleted
    }

    fn query(&self) -> Query {
        let selection = &self.state.selection;
        let order = selection.order.as_ref().map(|(column, descending)| {
            format!("{} {}", column.order_field(), if *descending { "DESC" } else { "ASC" })
        });
        Query::new()
            .with("filter", &selection.filter)
            .with("order_by", &order.unwrap_or_default())
            .with("view", if selection.deleted { "deleted" } else { "" })
    }

    /// The columns of the table as an export names them; `None`: nobody chose any.
    fn columns(&self) -> Option<Vec<String>> {
        let chosen = self.state.selection.columns.as_deref()?;
        let mut names = vec!["run_id".to_owned(), "run_name".to_owned()];
        for column in self.state.arranged(chosen) {
            match column {
                Column::Attribute(Attribute::Duration) => {
                    names.extend(["start_time".into(), "end_time".into()]);
                }
                Column::Attribute(Attribute::Source) => names.push("tags.mlflow.source.name".into()),
                Column::Attribute(Attribute::Commit) => names.push("tags.mlflow.source.git.commit".into()),
                other => names.push(other.id()),
            }
        }
        Some(names)
    }
}

#[component]
pub fn ExportPage(
    export: RunsExport,
    /// How many runs there are to take; else why the filter can't be read.
    total: Result<i64, String>,
) -> impl IntoView {
    let back = export.state.address(export.experiment_id);
    let content = match total {
        Err(why) => view! { <Refusal message=Some(why)/> }.into_any(),
        Ok(total) => view! { <Files export=export.clone() total/> }.into_any(),
    };
    view! {
        <div class="page">
            <nav class="crumbs" aria-label="Breadcrumbs">
                <a href="/experiments">"Experiments"</a>
                <a href=back>{export.experiment}</a>
            </nav>
            <div class="page-head"><h1>"Export runs"</h1></div>
            {content}
        </div>
    }
}

#[component]
fn Files(export: RunsExport, total: i64) -> impl IntoView {
    let what = match (total, export.is_of_deleted()) {
        (1, false) => "1 run".to_owned(),
        (1, true) => "1 deleted run".to_owned(),
        (_, false) => format!("{total} runs"),
        (_, true) => format!("{total} deleted runs"),
    };
    let matching = (!export.filter().is_empty()).then(|| {
        view! { " that match "<code>{export.filter().to_owned()}</code> }
    });
    let query = export.query();
    let path = |table: &str| format!("/api/v1/experiments/{}/{table}", export.experiment_id);
    let mut rows = vec![("Runs, with everything they logged", path("runs"), query.clone())];
    if let Some(columns) = export.columns() {
        let some = columns.iter().fold(query.clone(), |query, column| query.with("columns", column));
        rows.push(("Runs, the table’s columns", path("runs"), some));
    }
    rows.push(("Curves, a row for each point", path("metrics"), query));
    let parts = rows.into_iter().map(|(label, path, query)| {
        let links = FORMATS.map(|(ending, name, _)| {
            let href = query.after(&format!("{path}.{ending}"));
            let spoken = format!("{label}: {name}");
            view! { <a class="button" href=href download aria-label=spoken>{name}</a> }
        });
        view! {
            <section class="part">
                <h2>{label}</h2>
                <div class="toolbar">{links}</div>
            </section>
        }
    });
    view! {
        <p>{what}{matching}"."</p>
        {parts.collect_view()}
        <section class="part">
            <h2>"Which format"</h2>
            <ul class="nothing">
                {FORMATS.map(|(_, name, what)| view! { <li>{name}", "{what}</li> })}
            </ul>
            <p class="nothing">"A script gets the same from the addresses behind these links, with a token."</p>
        </section>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_export_is_of_what_the_table_shows() {
        let export = |address: &[(&str, &str)]| {
            let fields = address.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
            RunsExport::new(7, "wine".into(), fields.collect())
        };
        let plain = export(&[]);
        assert_eq!((plain.query().after(""), plain.columns()), (String::new(), None));
        let chosen = export(&[
            ("filter", "metrics.auc > 0.9"),
            ("order", "source:asc"),
            ("cols", "metrics.auc,duration,run_name"),
            ("pins", "duration"),
            ("view", "deleted"),
        ]);
        assert_eq!(
            chosen.query().after(""),
            "?filter=metrics.auc%20%3E%200.9&order_by=tags.%60mlflow.source.name%60%20ASC&view=deleted"
        );
        let columns = chosen.columns().expect("some");
        assert_eq!(columns, ["run_id", "run_name", "start_time", "end_time", "metrics.auc"]);
        assert!(chosen.is_of_deleted());
    }
}
