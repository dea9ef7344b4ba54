//! What the doors share: the error-to-status table, request parsing, the guard of the open mode.
pub mod error;
