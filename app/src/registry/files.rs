//! A version's files with their SHA-256.

use domain::registry::FilesState;
use domain::reviews::document::FilePart;
use leptos::prelude::*;

use super::model::download;
use crate::components::EmptyState;
use crate::format;
use crate::plain::Table;
use crate::url::Query;

/// More are in the artifact's folder.
const MOST: usize = 500;

#[component]
pub fn FilesPart(
    name: String,
    version: i64,
    state: FilesState,
    files: Vec<FilePart>,
    /// Where they are, as it was registered.
    location: String,
    is_prompt: bool,
) -> impl IntoView {
    let (count, size) = (files.len(), files.iter().map(|file| file.size).sum());
    let total = (count > 0).then(|| {
        let words =
            format!("{}, {}", format::plural(format::as_i64(count), "file", "files"), format::bytes(size));
        view! { <span class="nothing">{words}</span> }
    });
    let state = match state {
        _ if is_prompt => view! { <p class="nothing">"A prompt’s text and settings are in its tags: reviews sign them by these names."</p> }.into_any(),
        FilesState::Waiting if count == 0 => view! {
            <EmptyState title="The files are being read.">
                <p class="nothing">"Their SHA-256 and the signature are here in a moment: reload the page."</p>
            </EmptyState>
        }
        .into_any(),
        FilesState::Waiting => view! { <p class="nothing" role="status">"The files changed and are being read again."</p> }.into_any(),
        FilesState::Elsewhere => view! {
            <EmptyState title="The files are in a store that this server doesn’t read.">
                <p><code>{location}</code></p>
            </EmptyState>
        }
        .into_any(),
        FilesState::Failed => view! {
            <div class="problem" role="alert">
                <p class="problem-title">"The files can’t be read"</p>
                <p>"There is nothing at " <code>{location}</code> ", it can’t be opened, or the name of a file has “%”, “?” or “#”, which clients take for another. The server’s log says which; it reads them again when they change, and when it starts."</p>
            </div>
        }
        .into_any(),
        FilesState::Done => ().into_any(),
    };
    let rows = files.into_iter().take(MOST).map(|file| {
        let href = Query::new()
            .with("name", &name)
            .with("version", &version.to_string())
            .with("path", &file.path)
            .after("/model-versions/get-artifact");
        view! {
            <tr>
                <th scope="row">{if is_prompt { file.path.into_any() } else { download(href, file.path).into_any() }}</th>
                <td class="number">{format::bytes(file.size)}</td>
                <td><code class="digest">{file.sha256}</code></td>
            </tr>
        }
    });
    let rows = rows.collect_view();
    let table = (count > 0).then(|| {
        let head = view! {
            <th scope="col">"File"</th>
            <th scope="col" class="number">"Size"</th>
            <th scope="col">"SHA-256"</th>
        }
        .into_any();
        view! {
            <Table name="Files with size and SHA-256" class="version-files" head>{rows}</Table>
        }
    });
    let more =
        (count > MOST).then(|| view! { <p class="table-note">{format!("The first {MOST} of {count}.")}</p> });
    view! {
        <section class="part" aria-labelledby="files">
            <div class="section-head"><h2 id="files">"Files"</h2> {total}</div>
            {state}
            {table}
            {more}
        </section>
    }
}
