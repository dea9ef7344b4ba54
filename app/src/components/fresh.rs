//! Values that came with the page and stay fresh.

use std::future::Future;

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
    let began = StoredValue::new(0.0);
    let fetch = StoredValue::new(fetch);
    let source = Memo::new(move |_| source());
    Effect::new(move |before: Option<S>| {
        let now = source.get();
        if before.is_some_and(|before| before != now) {
            next.set_value(Some(now.clone()));
            let asked_at = began.get_value();
            if !fresh.is_pending.get_untracked() || milliseconds() - asked_at > PATIENCE_MS {
                fresh.is_pending.set(true);
                spawn_local(async move {
                    while let Some(Some(question)) = next.try_update_value(Option::take) {
                        began.set_value(milliseconds());
                        let Some(answer) = fetch.try_with_value(|fetch| fetch(question)) else { return };
                        let answer = answer.await;
                        if fresh.is_pending.is_disposed() {
                            return;
                        }
                        match answer {
                            Ok(value) => {
                                fresh.problem.set(None);
                                fresh.value.set(value);
                            }
                            Err(error) => fresh.problem.set(Some(error)),
                        }
                    }
                    let _ = fresh.is_pending.try_set(false);
                });
            }
        }
        now
    });
    fresh
}
