//! A version's metrics and params, difference by difference to those of the version that serves.

use std::collections::BTreeMap;

use domain::reviews::gates::{Better, PrimaryMetric};
use domain::{MetricValue, Run};
use leptos::prelude::*;

use super::or_dash;
use crate::format;
use crate::plain::Table;

/// One line of the comparison. `None`: that side doesn't have it.
#[derive(Debug, Clone, PartialEq)]
struct Line<T> {
    key: String,
    ours: Option<T>,
    theirs: Option<T>,
}

/// All keys of both sides, sorted.
fn lines<T: Clone>(ours: &[(String, T)], theirs: &[(String, T)]) -> Vec<Line<T>> {
    let mut lines: BTreeMap<&str, (Option<T>, Option<T>)> = BTreeMap::new();
    for (key, value) in ours {
        lines.entry(key).or_default().0 = Some(value.clone());
    }
    for (key, value) in theirs {
        lines.entry(key).or_default().1 = Some(value.clone());
    }
    let line = |(key, (ours, theirs)): (&str, _)| Line { key: key.to_owned(), ours, theirs };
    lines.into_iter().map(line).collect()
}

/// NaN doesn't differ from NaN, nor zero from zero.
fn is_same(ours: Option<f64>, theirs: Option<f64>) -> bool {
    let ordinal = |value: Option<f64>| value.map(|value| MetricValue(value).to_ordinal());
    ordinal(ours) == ordinal(theirs)
}

fn metrics(run: Option<&Run>) -> Vec<(String, f64)> {
    run.into_iter().flat_map(|run| &run.metrics).map(|metric| (metric.key.clone(), metric.value.0)).collect()
}

fn params(run: Option<&Run>) -> Vec<(String, String)> {
    run.into_iter()
        .flat_map(|run| &run.params)
        .map(|param| (param.key.clone(), param.value.clone()))
        .collect()
}

#[component]
pub fn Differences(
    run: Option<Run>,
    /// The version that serves, and its run.
    champion: Option<(i64, Option<Run>)>,
    primary: Option<PrimaryMetric>,
    /// It is itself what serves.
    serves: bool,
) -> impl IntoView {
    let title = match &champion {
        Some((number, _)) => format!("Against version {number}, which serves"),
        None => "Metrics and params".to_owned(),
    };
    if run.is_none() {
        return view! {
            <section class="part" aria-labelledby="differences">
                <h2 id="differences">{title}</h2>
                <p class="nothing">"This version is of no run that is known here, so there is nothing to compare."</p>
            </section>
        }
        .into_any();
    }
    let theirs = champion.as_ref().and_then(|(_, run)| run.as_ref());
    let number = champion.as_ref().map(|(number, _)| *number);
    let metric_lines = lines(&metrics(run.as_ref()), &metrics(theirs));
    let param_lines = lines(&params(run.as_ref()), &params(theirs));
    let alone = (champion.is_none()).then(|| {
        let words = if serves {
            "This version serves: others are shown against it."
        } else {
            "Nothing serves yet that these could be shown against."
        };
        view! { <p class="nothing">{words}</p> }
    });
    view! {
        <section class="part" aria-labelledby="differences">
            <h2 id="differences">{title}</h2>
            {alone}
            <MetricLines lines=metric_lines champion=number primary/>
            <ParamLines lines=param_lines champion=number/>
        </section>
    }
    .into_any()
}

#[component]
fn MetricLines(
    lines: Vec<Line<f64>>,
    champion: Option<i64>,
    primary: Option<PrimaryMetric>,
) -> impl IntoView {
    let (differing, same): (Vec<_>, Vec<_>) =
        lines.into_iter().partition(|line| champion.is_none() || !is_same(line.ours, line.theirs));
    let row = move |line: Line<f64>| {
        let primary = primary.as_ref().filter(|primary| primary.key == line.key);
        let theirs =
            champion.map(|_| view! { <td class="number">{or_dash(line.theirs.map(format::number))}</td> });
        let change = champion.map(|_| view! { <td class="number">{change(&line, primary)}</td> });
        let mark = primary.map(|_| view! { " " <span class="chip">"primary"</span> });
        view! {
            <tr>
                <th scope="row">{line.key.clone()} {mark}</th>
                <td class="number">{or_dash(line.ours.map(format::number))}</td>
                {theirs}
                {change}
            </tr>
        }
        .into_any()
    };
    let head = champion.map(|_| view! { <th scope="col" class="number">"Change"</th> });
    compared(("Metrics", "metric", "metrics"), champion, head.into_any(), "number", differing, same, row)
}

