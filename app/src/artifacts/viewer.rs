//! Shows what is in a file or folder.

use domain::artifacts::ArtifactEntry;
use leptos::prelude::*;

use super::server::{Content, Viewed};
use super::tab::Place;
use super::table::TableView;
use crate::components::{CopyButton, EmptyState, Icon, IconName};
use crate::format;

#[component]
pub fn Viewer(viewed: Viewed) -> impl IntoView {
    let place = Place::expect();
    let Viewed { path, size, content } = viewed;
    let owner = place.owner.get_untracked();
    let (href, label) = if matches!(content, Content::Folder(_)) {
        (owner.zip_href(&path), "Download as zip")
    } else {
        (owner.download_href(&path), "Download")
    };
    let is_empty = matches!(&content, Content::Folder(entries) if entries.is_empty());
    let download = (!is_empty).then(|| {
        view! {
            <a class="button small" href=href download="" rel="external">
                <Icon name=IconName::Download/>
                {label}
            </a>
        }
    });
    let copy = match &content {
        Content::Text { text, is_whole: true } => {
            Some(view! { <CopyButton text=text.clone() label="Copy text"/> })
        }
        _ => None,
    };
    let source = owner.view_href(&path);
    let name = path.rsplit('/').next().unwrap_or_default().to_owned();
    let shown = match content {
        Content::Folder(entries) => view! { <FolderList entries/> }.into_any(),
        Content::Text { text, .. } if text.is_empty() => {
            view! { <EmptyState title="This file is empty."/> }.into_any()
        }
        Content::Text { text, is_whole } => {
            view! { <Cut is_whole/> <pre class="file-text" tabindex="0" role="region" aria-label="Text">{text}</pre> }
                .into_any()
        }
        Content::Markdown { html, is_whole } => {
            view! { <Cut is_whole/> <div class="markdown file-markdown" inner_html=html></div> }.into_any()
        }
        Content::Table(table) => view! { <FileTable table/> }.into_any(),
        Content::Image => view! {
            <div class="file-image"><img src=source alt=format!("The image {name}")/></div>
        }
        .into_any(),
        Content::Pdf => view! { <iframe class="file-frame" src=source title=name></iframe> }.into_any(),
        // Its scripts run in an origin of their own: they can draw, but neither act as the reader
        // nor ask another host.
        Content::Html => {
                        view! {
                <p class="muted">"Shown without what it loads from other hosts. Download it to see it whole."</p>
                <iframe class="file-frame" src=source title=name sandbox="allow-scripts"></iframe>
            }
            .into_any()
        }
        Content::Nothing(why) => view! { <EmptyState title=why/> }.into_any(),
    };
    view! {
        <div class="file-head">
            <h2><FilePath path/></h2>
            {size.map(|size| view! { <span class="muted file-size">{format::bytes(size)}</span> })}
            <span class="spacer"></span>
            {copy}
            {download}
        </div>
        {shown}
    }
}

/// The path, each folder a link.
#[component]
fn FilePath(path: String) -> impl IntoView {
    let place = Place::expect();
    if path.is_empty() {
        return view! { <span>"All files"</span> }.into_any();
    }
    let ends: Vec<_> = path.match_indices('/').map(|(at, _)| at).collect();
    let mut start = 0;
    let folders = ends
        .iter()
        .map(|&end| {
            let part = path[start..end].to_owned();
            start = end + 1;
            view! { <a href=place.address(&path[..end]) data-noscroll="true">{part}</a> <span class="slash">"/"</span> }
        })
        .collect_view();
    view! { {folders} <span>{path[start..].to_owned()}</span> }.into_any()
}

#[component]
fn Cut(is_whole: bool) -> impl IntoView {
    (!is_whole).then(|| view! { <p class="muted cut">"Only the beginning is shown. Download the file to see all of it."</p> })
}

#[component]
fn FolderList(entries: Vec<ArtifactEntry>) -> impl IntoView {
    let place = Place::expect();
    if entries.is_empty() {
        return view! { <EmptyState title="Nothing is in here."/> }.into_any();
    }
    let rows = entries
        .into_iter()
        .map(|entry| {
            let icon = if entry.is_dir { IconName::Folder } else { IconName::File };
            view! {
                <tr>
                    <th scope="row">
                        <a class="file-link" href=place.address(&entry.path) data-noscroll="true">
                            <Icon name=icon/>
                            {entry.name().to_owned()}
                        </a>
                    </th>
                    <td class="number">{entry.size.map(format::bytes)}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <table class="table files">
            <caption class="visually-hidden">"Files in this folder"</caption>
            <thead><tr><th scope="col">"Name"</th><th scope="col" class="number">"Size"</th></tr></thead>
            <tbody>{rows}</tbody>
        </table>
    }
    .into_any()
}

#[component]
fn FileTable(table: TableView) -> impl IntoView {
    let TableView { columns, rows, is_number, total, is_cut } = table;
    let is_number = &is_number;
    let class = |column: usize| if is_number.get(column) == Some(&true) { "number" } else { "" };
    let total = total.map(|total| i64::try_from(total).unwrap_or(i64::MAX));
    let first = format::count(format::as_i64(rows.len()));
    let count = match total {
        Some(total) if is_cut => {
            let total = format::plural(total, "row", "rows");
            format!("The first {first} of {total}. Download the file to see all of it.")
        }
        None if is_cut => format!("The first {first} rows. Download the file to see all of it."),
        Some(total) => format::plural(total, "row", "rows"),
        None => String::new(),
    };
    let heads = columns
        .into_iter()
        .enumerate()
        .map(|(index, column)| view! { <th scope="col" class=class(index)>{column}</th> })
        .collect_view();
    let body = rows
        .into_iter()
        .map(|row| {
            let cells = row
                .into_iter()
                .enumerate()
                .map(|(index, cell)| {
                    let is_number = is_number.get(index) == Some(&true);
                    // Whole numbers may be names: they stay as they are, each digit of them.
                    let is_measured = is_number && cell.contains('.');
                    let short = cell.parse().ok().filter(|_| is_measured).map(format::number);
                    let title = short.is_some().then(|| cell.clone());
                    view! { <td class=class(index) title=title>{short.unwrap_or(cell)}</td> }
                })
                .collect_view();
            view! { <tr>{cells}</tr> }
        })
        .collect_view();
    view! {
        <p class="muted">{count}</p>
        <div class="table-scroll file-table" tabindex="0" role="region" aria-label="Table">
            <table class="table">
                <caption class="visually-hidden">"The file as a table"</caption>
                <thead><tr>{heads}</tr></thead>
                <tbody>{body}</tbody>
            </table>
        </div>
    }
}
