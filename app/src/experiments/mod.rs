//! Experiments: their list, and the page of one with its runs.

mod forms;
mod list;
mod list_url;
mod page;
mod server;

pub use list::ExperimentsPage;
pub use page::ExperimentPage;
