//! Reviews: who asked for what, what speaks for it, who signed, and how it ended.
//!
//! What is decided here is decided inside of one write: the facts are read, the rules of [`domain::reviews`] are
//! asked, and what follows is written, with nothing in between.

mod act;
mod apply;
mod comments;
mod details;
mod evidence;
mod list;
mod mail;
mod notice;
mod office;
mod open;
mod people;
mod plain;
mod policies;
mod preview;
mod records;
mod rows;
mod seen;
mod situation;
mod tell;
mod timeline;
mod write;

pub use act::{Act, Outcome, Report, act, apply_ready, expire_due};
pub use comments::{Comment, add_comment, comments_of, delete_comment, edit_comment};
pub use details::{ChangesAsked, Details, SignedBy, details};
pub use list::{ReviewQuery, Row as ReviewRow, Waiting, WaitingList, open_of_version, search, waiting_for};
pub use notice::notice_changes;
pub use office::{Office, note_key_rotation};
pub use open::{Ask, ask, plan, roll_back, rollback_to};
pub use plain::{Kept, model_undeletable, version_kept};
pub(crate) use policies::naming_stages;
pub use policies::{
    PolicyOf, SavedPolicy, in_force_for, policy, policy_history, save_policy, stage_rules_of,
};
pub use preview::preview;
pub use records::{Record, all_records, record_of, records_of_version};
pub use timeline::{Activity, activities_of_version};

pub(crate) use plain::{
    PlainCall, check_alias_stays, check_keeps_name, check_plain_call, check_plain_delete,
    check_plain_delete_model, check_plain_leave, check_plain_retirement, check_primary_metric, guarded_place,
    refusal,
};
pub(crate) use timeline::supersede_all;

use domain::reviews::state::Refusal;

use crate::error::Error;

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Forbidden(why) => Self::Forbidden(why),
            Refusal::InvalidState(why) => Self::InvalidState(why),
            Refusal::Invalid(why) => Self::Invalid(why),
        }
    }
}
