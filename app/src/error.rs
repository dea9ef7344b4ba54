//! What a server function can answer when it fails.

use std::fmt;

use domain::filter::FilterError;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::wire::Compact;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum UiError {
    /// The thing asked for isn't there: the page is a 404.
    NotFound(String),
    /// A filter that can't be read, and where.
    Filter(FilterError),
    /// The request breaks a rule; the text says which.
    Invalid(String),
    /// What is asked for is kept where this server doesn't read; the text says where.
    Elsewhere(String),
    /// The server's fault, or the network's: worth trying again.
    Failed(String),
}

impl UiError {
    /// A request that can't be answered as it is; on the server also its status.
    pub fn invalid(text: String) -> Self {
        #[cfg(feature = "ssr")]
        set_status(axum::http::StatusCode::BAD_REQUEST);
        Self::Invalid(text)
    }

    /// What the server says isn't understood: another version of it runs now.
    pub fn stale_page() -> Self {
        Self::invalid("this page is older than the server: reload it".into())
    }

    /// Whether the same request may succeed a moment later.
    pub fn is_worth_a_retry(&self) -> bool {
        matches!(self, Self::Failed(_))
    }
}

impl fmt::Display for UiError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound(text) | Self::Invalid(text) | Self::Elsewhere(text) | Self::Failed(text) => {
                formatter.write_str(text)
            }
            Self::Filter(error) => {
                write!(formatter, "invalid filter at character {}: {}", error.at + 1, error.message)
            }
        }
    }
}

impl std::error::Error for UiError {}

/// A refusal that comes before any server function, as its caller on a page reads it.
#[cfg(feature = "ssr")]
pub fn refused(why: String) -> axum::body::Bytes {
    UiError::Invalid(why).ser()
}

impl FromServerFnError for UiError {
    type Encoder = Compact;

    fn from_server_fn_error(cause: ServerFnErrorErr) -> Self {
        match cause {
            ServerFnErrorErr::Request(_) => Self::Failed("the server can't be reached".into()),
            ServerFnErrorErr::Args(text) | ServerFnErrorErr::MissingArg(text) => Self::invalid(text),
            ServerFnErrorErr::Deserialization(_) => Self::stale_page(),
            other => Self::Failed(other.to_string()),
        }
    }
}

#[cfg(feature = "ssr")]
mod server {
    use axum::http::request::Parts;
    use axum::http::{Method, StatusCode, header};
    use leptos::prelude::use_context;

    use super::UiError;

    impl From<store::Error> for UiError {
        /// Also sets the answer's HTTP status.
        fn from(error: store::Error) -> Self {
            set_status(web::error::status_of(&error).0);
            match error {
                store::Error::NotFound { .. } => Self::NotFound(error.to_string()),
                store::Error::Filter(at) => Self::Filter(at),
                store::Error::Database | store::Error::ShuttingDown => Self::Failed(error.to_string()),
                other => Self::Invalid(other.to_string()),
            }
        }
    }

    impl From<artifacts::Error> for UiError {
        fn from(error: artifacts::Error) -> Self {
            let text = error.to_string();
            match error {
                artifacts::Error::NotFound(_) => {
                    set_status(StatusCode::NOT_FOUND);
                    Self::NotFound(text)
                }
                artifacts::Error::Path { .. } => Self::invalid(text),
                artifacts::Error::Elsewhere(_) => Self::Elsewhere(text),
                _ => {
                    set_status(StatusCode::INTERNAL_SERVER_ERROR);
                    Self::Failed(text)
                }
            }
        }
    }

    /// Sets the HTTP status of what is being answered, a page or a server function. A form without
    /// scripts is answered by a redirect to its page, whatever came of it.
    pub fn set_status(status: StatusCode) {
        let is_plain_form = use_context::<Parts>().is_some_and(|request| {
            let accepts = request.headers.get(header::ACCEPT).and_then(|accepts| accepts.to_str().ok());
            request.method == Method::POST && accepts.is_some_and(|accepts| accepts.contains("text/html"))
        });
        if let Some(response) = use_context::<leptos_axum::ResponseOptions>()
            && !is_plain_form
        {
            response.set_status(status);
        }
    }
}

#[cfg(feature = "ssr")]
pub use server::set_status;
