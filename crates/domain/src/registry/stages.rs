//! The stages that versions pass through: MLflow's four, or a workspace's own ordered list.

use serde::{Deserialize, Serialize};

use crate::limits::{self, Invalid};

/// The stage of a new version.
pub const NO_STAGE: &str = "None";
pub const STAGING: &str = "Staging";
/// What is in it serves.
pub const PRODUCTION: &str = "Production";
pub const ARCHIVED: &str = "Archived";
/// What a workspace has that doesn't define its own, in their order.
pub const STAGES: [&str; 4] = [NO_STAGE, STAGING, PRODUCTION, ARCHIVED];

/// More stages than this are no way to production.
pub const MOST_STAGES: usize = 20;
const MAX_LENGTH: usize = 50;

/// Whether what is in this stage serves or is about to: only one version should be in it.
pub fn is_active(stage: &str) -> bool {
    stage != NO_STAGE && stage != ARCHIVED
}

/// A workspace's stages in their order: `None` is the first, `Archived` the last, `Production` among the rest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<String>", into = "Vec<String>")]
pub struct Stages(Vec<String>);

impl Default for Stages {
    fn default() -> Self {
        Self(STAGES.map(str::to_owned).into())
    }
}

impl From<Stages> for Vec<String> {
    fn from(stages: Stages) -> Self {
        stages.0
    }
}

impl TryFrom<Vec<String>> for Stages {
    type Error = Invalid;

    /// The ends may be left out.
    ///
    /// # Errors
    /// Names `stages` and the rule that the list breaks.
    fn try_from(names: Vec<String>) -> Result<Self, Invalid> {
        let refused = |why: String| Err(Invalid::new("stages", why));
        let names: Vec<_> = names.iter().map(|name| known_spelling(name.trim())).collect();
        let between = names.strip_prefix(&[NO_STAGE]).unwrap_or(&names);
        let between = between.strip_suffix(&[ARCHIVED]).unwrap_or(between);
        let mut stages: Vec<String> = vec![NO_STAGE.to_owned()];
        for &name in between {
            if !is_active(name) {
                let place = if name == NO_STAGE { "first" } else { "last" };
                return refused(format!(
                    "`{name}` is always the {place} of the stages; it stands only there"
                ));
            }
            check_name(name)?;
            if stages.iter().any(|earlier| earlier.to_lowercase() == name.to_lowercase()) {
                return refused(format!("`{name}` is there twice; remove one"));
            }
            stages.push(name.to_owned());
        }
        if !stages.iter().any(|name| name == PRODUCTION) {
            return refused(format!("`{PRODUCTION}` is missing: what is in it is what serves"));
        }
        stages.push(ARCHIVED.to_owned());
        if stages.len() > MOST_STAGES {
            return refused(format!("{} stages; there are at most {MOST_STAGES}", stages.len()));
        }
        Ok(Self(stages))
    }
}

/// What has a meaning of its own is written in one way only.
fn known_spelling(name: &str) -> &str {
    STAGES.into_iter().find(|known| known.eq_ignore_ascii_case(name)).unwrap_or(name)
}

/// A stage stands in `models:/NAME/STAGE` and in a policy, beside versions, `latest` and `alias:NAME`.
fn check_name(name: &str) -> Result<(), Invalid> {
    let refused = |why: &str| Err(Invalid::new("stages", format!("`{name}` can't be a stage: {why}")));
    if name.is_empty() {
        return Err(Invalid::new("stages", "a stage needs a name"));
    }
    if !name.starts_with(char::is_alphabetic) {
        return refused("its name has to begin with a letter");
    }
    if !name.chars().all(|c| c.is_alphanumeric() || " _-".contains(c)) {
        return refused("its name has letters, digits, spaces, underscores (_) and dashes (-)");
    }
    if name.eq_ignore_ascii_case(super::LATEST) {
        return refused("it is what stands for the highest version");
    }
    limits::check_length("stages", name, MAX_LENGTH)
}

impl Stages {
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &str> + ExactSizeIterator + Clone {
        self.0.iter().map(String::as_str)
    }

    /// Those between the ends.
    pub fn active(&self) -> impl DoubleEndedIterator<Item = &str> + Clone {
        self.iter().filter(|stage| is_active(stage))
    }

    pub fn contains(&self, stage: &str) -> bool {
        self.iter().any(|one| one == stage)
    }

    /// The one that comes after `stage`.
    pub fn next(&self, stage: &str) -> Option<&str> {
        self.iter().skip_while(|one| *one != stage).nth(1)
    }

    /// A stage as it is written, from any spelling of its letters.
    ///
    /// # Errors
    /// Names `field` and the stages that there are.
    pub fn find(&self, field: &str, stage: &str) -> Result<&str, Invalid> {
        let lower = stage.to_lowercase();
        self.iter().find(|one| *one == stage || one.to_lowercase() == lower).ok_or_else(|| {
            let why = format!("invalid model version stage: {stage}; it is one of {}", self.0.join(", "));
            Invalid::new(field, why)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stages(names: &[&str]) -> Result<Stages, Invalid> {
        Stages::try_from(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn stages_are_known_in_any_spelling() {
        let usual = Stages::default();
        assert_eq!(usual.find("stage", "pRODUCTION"), Ok("Production"));
        assert!(usual.find("stage", "Live").is_err_and(|why| why.message.contains("Staging")));
        assert!(is_active("Staging") && !is_active(NO_STAGE) && !is_active(ARCHIVED));
    }

    #[test]
    fn a_workspace_has_its_own_between_the_ends() {
        let own = stages(&["Staging", " Canary ", "production"]).expect("are stages");
        assert_eq!(own.iter().collect::<Vec<_>>(), ["None", "Staging", "Canary", "Production", "Archived"]);
        assert_eq!(own.active().collect::<Vec<_>>(), ["Staging", "Canary", "Production"]);
        assert_eq!((own.next("Staging"), own.next("Archived")), (Some("Canary"), None));
        assert_eq!(stages(&["None", "Staging", "Canary", "Production", "archived"]), Ok(own.clone()));
        let kept = serde_json::to_string(&own).expect("is written");
        assert_eq!(serde_json::from_str::<Stages>(&kept).expect("is read"), own);
        assert_eq!(stages(&STAGES), Ok(Stages::default()));
    }

    #[test]
    fn a_list_that_breaks_a_rule_is_refused_with_the_rule() {
        let long = "x".repeat(51);
        let many: Vec<_> = (0..MOST_STAGES).map(|number| format!("Stage {number}")).collect();
        let many: Vec<_> = many.iter().map(String::as_str).chain(["Production"]).collect();
        for (names, why) in [
            (&["Staging"][..], "`Production` is missing"),
            (&[], "`Production` is missing"),
            (&["Production", "None"], "always the first"),
            (&["Archived", "Production"], "always the last"),
            (&["Canary", "canary", "Production"], "twice"),
            (&["Production", "PRODUCTION"], "twice"),
            (&["a/b", "Production"], "letters"),
            (&["alias:x", "Production"], "letters"),
            (&["<b>", "Production"], "begin with a letter"),
            (&["3", "Production"], "begin with a letter"),
            (&["Latest", "Production"], "highest version"),
            (&["", "Production"], "needs a name"),
            (&[long.as_str(), "Production"], "50"),
            (&many, "at most 20"),
        ] {
            let refused = stages(names).expect_err(why);
            assert!(refused.message.contains(why), "{names:?}: {}", refused.message);
        }
    }
}
