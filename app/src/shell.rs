//! The document, the page frame and the routes.

use leptos::nonce::use_nonce;
use leptos::prelude::*;
use leptos_meta::{MetaTags, Title, provide_meta_context};
use leptos_router::components::{ParentRoute, Route, Router, Routes};
use leptos_router::{SsrMode, path};

use crate::artifacts::ArtifactsTab;
use crate::clock::provide_live;
use crate::compare::ComparePage;
use crate::components::{FailedForm, FocusFollowsPage, Header, NotFound, Section, Visitor, text_as_html};
use crate::experiments::{ExperimentPage, ExperimentsPage};
use crate::runs::{ChartsTab, OverviewTab, RunPage, SystemTab};

/// Runs before the first paint: the reader's theme, and the addresses that the MLflow client prints
/// (`/#/experiments/1/runs/abc`), turned into paths.
const BEFORE_PAINT: &str = r##"(function(d){try{var t=localStorage.getItem("theme");if(t==="light"||t==="dark")d.dataset.theme=t}catch(e){}
var h=location.hash;if(h.indexOf("#/experiments")===0)location.replace(h.slice(1))})(document.documentElement)"##;

/// The document around the app.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    view! {
        <!DOCTYPE html>
        <html lang="en" data-visitor=visitor().name data-may=may()>
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <meta name="color-scheme" content="light dark"/>
                <script nonce=use_nonce() inner_html=BEFORE_PAINT></script>
                <link rel="stylesheet" href="/pkg/countersign.css"/>
                <link rel="icon" type="image/svg+xml" href="/favicon.svg"/>
                <HydrationScripts options/>
                <MetaTags/>
            </head>
            <body>
                <App/>
            </body>
        </html>
    }
}

/// The document's title; in HTML it is markup, in the browser it is text.
fn title(page: String) -> String {
    match page.as_str() {
        "" => "Countersign".into(),
        page if cfg!(feature = "ssr") => format!("{} · Countersign", text_as_html(page)),
        page => format!("{page} · Countersign"),
    }
}

/// `look` for whoever may change nothing: the styles offer nothing then.
#[cfg(feature = "ssr")]
fn may() -> Option<&'static str> {
    let roles = use_context::<store::Db>().map(|db| db.by().roles.clone()).unwrap_or_default();
    (roles == [domain::accounts::Role::Viewer].into()).then_some("look")
}

#[cfg(not(feature = "ssr"))]
fn may() -> Option<&'static str> {
    None
}

/// The server knows who asks; the browser reads it off the document.
#[cfg(feature = "ssr")]
pub fn visitor() -> Visitor {
    use_context::<store::Db>().map(|db| visitor_of(db.by())).unwrap_or_default()
}

#[cfg(not(feature = "ssr"))]
pub fn visitor() -> Visitor {
    let root = document().document_element();
    Visitor { name: root.and_then(|root| root.get_attribute("data-visitor")).unwrap_or_default() }
}

/// Whoever has an account, by their name.
#[cfg(feature = "ssr")]
pub fn visitor_of(caller: &domain::accounts::Caller) -> Visitor {
    Visitor { name: caller.user_id.map(|_| caller.name.clone()).unwrap_or_default() }
}

#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    provide_live();
    view! {
        <Title formatter=title/>
        <Router>
            <a class="skip-link" href="#main" rel="external">"Skip to content"</a>
            <FocusFollowsPage/>
            <Header section=Section::Experiments visitor=visitor()/>
            <main id="main" tabindex="-1">
                <FailedForm/>
                <Routes fallback=NotFound>
                    <Route path=path!("/experiments") view=ExperimentsPage ssr=SsrMode::Async/>
                    <Route path=path!("/experiments/:id") view=ExperimentPage ssr=SsrMode::Async/>
                    <ParentRoute path=path!("/experiments/:id/runs/:uuid") view=RunPage ssr=SsrMode::Async>
                        <Route path=path!("") view=OverviewTab/>
                        <Route path=path!("charts") view=ChartsTab/>
                        <Route path=path!("system") view=SystemTab/>
                        <Route path=path!("artifacts") view=ArtifactsTab/>
                    </ParentRoute>
                    <Route path=path!("/compare") view=ComparePage ssr=SsrMode::Async/>
                </Routes>
            </main>
        </Router>
    }
}
