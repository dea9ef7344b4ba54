//! Switching between views without pulling the ground from under the one that goes.

use leptos::prelude::*;

/// Follows `source` one turn later.
///
/// What decides between two views should come through here. A change often wakes effects of the view
/// that goes as well; they then run while what they read is still there.
pub fn later<T>(source: impl Fn() -> T + Send + Sync + 'static) -> ReadSignal<T>
where
    T: PartialEq + Clone + Send + Sync + 'static,
{
    let source = Memo::new(move |_| source());
    let (followed, set_followed) = signal(source.get_untracked());
    Effect::new(move |_| {
        let now = source.get();
        if followed.with_untracked(|before| *before != now) {
            set_followed.set(now);
        }
    });
    followed
}
