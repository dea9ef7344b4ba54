//! Whose files.

use serde::{Deserialize, Serialize};

use crate::url::Query;

#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Owner {
    /// By uuid.
    Run(String),
    /// By id.
    Model(String),
}

impl Owner {
    /// The address of a file's bytes, to be shown inside a page.
    pub fn view_href(&self, path: &str) -> String {
        self.query(path).after("/files/view")
    }

    /// The address that downloads a file.
    pub fn download_href(&self, path: &str) -> String {
        self.query(path).after("/get-artifact")
    }

    /// The address that downloads a folder.
    pub fn zip_href(&self, path: &str) -> String {
        self.query(path).after("/files/zip")
    }

    fn query(&self, path: &str) -> Query {
        match self {
            Self::Run(uuid) => Query::new().with("run_uuid", uuid).with("path", path),
            Self::Model(id) => Query::new().with("model_id", id).with("path", path),
        }
    }
}
