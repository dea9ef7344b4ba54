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

mod artifacts;
mod clock;
mod compare;
mod components;
mod error;
mod experiments;
mod format;
mod runs;
mod shell;
mod url;
mod wire;

pub use shell::{App, shell};
