//! The tables: a row for each key, a column for each run, the baseline's marked.

use std::collections::BTreeMap;

use domain::Run;
use domain::reviews::gates::Better;
use leptos::prelude::*;

use super::{Details, DetailsAsked};
use crate::compare::differences::{Row, change, metrics, params, tags};
use crate::format;

/// What is compared, by groups.
#[component]
pub fn DetailsTable(details: Details) -> impl IntoView {
    let baseline = details.baseline();
    let all = details.asked.all;
    let differing = |rows: Vec<Row<String>>| -> Vec<_> {
        let rows = rows.into_iter().filter(|row| all || row.differs());
        rows.map(|row| text_row(row, baseline)).collect()
    };
    let metric_rows: Vec<_> = metrics(&details.runs)
        .into_iter()
        .filter(|row| all || row.differs())
        .map(|row| metric_row(row, baseline, &details.asked))
        .collect();
    let groups = [
        ("Params", differing(params(&details.runs))),
        ("Metrics", metric_rows),
        ("Data sets", differing(datasets(&details.runs))),
        ("Code", differing(code(&details.runs))),
        ("Packages", differing(packages(&details.packages))),
        ("Tags", differing(tags(&details.runs))),
    ];
    let span = details.runs.len() + 1;
    let bodies = groups.map(|(title, rows)| {
        let nothing = rows.is_empty().then(|| {
            let words = if all { "nothing logged" } else { "no difference" };
            view! { <tr><td colspan=span class="muted">{words}</td></tr> }
        });
        view! {
            <tbody>
                <tr class="group-head"><th scope="rowgroup" colspan=span>{title}</th></tr>
                {rows}
                {nothing}
            </tbody>
        }
    });
    let heads =
        details.runs.iter().enumerate().map(|(place, run)| head(run, place == baseline, &details.asked));
    let heads = heads.collect_view();
    view! {
        <div class="table-scroll details-scroll" tabindex="0" role="region" aria-label="Runs side by side">
            <table class="table compare details">
                <caption class="visually-hidden">"What differs between the runs"</caption>
                <thead><tr><td></td>{heads}</tr></thead>
                {bodies}
            </table>
        </div>
    }
}

fn head(run: &Run, is_baseline: bool, asked: &DetailsAsked) -> AnyView {
    let of_run = format!("/experiments/{}/runs/{}", run.experiment_id, run.uuid);
    let note = if is_baseline {
        view! { <span class="chip">"baseline"</span> }.into_any()
    } else {
        let chosen = DetailsAsked { baseline: run.uuid.clone(), ..asked.clone() };
        let label = format!("{}: as baseline", run.name);
        view! { <a class="button small" href=chosen.address() aria-label=label>"as baseline"</a> }.into_any()
    };
    view! {
        <th scope="col">
            <span class="compare-head"><a href=of_run title=run.name.clone()>{run.name.clone()}</a></span>
            {note}
        </th>
    }
    .into_any()
}

fn text_row(row: Row<String>, baseline: usize) -> AnyView {
    let differs = row.differs();
    let base = row.values.get(baseline).cloned().flatten();
    let cells = row.values.into_iter().enumerate().map(|(place, value)| {
        let class = (place != baseline && value != base).then_some("other");
        let title = value.clone();
        match value {
            Some(value) => view! { <td class=class title=title>{value}</td> }.into_any(),
            None => view! { <td class=class><span class="muted">"–"</span></td> }.into_any(),
        }
    });
    view! {
        <tr class=differs.then_some("differing")>
            <th scope="row" title=row.key.clone()>{row.key.clone()}</th>
            {cells.collect_view()}
        </tr>
    }
    .into_any()
}

fn metric_row(row: Row<u64>, baseline: usize, asked: &DetailsAsked) -> AnyView {
    let values: Vec<_> = row.values.iter().map(|bits| bits.map(f64::from_bits)).collect();
    let better = asked.better(&row.key);
    let best = best(&values, better);
    let base = values.get(baseline).copied().flatten();
    let cells = values.iter().enumerate().map(|(place, value)| {
        let Some(value) = *value else {
            return view! { <td><span class="muted">"–"</span></td> }.into_any();
        };
        let against = base.filter(|_| place != baseline).map(|base| (value - base, change(base, value)));
        let told = against.filter(|(by, _)| *by != 0.0 && by.is_finite()).map(|(by, part)| {
            let is_better = (by > 0.0) == (better == Better::Higher);
            let (class, word) =
                if is_better { ("verdict better", "better") } else { ("verdict worse", "worse") };
            let sign = if by > 0.0 { "+" } else { "" };
            let text = part.unwrap_or_else(|| format!("{sign}{}", format::number(by)));
            view! { <span class=class>{text}" "{word}</span> }
        });
        let mark = (best == Some(value)).then(|| view! { <span class="chip best">"best"</span> });
        view! { <td class="number">{format::number(value)}" "{mark}" "{told}</td> }.into_any()
    });
    let (arrow, words) = match better {
        Better::Higher => ("↑", "higher is better; click if lower is"),
        Better::Lower => ("↓", "lower is better; click if higher is"),
    };
    view! {
        <tr class=row.differs().then_some("differing")>
            <th scope="row" title=row.key.clone()>
                {row.key.clone()}" "
                <a class="better-is" href=asked.flipped(&row.key) title=words aria-label=format!("{}: {words}", row.key)>{arrow}</a>
            </th>
            {cells.collect_view()}
        </tr>
    }
    .into_any()
}

