//! Pages that are HTML and nothing else: what is read and decided here needs no WebAssembly, and costs the
//! browser none.

mod forms;
mod problem;
mod table;

pub use forms::{Confirm, Field, Outcome, PlainForm, Refusal, When, typed};
pub use problem::ProblemPage;
pub use table::{Table, pager};

use domain::Millis;
use leptos::prelude::*;

use crate::components::{Header, Section, Visitor, text_as_html};

/// Whom a page is for, and which it is.
#[derive(Debug, Clone)]
pub struct Frame {
    pub title: String,
    pub section: Section,
    pub visitor: Visitor,
    pub now: Millis,
}

/// A whole document around `content`, which is made under an owner of its own.
pub fn document<V: IntoView>(frame: Frame, content: impl FnOnce() -> V) -> String {
    let Frame { title, section, visitor, now } = frame;
    let owner = Owner::new();
    let html = owner.with(|| {
        provide_context(now);
        let title = format!("{} · Countersign", text_as_html(&title));
        view! {
            <html lang="en">
                <head>
                    <meta charset="utf-8"/>
                    <meta name="viewport" content="width=device-width, initial-scale=1"/>
                    <meta name="color-scheme" content="light dark"/>
                    <title inner_html=title></title>
                    <script src="/theme.js"></script>
                    <link rel="stylesheet" href="/pkg/countersign.css"/>
                    <link rel="icon" type="image/svg+xml" href="/favicon.svg"/>
                </head>
                <body>
                    <a class="skip-link" href="#main">"Skip to content"</a>
                    <Header section visitor/>
                    <main id="main" tabindex="-1">{content().into_view()}</main>
                </body>
            </html>
        }
        .to_html()
    });
    owner.unset();
    // Marks for a browser half that isn't there; texts have their angle brackets escaped.
    format!("<!DOCTYPE html>{}", html.replace("<!>", ""))
}
