//! Files that a run wrote, as a list shows them.

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArtifactEntry {
    /// From the root of the run's artifacts, `/` between folders, none at the ends.
    pub path: String,
    pub is_dir: bool,
    /// Bytes; `None` for a folder.
    pub size: Option<u64>,
}

impl ArtifactEntry {
    /// The last part of the path.
    pub fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }
}
