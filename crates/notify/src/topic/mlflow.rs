//! MLflow's names: an entity and an action, of which only some pairs exist.

use std::fmt;
use std::str::FromStr;

use crate::Kind;
use crate::kind::{UnknownEvent, names};

names! {
    /// What an event of MLflow is about, in the order in which MLflow lists them: by name.
    Entity {
        BudgetPolicy => "budget_policy",
        ModelVersion => "model_version",
        ModelVersionAlias => "model_version_alias",
        ModelVersionTag => "model_version_tag",
        Prompt => "prompt",
        PromptAlias => "prompt_alias",
        PromptTag => "prompt_tag",
        PromptVersion => "prompt_version",
        PromptVersionTag => "prompt_version_tag",
        RegisteredModel => "registered_model",
    }
}

names! {
    /// What happened to it, by name. `Updated` exists and is valid for nothing.
    Action {
        Created => "created",
        Deleted => "deleted",
        Exceeded => "exceeded",
        Set => "set",
        Updated => "updated",
    }
}

/// A valid pair of entity and action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mlflow {
    entity: Entity,
    action: Action,
}

impl Entity {
    /// The actions that can be subscribed to for it, by name.
    pub const fn actions(self) -> &'static [Action] {
        match self {
            Self::RegisteredModel | Self::ModelVersion | Self::Prompt | Self::PromptVersion => {
                &[Action::Created]
            }
            Self::ModelVersionTag | Self::PromptTag | Self::PromptVersionTag => {
                &[Action::Deleted, Action::Set]
            }
            Self::ModelVersionAlias | Self::PromptAlias => &[Action::Created, Action::Deleted],
            Self::BudgetPolicy => &[Action::Exceeded],
        }
    }
}

impl Mlflow {
    /// All valid pairs, by entity, then by action.
    pub const ALL: &[Self] = &[
        Self::pair(Entity::BudgetPolicy, Action::Exceeded),
        Self::pair(Entity::ModelVersion, Action::Created),
        Self::pair(Entity::ModelVersionAlias, Action::Created),
        Self::pair(Entity::ModelVersionAlias, Action::Deleted),
        Self::pair(Entity::ModelVersionTag, Action::Deleted),
        Self::pair(Entity::ModelVersionTag, Action::Set),
        Self::pair(Entity::Prompt, Action::Created),
        Self::pair(Entity::PromptAlias, Action::Created),
        Self::pair(Entity::PromptAlias, Action::Deleted),
        Self::pair(Entity::PromptTag, Action::Deleted),
        Self::pair(Entity::PromptTag, Action::Set),
        Self::pair(Entity::PromptVersion, Action::Created),
        Self::pair(Entity::PromptVersionTag, Action::Deleted),
        Self::pair(Entity::PromptVersionTag, Action::Set),
        Self::pair(Entity::RegisteredModel, Action::Created),
    ];

    const fn pair(entity: Entity, action: Action) -> Self {
        Self { entity, action }
    }

    /// The pair, if it is a valid one.
    ///
    /// # Errors
    /// A message in MLflow's words that lists the entity's actions.
    pub fn new(entity: Entity, action: Action) -> Result<Self, String> {
        let valid = entity.actions();
        if valid.contains(&action) {
            return Ok(Self::pair(entity, action));
        }
        let valid: Vec<_> = valid.iter().map(|one| format!("'{}'", one.as_str())).collect();
        let (entity, action) = (entity.as_str(), action.as_str());
        let valid = valid.join(", ");
        Err(format!("Invalid action '{action}' for entity '{entity}'. Valid actions are: [{valid}]"))
    }

    pub fn entity(self) -> Entity {
        self.entity
    }

    pub fn action(self) -> Action {
        self.action
    }

    /// The pair that stands for `kind`; MLflow has no name for updates, transitions, reviews and most deletions.
    pub fn of(kind: Kind) -> Option<Self> {
        let (entity, action) = match kind {
            Kind::ModelCreated => (Entity::RegisteredModel, Action::Created),
            Kind::VersionCreated => (Entity::ModelVersion, Action::Created),
            Kind::VersionTagSet => (Entity::ModelVersionTag, Action::Set),
            Kind::VersionTagDeleted => (Entity::ModelVersionTag, Action::Deleted),
            Kind::VersionAliasSet => (Entity::ModelVersionAlias, Action::Created),
            Kind::VersionAliasDeleted => (Entity::ModelVersionAlias, Action::Deleted),
            Kind::PromptCreated => (Entity::Prompt, Action::Created),
            Kind::PromptVersionCreated => (Entity::PromptVersion, Action::Created),
            Kind::PromptTagSet => (Entity::PromptTag, Action::Set),
            Kind::PromptTagDeleted => (Entity::PromptTag, Action::Deleted),
            Kind::PromptVersionTagSet => (Entity::PromptVersionTag, Action::Set),
            Kind::PromptVersionTagDeleted => (Entity::PromptVersionTag, Action::Deleted),
            Kind::PromptVersionAliasSet => (Entity::PromptAlias, Action::Created),
            Kind::PromptVersionAliasDeleted => (Entity::PromptAlias, Action::Deleted),
            _ => return None,
        };
        Some(Self::pair(entity, action))
    }
}

impl fmt::Display for Mlflow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.entity.as_str(), self.action.as_str())
    }
}

impl FromStr for Mlflow {
    type Err = UnknownEvent;

    fn from_str(text: &str) -> Result<Self, UnknownEvent> {
        let unknown = || UnknownEvent(text.to_owned());
        let (entity, action) = text.split_once('.').ok_or_else(unknown)?;
        Self::new(entity.parse()?, action.parse()?).map_err(|_| unknown())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_holds_every_valid_pair_in_order_and_no_other() {
        assert!(Mlflow::ALL.is_sorted());
        let valid: usize = Entity::ALL.iter().map(|entity| entity.actions().len()).sum();
        assert_eq!(Mlflow::ALL.len(), valid);
        for pair in Mlflow::ALL {
            assert_eq!(Mlflow::new(pair.entity, pair.action), Ok(*pair));
        }
    }

    #[test]
    fn entities_and_actions_are_ordered_by_their_names() {
        assert!(Entity::ALL.is_sorted_by_key(|one| one.as_str()));
        assert!(Action::ALL.is_sorted_by_key(|one| one.as_str()));
        assert!(Entity::ALL.iter().all(|one| one.actions().is_sorted()));
    }

    #[test]
    fn an_invalid_pair_is_refused_in_mlflows_words() {
        assert_eq!(
            Mlflow::new(Entity::RegisteredModel, Action::Updated),
            Err("Invalid action 'updated' for entity 'registered_model'. Valid actions are: ['created']"
                .into())
        );
        let message = Mlflow::new(Entity::PromptTag, Action::Created).expect_err("invalid");
        assert!(message.ends_with("Valid actions are: ['deleted', 'set']"), "{message}");
        assert!("model_version.updated".parse::<Mlflow>().is_err());
    }

    #[test]
    fn all_but_the_budget_can_be_fired() {
        let mut fired: Vec<_> = Kind::ALL.iter().filter_map(|kind| Mlflow::of(*kind)).collect();
        fired.sort_unstable();
        assert_eq!(fired, Mlflow::ALL[1..]);
    }
}
