//! What the doors share: the error-to-status table, request parsing, who comes in.

pub mod entry;
pub mod error;
pub mod guard;
mod objects;
pub mod passwords;
pub mod query;
pub mod request;
pub mod session;
pub mod sign_in;
pub mod wire;

pub use entry::Entry;
pub use error::ApiError;
pub use request::{Call, Either, Form, Path, required};
pub use sign_in::SignedIn;
