//! The reviews of one version, on its page.

use leptos::prelude::*;
use store::reviews::ReviewRow;

use super::list::ReviewTable;
use super::version_path;

#[component]
pub fn VersionReviews(name: String, version: i64, rows: Vec<ReviewRow>) -> impl IntoView {
    let list = if rows.is_empty() {
        view! { <p class="nothing">"Nobody has asked for a review of this version."</p> }.into_any()
    } else {
        view! { <ReviewTable rows/> }.into_any()
    };
    view! {
        <section class="review-part" aria-labelledby="reviews">
            <div class="section-head">
                <h2 id="reviews">"Reviews"</h2>
                <span class="spacer"></span>
                <a class="button small" href=format!("{}/ask", version_path(&name, version))>"Ask for a review"</a>
            </div>
            {list}
        </section>
    }
}
