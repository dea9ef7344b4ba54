//! The only crate with SQL: the database, its write queue, and one module for each aggregate.

mod error;

pub mod db;
pub mod experiments;
pub mod metrics;
pub mod runs;

pub use db::Db;
pub use error::Error;
