//! A file that several runs have, side by side.

use leptos::prelude::*;

use super::Details;
use crate::format;
use crate::url::Query;

/// A file of each run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileView {
    pub path: String,
    /// One for each run, in their order.
    pub sides: Vec<FileSide>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileSide {
    Missing,
    /// What the others are compared with.
    Baseline {
        is_image: bool,
        size: u64,
    },
    /// Byte for byte as the baseline's.
    Same,
    /// Another text: what is around the differences. `is_cut`: there is more.
    Text {
        lines: Vec<DiffLine>,
        is_cut: bool,
    },
    /// Shown by the browser itself.
    Image,
    /// Neither a text nor an image, or too large. Bytes.
    Other {
        size: u64,
    },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DiffLine {
    Same(String),
    Added(String),
    Removed(String),
    /// Lines that are alike are left out here.
    Gap,
}

#[component]
pub fn Files(details: Details) -> impl IntoView {
    if details.shared.is_empty() {
        return view! { <p class="nothing">"No two of these runs have a file of the same path."</p> }
            .into_any();
    }
    let asked = &details.asked;
    let hidden = [
        ("runs", asked.runs.join(",")),
        ("baseline", asked.baseline.clone()),
        ("all", if asked.all { "true".into() } else { String::new() }),
    ];
    let hidden = hidden.into_iter().filter(|(_, value)| !value.is_empty());
    let said =
        asked.higher.iter().map(|key| ("higher", key)).chain(asked.lower.iter().map(|key| ("lower", key)));
    let hidden = hidden.chain(said.map(|(name, key)| (name, key.clone())));
    let hidden = hidden.map(|(name, value)| view! { <input type="hidden" name=name value=value/> });
    let count = details.runs.len();
    let options = details.shared.iter().map(|(path, runs)| {
        let label = if *runs == count { path.clone() } else { format!("{path} ({runs} of {count} runs)") };
        view! { <option value=path.clone() selected=*path == asked.file>{label}</option> }
    });
    let form = view! {
        <form method="get" action="/compare/details#files" class="toolbar">
            {hidden.collect_view()}
            <label class="field compare-file">
                <span>"A file that several of them have"</span>
                <select name="file">{options.collect_view()}</select>
            </label>
            <button type="submit" class="button">"Compare"</button>
        </form>
    };
    let sides = details.file.clone().map(|file| sides(&details, file));
    view! { {form} {sides} }.into_any()
}

fn sides(details: &Details, file: FileView) -> AnyView {
    let baseline = details.baseline();
    let shown = |place: usize| {
        let query = Query::new().with("run_uuid", &details.runs[place].uuid).with("path", &file.path);
        query.after("/files/view")
    };
    let parts = file.sides.iter().enumerate().map(|(place, side)| {
        let content = match side {
            FileSide::Missing => view! { <p class="nothing">"It has no such file."</p> }.into_any(),
            FileSide::Same => view! { <p class="nothing">"The same as the baseline's."</p> }.into_any(),
            FileSide::Baseline { is_image: true, .. } => {
                view! { <img class="compared-image" src=shown(place) alt=file.path.clone() loading="lazy"/> }
                    .into_any()
            }
            FileSide::Baseline { size, .. } | FileSide::Other { size } => {
                view! { <p class="nothing">{format::bytes(*size)}</p> }.into_any()
            }
            FileSide::Image => {
                view! { <Slider base=shown(baseline) other=shown(place) path=file.path.clone()/> }.into_any()
            }
            FileSide::Text { lines, is_cut } => {
                view! { <Diff lines=lines.clone() is_cut=*is_cut/> }.into_any()
            }
        };
        let note = (place == baseline).then(|| view! { " " <span class="chip">"baseline"</span> });
        view! {
            <section class="card compared-file">
                <h3>{details.runs[place].name.clone()}{note}</h3>
                {content}
            </section>
        }
    });
    let is_image = matches!(file.sides.get(baseline), Some(FileSide::Baseline { is_image: true, .. }));
    view! { <div class="compared-files" class:images=is_image>{parts.collect_view()}</div> }.into_any()
}

/// The baseline's image over the other: its right edge is dragged to and fro.
#[component]
fn Slider(base: String, other: String, path: String) -> impl IntoView {
    view! {
        <div class="image-slider">
            <img src=other alt=format!("{path} of this run") loading="lazy"/>
            <div class="image-over" tabindex="0" role="group" aria-label="The baseline's; drag its edge">
                <img src=base alt=format!("{path} of the baseline") loading="lazy"/>
            </div>
        </div>
        <p class="nothing">"Left of the edge is the baseline's: drag it by its lower corner."</p>
    }
}

#[component]
fn Diff(lines: Vec<DiffLine>, is_cut: bool) -> impl IntoView {
    let lines = lines.into_iter().map(|line| match line {
        DiffLine::Same(text) => view! { <span class="diff-line">"  "{text}</span> }.into_any(),
        DiffLine::Added(text) => view! { <ins class="diff-line">"+ "{text}</ins> }.into_any(),
        DiffLine::Removed(text) => view! { <del class="diff-line">"− "{text}</del> }.into_any(),
        DiffLine::Gap => view! { <span class="diff-line diff-gap">"⋯"</span> }.into_any(),
    });
    let more = is_cut.then(|| view! { <p class="nothing">"There are more differences than these."</p> });
    view! { <pre class="diff" tabindex="0">{lines.collect_view()}</pre> {more} }
}
