//! What a build or a test needs beyond a Rust toolchain. Each part is idempotent, says in a line what
//! it does and why, and keeps what it fetches in `.tools/`.

pub mod browser;
pub mod debian;
pub mod node;
pub mod python;
pub mod wasm;
