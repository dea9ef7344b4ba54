//! The database: a pool to read from and a queue to write through.
#[derive(Clone)]
pub struct Db;
