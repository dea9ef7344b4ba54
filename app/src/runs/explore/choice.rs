//! What is drawn: the form above the chart.

use leptos::prelude::*;

use super::{Explore, Takes};

#[component]
pub fn Choice(explore: Explore) -> impl IntoView {
    let kind = explore.kind();
    let field = |label: &'static str, name: &'static str, chosen: &str, none: Option<&'static str>| {
        view! { <Column label name chosen=chosen.to_owned() none columns=explore.columns.clone()/> }
    };
    let axes = (kind.takes == Takes::Axes).then(|| {
        view! {
            <fieldset class="explore-axes">
                <legend>"Axes"</legend>
                <div class="explore-boxes" tabindex="0">
                    <Boxes name="axis" columns=explore.columns.clone() chosen=explore.axes.clone()/>
                </div>
            </fieldset>
        }
    });
    let log = kind.has_log.then(|| {
        let columns: Vec<_> = explore.shown().into_iter().cloned().collect();
        view! {
            <fieldset class="explore-logs">
                <legend>"Logarithmic"</legend>
                <div class="explore-boxes"><Boxes name="log" columns chosen=explore.log.clone()/></div>
            </fieldset>
        }
    });
    let scatter = (kind.takes == Takes::Dots).then(|| {
        view! {
            {field("Size", "size", &explore.size, Some("one for all"))}
            <fieldset>
                <legend>"Trend"</legend>
                <div class="explore-boxes">
                    <label class="check">
                        <input type="checkbox" name="trend" value="true" checked=explore.trend/>
                        <span>"a straight line"</span>
                    </label>
                </div>
            </fieldset>
        }
    });
    let group = (kind.takes == Takes::Lines).then(|| {
        let all = view! { <option value="all" selected=explore.group == "all">"all"</option> };
        let params = explore.columns.iter().filter(|column| column.starts_with("params.")).map(|column| {
            view! { <option value=column.clone() selected=*column == explore.group>{column.clone()}</option> }
        });
        view! {
            <label class="field">
                <span>"Drawn together"</span>
                <select name="group">
                    <option value="">"no runs"</option>
                    {all}
                    {params.collect_view()}
                </select>
            </label>
        }
    });
    view! {
        <form method="get" action=explore.path() class="card explore-choice">
            <p class="explore-hint muted">{kind.hint}</p>
            <input type="hidden" name="kind" value=explore.kind.clone()/>
            {axes}
            {kind.x.map(|label| field(label, "x", &explore.x, None))}
            {kind.y.map(|label| field(label, "y", &explore.y, None))}
            {kind.color.map(|(label, none)| field(label, "color", &explore.color, none))}
            {group}
            {scatter}
            <label class="field">
                <span>"Filter"</span>
                <input type="text" name="filter" value=explore.filter.clone() placeholder="metrics.auc > 0.9" spellcheck="false" autocomplete="off"/>
            </label>
            {log}
            <button type="submit" class="button primary">"Draw"</button>
        </form>
    }
}

/// One of the columns, or none.
#[component]
fn Column(
    label: &'static str,
    name: &'static str,
    chosen: String,
    none: Option<&'static str>,
    columns: Vec<String>,
) -> impl IntoView {
    let none = none.map(|none| view! { <option value="">{none}</option> });
    let options = columns.into_iter().map(|column| {
        view! { <option value=column.clone() selected=column == chosen>{column.clone()}</option> }
    });
    view! {
        <label class="field">
            <span>{label}</span>
            <select name=name>{none}{options.collect_view()}</select>
        </label>
    }
}

/// Some of the columns.
#[component]
fn Boxes(name: &'static str, columns: Vec<String>, chosen: Vec<String>) -> impl IntoView {
    let boxes = columns.into_iter().map(|column| {
        let is_chosen = chosen.contains(&column);
        view! {
            <label class="check">
                <input type="checkbox" name=name value=column.clone() checked=is_chosen/>
                <span>{column}</span>
            </label>
        }
    });
    boxes.collect_view()
}
