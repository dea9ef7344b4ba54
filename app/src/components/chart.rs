//! A chart of lines: drawn by the server, then redrawn for the room there is; it shows values under
//! the pointer, zooms by dragging, and does the same by keys.

use charts::{Drawing, HorizontalAxis, Options, Series, metric_lines, nearest, summary};
use domain::Millis;
use domain::metrics::Axis;
use leptos::ev::{KeyboardEvent, PointerEvent};
use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;

use super::observe::observe_width;
use crate::clock::offset_minutes;
use crate::format;

/// One line, named.
#[derive(Debug, Clone, PartialEq)]
pub struct ChartLine {
    pub label: String,
    /// Which of the theme's series colours, from 0.
    pub color: usize,
    pub points: Vec<(f64, f64)>,
    /// The averages at these points.
    pub smoothed: Vec<f64>,
    /// How many points there are before thinning.
    pub total: u64,
    /// Where every raw point can be downloaded.
    pub raw_href: String,
}

/// How lines are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct ChartLook {
    pub axis: Axis,
    /// A logarithmic vertical axis.
    pub log: bool,
    /// The weight of the past, 0 ≤ it < 1; with 0 the raw lines are drawn.
    pub smoothing: f64,
    /// The part of the axis that is shown.
    pub window: Option<(f64, f64)>,
}

/// How much of the chart's width a drag has to cover to be a zoom, in pixels.
const SHORTEST_DRAG: f64 = 6.0;

/// What pointer and keys have reached.
#[derive(Clone, Copy)]
struct Cursor {
    drawing: Memo<Drawing>,
    lines: Signal<Vec<ChartLine>>,
    look: Signal<ChartLook>,
    zoom: Callback<Option<(f64, f64)>>,
    /// The place on the axis whose values are shown.
    at: RwSignal<Option<f64>>,
    /// Where a drag began and where it is, in pixels.
    drag: RwSignal<Option<(f64, f64)>>,
    by_keys: RwSignal<bool>,
}

#[component]
pub fn Chart(
    #[prop(into)] title: String,
    #[prop(into)] lines: Signal<Vec<ChartLine>>,
    #[prop(into)] look: Signal<ChartLook>,
    /// Told the part of the axis to show; `None`: all of it.
    zoom: Callback<Option<(f64, f64)>>,
    /// Pixels.
    #[prop(default = 220)]
    height: u32,
) -> impl IntoView {
    let body = NodeRef::<html::Div>::new();
    let width = RwSignal::new(480);
    observe_width(body, width);
    let drawing = Memo::new(move |_| {
        let look = look.get();
        lines.with(|lines| draw(lines, look, width.get(), height))
    });
    let cursor = Cursor {
        drawing,
        lines,
        look,
        zoom,
        at: RwSignal::new(None),
        drag: RwSignal::new(None),
        by_keys: RwSignal::new(false),
    };
    let words = move || {
        lines.with(|lines| {
            let one = |line: &ChartLine| {
                let series = Series { points: &line.points, color: 0, faint: false };
                format!("{}: {}", line.label, summary(&series, format::number))
            };
            lines.iter().map(one).collect::<Vec<_>>().join("; ")
        })
    };
    let label = format!("{title}. Arrow keys move along the line, plus and minus zoom, zero shows all.");
    view! {
        <div class="chart">
            <div class="chart-body" node_ref=body style:height=format!("{height}px")>
                <div class="chart-drawing" inner_html=move || drawing.with(|drawing| drawing.svg.clone())></div>
                <div
                    class="chart-layer"
                    tabindex="0"
                    role="group"
                    aria-label=label
                    on:pointerdown=move |event| cursor.press(&event)
                    on:pointermove=move |event| cursor.moved(&event)
                    on:pointerup=move |_| cursor.release()
                    on:pointercancel=move |_| cursor.drag.set(None)
                    on:pointerleave=move |event| cursor.lifted(&event)
                    on:dblclick=move |_| zoom.run(None)
                    on:keydown=move |event| cursor.key(&event)
                    on:blur=move |_| cursor.leave()
                ></div>
                <Marks cursor/>
            </div>
            <p class="visually-hidden">{words}</p>
        </div>
    }
}

