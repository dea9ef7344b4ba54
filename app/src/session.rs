//! Who looks at the page.

use axum::http::StatusCode;
use axum::http::request::Parts;
use domain::accounts::Caller;
use leptos::prelude::use_context;

use crate::error::{UiError, set_status};

/// Whoever makes the request.
///
/// # Errors
/// If nobody is signed in.
pub fn caller() -> Result<Caller, UiError> {
    let caller = use_context::<Parts>().and_then(|parts| web::sign_in::caller(&parts).cloned());
    caller.ok_or_else(|| {
        set_status(StatusCode::UNAUTHORIZED);
        UiError::Invalid("sign in to do that".into())
    })
}
