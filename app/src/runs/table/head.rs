//! The head of a run table: sorts, pins and resizes its columns.

use leptos::ev::{KeyboardEvent, PointerEvent};
use leptos::prelude::*;
use wasm_bindgen::JsCast;

use super::cells::{Shown, pin_style};
use super::column::Column;
use super::context::TableContext;
use crate::components::{Icon, IconName};

const CHECK_WIDTH: u32 = 36;

/// The table's own style: its width, and where its pinned columns stick.
pub fn table_style() -> impl Fn() -> String + Clone + Send + Sync + 'static {
    use std::fmt::Write;

    let context = TableContext::expect();
    move || {
        let name = context.width(&Column::NAME);
        let mut left = CHECK_WIDTH + name;
        let mut style = String::new();
        let mut total = left;
        context.shown.with(|shown| {
            for one in shown {
                let width = context.width(&one.column);
                total += width;
                if let Some(pin) = one.pin {
                    // Writing to a string does not fail.
                    let _ = write!(style, "--pin-{pin}:{left}px;");
                    left += width;
                }
            }
        });
        format!("{style}width:max(100%,{total}px)")
    }
}

/// The `<colgroup>` and `<thead>`. `select_all` is what stands above the checkboxes.
#[component]
pub fn Head(#[prop(optional)] select_all: Option<AnyView>) -> impl IntoView {
    let context = TableContext::expect();
    let cols = move || {
        context.shown.with(|shown| {
            shown
                .iter()
                .map(|one| {
                    let column = one.column.clone();
                    view! { <col style:width=move || format!("{}px", context.width(&column))/> }
                })
                .collect_view()
        })
    };
    let heads = move || {
        context
            .shown
            .with(|shown| shown.iter().cloned().map(|shown| view! { <ColumnHead shown/> }).collect_view())
    };
    let name = Shown { column: Column::NAME, cell: usize::MAX, pin: None };
    view! {
        <colgroup>
            <col style:width=format!("{CHECK_WIDTH}px")/>
            <col style:width=move || format!("{}px", context.width(&Column::NAME))/>
            {cols}
            <col/>
        </colgroup>
        <thead>
            <tr>
                <td class="check">{select_all}</td>
                <ColumnHead shown=name/>
                {heads}
                <td class="filler"></td>
            </tr>
        </thead>
    }
}

#[component]
fn ColumnHead(shown: Shown) -> impl IntoView {
    let context = TableContext::expect();
    let Shown { column, pin, .. } = shown;
    let is_name = column == Column::NAME;
    let class = match (is_name, pin.is_some(), column.is_number()) {
        (true, ..) => "name",
        (false, true, true) => "number pinned",
        (false, true, false) => "pinned",
        (false, false, true) => "number",
        (false, false, false) => "",
    };
    let order = {
        let column = column.clone();
        Memo::new(move |_| {
            context.state.with(|state| {
                let (current, descending) = state.selection.order.as_ref()?;
                (*current == column).then_some(*descending)
            })
        })
    };
    let aria_sort = move || order.get().map(|descending| if descending { "descending" } else { "ascending" });
    let sort_href = {
        let column = column.clone();
        move || context.state.with(|state| context.address(&state.sorted_by(&column)))
    };
    let label = view! {
        <span class="head-kind">{column.kind()}</span>
        <span class="head-label">
            {column.label().to_owned()}
            <span class="sort-arrow" aria-hidden="true">
                {move || match order.get() {
                    Some(true) => "↓",
                    Some(false) => "↑",
                    None => "",
                }}
            </span>
        </span>
    };
    let title = column.label().to_owned();
    view! {
        <th scope="col" class=class aria-sort=aria_sort style=pin_style(pin)>
            <a class="sort" href=sort_href data-noscroll="true" title=title>{label}</a>
            {(!is_name).then(|| view! { <PinLink column=column.clone() pinned=pin.is_some()/> })}
            <Resizer column/>
        </th>
    }
}

#[component]
fn PinLink(column: Column, pinned: bool) -> impl IntoView {
    let context = TableContext::expect();
    let label = format!("{} {}", if pinned { "Unpin" } else { "Pin" }, column.label());
    let href = move || {
        context.state.with(|state| {
            let mut next = state.clone();
            next.toggle_pin(&column);
            context.address(&next)
        })
    };
    view! {
        <a class="pin" class:on=pinned href=href data-noscroll="true" aria-label=label.clone() title=label>
            <Icon name=IconName::Pin/>
        </a>
    }
}

/// The edge that is dragged, or moved by the arrow keys, to make a column wider or narrower.
#[component]
fn Resizer(column: Column) -> impl IntoView {
    let context = TableContext::expect();
    let label = format!("Width of {}", column.label());
    let column = StoredValue::new(column);
    let width = move || column.with_value(|column| context.width(column));
    // Where the pointer went down, and the width then.
    let grip = StoredValue::new(None::<(i32, u32)>);
    let drag = move |width: u32| {
        context.dragged.update(|widths| {
            widths.insert(column.get_value(), width.clamp(56, 900));
        });
    };
    let keep = move || {
        let width = untrack(width);
        context.adjust(|state| state.set_width(&column.get_value(), width));
        context.dragged.update(|widths| {
            widths.remove(&column.get_value());
        });
    };
    let down = move |event: PointerEvent| {
        event.prevent_default();
        if let Some(edge) = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok()) {
            // Without the capture dragging works as long as the pointer stays near.
            let _ = edge.set_pointer_capture(event.pointer_id());
        }
        grip.set_value(Some((event.client_x(), untrack(width))));
    };
    let moved = move |event: PointerEvent| {
        if let Some((from, width)) = grip.get_value() {
            drag(width.saturating_add_signed(event.client_x() - from));
        }
    };
    let up = move |_: PointerEvent| {
        if grip.get_value().is_some() {
            grip.set_value(None);
            keep();
        }
    };
    let key = move |event: KeyboardEvent| {
        let change = match event.key().as_str() {
            "ArrowLeft" => -16,
            "ArrowRight" => 16,
            _ => return,
        };
        event.prevent_default();
        drag(untrack(width).saturating_add_signed(change));
        keep();
    };
    view! {
        <span
            class="resizer"
            role="separator"
            tabindex="0"
            aria-orientation="vertical"
            aria-label=label
            aria-valuemin="56"
            aria-valuemax="900"
            aria-valuenow=move || width().to_string()
            on:pointerdown=down
            on:pointermove=moved
            on:pointerup=up
            on:pointercancel=up
            on:keydown=key
        ></span>
    }
}