fn draw(lines: &[ChartLine], look: ChartLook, width: u32, height: u32) -> Drawing {
    let smoothed: Vec<Vec<_>> = lines
        .iter()
        .map(|line| line.points.iter().zip(&line.smoothed).map(|((at, _), value)| (*at, *value)).collect())
        .collect();
    let is_smoothed = look.smoothing > 0.0;
    let raw = lines.iter().map(|line| Series {
        points: &line.points,
        color: line.color,
        faint: is_smoothed && !line.smoothed.is_empty(),
    });
    let fine = lines.iter().zip(&smoothed).filter(|_| is_smoothed).map(|(line, points)| Series {
        points,
        color: line.color,
        faint: false,
    });
    let series: Vec<_> = raw.chain(fine).collect();
    let first = lines.iter().find_map(|line| line.points.first());
    let axis = match look.axis {
        Axis::Step => HorizontalAxis::Step,
        Axis::Relative => HorizontalAxis::Seconds,
        Axis::Time => HorizontalAxis::Time {
            offset_minutes: first.map_or(0, |(position, _)| offset_minutes(as_millis(*position))),
        },
    };
    metric_lines(&series, Options { width, height, axis, log: look.log, window: look.window })
}

#[expect(clippy::cast_possible_truncation, reason = "ms since the epoch")]
fn as_millis(position: f64) -> Millis {
    Millis(position as i64)
}

/// A place on the axis, in words.
fn place(axis: Axis, at: f64) -> String {
    match axis {
        Axis::Step => format!("step {}", format::number(at)),
        Axis::Relative => charts::duration_label(at),
        Axis::Time => format::date_time(as_millis(at).0, offset_minutes(as_millis(at))),
    }
}

impl Cursor {
    fn press(self, event: &PointerEvent) {
        if event.button() != 0 {
            return;
        }
        if let Some(layer) = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok()) {
            // Without the capture dragging works as long as the pointer stays above the chart.
            let _ = layer.set_pointer_capture(event.pointer_id());
        }
        let x = f64::from(event.offset_x());
        self.drag.set(Some((x, x)));
        self.moved(event);
    }

    /// A finger leaves the values that it tapped on; they stay until it taps elsewhere.
    fn lifted(self, event: &PointerEvent) {
        if event.pointer_type() != "touch" {
            self.leave();
        }
    }

    fn moved(self, event: &PointerEvent) {
        let x = f64::from(event.offset_x());
        self.by_keys.set(false);
        self.drag.update(|drag| {
            if let Some((_, end)) = drag {
                *end = x;
            }
        });
        let at = self.drawing.with_untracked(|drawing| drawing.frame.x.value(x));
        self.at.set(self.snapped(at));
    }

    fn release(self) {
        let Some((from, to)) = self.drag.get_untracked() else { return };
        self.drag.set(None);
        if (from - to).abs() >= SHORTEST_DRAG {
            let window = self.drawing.with_untracked(|drawing| {
                let scale = drawing.frame.x;
                let inside = |x: f64| scale.value(x.clamp(scale.start, scale.end));
                (inside(from.min(to)), inside(from.max(to)))
            });
            self.at.set(None);
            self.zoom.run(Some(window));
        }
    }

    fn leave(self) {
        if self.drag.get_untracked().is_none() {
            self.at.set(None);
        }
    }

    /// The nearest place that has a value.
    fn snapped(self, at: f64) -> Option<f64> {
        self.lines.with_untracked(|lines| {
            let near =
                lines.iter().filter_map(|line| nearest(&line.points, at).map(|index| line.points[index].0));
            near.min_by(|a, b| (a - at).abs().total_cmp(&(b - at).abs()))
        })
    }

    fn key(self, event: &KeyboardEvent) {
        let (low, high) = self.drawing.with_untracked(|drawing| (drawing.frame.x.low, drawing.frame.x.high));
        let at = self.at.get_untracked();
        let middle = at.unwrap_or(f64::midpoint(low, high));
        let around = |half: f64| Some((middle - half, middle + half));
        match event.key().as_str() {
            "ArrowRight" => self.step(at, 1),
            "ArrowLeft" => self.step(at, -1),
            "+" | "=" => self.zoom.run(around((high - low) / 4.0)),
            "-" => self.zoom.run(around(high - low)),
            "0" => self.zoom.run(None),
            "Escape" => {
                self.drag.set(None);
                self.at.set(None);
            }
            _ => return,
        }
        self.by_keys.set(true);
        event.prevent_default();
    }

    /// Moves along the longest line.
    fn step(self, at: Option<f64>, by: isize) {
        let next = self.lines.with_untracked(|lines| {
            let line = lines.iter().max_by_key(|line| line.points.len())?;
            let index = match at {
                Some(at) => nearest(&line.points, at)?.saturating_add_signed(by),
                None if by > 0 => 0,
                None => line.points.len().checked_sub(1)?,
            };
            line.points.get(index.min(line.points.len().checked_sub(1)?)).map(|point| point.0)
        });
        self.at.set(next);
    }
}

