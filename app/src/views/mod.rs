//! Views: panels of charts with notes about them, as they are read, arranged and listed.

mod arrange;
mod list;
mod panels;
mod show;

pub use arrange::{ArrangePage, Arranged};
pub use list::ViewsPage;
pub use panels::{Panel, PanelChart};
pub use show::ViewPage;

pub fn view_path(id: i64) -> String {
    format!("/views/{id}")
}

/// Where the views of an experiment are listed.
pub fn views_path(experiment: i64) -> String {
    format!("/experiments/{experiment}/views")
}

/// Where panels are arranged.
pub fn panels_path(experiment: i64) -> String {
    format!("/experiments/{experiment}/panels")
}
