//! Runs: the table of an experiment's runs, and the page of one.

mod charts;
mod dataset;
#[cfg(feature = "ssr")]
mod explore;
#[cfg(feature = "ssr")]
mod export;
mod live;
mod overview;
mod page;
mod server;
mod table;

pub use charts::{Board, BoardRun, ChartsTab, SystemTab};
#[cfg(feature = "ssr")]
pub use explore::{ColorKey, Explore, ExploreChart, ExplorePage, Numbers, chart_kinds};
#[cfg(feature = "ssr")]
pub use export::{ExportPage, RunsExport};
pub use overview::OverviewTab;
pub use page::{RunPage, ShownRun};
pub use server::RelatedModel;
pub use table::RunsSection;
#[cfg(feature = "ssr")]
pub use table::run_keys;
