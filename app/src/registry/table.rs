//! A model's versions as a table.

use std::collections::HashMap;

use domain::Run;
use leptos::prelude::*;
use store::registry::VersionSummary;

use super::metric_chart::value_of;
use super::stage::{Overridden, StageBadge};
use super::{maker, or_dash, run_path, version_label, version_path};
use crate::format;
use crate::plain::{Table, When};

#[component]
pub fn VersionTable(
    name: String,
    versions: Vec<VersionSummary>,
    runs: HashMap<String, Run>,
    metric: Option<String>,
    /// How many versions there are in all.
    total: i64,
) -> impl IntoView {
    let shown = format::as_i64(versions.len());
    let note = (total > shown).then(|| {
        let words = format!(
            "{} of {} versions: those in use, and the newest.",
            format::count(shown),
            format::count(total)
        );
        view! { <p class="table-note">{words}</p> }
    });
    let rows = versions.iter().map(|one| row(&name, one, &runs, metric.as_deref())).collect_view();
    let head = metric.map(|metric| view! { <th scope="col" class="number">{metric}</th> });
    let head = view! {
        <th scope="col">"Version"</th>
        <th scope="col">"Stage"</th>
        <th scope="col">"Aliases"</th>
        {head}
        <th scope="col">"Run"</th>
        <th scope="col">"Created by"</th>
        <th scope="col">"Created"</th>
    }
    .into_any();
    view! {
        <Table name="Versions, newest first" class="versions" head>{rows}</Table>
        {note}
    }
}

fn row(
    name: &str,
    one: &VersionSummary,
    runs: &HashMap<String, Run>,
    metric: Option<&str>,
) -> impl IntoView + use<> {
    let version = &one.version;
    let run = runs.get(&version.run_uuid);
    let aliases: Vec<_> = version.aliases.iter().map(|alias| format!("@{alias}")).collect();
    let aliases = Some(aliases.join(", ")).filter(|aliases| !aliases.is_empty());
    let value = metric.map(|metric| {
        let value = run.and_then(|run| value_of(run, metric)).map(format::number);
        view! { <td class="number">{or_dash(value)}</td> }
    });
    let run_link = match run {
        Some(run) => view! { <a href=run_path(run)>{run.name.clone()}</a> }.into_any(),
        None => or_dash(None),
    };
    view! {
        <tr>
            <th scope="row"><a href=version_path(name, version.version)>{version_label(version.version)}</a></th>
            <td>
                <StageBadge stage=version.stage.clone()/>
                {one.is_overridden.then(|| view! { " "<Overridden/> })}
            </td>
            <td>{or_dash(aliases)}</td>
            {value}
            <td>{run_link}</td>
            <td>{or_dash(maker(&one.author, run))}</td>
            <td><When at=version.created_at/></td>
        </tr>
    }
}
