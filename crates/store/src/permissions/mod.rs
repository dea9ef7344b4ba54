//! Who may do what with an experiment, a registered model, and all that belongs to them.
//!
//! The rule is `domain::permissions`; here is where it is asked. Every operation looks its run, experiment,
//! logged model or registered model up in one of a few places, and these ask ([`check`], [`push_readable`]).
//! What says whether there is anything to ask, `is_restricted`, comes along with the row that is read anyway;
//! admins are asked nothing.

mod check;
mod grants;
mod paths;

pub use check::manages_a_model;
pub(crate) use check::{
    Grants, Guarded, Kind, ModelReaders, manages_model, model_level, push_readable, readable,
};
pub use grants::{GrantChange, Object, add, of, set, update};
pub(crate) use paths::{OWN, heads_of, is_within, places_around};
pub use paths::{check_path, hidden_below};
