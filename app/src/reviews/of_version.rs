//! The reviews of one version, on its page.

use leptos::prelude::*;
use store::reviews::ReviewRow;

use super::list::ReviewTable;
use super::version_path;

#[component]
pub fn VersionReviews(name: String, version: i64, rows: Vec<ReviewRow>, may_ask: bool) -> impl IntoView {
    let ask = if may_ask {
        view! { <a class="button small" href=format!("{}/ask", version_path(&name, version))>"Ask for a review"</a> }
            .into_any()
    } else {
        view! { <span class="muted">"Whoever has a role besides viewer can ask for one; an admin gives roles."</span> }
            .into_any()
    };
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
                {ask}
            </div>
            {list}
        </section>
    }
}
