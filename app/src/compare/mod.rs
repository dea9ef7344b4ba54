//! Runs side by side.

mod colors;
mod differences;
mod page;
mod server;
mod table;

pub use page::ComparePage;
