//! This server's address, as the reader's browser knows it.

/// E.g. `http://127.0.0.1:5000`.
#[cfg(feature = "ssr")]
pub fn origin() -> String {
    let parts = leptos::prelude::use_context::<axum::http::request::Parts>();
    let header = |name: &str| {
        let headers = &parts.as_ref()?.headers;
        headers.get(name)?.to_str().ok().map(str::to_owned)
    };
    let scheme = header("x-forwarded-proto").filter(|scheme| scheme == "https");
    let host = header("host").unwrap_or_else(|| "127.0.0.1:5000".into());
    format!("{}://{host}", scheme.as_deref().unwrap_or("http"))
}

#[cfg(not(feature = "ssr"))]
pub fn origin() -> String {
    leptos::prelude::window().location().origin().unwrap_or_default()
}
