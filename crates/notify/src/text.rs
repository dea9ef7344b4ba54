//! An event as one English sentence, for people: Databricks' `text` and Slack's.

use std::fmt::Write as _;

use crate::Event;
use crate::event::{Step, VersionChange, What};

/// How many characters of one typed text a sentence repeats.
const LONGEST: usize = 300;

/// What happened, in one sentence with a full stop, safe to be shown by Slack and those that take its form.
///
/// Everything that people typed is escaped by [`escape`] and cut at 300 characters.
pub fn sentence(event: &Event) -> String {
    let actor = if event.actor.name.is_empty() { "A user".into() } else { shown(&event.actor.name) };
    let model =
        format!("{} '{}'", if event.prompt { "prompt" } else { "registered model" }, shown(&event.model));
    match &event.what {
        What::Created { .. } => format!("{actor} created {model}."),
        What::Updated => format!("{actor} updated {model}."),
        What::Renamed { from } => format!("{actor} renamed '{}' to {model}.", shown(from)),
        What::Deleted => format!("{actor} deleted {model}."),
        What::TagSet(tag) => {
            format!("{actor} set tag(s) '{}' => '{}' for {model}.", shown(&tag.key), shown(&tag.value))
        }
        What::TagDeleted { key } => format!("{actor} deleted tag '{}' of {model}.", shown(key)),
        What::AliasSet { alias, version } => {
            format!("{actor} set alias '{}' to {model} version {}.", shown(alias), shown(version))
        }
        What::AliasDeleted { alias } => format!("{actor} deleted alias '{}' of {model}.", shown(alias)),
        What::VersionCreated(new) => format!("{actor} created version {} of {model}.", shown(&new.version)),
        What::Version { version, change } => {
            versioned(change, &actor, &format!("{model} version {}", shown(version)))
        }
        What::Review { review, step } => {
            let to = shown(&review.to_stage);
            let mut text =
                reviewed(step, &actor, &format!("{model} version {} to {to}", shown(&review.version)));
            let missing: Vec<_> =
                review.missing.iter().map(|one| format!("{} {}", one.count, shown(&one.role))).collect();
            if review.state == "open" && !missing.is_empty() {
                let _ = write!(text, " Still missing: {}.", missing.join(", "));
            }
            text
        }
        What::ReleaseIssued { release, version, stage } => format!(
            "Release {} was issued for {model} version {} in {}.",
            shown(release),
            shown(version),
            shown(stage)
        ),
        What::RolledBack { version, stage, replaced } => format!(
            "{actor} rolled {} of {model} back from version {} to version {}.",
            shown(stage),
            shown(replaced),
            shown(version)
        ),
    }
}

fn versioned(change: &VersionChange, actor: &str, version: &str) -> String {
    match change {
        VersionChange::Updated => format!("{actor} updated {version}."),
        VersionChange::Deleted => format!("{actor} deleted {version}."),
        VersionChange::TagSet(tag) => {
            format!(
                "{actor} set version tag(s) '{}' => '{}' for {version}.",
                shown(&tag.key),
                shown(&tag.value)
            )
        }
        VersionChange::TagDeleted { key } => format!("{actor} deleted tag '{}' of {version}.", shown(key)),
        VersionChange::Transitioned { from_stage, to_stage } => {
            // The sentence starts with `registered model` or `prompt`.
            let version = version[..1].to_ascii_uppercase() + &version[1..];
            format!("{version} transitioned from {} to {}.", shown(from_stage), shown(to_stage))
        }
        VersionChange::Commented { comment } => format!("{actor} commented on {version}{}", said(comment)),
    }
}

fn reviewed(step: &Step, actor: &str, request: &str) -> String {
    match step {
        Step::Opened { comment } => format!("{actor} requested the transition of {request}{}", said(comment)),
        Step::Signed { role } => format!("{actor} signed the transition of {request} as {}.", shown(role)),
        Step::SignatureStale { signer } => {
            format!("The signature of {} under the transition of {request} counts no longer.", shown(signer))
        }
        Step::ChangesRequested { comment } => {
            format!("{actor} asked for changes before the transition of {request}{}", said(comment))
        }
        Step::Commented { comment } => {
            format!("{actor} commented on the transition of {request}{}", said(comment))
        }
        Step::GateChanged { gate, status } => {
            format!("Gate '{}' of the transition of {request} is now: {}.", shown(gate), shown(status))
        }
        Step::Waived { gate, reason } => {
            format!("{actor} waived gate '{}' of the transition of {request}{}", shown(gate), said(reason))
        }
        Step::Applied => format!("The transition of {request} was applied."),
        Step::Rejected { comment } => {
            format!("{actor} rejected the transition of {request}{}", said(comment))
        }
        Step::Cancelled => format!("{actor} cancelled the transition of {request}."),
        Step::Expired => format!("The request for the transition of {request} expired."),
        Step::Overridden { reason } => {
            format!("{actor} overrode the review of the transition of {request}{}", said(reason))
        }
        Step::Superseded { reason } => {
            format!("The request for the transition of {request} was superseded{}", said(reason))
        }
    }
}