/// How far the value is from the champion's; of the primary metric also whether that is better.
fn change(line: &Line<f64>, primary: Option<&PrimaryMetric>) -> AnyView {
    let (Some(ours), Some(theirs)) = (line.ours, line.theirs) else {
        let words = if line.ours.is_some() { "new" } else { "gone" };
        return view! { <span class="nothing">{words}</span> }.into_any();
    };
    let by = ours - theirs;
    let text = if by > 0.0 { format!("+{}", format::number(by)) } else { format::number(by) };
    let verdict = primary.filter(|_| by != 0.0 && by.is_finite()).map(|primary| {
        let is_better = (by > 0.0) == (primary.better == Better::Higher);
        let (class, words) =
            if is_better { ("verdict better", "better") } else { ("verdict worse", "worse") };
        view! { " " <span class=class>{words}</span> }
    });
    view! { {text} {verdict} }.into_any()
}

#[component]
fn ParamLines(lines: Vec<Line<String>>, champion: Option<i64>) -> impl IntoView {
    let (differing, same): (Vec<_>, Vec<_>) =
        lines.into_iter().partition(|line| champion.is_none() || line.ours != line.theirs);
    let row = move |line: Line<String>| {
        let theirs = champion.map(|_| view! { <td class="value">{or_dash(line.theirs)}</td> });
        view! {
            <tr>
                <th scope="row">{line.key}</th>
                <td class="value">{or_dash(line.ours)}</td>
                {theirs}
            </tr>
        }
        .into_any()
    };
    compared(("Params", "param", "params"), champion, ().into_any(), "", differing, same, row)
}

/// What differs as a table, and the rest folded away.
fn compared<T>(
    (title, one, many): (&'static str, &'static str, &'static str),
    champion: Option<i64>,
    last_head: AnyView,
    class: &'static str,
    differing: Vec<Line<T>>,
    same: Vec<Line<T>>,
    row: impl Fn(Line<T>) -> AnyView,
) -> AnyView {
    let head = |last: AnyView| {
        let theirs =
            champion.map(|number| view! { <th scope="col" class=class>{format!("Version {number}")}</th> });
        view! {
            <th scope="col">{title}</th>
            <th scope="col" class=class>"This version"</th>
            {theirs}
            {last}
        }
        .into_any()
    };
    let count = format::as_i64(same.len());
    let shown = if differing.is_empty() {
        let words = if count == 0 { format!("No {many}.") } else { format!("No {one} differs.") };
        view! { <p class="nothing">{words}</p> }.into_any()
    } else {
        let label = if champion.is_some() { format!("{title} that differ") } else { title.to_owned() };
        let rows = differing.into_iter().map(&row).collect_view();
        view! {
            <Table name=label class="compared" head=head(last_head)>{rows}</Table>
        }
        .into_any()
    };
    let folded = (count > 0).then(|| {
        let words =
            format!("{} the same", format::plural(count, &format!("{one} is"), &format!("{many} are")));
        let label = format!("{title} that are the same");
        let change = (class == "number").then(|| view! { <th scope="col" class="number">"Change"</th> });
        let head = head(change.into_any());
        let rows = same.into_iter().map(&row).collect_view();
        view! {
            <details class="chart-numbers">
                <summary>{words}</summary>
                <Table name=label class="compared" head>{rows}</Table>
            </details>
        }
    });
    view! { <div class="compared-part">{shown} {folded}</div> }.into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_of_either_side_is_a_line() {
        let pair = |key: &str, value: f64| (key.to_owned(), value);
        let lines = lines(&[pair("b", 1.0), pair("a", 2.0)], &[pair("b", 1.0), pair("c", 3.0)]);
        let found: Vec<_> = lines.iter().map(|line| (line.key.as_str(), line.ours, line.theirs)).collect();
        assert_eq!(found, [("a", Some(2.0), None), ("b", Some(1.0), Some(1.0)), ("c", None, Some(3.0))]);
    }

    #[test]
    fn nothing_differs_from_itself() {
        for value in [0.0, f64::NAN, f64::INFINITY, -1.5] {
            assert!(is_same(Some(value), Some(value)));
            assert!(!is_same(Some(value), None));
        }
        assert!(is_same(Some(0.0), Some(-0.0)) && is_same(None, None) && !is_same(Some(1.0), Some(2.0)));
    }
}
