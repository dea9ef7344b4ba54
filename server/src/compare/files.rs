//! The files of several runs, and how one of them differs.

use std::collections::BTreeMap;

use app::{DiffLine, FileSide, FileView};
use artifacts::{Artifacts, Place};
use domain::Run;
use futures::TryStreamExt as _;
use mime_guess::mime;
use similar::{ChangeTag, TextDiff};

/// Files of a run that are looked at.
const MOST_FILES: usize = 2_000;
/// A larger text isn't read by people.
const LARGEST_TEXT: u64 = 512 << 10;
/// A larger image, or other file, isn't compared byte by byte.
const LARGEST: u64 = 16 << 20;
const MOST_LINES: usize = 600;
/// Lines around a difference.
const AROUND: usize = 3;

/// A run's files by path.
pub type Tree = BTreeMap<String, Place>;

/// What can't be read is a run without files.
pub async fn trees(artifacts: &Artifacts, runs: &[Run]) -> Vec<Tree> {
    let mut trees = Vec::with_capacity(runs.len());
    for run in runs {
        trees.push(tree(artifacts, &run.artifact_uri).await.unwrap_or_default());
    }
    trees
}

/// The files below a place that this server reads.
pub async fn tree(artifacts: &Artifacts, uri: &str) -> Result<Tree, artifacts::Error> {
    let mut walk = artifacts.walk(&artifacts.place(uri, "")?);
    let mut tree = Tree::new();
    while let Some((path, place)) = walk.try_next().await? {
        tree.insert(path, place);
        if tree.len() == MOST_FILES {
            break;
        }
    }
    Ok(tree)
}

/// The paths that at least two have, and how many have each.
pub fn shared(trees: &[Tree]) -> Vec<(String, usize)> {
    let mut counts = BTreeMap::<&String, usize>::new();
    for path in trees.iter().flat_map(Tree::keys) {
        *counts.entry(path).or_default() += 1;
    }
    counts.into_iter().filter(|(_, count)| *count > 1).map(|(path, count)| (path.clone(), count)).collect()
}

/// A file, or as much of it as is compared.
struct Read {
    bytes: Vec<u8>,
    size: u64,
}

impl Read {
    fn is_whole(&self) -> bool {
        self.bytes.len() as u64 == self.size
    }

    fn text(&self) -> Option<&str> {
        let text = std::str::from_utf8(&self.bytes).ok()?;
        (self.is_whole() && self.size <= LARGEST_TEXT && !text.contains('\0')).then_some(text)
    }
}

/// Each run's file against the baseline's.
pub async fn view(artifacts: &Artifacts, path: String, trees: &[Tree], baseline: usize) -> FileView {
    let is_image = mime_guess::from_path(&path).first().is_some_and(|kind| kind.type_() == mime::IMAGE);
    let base = read(artifacts, &trees[baseline], &path).await;
    let mut sides = Vec::with_capacity(trees.len());
    for (place, tree) in trees.iter().enumerate() {
        let side = match (&base, place == baseline) {
            (Some(base), true) => FileSide::Baseline { is_image, size: base.size },
            (None, true) => FileSide::Missing,
            (base, false) => match read(artifacts, tree, &path).await {
                None => FileSide::Missing,
                Some(other) => side(base.as_ref(), &other, is_image),
            },
        };
        sides.push(side);
    }
    FileView { path, sides }
}

async fn read(artifacts: &Artifacts, tree: &Tree, path: &str) -> Option<Read> {
    let (bytes, size) = artifacts.head(tree.get(path)?, LARGEST).await.ok()?;
    Some(Read { bytes: bytes.into(), size })
}

fn side(base: Option<&Read>, other: &Read, is_image: bool) -> FileSide {
    if base.is_some_and(|base| base.is_whole() && other.is_whole() && base.bytes == other.bytes) {
        return FileSide::Same;
    }
    if is_image {
        return FileSide::Image;
    }
    let before = base.map_or(Some(""), Read::text);
    match (before, other.text()) {
        (Some(before), Some(after)) => {
            let (lines, is_cut) = difference(before, after);
            FileSide::Text { lines, is_cut }
        }
        _ => FileSide::Other { size: other.size },
    }
}

/// The lines that differ, with some around them; whether there are more.
fn difference(before: &str, after: &str) -> (Vec<DiffLine>, bool) {
    let difference =
        TextDiff::configure().timeout(std::time::Duration::from_millis(500)).diff_lines(before, after);
    let mut lines = Vec::new();
    for (number, group) in difference.grouped_ops(AROUND).iter().enumerate() {
        if number > 0 {
            lines.push(DiffLine::Gap);
        }
        for change in group.iter().flat_map(|op| difference.iter_changes(op)) {
            if lines.len() >= MOST_LINES {
                return (lines, true);
            }
            let text = change.value().trim_end_matches(['\n', '\r']).to_owned();
            lines.push(match change.tag() {
                ChangeTag::Equal => DiffLine::Same(text),
                ChangeTag::Insert => DiffLine::Added(text),
                ChangeTag::Delete => DiffLine::Removed(text),
            });
        }
    }
    (lines, false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_has_a_few_lines_around_it() {
        let lines = |changed: &[usize]| {
            let line = |number: usize| {
                if changed.contains(&number) { format!("new {number}\n") } else { format!("line {number}\n") }
            };
            (0..40).map(line).collect::<String>()
        };
        let (told, is_cut) = difference(&lines(&[]), &lines(&[5, 30]));
        assert!(!is_cut);
        assert_eq!(told.len(), 2 * (2 * AROUND + 2) + 1);
        assert_eq!(told[AROUND], DiffLine::Removed("line 5".into()));
        assert_eq!(told[AROUND + 1], DiffLine::Added("new 5".into()));
        assert_eq!(told[2 * AROUND + 2], DiffLine::Gap);
        assert!(difference("", &"a line\n".repeat(2_000)).1);
    }
}
