//! The tree of files.

use std::collections::{BTreeMap, BTreeSet};

use domain::artifacts::ArtifactEntry;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::server::{Folder, list_folders};
use super::tab::Place;
use crate::clock::is_live;
use crate::components::{Icon, IconName};
use crate::format;

#[derive(Clone, Copy)]
struct TreeState {
    place: Place,
    /// What lies in the folders that have been looked into.
    folders: RwSignal<BTreeMap<String, Vec<ArtifactEntry>>>,
    open: RwSignal<BTreeSet<String>>,
}

#[component]
pub fn Tree(folders: Vec<Folder>) -> impl IntoView {
    let open = folders.iter().map(|folder| folder.path.clone()).collect();
    let folders = folders.into_iter().map(|folder| (folder.path, folder.entries)).collect();
    let state =
        TreeState { place: Place::expect(), folders: RwSignal::new(folders), open: RwSignal::new(open) };
    // Whatever is looked at is also open in the tree.
    Effect::new(move |_| state.reveal(state.place.path.get()));
    view! { <nav class="tree" aria-label="Files">{move || state.list("")}</nav> }
}

impl TreeState {
    fn reveal(self, path: String) {
        let owner = self.place.owner.get_untracked();
        let is_known = self.folders.with_untracked(|folders| {
            path.is_empty() || folders.contains_key(&path) || {
                let parent = path.rsplit_once('/').map_or("", |(parent, _)| parent);
                folders
                    .get(parent)
                    .is_some_and(|entries| entries.iter().any(|entry| entry.path == path && !entry.is_dir))
            }
        });
        if is_known {
            let parts = path.match_indices('/').map(|(at, _)| path[..at].to_owned()).chain([path.clone()]);
            let to_open: Vec<_> =
                parts.filter(|part| !self.open.with_untracked(|open| open.contains(part))).collect();
            if !to_open.is_empty() {
                self.open.update(|open| open.extend(to_open));
            }
            return;
        }
        spawn_local(async move {
            // What can't be listed stays closed; the viewer says why.
            let Ok(found) = list_folders(owner, path).await else { return };
            self.open.try_update(|open| open.extend(found.iter().map(|folder| folder.path.clone())));
            self.folders.try_update(|folders| {
                folders.extend(found.into_iter().map(|folder| (folder.path, folder.entries)));
            });
        });
    }

    fn toggle(self, path: &str) {
        if self.open.with_untracked(|open| open.contains(path)) {
            self.open.update(|open| {
                open.remove(path);
            });
        } else {
            self.reveal(path.to_owned());
        }
    }

    fn list(self, path: &str) -> AnyView {
        let entries = self.folders.with(|folders| folders.get(path).cloned().unwrap_or_default());
        view! { <ul>{entries.into_iter().map(|entry| self.item(entry)).collect_view()}</ul> }.into_any()
    }

    fn item(self, entry: ArtifactEntry) -> AnyView {
        let href = self.place.address(&entry.path);
        let current = {
            let path = entry.path.clone();
            move || (self.place.path.get() == path).then_some("true")
        };
        let name = entry.name().to_owned();
        if !entry.is_dir {
            return view! {
                <li>
                    <a class="tree-line" href=href aria-current=current data-noscroll="true">
                        <span class="tree-gap"></span>
                        <Icon name=IconName::File/>
                        <span class="tree-name" title=name.clone()>{name.clone()}</span>
                        <span class="tree-size">{entry.size.map(format::bytes)}</span>
                    </a>
                </li>
            }
            .into_any();
        }
        let is_open = self.open.with(|open| open.contains(&entry.path));
        let path = entry.path.clone();
        let label = format!("{} {name}", if is_open { "Close" } else { "Open" });
        let chevron = if is_open { IconName::ChevronDown } else { IconName::ChevronRight };
        view! {
            <li>
                <span class="tree-folder">
                    <button
                        type="button"
                        class="icon-button"
                        aria-expanded=is_open.to_string()
                        aria-label=label
                        disabled=move || !is_live()
                        on:click=move |_| self.toggle(&path)
                    >
                        <Icon name=chevron/>
                    </button>
                    <a class="tree-line" href=href aria-current=current data-noscroll="true">
                        <Icon name=IconName::Folder/>
                        <span class="tree-name" title=name.clone()>{name.clone()}</span>
                    </a>
                </span>
                {is_open.then(|| self.list(&entry.path))}
            </li>
        }
        .into_any()
    }
}
