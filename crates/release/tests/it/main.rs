//! Records, keys and files as those who use the crate see them.

mod files;
mod keys;
mod records;
mod rules;
mod sample;