/// A value under the cursor.
#[derive(Clone, PartialEq)]
struct Reading {
    label: String,
    color: usize,
    raw: f64,
    smoothed: Option<f64>,
    top: Option<f64>,
}

/// The cursor's line, dots and values, and the part that is being dragged over.
#[component]
fn Marks(cursor: Cursor) -> impl IntoView {
    let readings = move |at: f64| {
        let look = cursor.look.get();
        cursor.lines.with(|lines| {
            cursor.drawing.with(|drawing| {
                let mut readings: Vec<_> =
                    lines.iter().filter_map(|line| read(line, at, look, drawing)).collect();
                readings.sort_by(|a, b| b.raw.total_cmp(&a.raw));
                readings
            })
        })
    };
    let marks = move || {
        let at = cursor.at.get()?;
        let (x, width) = cursor
            .drawing
            .with(|drawing| (drawing.frame.x.pixel(at), f64::from(drawing.frame.options.width)));
        let readings = readings(at);
        let dots = readings
            .iter()
            .filter_map(|reading| {
                let style = format!("left:{x:.1}px;top:{:.1}px", reading.top?);
                Some(view! { <span class=format!("chart-dot series-{}", reading.color) style=style></span> })
            })
            .collect_view();
        let rows = readings
            .iter()
            .map(|reading| {
                view! {
                    <li>
                        <span class=format!("swatch series-{}", reading.color)></span>
                        <span class="tip-label">{reading.label.clone()}</span>
                        <span class="tip-value">{format::number(reading.smoothed.unwrap_or(reading.raw))}</span>
                        {reading.smoothed.map(|_| view! {
                            <span class="tip-raw">{format!("raw {}", format::number(reading.raw))}</span>
                        })}
                    </li>
                }
            })
            .collect_view();
        let side = if x > width / 2.0 {
            format!("right:{:.0}px;max-width:{:.0}px", width - x + 12.0, x - 12.0)
        } else {
            format!("left:{:.0}px;max-width:{:.0}px", x + 12.0, width - x - 12.0)
        };
        let title = place(cursor.look.get().axis, at);
        Some(view! {
            <span class="chart-cursor" style=format!("left:{x:.1}px")></span>
            {dots}
            <div class="chart-tip" style=side>
                <p>{title}</p>
                <ul>{rows}</ul>
            </div>
        })
    };
    let dragged = move || {
        let (from, to) = cursor.drag.get()?;
        let style = format!("left:{:.0}px;width:{:.0}px", from.min(to), (from - to).abs());
        Some(view! { <span class="chart-drag" style=style></span> })
    };
    // Read out only to those who move by keys.
    let spoken = move || {
        let at = cursor.at.get().filter(|_| cursor.by_keys.get())?;
        let values: Vec<_> = readings(at)
            .iter()
            .map(|reading| format!("{} {}", reading.label, format::number(reading.raw)))
            .collect();
        Some(format!("{}: {}", place(cursor.look.get().axis, at), values.join(", ")))
    };
    view! {
        <div class="chart-marks" aria-hidden="true">{marks} {dragged}</div>
        <span class="visually-hidden" role="status">{spoken}</span>
    }
}

fn read(line: &ChartLine, at: f64, look: ChartLook, drawing: &Drawing) -> Option<Reading> {
    let index = nearest(&line.points, at)?;
    let (position, raw) = line.points[index];
    // A line that ends elsewhere has no value here.
    let (here, there) = (drawing.frame.x.pixel(at), drawing.frame.x.pixel(position));
    if (here - there).abs() > 24.0 {
        return None;
    }
    let smoothed = line.smoothed.get(index).copied().filter(|_| look.smoothing > 0.0);
    let top = drawing.frame.value_pixel(smoothed.unwrap_or(raw));
    Some(Reading { label: line.label.clone(), color: line.color, raw, smoothed, top })
}
