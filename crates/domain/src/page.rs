//! One page of a longer list.

use serde::{Deserialize, Serialize};

/// Some items of a list, and the token that asks for those after them (`None`: this was the end).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Page<T> {
    pub items: Vec<T>,
    pub next_page_token: Option<String>,
}

impl<T> Default for Page<T> {
    fn default() -> Self {
        Self { items: Vec::new(), next_page_token: None }
    }
}
