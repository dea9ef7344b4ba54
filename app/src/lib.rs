//! The pages: Leptos components and the server functions behind them, a folder for each feature.
//!
//! Everything renders on the server and works as plain HTML; once the WebAssembly half has arrived,
//! the same components go live.

#![recursion_limit = "512"]
#![allow(
    clippy::needless_pass_by_value,
    clippy::large_types_passed_by_value,
    reason = "a component owns its props"
)]
#![allow(clippy::unused_async, reason = "a server function is asynchronous, whether it waits or not")]

#[cfg(feature = "ssr")]
pub mod accounts;
mod artifacts;
mod clock;
mod compare;
mod components;
#[cfg(feature = "ssr")]
pub mod datasets;
mod error;
mod experiments;
mod format;
#[cfg(feature = "ssr")]
pub mod permissions;
#[cfg(feature = "ssr")]
pub mod plain;
#[cfg(feature = "ssr")]
pub mod registry;
#[cfg(feature = "ssr")]
pub mod reviews;
mod runs;
mod shell;
mod url;
#[cfg(feature = "ssr")]
pub mod views;
#[cfg(feature = "ssr")]
pub mod webhooks;
mod wire;

#[cfg(feature = "ssr")]
pub use compare::{Details, DetailsAsked, DetailsPage, DiffLine, FileSide, FileView};
pub use components::{Section, Visitor};
#[cfg(feature = "ssr")]
pub use error::refused;
#[cfg(feature = "ssr")]
pub use format::number;
#[cfg(feature = "ssr")]
pub use runs::{Explore, ExploreChart, ExplorePage, ExportPage, Numbers, RunsExport, run_keys};
#[cfg(feature = "ssr")]
pub use shell::visitor_of;
pub use shell::{App, shell};

/// The paths of all server functions.
#[cfg(feature = "ssr")]
pub fn server_functions() -> Vec<&'static str> {
    leptos::server_fn::axum::server_fn_paths().map(|(path, _)| path).collect()
}
