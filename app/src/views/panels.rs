//! Panels in their sections.

use leptos::prelude::*;

use crate::components::prose;
use crate::runs::ColorKey;

/// A chart with its place in a view.
#[derive(Debug, Clone, PartialEq)]
pub struct Panel {
    /// `kind?fields`, as it is kept.
    pub spec: String,
    pub title: String,
    /// The heading that it starts, if it starts one.
    pub section: String,
    pub is_wide: bool,
    /// What is drawn, or why nothing is.
    pub chart: Result<PanelChart, String>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct PanelChart {
    /// One `<svg>` element.
    pub plot: String,
    pub words: String,
    /// What each colour means: its class, how opaque it is, and the words.
    pub legend: Vec<(String, f64, String)>,
    /// The chart at its own address, without an ending.
    pub address: (String, String),
    /// Where it is changed; `None`: by its address alone.
    pub explore: Option<String>,
}

/// Panels beside and below each other; `tools` come under each.
#[component]
pub fn Panels(panels: Vec<Panel>, tools: fn(usize, &Panel, usize) -> AnyView) -> impl IntoView {
    let count = panels.len();
    let items = panels.into_iter().enumerate().map(|(place, panel)| {
        let heading = (!panel.section.is_empty())
            .then(|| view! { <h2 class="panel-section">{panel.section.clone()}</h2> });
        let tools = tools(place, &panel, count);
        view! {
            {heading}
            <article class="card panel" class:wide=panel.is_wide>
                <h2>{panel.title.clone()}</h2>
                {drawing(panel.chart)}
                {tools}
            </article>
        }
    });
    view! { <div class="panels">{items.collect_view()}</div> }
}

fn drawing(chart: Result<PanelChart, String>) -> AnyView {
    match chart {
        Err(why) => view! { <p class="nothing">{prose(&why)}</p> }.into_any(),
        Ok(PanelChart { plot, words, legend, address: (path, query), explore, .. }) => {
            let files = [("svg", "SVG"), ("png", "PNG"), ("csv", "CSV")].map(
                |(ending, label)| view! { <a href=format!("{path}.{ending}{query}") download>{label}</a> },
            );
            view! {
                <div class="chart panel-drawing" tabindex="0" role="group" aria-label=words.clone()>
                    <div class="chart-drawing" inner_html=plot></div>
                </div>
                <ColorKey keys=legend/>
                <p class="nothing">{words}</p>
                <p class="panel-links">
                    {explore.map(|address| view! { <a href=address>"Explore"</a> })}
                    {files}
                </p>
            }
            .into_any()
        }
    }
}
