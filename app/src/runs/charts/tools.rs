//! The tools above a board: search, axis, scale, smoothing, zoom.

use domain::metrics::Axis;
use leptos::prelude::*;

use super::board::BoardContext;
use super::state::{BoardState, axis_id};
use crate::clock::is_live;
use crate::components::kept_text;

const SEARCH: &str = "metric-search";

#[component]
pub fn Tools() -> impl IntoView {
    let context = expect_context::<BoardContext>();
    let state = context.state;
    let kept = move || {
        let kept = context.kept.get().into_iter();
        let own = state.with(BoardState::fields).into_iter();
        kept.chain(own.filter(|(key, _)| !["q", "smooth", "page", "metric"].contains(key)))
            .filter(|(_, value)| !value.is_empty())
            .map(|(key, value)| view! { <input type="hidden" name=key value=value/> })
            .collect_view()
    };
    let axis = move |axis: Axis, label: &'static str| {
        let href = move || context.address(&state.get().with_axis(axis));
        let current = move || (state.get().look.axis == axis).then_some("true");
        view! { <a href=href aria-current=current data-noscroll="true" data-axis=axis_id(axis)>{label}</a> }
    };
    let scale = move |log: bool, label: &'static str| {
        let href = move || {
            let mut state = state.get();
            state.look.log = log;
            context.address(&state)
        };
        let current = move || (state.get().look.log == log).then_some("true");
        view! { <a href=href aria-current=current data-noscroll="true">{label}</a> }
    };
    let reset = move || {
        state.with(|state| state.look.window.is_some()).then(|| {
            let mut all = state.get();
            all.look.window = None;
            view! { <a class="button small" href=context.address(&all) data-noscroll="true">"Reset zoom"</a> }
        })
    };
    let back = move || {
        state.with(|state| state.metric.is_some()).then(|| {
            let all = BoardState { metric: None, ..state.get() };
            view! { <a class="button small" href=context.address(&all) data-noscroll="true">"All metrics"</a> }
        })
    };
    let typed = kept_text(SEARCH, move || state.get().search);
    Effect::new(move |_| {
        let text = typed.get();
        if state.with_untracked(|state| state.search != text) {
            context.go(true, |state| {
                state.search = text;
                state.metric = None;
                state.page = 0;
            });
        }
    });
    view! {
        <form
            method="get"
            action=context.path.get_value()
            class="toolbar board-tools"
            on:submit=move |event| if is_live() { event.prevent_default() }
        >
            {kept}
            <input
                id=SEARCH
                type="search"
                name="q"
                class="small-search"
                placeholder="Search metrics"
                aria-label="Search metrics"
                value=state.get_untracked().search
                prop:value=move || typed.get()
                on:input=move |event| typed.set(event_target_value(&event))
            />
            <span class="segmented" role="group" aria-label="Horizontal axis">
                {axis(Axis::Step, "Step")}
                {axis(Axis::Time, "Time")}
                {axis(Axis::Relative, "Relative")}
            </span>
            <span class="segmented" role="group" aria-label="Vertical axis">
                {scale(false, "Linear")}
                {scale(true, "Log")}
            </span>
            <Smoothing/>
            {move || (!is_live()).then(|| view! { <button type="submit" class="button small">"Apply"</button> })}
            {back}
            {reset}
        </form>
    }
}

#[component]
fn Smoothing() -> impl IntoView {
    let context = expect_context::<BoardContext>();
    let weight = context.smoothing;
    let set = move |event| weight.set(event_target_value(&event).parse().unwrap_or_default());
    let keep = move |_| {
        let weight = weight.get_untracked();
        context.go(true, |state| state.look.smoothing = weight);
    };
    view! {
        <label class="inline-field smoothing">
            <span>"Smoothing"</span>
            <input
                type="range"
                name="smooth"
                min="0"
                max="0.99"
                step="0.01"
                value=weight.get_untracked().to_string()
                prop:value=move || weight.get().to_string()
                on:input=set
                on:change=keep
            />
            <output>{move || format!("{:.2}", weight.get())}</output>
        </label>
    }
}
