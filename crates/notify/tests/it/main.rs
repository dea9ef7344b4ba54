//! Real deliveries to receivers on this machine's loopback.

mod deliveries;
mod receiver;
mod refusals;
