//! Values that came with the page and stay fresh.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::clock::milliseconds;
use crate::error::UiError;

/// A value as it was last fetched. A failure keeps the old one.
pub struct Fresh<T: Send + Sync + 'static> {
    pub value: RwSignal<T>,
    pub problem: RwSignal<Option<UiError>>,
    pub is_pending: RwSignal<bool>,
}

impl<T: Send + Sync + 'static> Clone for Fresh<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Send + Sync + 'static> Copy for Fresh<T> {}

/// After so long an answer is taken for lost, as after a laptop's sleep.
const PATIENCE_MS: f64 = 30_000.0;

/// Starts with `first` and fetches again whenever `source` changes. Parts of the page can follow the
/// value without being rebuilt, as they would be under a resource.
///
/// One question is under way at a time; of those that come meanwhile the last one follows its answer. So what changes
/// faster than it is answered is still seen, and nobody asks a server more than it answers.
pub fn fresh<T, S, F>(
    first: T,
    source: impl Fn() -> S + Send + Sync + 'static,
    fetch: impl Fn(S) -> F + Send + Sync + 'static,
) -> Fresh<T>
where
    T: Send + Sync + 'static,
    S: PartialEq + Clone + Send + Sync + 'static,
    F: Future<Output = Result<T, UiError>> + 'static,
{
    let fresh =
        Fresh { value: RwSignal::new(first), problem: RwSignal::new(None), is_pending: RwSignal::new(false) };
    let next = StoredValue::new(None::<S>);
    let ask = move || -> Option<Step> {
        let answer = fetch(next.try_update_value(Option::take)??);
        Some(Box::pin(async move {
            match answer.await {
                Ok(value) => {
                    let _ = fresh.problem.try_set(None);
                    let _ = fresh.value.try_set(value);
                }
                Err(error) => {
                    let _ = fresh.problem.try_set(Some(error));
                }
            }
        }))
    };
    let ask: Arc<dyn Fn() -> Option<Step> + Send + Sync> = Arc::new(ask);
    let began = StoredValue::new(0.0);
    let source = Memo::new(move |_| source());
    Effect::new(move |before: Option<S>| {
        let now = source.get();
        if before.is_some_and(|before| before != now) {
            next.set_value(Some(now.clone()));
            go_on(ask.clone(), fresh.is_pending, began);
        }
        now
    });
    fresh
}

type Step = Pin<Box<dyn Future<Output = ()>>>;

/// Asks what there is to ask, one after the other, unless that is being done.
fn go_on(
    ask: Arc<dyn Fn() -> Option<Step> + Send + Sync>,
    is_pending: RwSignal<bool>,
    began: StoredValue<f64>,
) {
    if is_pending.get_untracked() && milliseconds() - began.get_value() < PATIENCE_MS {
        return;
    }
    is_pending.set(true);
    spawn_local(async move {
        while let Some(step) = ask() {
            began.set_value(milliseconds());
            step.await;
        }
        let _ = is_pending.try_set(false);
    });
}
