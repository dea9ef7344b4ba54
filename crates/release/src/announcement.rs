//! The word of a retired key on its successor, so that those who trust the old one can follow.

use domain::canonical;
use serde::{Deserialize, Serialize};

use crate::{Envelope, Error, Moment, PublicKey, PublicKeys, Result, SigningKey, json};

pub const PAYLOAD_TYPE: &str = "application/vnd.countersign.key+json";

/// What the old key signs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Announcement {
    /// From when on the new key signs.
    pub from: Moment,
    /// The new key's id.
    pub keyid: String,
    /// The new key as SPKI PEM.
    pub public_key: String,
    /// The old key's id.
    pub replaces: String,
}

/// Announces `new` in the name of `old`.
///
/// # Errors
/// Never for these members; it is what turning them into JSON may answer.
pub(crate) fn sign(old: &SigningKey, new: &PublicKey, from: Moment) -> Result<Envelope> {
    let announcement = Announcement {
        from,
        keyid: new.id().into(),
        public_key: new.to_pem(),
        replaces: old.key_id().into(),
    };
    let document = json::from_typed(&announcement).map_err(Error::NotAnAnnouncement)?;
    Ok(Envelope::sign(PAYLOAD_TYPE, canonical::to_string(&document).as_bytes(), old))
}

/// The key that `announcement` names, if one of `trusted` announced it while it could sign.
///
/// # Errors
/// As [`Envelope::verify`]; [`Error::Revoked`], [`Error::Retired`] or [`Error::NotAnAnnouncement`].
pub fn follow(announcement: &Envelope, trusted: &PublicKeys) -> Result<PublicKey> {
    let verified = announcement.verify(PAYLOAD_TYPE, trusted)?;
    let said = json::parse(&verified.payload).and_then(json::to_typed);
    let said: Announcement = said.map_err(Error::NotAnAnnouncement)?;
    let Some(by) = verified.keys.into_iter().find(|key| key.id() == said.replaces) else {
        return Err(Error::NotAnAnnouncement(format!(
            "it is not signed by `{}`, which it replaces",
            said.replaces
        )));
    };
    by.may_sign_at(said.from)?;
    let mut key = PublicKey::from_pem(&said.public_key).map_err(Error::NotAnAnnouncement)?;
    if key.id() != said.keyid {
        return Err(Error::NotAnAnnouncement(format!("its key is `{}`, not `{}`", key.id(), said.keyid)));
    }
    key.from = Some(said.from);
    Ok(key)
}

#[cfg(test)]
mod tests {
    use domain::Millis;

    use super::*;

    #[test]
    fn who_trusts_the_old_key_can_follow() {
        let [old, new] = [1, 2].map(|seed| SigningKey::from_seed(&[seed; 32]));
        let from = Moment(Millis(5_000));
        let announcement = sign(&old, new.public(), from).expect("signed");
        let mut trusted = old.public().clone();
        trusted.until = Some(from);
        let followed = |key: &PublicKey| follow(&announcement, &PublicKeys::new(vec![key.clone()]));

        let key = followed(&trusted).expect("announced");
        assert_eq!((key.id(), key.from), (new.key_id(), Some(from)));
        trusted.revoked = Some(Moment(Millis(4_999)));
        assert!(matches!(followed(&trusted), Err(Error::Revoked { .. })));
        assert!(matches!(followed(new.public()), Err(Error::UnknownKey { .. })));
    }

    #[test]
    fn an_announcement_speaks_for_its_signer_only() {
        let [old, new, third] = [1, 2, 3].map(|seed| SigningKey::from_seed(&[seed; 32]));
        let announcement = sign(&old, new.public(), Moment(Millis(0))).expect("signed");
        let payload = announcement
            .verify(PAYLOAD_TYPE, &PublicKeys::new(vec![old.public().clone()]))
            .expect("good")
            .payload;
        let trusted = PublicKeys::new(vec![old.public().clone(), third.public().clone()]);

        let by_another = Envelope::sign(PAYLOAD_TYPE, &payload, &third);
        assert!(follow(&by_another, &trusted).is_err_and(|why| why.to_string().contains("is not signed by")));
        let mixed = String::from_utf8(payload).expect("JSON").replace(new.key_id(), third.key_id());
        let mixed = Envelope::sign(PAYLOAD_TYPE, mixed.as_bytes(), &old);
        assert!(follow(&mixed, &trusted).is_err_and(|why| why.to_string().contains("its key is")));
        let empty = Envelope::sign(PAYLOAD_TYPE, b"{}", &old);
        assert!(follow(&empty, &trusted).is_err_and(|why| why.to_string().contains("missing field `from`")));
    }
}