/// The best of some different numbers.
fn best(values: &[Option<f64>], better: Better) -> Option<f64> {
    let numbers = || values.iter().flatten().copied().filter(|value| !value.is_nan());
    let (low, high) = (numbers().min_by(f64::total_cmp)?, numbers().max_by(f64::total_cmp)?);
    let is_one = low.to_bits() == high.to_bits();
    (!is_one).then_some(if better == Better::Higher { high } else { low })
}

/// By what they are for; of several for the same, each by its name.
fn datasets(runs: &[Run]) -> Vec<Row<String>> {
    let mut rows = BTreeMap::<String, Vec<Option<String>>>::new();
    for (place, run) in runs.iter().enumerate() {
        for input in &run.inputs.datasets {
            let key = input.context().unwrap_or("data").to_owned();
            let cell = &mut rows.entry(key).or_insert_with(|| vec![None; runs.len()])[place];
            let told = format!("{} ({})", input.dataset.name, input.dataset.digest);
            *cell = Some(cell.take().map_or(told.clone(), |before| format!("{before}, {told}")));
        }
    }
    rows.into_iter().map(|(key, values)| Row { key, values }).collect()
}

/// Where the run came from, as clients note it.
const CODE: [(&str, &str); 7] = [
    ("mlflow.source.name", "source"),
    ("mlflow.source.type", "kind of source"),
    ("mlflow.source.git.commit", "commit"),
    ("mlflow.source.git.branch", "branch"),
    ("mlflow.source.git.repoURL", "repository"),
    ("mlflow.project.entryPoint", "entry point"),
    ("mlflow.docker.image.name", "image"),
];

fn code(runs: &[Run]) -> Vec<Row<String>> {
    let of = |tag: &str| runs.iter().map(|run| run.tag(tag).map(str::to_owned)).collect::<Vec<_>>();
    let tags = CODE.iter().map(|(tag, label)| Row { key: (*label).to_owned(), values: of(tag) });
    let user = Row { key: "user".into(), values: runs.iter().map(|run| Some(run.user.clone())).collect() };
    tags.chain([user]).filter(|row| row.values.iter().any(Option::is_some)).collect()
}

fn packages(of_runs: &[Option<BTreeMap<String, String>>]) -> Vec<Row<String>> {
    let names: std::collections::BTreeSet<_> =
        of_runs.iter().flatten().flat_map(BTreeMap::keys).cloned().collect();
    let value = |packages: &Option<BTreeMap<String, String>>, name: &str| {
        let packages = packages.as_ref()?;
        Some(packages.get(name).cloned().unwrap_or_else(|| "not needed".into()))
    };
    names
        .into_iter()
        .map(|name| Row {
            values: of_runs.iter().map(|packages| value(packages, &name)).collect(),
            key: name,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_is_the_highest_or_the_lowest_of_what_differs() {
        let values = [Some(0.5), None, Some(f64::NAN), Some(0.9)];
        assert_eq!(best(&values, Better::Higher), Some(0.9));
        assert_eq!(best(&values, Better::Lower), Some(0.5));
        assert_eq!(best(&[Some(0.5), Some(0.5)], Better::Lower), None);
        assert_eq!(best(&[None], Better::Lower), None);
    }

    #[test]
    fn a_package_that_one_run_does_not_need_differs() {
        let of = |packages: &[(&str, &str)]| {
            Some(packages.iter().map(|(name, version)| ((*name).to_owned(), (*version).to_owned())).collect())
        };
        let rows =
            packages(&[of(&[("numpy", "==2.0"), ("scipy", "==1.1")]), of(&[("numpy", "==2.0")]), None]);
        assert_eq!(rows[0].values, [Some("==2.0".into()), Some("==2.0".into()), None]);
        assert_eq!(rows[1].values, [Some("==1.1".into()), Some("not needed".into()), None]);
    }
}
