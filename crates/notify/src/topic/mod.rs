//! What a subscription names: an event in one of three dialects, and which events it is told of.

mod databricks;
mod mlflow;

use std::fmt;

pub use databricks::Databricks;
pub use mlflow::{Action, Entity, Mlflow};

use crate::kind::UnknownEvent;
use crate::{Event, Form, Kind};

/// One subscribed event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Topic {
    Own(Kind),
    Mlflow(Mlflow),
    Databricks(Databricks),
}

impl Topic {
    /// The topic with this name in the dialect that hooks of `form` are subscribed in: `review.applied`,
    /// `model_version.created`, `MODEL_VERSION_TRANSITIONED_TO_STAGING`. Slack's form uses our own names.
    ///
    /// # Errors
    /// [`UnknownEvent`] if the dialect has no such name.
    pub fn parse(form: Form, name: &str) -> Result<Self, UnknownEvent> {
        Ok(match form {
            Form::Own | Form::Slack => Self::Own(name.parse()?),
            Form::Mlflow => Self::Mlflow(name.parse()?),
            Form::Databricks => Self::Databricks(name.parse()?),
        })
    }

    /// All topics that a hook of `form` can be subscribed to.
    pub fn list(form: Form) -> Vec<Self> {
        match form {
            Form::Own | Form::Slack => Kind::ALL.iter().copied().map(Self::Own).collect(),
            Form::Mlflow => Mlflow::ALL.iter().copied().map(Self::Mlflow).collect(),
            Form::Databricks => Databricks::ALL.iter().copied().map(Self::Databricks).collect(),
        }
    }

    /// Whether a hook that is subscribed to this is told of `event`.
    pub fn matches(self, event: &Event) -> bool {
        match self {
            Self::Own(kind) => kind == event.kind(),
            Self::Mlflow(pair) => Mlflow::of(event.kind()) == Some(pair),
            Self::Databricks(name) => name.matches(event),
        }
    }

    /// The subscribed topics that `event` is to be delivered for, each once, in the order of the list. More than
    /// one only in Databricks' dialect: its general and its special name are two deliveries.
    pub fn fired(subscribed: &[Self], event: &Event) -> Vec<Self> {
        let mut fired: Vec<Self> = subscribed.iter().copied().filter(|topic| topic.matches(event)).collect();
        fired.sort_unstable();
        fired.dedup();
        fired
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Own(kind) => kind.fmt(f),
            Self::Mlflow(pair) => pair.fmt(f),
            Self::Databricks(name) => f.write_str(name.as_str()),
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::Millis;

    use super::*;
    use crate::example;

    const FORMS: [Form; 4] = [Form::Own, Form::Mlflow, Form::Databricks, Form::Slack];

    #[test]
    fn every_listed_topic_is_parsed_from_its_name() {
        for form in FORMS {
            for topic in Topic::list(form) {
                assert_eq!(Topic::parse(form, &topic.to_string()), Ok(topic));
            }
            assert!(Topic::parse(form, "model_version").is_err());
        }
    }

    #[test]
    fn names_belong_to_their_dialect() {
        assert!(Topic::parse(Form::Mlflow, "review.applied").is_err());
        assert!(Topic::parse(Form::Databricks, "model_version.created").is_err());
        assert!(Topic::parse(Form::Own, "MODEL_VERSION_CREATED").is_err());
        assert!(Topic::parse(Form::Slack, "review.applied").is_ok());
    }

    #[test]
    fn the_example_of_a_topic_is_an_event_of_it_and_of_few_others() {
        for form in FORMS {
            let all = Topic::list(form);
            for topic in &all {
                let Some(event) = example::event(*topic, Millis(0)) else { continue };
                let fired = Topic::fired(&all, &event);
                assert!(fired.contains(topic), "{topic}");
                assert!(fired.len() <= if form == Form::Databricks { 2 } else { 1 }, "{topic}: {fired:?}");
            }
        }
    }

    #[test]
    fn a_topic_that_is_subscribed_twice_is_delivered_once() {
        let topic = Topic::Own(Kind::ReviewApplied);
        let event = example::event(topic, Millis(0)).expect("ours all have one");
        assert_eq!(Topic::fired(&[topic, topic, Topic::Own(Kind::ModelCreated)], &event), [topic]);
    }
}
