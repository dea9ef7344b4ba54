//! Every metric of some runs as a curve.

mod board;
mod card;
mod curves;
mod state;
mod tabs;
mod tools;

pub use board::{Board, BoardRun};
pub use tabs::{ChartsTab, SystemTab};
