//! The workspace's own list of stages, for admins.

use domain::registry::{ARCHIVED, NO_STAGE, PRODUCTION};
use leptos::prelude::*;
use store::registry::StageUse;

use super::stage::StageBadge;
use crate::format;
use crate::plain::{Outcome, PlainForm, Refusal, Table, typed};

#[component]
pub fn StagesPage(
    /// In their order, without the ends.
    uses: Vec<StageUse>,
    /// What was typed, if it was refused.
    draft: Option<String>,
    done: Option<String>,
    problem: Option<String>,
) -> impl IntoView {
    let names: Vec<_> = uses.iter().map(|one| one.stage.as_str()).collect();
    let was = names.join("\n");
    let text = draft.unwrap_or_else(|| was.clone());
    let ends = |stage: &'static str, meaning: &'static str| {
        view! { <tr><th scope="row"><StageBadge stage/></th><td>{meaning}</td><td></td></tr> }
    };
    let rows = uses.into_iter().map(|one| {
        let meaning = if one.stage == PRODUCTION { "What is in it serves" } else { "On the way" };
        view! {
            <tr>
                <th scope="row"><StageBadge stage=one.stage.clone()/></th>
                <td>{meaning}</td>
                <td>{used_by(&one)}</td>
            </tr>
        }
    });
    let rows = rows.collect_view();
    let head = view! {
        <th scope="col">"Stage"</th>
        <th scope="col">"Meaning"</th>
        <th scope="col">"Used by"</th>
    }
    .into_any();
    view! {
        <div class="page">
            <div class="page-head"><h1>"Stages"</h1></div>
            <Refusal message=problem/>
            <Outcome message=done/>
            <Table name="Stages" head>
                {ends(NO_STAGE, "Where a new version begins")}
                {rows}
                {ends(ARCHIVED, "Where a version goes that is replaced")}
            </Table>
            <p class="table-note">"What versions pass through, from the first to the last. All clients and policies may name them."</p>
            <section class="part" aria-labelledby="edit">
                <h2 id="edit">"Change the list"</h2>
                <PlainForm action="/stages" class="card">
                    <input type="hidden" name="was" value=was/>
                    <label class="field">
                        <span>"Between the first and the last, one on each line"</span>
                        <textarea name="stages" rows="8" spellcheck="false" maxlength="2000" aria-describedby="stages-hint" inner_html=typed(&text)></textarea>
                        <small id="stages-hint" class="nothing">
                            "“Production” has to stay: it is what serves. A stage that something uses can’t go."
                        </small>
                    </label>
                    <button type="submit" class="button primary">"Save"</button>
                </PlainForm>
            </section>
        </div>
    }
}

fn used_by(one: &StageUse) -> AnyView {
    let mut by = Vec::new();
    if one.versions > 0 {
        by.push(format::plural(one.versions, "version", "versions"));
    }
    if !one.reviews.is_empty() {
        let count = format::as_i64(one.reviews.len());
        by.push(format::plural(count, "open review", "open reviews"));
    }
    by.extend(one.policies.iter().map(|of| of.replace('`', "")));
    if by.is_empty() {
        return view! { <span class="nothing">"nothing"</span> }.into_any();
    }
    by.join(", ").into_any()
}
