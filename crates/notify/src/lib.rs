//! Tells others what happened: turns an event of the registry or of a review into a signed HTTP request in one of
//! four forms, and sends it without being led inside.
//!
//! No SQL and no clock: an outbox above this crate keeps the bodies, hands in the time and asks [`retry`] what
//! comes next.

pub mod address;
pub mod event;
pub mod example;
pub mod kind;
pub mod payload;
pub mod retry;
pub mod send;
pub mod text;
pub mod topic;

pub use address::{Refused, Rules};
pub use event::Event;
pub use kind::Kind;
pub use payload::{Form, Hook, Outgoing};
pub use send::{Answer, SendError, Sender};
pub use topic::Topic;
