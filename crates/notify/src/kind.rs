//! What can happen, by its own dotted name. The other dialects' names are found from here.

use std::fmt;
use std::str::FromStr;

/// A name that no dialect's list has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no event that can be subscribed to")]
pub struct UnknownEvent(pub String);

/// Declares an enum of names once, so that its list, its texts and its parser cannot differ.
macro_rules! names {
    ($(#[$meta:meta])* $name:ident { $($variant:ident => $text:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($variant,)+
        }

        impl $name {
            /// All of them, in the order in which they are shown.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// The name as it is written in requests and payloads.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)+
                }
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = $crate::kind::UnknownEvent;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let found = Self::ALL.iter().find(|one| one.as_str() == text);
                found.copied().ok_or_else(|| $crate::kind::UnknownEvent(text.to_owned()))
            }
        }
    };
}
pub(crate) use names;

names! {
    /// A kind of event; its text is the name in our own dialect, e.g. `review.applied`.
    Kind {
        ModelCreated => "registered_model.created",
        ModelUpdated => "registered_model.updated",
        ModelRenamed => "registered_model.renamed",
        ModelDeleted => "registered_model.deleted",
        ModelTagSet => "registered_model.tag_set",
        ModelTagDeleted => "registered_model.tag_deleted",
        VersionCreated => "model_version.created",
        VersionUpdated => "model_version.updated",
        VersionTransitioned => "model_version.transitioned",
        VersionDeleted => "model_version.deleted",
        VersionTagSet => "model_version.tag_set",
        VersionTagDeleted => "model_version.tag_deleted",
        VersionAliasSet => "model_version.alias_set",
        VersionAliasDeleted => "model_version.alias_deleted",
        VersionCommented => "model_version.commented",
        PromptCreated => "prompt.created",
        PromptUpdated => "prompt.updated",
        PromptRenamed => "prompt.renamed",
        PromptDeleted => "prompt.deleted",
        PromptTagSet => "prompt.tag_set",
        PromptTagDeleted => "prompt.tag_deleted",
        PromptVersionCreated => "prompt_version.created",
        PromptVersionUpdated => "prompt_version.updated",
        PromptVersionTransitioned => "prompt_version.transitioned",
        PromptVersionDeleted => "prompt_version.deleted",
        PromptVersionTagSet => "prompt_version.tag_set",
        PromptVersionTagDeleted => "prompt_version.tag_deleted",
        PromptVersionAliasSet => "prompt_version.alias_set",
        PromptVersionAliasDeleted => "prompt_version.alias_deleted",
        PromptVersionCommented => "prompt_version.commented",
        ReviewOpened => "review.opened",
        ReviewSigned => "review.signed",
        ReviewSignatureStale => "review.signature_stale",
        ReviewChangesRequested => "review.changes_requested",
        ReviewCommented => "review.commented",
        ReviewGateChanged => "review.gate_changed",
        ReviewWaived => "review.waived",
        ReviewApplied => "review.applied",
        ReviewRejected => "review.rejected",
        ReviewCancelled => "review.cancelled",
        ReviewExpired => "review.expired",
        ReviewOverridden => "review.overridden",
        ReviewSuperseded => "review.superseded",
        ReleaseIssued => "release.issued",
        RollbackApplied => "rollback.applied",
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Kind {
    /// The kind with this name.
    ///
    /// # Errors
    /// [`UnknownEvent`] if there is none; names are compared letter by letter.
    pub fn parse(text: &str) -> Result<Self, UnknownEvent> {
        Self::from_str(text)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_kind_is_found_by_its_name_and_no_name_is_used_twice() {
        let names: BTreeSet<_> = Kind::ALL.iter().map(|kind| kind.as_str()).collect();
        assert_eq!(names.len(), Kind::ALL.len());
        for kind in Kind::ALL {
            assert_eq!(Kind::parse(kind.as_str()), Ok(*kind));
        }
    }

    #[test]
    fn names_are_dotted_and_lower_case() {
        for kind in Kind::ALL {
            let (subject, verb) = kind.as_str().split_once('.').expect("a dot");
            for part in [subject, verb] {
                assert!(
                    !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'),
                    "{kind}"
                );
            }
        }
    }

    #[test]
    fn an_unknown_name_is_named() {
        let error = Kind::parse("Review.Applied").expect_err("capitals are another name");
        assert_eq!(error.to_string(), "`Review.Applied` is no event that can be subscribed to");
    }
}
