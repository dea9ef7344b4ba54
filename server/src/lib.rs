//! The server: its doors, and how it starts and stops.

#![recursion_limit = "512"]

mod accounts;
mod assets;
mod charts;
pub mod cli;
mod clock;
mod compare;
mod config;
mod connections;
mod datasets;
mod demo;
mod export;
mod files;
mod frame;
mod leftovers;
mod live;
mod logging;
mod mail;
mod memory;
mod mlflow;
mod owned;
mod pages;
mod permissions;
mod proxies;
mod reading;
mod refusals;
mod registry;
mod reviews;
pub mod rights;
mod serve;
mod state;
mod views;
mod webhooks;
