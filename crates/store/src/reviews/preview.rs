//! What a policy that isn't saved yet would have said of what was promoted lately.

use domain::Millis;
use domain::limits::Invalid;
use domain::reviews::{Target, gates, policy, sign_off};

use super::policies::{self, PolicyOf};
use super::situation::situation;
use crate::Db;
use crate::error::Result;
use crate::registry::{self, stage_list};

/// So many promotions are looked at, of so many that there were lately.
const LAST: usize = 3;
const SEARCHED: i64 = 500;

/// The last promotions that the policy would have been about, each with what it would have lacked. The signatures
/// are those that were given then; everything else is as it is now.
///
/// # Errors
/// `Invalid` if the text is no policy, with line and column; `NotFound` without the model.
pub async fn preview(db: &Db, of: &PolicyOf, text: &str, now: Millis) -> Result<Vec<(String, Vec<String>)>> {
    let mut connection = db.snapshot().await?;
    let stages = stage_list::read(&mut connection).await?;
    let draft = policy::parse(text, &stages).map_err(Invalid::from)?;
    let model = match of {
        PolicyOf::Workspace => None,
        PolicyOf::Model(name) => Some(registry::readable(&mut connection, db.engine(), db.by(), name).await?),
    };
    let applied: Vec<(i64, String, i64)> = sqlx::query_as(
        "SELECT id, target, model_id FROM reviews WHERE state = 'applied' AND kind = 'promotion'
             AND ($1 IS NULL OR model_id = $1) ORDER BY id DESC LIMIT $2",
    )
    .bind(model)
    .bind(SEARCHED)
    .fetch_all(&mut *connection)
    .await?;
    let about = applied.into_iter().filter(|(_, target, _)| draft.rules(&Target::parse(target)).is_some());
    let mut previewed = Vec::new();
    for (id, target, of_model) in about {
        if previewed.len() == LAST {
            break;
        }
        // Where a model's own policy holds, the workspace's doesn't.
        let decides = policies::in_force(&mut connection, db.by(), of_model, &Target::parse(&target)).await?;
        if model.is_none() && decides.is_some_and(|(found, _)| found.scope == policy::Scope::Model) {
            continue;
        }
        let found = situation(&mut connection, db.engine(), db.by(), id, now).await?;
        let Some(rules) = draft.rules(&found.review.target) else { continue };
        let valid = found.seen.standing.valid(&found.review).into_iter();
        let given: Vec<_> = valid.filter(|one| !found.review.authors.contains(&one.by)).collect();

        let mut lacked: Vec<_> =
            sign_off::missing(&rules.sign_off, &given).iter().map(ToString::to_string).collect();
        let evaluated = gates::evaluate_all(&rules.gates, &found.seen.facts, &[], now);
        let blocking = evaluated.iter().filter(|gate| gate.blocks());
        lacked.extend(blocking.map(|gate| format!("the gate `{}`: {}", gate.id, gate.summary)));
        previewed
            .push((format!("{} v{} to {}", found.seen.model, found.row.version, found.row.target), lacked));
    }
    Ok(previewed)
}
