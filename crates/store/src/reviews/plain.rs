//! What goes around reviews where no policy asks for one, and doesn't where one does.

use domain::accounts::Caller;
use domain::reviews::Target;
use domain::reviews::policy::{InForce, Leave, StageRules};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sqlx::AnyConnection;

use super::policies::{SavedPolicy, in_force};
use crate::error::{Error, Result};
use crate::writer::Tx;

/// All but what stands for itself anywhere in an address.
const IN_ADDRESS: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// What a version is moved to without a review, on its way there.
pub(crate) struct PlainCall<'a> {
    pub model: i64,
    pub name: &'a str,
    pub version: i64,
}

impl PlainCall<'_> {
    fn needs_review(&self, target: &Target, why: &str) -> Error {
        let path = format!(
            "/models/{}/versions/{}/ask?target={}",
            utf8_percent_encode(self.name, IN_ADDRESS),
            self.version,
            utf8_percent_encode(&target.to_string(), IN_ADDRESS)
        );
        Error::NeedsReview { what: format!("`{}` version {} {why}", self.name, self.version), path }
    }
}

/// What a policy guards, a stage or an alias, is reached by a review, never by a plain call.
pub(crate) async fn check_plain_call(
    tx: &mut Tx<'_>,
    by: &Caller,
    call: &PlainCall<'_>,
    target: &Target,
) -> Result<()> {
    match in_force(tx.connection, by, call.model, target).await? {
        Some((found, _)) if asks_for_anything(&found.rules) => {
            let why = match target {
                Target::Stage(stage) => format!("reaches {stage} by a review"),
                Target::Alias(alias) => format!("gets the alias `{alias}` by a review"),
            };
            Err(call.needs_review(target, &why))
        }
        _ => Ok(()),
    }
}

/// The only version in a stage is not taken away by a plain call where the policy says so.
pub(crate) async fn check_plain_leave(
    tx: &mut Tx<'_>,
    by: &Caller,
    call: &PlainCall<'_>,
    stage: &str,
) -> Result<()> {
    if kept(tx.connection, by, (call.model, call.version), stage).await?.is_none() {
        return Ok(());
    }
    Err(Error::Forbidden(format!(
        "`{}` version {} is the only one in {stage}, and a policy keeps it there: promote another one by a review, or roll \
         back, first",
        call.name, call.version
    )))
}

/// The policy that keeps a model's version in its stage, as the only one there; `None`: it may leave.
pub(super) async fn kept(
    connection: &mut AnyConnection,
    by: &Caller,
    (model, version): (i64, i64),
    stage: &str,
) -> Result<Option<(InForce, SavedPolicy)>> {
    let target = Target::Stage(stage.to_owned());
    let found = in_force(connection, by, model, &target).await?;
    let keeps = |rules: &StageRules| rules.leave == Leave::Review && asks_for_anything(rules);
    let Some(found) = found.filter(|(found, _)| keeps(&found.rules)) else { return Ok(None) };
    let (others,): (i64,) = sqlx::query_as(
        "SELECT COUNT(*) FROM model_versions WHERE model_id = $1 AND stage = $2 AND version <> $3",
    )
    .bind(model)
    .bind(stage)
    .bind(version)
    .fetch_one(connection)
    .await?;
    Ok(Some(found).filter(|_| others == 0))
}

/// A table without signatures and required gates says that the target is free.
fn asks_for_anything(rules: &StageRules) -> bool {
    !rules.sign_off.is_empty() || rules.gates.iter().any(|gate| gate.required)
}
