//! Where the boxes of a lineage are, and how they are joined.

use std::collections::{BTreeSet, HashMap};

use domain::Run;
use domain::registry::Stages;
use store::registry::VersionSummary;

use super::stage::columns;
use super::{run_path, version_label, version_path};
use crate::datasets::datasets_path;

/// What a box stands for, from left to right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    Dataset,
    Run,
    Version,
    Stage,
}

impl Kind {
    pub const ALL: [Self; 4] = [Self::Dataset, Self::Run, Self::Version, Self::Stage];

    pub fn title(self) -> &'static str {
        match self {
            Self::Dataset => "Data sets",
            Self::Run => "Runs",
            Self::Version => "Versions",
            Self::Stage => "Stages",
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    pub kind: Kind,
    pub label: String,
    /// A second, smaller line.
    pub detail: String,
    /// Where it leads, if anywhere.
    pub href: Option<String>,
    pub x: f64,
    pub y: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edge {
    /// Indexes of nodes.
    pub from: usize,
    pub to: usize,
    /// On the way to what serves.
    pub serves: bool,
}

/// Pixels.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Layout {
    pub nodes: Vec<Node>,
    pub edges: Vec<Edge>,
    pub width: f64,
    pub height: f64,
}

pub const BOX: (f64, f64) = (196.0, 44.0);
const GAP: (f64, f64) = (72.0, 12.0);
/// Room for the columns' titles.
const TOP: f64 = 32.0;
/// Beside a frame's stroke.
const EDGE: f64 = 1.0;

/// Lays out versions, newest first, with what they came from and where they are.
pub fn lay_out(
    name: &str,
    versions: &[&VersionSummary],
    stages: &Stages,
    runs: &HashMap<String, Run>,
) -> Layout {
    let mut layout = Layout::default();
    let mut known: HashMap<(Kind, String), usize> = HashMap::new();
    let mut add =
        |layout: &mut Layout, kind: Kind, key: &str, make: &dyn Fn() -> (String, String, Option<String>)| {
            *known.entry((kind, key.to_owned())).or_insert_with(|| {
                let (label, detail, href) = make();
                layout.nodes.push(Node { kind, label, detail, href, x: 0.0, y: 0.0 });
                layout.nodes.len() - 1
            })
        };
    let mut edges = BTreeSet::new();
    let stages = columns(stages, versions.iter().map(|one| one.version.stage.as_str()));
    // What serves comes first, what was replaced last.
    let used = |stage: &&String| versions.iter().any(|one| one.version.stage == **stage);
    let (archive, rest) = stages.split_last().map_or((None, &[][..]), |(last, rest)| (Some(last), rest));
    for stage in rest.iter().rev().chain(archive).filter(used) {
        add(&mut layout, Kind::Stage, stage, &|| (stage.clone(), String::new(), None));
    }
    for one in versions {
        let version = &one.version;
        let serves = version.stage == domain::registry::PRODUCTION;
        let aliases: Vec<_> = version.aliases.iter().map(|alias| format!("@{alias}")).collect();
        let number = version.version;
        let this = add(&mut layout, Kind::Version, &number.to_string(), &|| {
            (version_label(number), aliases.join(" "), Some(version_path(name, number)))
        });
        let stage =
            add(&mut layout, Kind::Stage, &version.stage, &|| (version.stage.clone(), String::new(), None));
        edges.insert(Edge { from: this, to: stage, serves });
        let Some(run) = runs.get(&version.run_uuid) else { continue };
        let made = add(&mut layout, Kind::Run, &run.uuid, &|| {
            (run.name.clone(), run.user.clone(), Some(run_path(run)))
        });
        edges.insert(Edge { from: made, to: this, serves });
        for input in &run.inputs.datasets {
            let dataset = &input.dataset;
            let key = format!("{}\0{}", dataset.name, dataset.digest);
            let read = add(&mut layout, Kind::Dataset, &key, &|| {
                (dataset.name.clone(), dataset.digest.clone(), Some(datasets_path(&dataset.digest)))
            });
            edges.insert(Edge { from: read, to: made, serves });
        }
    }
    // Of two ways between the same boxes the one to what serves is drawn.
    let ends: BTreeSet<_> =
        edges.iter().filter(|edge| edge.serves).map(|edge| (edge.from, edge.to)).collect();
    layout.edges =
        edges.into_iter().filter(|edge| edge.serves || !ends.contains(&(edge.from, edge.to))).collect();
    place(&mut layout);
    layout
}

/// Columns side by side, each centred.
fn place(layout: &mut Layout) {
    let kinds: Vec<_> =
        Kind::ALL.into_iter().filter(|kind| layout.nodes.iter().any(|node| node.kind == *kind)).collect();
    let count = |nodes: &[Node], kind: Kind| nodes.iter().filter(|node| node.kind == kind).count();
    let length = |count: usize| {
        #[expect(clippy::cast_precision_loss, reason = "a few boxes")]
        let count = count as f64;
        count * (BOX.1 + GAP.1) - GAP.1
    };
    let tallest = kinds.iter().map(|kind| length(count(&layout.nodes, *kind))).fold(0.0, f64::max);
    let mut x = EDGE;
    for kind in kinds {
        let mut y = TOP + (tallest - length(count(&layout.nodes, kind))) / 2.0;
        for node in layout.nodes.iter_mut().filter(|node| node.kind == kind) {
            (node.x, node.y) = (x, y);
            y += BOX.1 + GAP.1;
        }
        x += BOX.0 + GAP.0;
    }
    layout.width = (x - GAP.0 + EDGE).max(0.0);
    layout.height = TOP + tallest + EDGE;
}

#[cfg(test)]
mod tests {
    use domain::datasets::{Dataset, DatasetInput};
    use domain::registry::ModelVersion;

