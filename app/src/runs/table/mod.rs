//! The table of an experiment's runs.

mod blocks;
mod cells;
mod column;
mod columns_dialog;
mod completion;
mod context;
mod data;
mod filter_box;
mod grid;
mod groups;
mod head;
mod rows;
mod section;
mod selection;
mod state;
mod toolbar;
mod window;

#[cfg(feature = "ssr")]
pub use column::{Attribute, Column};
pub use rows::children_filter;
#[cfg(feature = "ssr")]
pub use rows::run_keys;
pub use section::RunsSection;
#[cfg(feature = "ssr")]
pub use state::TableState;
