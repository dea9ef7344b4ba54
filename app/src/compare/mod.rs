//! Runs side by side.

mod colors;
#[cfg(feature = "ssr")]
mod details;
mod differences;
mod page;
mod server;
mod table;

#[cfg(feature = "ssr")]
pub use details::{Details, DetailsAsked, DetailsPage, DiffLine, FileSide, FileView};
pub use page::ComparePage;