    use super::*;

    fn version(number: i64, stage: &str, run: &str) -> VersionSummary {
        let version = ModelVersion {
            version: number,
            stage: stage.into(),
            run_uuid: run.into(),
            ..ModelVersion::default()
        };
        VersionSummary { version, author: String::new(), is_overridden: false, open_reviews: Vec::new() }
    }

    fn run(uuid: &str, datasets: &[&str]) -> (String, Run) {
        let input = |name: &&str| DatasetInput {
            dataset: Dataset {
                name: (*name).into(),
                digest: "d".into(),
                source_type: String::new(),
                source: String::new(),
                schema: None,
                profile: None,
            },
            tags: Vec::new(),
        };
        let mut run = Run { uuid: uuid.into(), name: uuid.into(), ..Run::default() };
        run.inputs.datasets = datasets.iter().map(input).collect();
        (uuid.into(), run)
    }

    #[test]
    fn what_versions_share_is_drawn_once_and_the_way_to_what_serves_is_marked() {
        let versions = [version(3, "None", "b"), version(2, "Production", "a"), version(1, "Archived", "a")];
        let runs = HashMap::from([run("a", &["train", "test"]), run("b", &["train"])]);
        let layout = lay_out("m", &versions.iter().collect::<Vec<_>>(), &Stages::default(), &runs);
        let of = |kind: Kind| {
            let nodes = layout.nodes.iter().filter(|node| node.kind == kind);
            nodes.map(|node| node.label.as_str()).collect::<Vec<_>>()
        };
        assert_eq!(of(Kind::Dataset), ["train", "test"]);
        assert_eq!(of(Kind::Run), ["b", "a"]);
        assert_eq!(of(Kind::Version), ["Version 3", "Version 2", "Version 1"]);
        assert_eq!(of(Kind::Stage), ["Production", "None", "Archived"]);
        let serving: BTreeSet<_> = layout
            .edges
            .iter()
            .filter(|edge| edge.serves)
            .map(|edge| (layout.nodes[edge.from].label.as_str(), layout.nodes[edge.to].label.as_str()))
            .collect();
        let expected = [("Version 2", "Production"), ("a", "Version 2"), ("test", "a"), ("train", "a")];
        assert_eq!(serving, BTreeSet::from(expected));
        assert_eq!(layout.edges.len(), 9, "{:?}", layout.edges);
    }

    #[test]
    fn no_box_covers_another() {
        let versions: Vec<_> = (1..=9).map(|number| version(number, "None", "a")).collect();
        let layout = lay_out(
            "m",
            &versions.iter().collect::<Vec<_>>(),
            &Stages::default(),
            &HashMap::from([run("a", &["d"])]),
        );
        for (index, one) in layout.nodes.iter().enumerate() {
            assert!(one.x >= 0.0 && one.x + BOX.0 <= layout.width && one.y + BOX.1 <= layout.height);
            for other in &layout.nodes[index + 1..] {
                let apart = (one.x - other.x).abs() >= BOX.0 || (one.y - other.y).abs() >= BOX.1;
                assert!(apart, "{one:?} {other:?}");
            }
        }
        let nothing = lay_out("m", &[], &Stages::default(), &HashMap::new());
        assert!(nothing.nodes.is_empty() && nothing.edges.is_empty());
    }
}
