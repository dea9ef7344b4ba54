//! The only crate with SQL: the database, its write queue, and one module for each aggregate.

mod bulk;
mod engine;
mod error;
mod keys;
mod names;
mod search;
mod sql;
mod writer;

pub mod accounts;
pub mod audit;
pub mod datasets;
pub mod db;
pub mod experiments;
pub mod logged_models;
pub mod mails;
pub mod metrics;
pub mod permissions;
pub mod recording;
pub mod registry;
pub mod reviews;
pub mod runs;
pub mod settings;
pub mod views;
pub mod webhooks;

pub use db::Db;
pub use error::{Error, Result};
