//! What the doors share: the error-to-status table, request parsing, the guard of the open mode.

pub mod error;
pub mod guard;
mod query;
pub mod request;
pub mod sign_in;
pub mod wire;

pub use error::ApiError;
pub use request::{Call, Path, required};
pub use sign_in::SignedIn;
