//! The pages: Leptos components and the server functions behind them, a folder for each feature.
//!
//! Everything renders on the server and works as plain HTML; once the WebAssembly half has arrived,
//! the same components go live.

#![recursion_limit = "512"]

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
