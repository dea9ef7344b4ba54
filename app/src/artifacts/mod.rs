//! The files of a run or a logged model: their tree, and a viewer for what is in them.

#[cfg(feature = "ssr")]
mod kind;
mod owner;
#[cfg(feature = "ssr")]
mod parquet_pages;
#[cfg(feature = "ssr")]
mod pretty;
mod server;
mod tab;
mod table;
mod tree;
mod viewer;

#[cfg(feature = "ssr")]
pub use pretty::pretty;
pub use tab::ArtifactsTab;
