//! Runs: made, logged to, changed, read. How they are searched is in [`crate::search`].

mod create;
mod keys;
mod lifecycle;
mod log;
mod read;

pub(crate) use create::{CreateRun, insert_all};
pub use create::{NewRun, create};
pub use keys::{keys, param_values};
pub use lifecycle::{
    RunUpdate, delete, delete_many, delete_tag, log_model, rename, restore, restore_many, set_tag, update,
};
pub(crate) use lifecycle::{check_editable, find, not_found};
pub(crate) use log::{LogRun, log_all};
pub use log::{NewMetric, RunLog, log};
pub(crate) use read::{Kind, ids_of, load};
pub use read::{child_counts, get, get_many};

pub use crate::search::{RunColumn, RunGroup, RunQuery, RunTable, RunValue, count, groups, search, table};