/// The end of a sentence that quotes somebody.
fn said(comment: &str) -> String {
    if comment.is_empty() { ".".into() } else { format!(": {}", shown(comment)) }
}

fn shown(typed: &str) -> String {
    escape(&cut(typed, LONGEST))
}

/// `text` if it has at most `longest` characters, else its beginning and `…`.
pub fn cut(text: &str, longest: usize) -> String {
    match text.char_indices().nth(longest) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// `typed` such that it cannot become a link or call a whole channel in Slack, Mattermost or Rocket.Chat.
pub fn escape(typed: &str) -> String {
    let mut text = typed.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    // Slack knows these words only in `<…>`; the others take them as they stand. A zero-width space parts them.
    for word in ["channel", "all", "here", "everyone"] {
        for at in ["@", "＠"] {
            text = part(&text, at, word);
        }
    }
    text
}

fn part(text: &str, at: &str, word: &str) -> String {
    let mut parted = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(found) = rest.find(at) {
        let end = found + at.len();
        parted.push_str(&rest[..end]);
        rest = &rest[end..];
        if rest.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word)) {
            parted.push('\u{200b}');
        }
    }
    parted + rest
}

#[cfg(test)]
mod tests {
    use domain::Millis;

    use super::*;
    use crate::{Kind, Topic, example};

    fn example(name: &str) -> Event {
        let topic = Topic::Own(Kind::parse(name).expect("a kind"));
        example::event(topic, Millis(0)).expect("an example")
    }

    #[test]
    fn a_transition_reads_as_databricks_writes_it() {
        assert_eq!(
            sentence(&example("model_version.transitioned")),
            "Registered model 'example_model' version 1 transitioned from Staging to Production."
        );
        assert_eq!(
            sentence(&example("model_version.tag_set")),
            "example_user set version tag(s) 'example_key' => 'example_value' for registered model 'example_model' \
             version 1."
        );
    }

    #[test]
    fn an_open_review_says_what_is_missing_and_an_ended_one_does_not() {
        assert_eq!(
            sentence(&example("review.signed")),
            "example_user signed the transition of registered model 'example_model' version 1 to Production as \
             ml_engineer. Still missing: 1 ops_engineer."
        );
        assert!(!sentence(&example("review.applied")).contains("missing"));
    }

    #[test]
    fn every_kind_has_a_sentence_that_starts_with_somebody_or_something() {
        for kind in Kind::ALL {
            let text = sentence(&example(kind.as_str()));
            assert!(text.contains("'example_") && !text.starts_with(char::is_whitespace), "{text}");
        }
    }

    #[test]
    fn what_people_typed_pings_nobody_and_links_nowhere() {
        let mut event = example("review.commented");
        event.model = "<!channel>".into();
        let What::Review { step, .. } = &mut event.what else { panic!("a review") };
        *step = Step::Commented { comment: "<http://evil.example|the page> & @All @channel".into() };
        let text = sentence(&event);
        assert!(!text.contains(['<', '>']), "{text}");
        assert!(
            text.contains("&lt;!channel&gt;") && text.contains("&amp; @\u{200b}All @\u{200b}channel"),
            "{text}"
        );
    }

    #[test]
    fn an_address_of_mail_stays_as_it_is() {
        assert_eq!(escape("ann@example.com"), "ann@example.com");
    }

    #[test]
    fn long_texts_are_cut_between_characters() {
        assert_eq!(cut("äöü", 3), "äöü");
        assert_eq!(cut("äöü", 2), "äö…");
        let mut event = example("model_version.commented");
        event.model = "ü".repeat(5000);
        assert!(sentence(&event).chars().count() < 1000);
    }
}
