//! Signed release records: what moved a model version to its stage, who agreed and which files it has, in a
//! form that anyone can check without this project (in-toto Statement v1, DSSE, Ed25519). Neither SQL nor HTTP.

pub mod announcement;
pub mod dsse;
mod error;
mod files;
mod json;
pub mod keys;
pub mod moment;
pub mod predicate;
pub mod public_keys;
pub mod signing_key;
pub mod statement;
pub mod tally;
pub mod verify;

pub use dsse::Envelope;
pub use error::{Error, Result};
pub use keys::Keys;
pub use moment::Moment;
pub use predicate::Predicate;
pub use public_keys::{PublicKey, PublicKeys};
pub use signing_key::SigningKey;
pub use statement::{Statement, Subject};
pub use verify::{Report, verify};
