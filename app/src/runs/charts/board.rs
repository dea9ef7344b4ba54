//! A board of charts, one for each metric, with the lines of one run or of several.

use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;

use super::card::Card;
use super::curves::{CurveRequest, ListCurves, PlacedCurve, list_curves};
use super::state::{BoardState, PAGE_SIZE};
use super::tools::Tools;
use crate::components::{EmptyState, Fresh, SkeletonBlock, fresh, later, loaded};
use crate::url::{Query, use_query};
use crate::wire::load;

/// A run whose curves are drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct BoardRun {
    pub uuid: String,
    pub name: String,
    /// Which of the theme's series colours, from 0.
    pub color: usize,
}

/// What the parts of a board share.
#[derive(Clone, Copy)]
pub struct BoardContext {
    pub state: Memo<BoardState>,
    /// Follows the slider before the address does.
    pub smoothing: RwSignal<f64>,
    pub runs: Signal<Vec<BoardRun>>,
    /// The path of the page.
    pub path: StoredValue<String>,
    /// Fields of the address that aren't the board's.
    pub kept: Signal<Vec<(&'static str, String)>>,
    go: Callback<(BoardState, bool)>,
}

impl BoardContext {
    pub fn address(self, state: &BoardState) -> String {
        self.kept.with(|kept| self.path.with_value(|path| address(path, kept, state)))
    }

    /// Goes to a changed state; `replace` makes no step in the browser's history.
    pub fn go(self, replace: bool, change: impl FnOnce(&mut BoardState)) {
        let mut state = self.state.get_untracked();
        change(&mut state);
        self.go.run((state, replace));
    }
}

fn address(path: &str, kept: &[(&'static str, String)], state: &BoardState) -> String {
    let own = state.fields();
    let fields = kept.iter().chain(&own);
    fields.fold(Query::new(), |query, (key, value)| query.with(key, value)).after(path)
}

#[component]
pub fn Board(
    path: String,
    #[prop(into)] kept: Signal<Vec<(&'static str, String)>>,
    #[prop(into)] runs: Signal<Vec<BoardRun>>,
    /// The metrics that there are.
    #[prop(into)]
    keys: Signal<Vec<String>>,
    /// Grows whenever points may have been added.
    #[prop(into)]
    logged: Signal<usize>,
) -> impl IntoView {
    let query = use_query();
    let navigate = use_navigate();
    let path = StoredValue::new(path);
    let go = Callback::new(move |(state, replace): (BoardState, bool)| {
        let options = NavigateOptions { scroll: false, replace, ..NavigateOptions::default() };
        let to = kept.with_untracked(|kept| path.with_value(|path| address(path, kept, &state)));
        navigate(&to, options);
    });
    let state = Memo::new(move |_| query.with(BoardState::from_query));
    let smoothing = RwSignal::new(state.with_untracked(|state| state.look.smoothing));
    Effect::new(move |_| smoothing.set(state.with(|state| state.look.smoothing)));
    let context = BoardContext { state, smoothing, runs, path, kept, go };
    provide_context(context);

    let shown = Memo::new(move |_| context.state.with(|state| keys.with(|keys| state.shown(keys))));
    let request = Memo::new(move |_| {
        let state = context.state.get();
        CurveRequest {
            runs: runs.with(|runs| runs.iter().map(|run| run.uuid.clone()).collect()),
            keys: shown.get().1,
            axis: state.look.axis,
            window: state.look.window,
            buckets: if state.metric.is_some() { 1_000 } else { 300 },
            smoothing: state.look.smoothing,
        }
    });
    // Fetched once, with the page; what follows is fetched in place.
    let first = load(move || ListCurves { request: request.get_untracked() });
    let charts = move || {
        Suspend::new(async move {
            loaded(
                first.ready().await,
                move || first.refetch(),
                move |curves| {
                    let curves = fresh(
                        curves,
                        move || (request.get(), logged.get()),
                        |(request, _)| list_curves(request),
                    );
                    view! { <Charts curves shown/> }
                },
            )
        })
    };
    view! {
        <Tools/>
        <Transition fallback=|| view! { <SkeletonBlock/> }>{charts}</Transition>
    }
}

#[component]
fn Charts(curves: Fresh<Vec<PlacedCurve>>, shown: Memo<(usize, Vec<String>)>) -> impl IntoView {
    let context = expect_context::<BoardContext>();
    let is_single = Memo::new(move |_| context.state.with(|state| state.metric.is_some()));
    let keys = later(move || shown.get().1);
    let is_empty = later(move || keys.with(Vec::is_empty));
    let problem = move || {
        curves.problem.get().map(|error| {
            view! { <div class="notice" role="alert">{format!("The curves can't be loaded: {error}.")}</div> }
        })
    };
    view! {
        {problem}
        {move || if is_empty.get() {
            view! { <EmptyState title="No metric has this name."/> }.into_any()
        } else {
            view! {
                <div class="board" class:single=is_single aria-busy=move || curves.is_pending.get().to_string()>
                    <For each=move || keys.get() key=Clone::clone let:key>
                        <Card key curves=curves.value is_single/>
                    </For>
                </div>
            }
            .into_any()
        }}
        <BoardPager found=Signal::derive(move || shown.with(|(found, _)| *found))/>
    }
}

#[component]
fn BoardPager(found: Signal<usize>) -> impl IntoView {
    let context = expect_context::<BoardContext>();
    let link = move |label: &'static str, page: usize| {
        let state = BoardState { page, ..context.state.get() };
        view! { <a class="button small" href=context.address(&state)>{label}</a> }
    };
    move || {
        let pages = found.get().div_ceil(PAGE_SIZE);
        let page = context.state.with(|state| state.page);
        (pages > 1).then(|| {
            view! {
                <nav class="pager" aria-label="Pages">
                    {(page > 0).then(|| link("Previous page", page - 1))}
                    <span>{format!("Page {} of {pages}", page + 1)}</span>
                    {(page + 1 < pages).then(|| link("Next page", page + 1))}
                </nav>
            }
        })
    }
}
