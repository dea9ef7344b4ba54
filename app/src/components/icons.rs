//! The few icons, as outlines in the text's colour.

use leptos::prelude::*;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IconName {
    Check,
    ChevronDown,
    ChevronRight,
    Close,
    Columns,
    Copy,
    Download,
    Edit,
    File,
    Folder,
    Pin,
    Plus,
    Restore,
    Theme,
    Trash,
}

impl IconName {
    fn path(self) -> &'static str {
        match self {
            Self::Check => "M3 8.5 6.500 12 13 4.500",
            Self::ChevronDown => "M4 6l4 4 4-4",
            Self::ChevronRight => "M6 4l4 4-4 4",
            Self::Close => "M4 4l8 8M12 4l-8 8",
            Self::Columns => "M2.500 3h11v10h-11zM6.200 3v10M9.800 3v10",
            Self::Copy => "M5.500 5.500h7v8h-7zM3.500 10.500v-8h7",
            Self::Download => "M8 2.500v7.500M4.800 7 8 10.200 11.200 7M3 13.500h10",
            Self::Edit => "M3 13l.700-2.800L10.800 3.100l2.100 2.100-7.100 7.100z",
            Self::File => "M4 2.500h5.200L12 5.300v8.200H4zM9 2.500v3h3",
            Self::Folder => "M2.500 12.500v-9h4l1.300 1.600h5.700v7.400z",
            Self::Pin => "M6 2.500h4M6.700 2.500v4L4.800 9h6.400L9.300 6.500v-4M8 9v4.500",
            Self::Plus => "M8 3v10M3 8h10",
            Self::Restore => "M3 3.500v3.200h3.200M3.200 6.700A5 5 0 1 1 3 9.200",
            Self::Theme => "M8 2.500a5.500 5.500 0 1 0 0 11zM8 2.500a5.500 5.500 0 0 1 0 11z",
            Self::Trash => "M3 4.500h10M6 4.500v-2h4v2M4.500 4.500l.600 9h5.800l.600-9",
        }
    }
}

#[component]
pub fn Icon(name: IconName) -> impl IntoView {
    let half = (name == IconName::Theme)
        .then(|| view! { <path class="filled" d="M8 2.500a5.500 5.500 0 0 1 0 11z"/> });
    view! {
        <svg class="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" focusable="false">
            <path d=name.path()/>
            {half}
        </svg>
    }
}
