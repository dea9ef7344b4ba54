//! The files of a run or a logged model: their tree, and a viewer for what is in them.

mod kind;
mod owner;
mod pretty;
mod server;
mod tab;
mod table;
mod tree;
mod viewer;

pub use tab::ArtifactsTab;
