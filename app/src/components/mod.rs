//! What several features use.

mod before_live;
mod chart;
mod copy;
mod dialog;
mod empty;
mod escape;
mod focus;
mod form;
mod fresh;
mod header;
mod icons;
mod later;
mod markdown;
mod notes;
mod observe;
mod origin;
mod problem;
mod prose;
mod skeleton;
mod sort;
mod status;
mod tags;

pub use before_live::{kept_text, ticked_before_live};
pub use chart::{Chart, ChartLine, ChartLook};
pub use copy::CopyButton;
pub use dialog::{Dialog, DialogButton, close_dialog};
#[cfg(feature = "ssr")]
pub use empty::in_a_shell;
pub use empty::{EmptyState, Snippet};
pub use escape::text_as_html;
pub use focus::{FocusFollowsPage, keep_focus_in, rescue_focus};
pub use form::{ActionForm, ActionProblem, FailedForm, FormAction};
pub use fresh::{Fresh, fresh};
pub use header::{Header, Section, Visitor};
pub use icons::{Icon, IconName};
pub use later::later;
#[cfg(feature = "ssr")]
pub use markdown::to_html;
pub use notes::Notes;
pub use origin::origin;
pub use problem::{NotFound, loaded};
pub use prose::prose;
pub use skeleton::{SkeletonBlock, SkeletonRows};
pub use sort::SortHeader;
pub use status::StatusBadge;
pub use tags::{Tag, TagEditor, shown_tags};
