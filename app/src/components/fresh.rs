//! Values that came with the page and stay fresh.

use std::future::Future;

use leptos::prelude::*;
use leptos::task::spawn_local;

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

/// Starts with `first` and fetches again whenever `source` changes. Parts of the page can follow the
/// value without being rebuilt, as they would be under a resource.
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
    // An answer that was overtaken by a later question is dropped.
    let latest = StoredValue::new(0_usize);
    let source = Memo::new(move |_| source());
    Effect::new(move |before: Option<S>| {
        let now = source.get();
        if before.is_some_and(|before| before != now) {
            let number = latest.get_value() + 1;
            latest.set_value(number);
            fresh.is_pending.set(true);
            let answer = fetch(now.clone());
            spawn_local(async move {
                let answer = answer.await;
                if latest.try_get_value() != Some(number) {
                    return;
                }
                fresh.is_pending.set(false);
                match answer {
                    Ok(value) => {
                        fresh.problem.set(None);
                        fresh.value.set(value);
                    }
                    Err(error) => fresh.problem.set(Some(error)),
                }
            });
        }
        now
    });
    fresh
}
