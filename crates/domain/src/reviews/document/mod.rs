//! What a signature is for: one document with all that a signer relies on, whose hash is signed.
//!
//! Comments, tags, view times and whatever time alone changes stay out, so that they make no signature stale.

mod differences;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use super::gates::{
    GateKind, GateResult, GateRule, Measured, PRIMARY, PrimaryMetric, Validation, VersionFacts, facts,
};
use super::policy::{InForce, Scope};
use super::signature::SignatureTexts;
use super::{Kind, Target};
use crate::{KeyValue, canonical};
pub use differences::{Difference, differences};

/// The facts that the document is made of, in any order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Contents {
    pub request: RequestPart,
    pub version: VersionPart,
    pub files: Vec<FilePart>,
    pub metrics: Vec<Measured>,
    pub params: Vec<KeyValue>,
    pub datasets: Vec<DatasetPart>,
    pub champion: Option<ChampionPart>,
    /// `None`: no policy names the target.
    pub policy: Option<PolicyPart>,
    pub gates: Vec<GateResult>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestPart {
    pub id: i64,
    pub kind: Kind,
    pub target: Target,
    /// The version's stage, or what the alias names now.
    pub from: String,
    /// Versions that leave the target.
    pub archive: Vec<i64>,
    /// `None`: nobody with an account.
    pub requester: Option<i64>,
    pub authors: BTreeSet<i64>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct VersionPart {
    /// The registered model's id, which outlives its name.
    pub model: i64,
    pub name: String,
    pub version: i64,
    pub source: String,
    pub run_id: Option<String>,
    /// The logged model's.
    pub model_id: Option<String>,
    pub description: Option<String>,
    pub card: Option<String>,
    pub signature: Option<SignatureTexts>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct FilePart {
    pub path: String,
    pub sha256: String,
    /// Bytes.
    pub size: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatasetPart {
    pub name: String,
    pub digest: String,
    pub validation: Validation,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChampionPart {
    pub version: i64,
    /// Only those that gates compare.
    pub metrics: Vec<Measured>,
    pub signature: Option<SignatureTexts>,
}

impl ChampionPart {
    /// Of what is known of the champion, the part that these gates look at.
    pub fn new(champion: &VersionFacts, rules: &[GateRule], primary: Option<&PrimaryMetric>) -> Self {
        let compared = |rule: &GateRule| match &rule.kind {
            GateKind::Champion { metric, dataset, .. } if metric == PRIMARY => {
                primary.map(|primary| (primary.key.clone(), dataset.clone()))
            }
            GateKind::Champion { metric, dataset, .. } => Some((metric.clone(), dataset.clone())),
            _ => None,
        };
        let compared: BTreeSet<_> = rules.iter().filter_map(compared).collect();
        let metrics =
            compared.iter().filter_map(|(metric, dataset)| champion.value(metric, dataset.as_deref()));
        Self {
            version: champion.version,
            metrics: metrics.cloned().collect(),
            signature: champion.signature.clone(),
        }
    }
}

/// By its hash, not its number: saving a policy again with another comment changes nothing for signers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyPart {
    pub scope: Scope,
    /// [`InForce::sha256`].
    pub sha256: String,
}

impl From<&InForce> for PolicyPart {
    fn from(in_force: &InForce) -> Self {
        Self { scope: in_force.scope, sha256: in_force.sha256() }
    }
}

/// The document: texts, integers and lists in a fixed order; what is absent is left out.
pub fn document(contents: &Contents) -> Value {
    let mut document = json!({
        "v": 1,
        "kind": "countersign/review",
        "request": request(&contents.request),
        "version": version(&contents.version),
        "files": files(&contents.files),
        "metrics": metrics(&contents.metrics),
        "params": params(&contents.params),
        "datasets": datasets(&contents.datasets),
        "gates": gates(&contents.gates),
    });
    if let Some(champion) = &contents.champion {
        let mut part = Map::new();
        part.insert("version".into(), json!(champion.version.to_string()));
        part.insert("metrics".into(), metrics(&champion.metrics));
        insert(&mut part, "signature_sha256", champion.signature.as_ref().map(signature_sha256));
        document["champion"] = part.into();
    }
    if let Some(policy) = &contents.policy {
        document["policy"] = json!({ "scope": policy.scope.as_str(), "sha256": policy.sha256 });
    }
    document
}

/// What is signed: SHA-256 over the document's one spelling.
pub fn digest(document: &Value) -> String {
    canonical::digest(document)
}

fn insert(part: &mut Map<String, Value>, key: &str, text: Option<String>) {
    if let Some(text) = text {
        part.insert(key.to_owned(), text.into());
    }
}

fn sha256(text: impl AsRef<[u8]>) -> String {
    hex::encode(Sha256::digest(text))
}

fn signature_sha256(texts: &SignatureTexts) -> String {
    let mut part = Map::new();
    insert(&mut part, "inputs", texts.inputs.clone());
    insert(&mut part, "outputs", texts.outputs.clone());
    insert(&mut part, "params", texts.params.clone());
    canonical::digest(&part.into())
}

fn request(request: &RequestPart) -> Value {
    let mut archive = request.archive.clone();
    archive.sort_unstable();
    let archive: Vec<_> = archive.iter().map(ToString::to_string).collect();
    let authors: Vec<_> = request.authors.iter().map(ToString::to_string).collect();
    let mut part = json!({
        "id": request.id.to_string(),
        "kind": request.kind.as_str(),
        "target": request.target.to_string(),
        "from": request.from,
        "plan": { "archive": archive },
        "authors": authors,
    });
    if let Some(requester) = request.requester {
        part["requester"] = json!(requester.to_string());
    }
    part
}

fn version(version: &VersionPart) -> Value {
    let mut part = Map::new();
    part.insert("model".into(), json!(version.model.to_string()));
    part.insert("name".into(), json!(version.name));
    part.insert("version".into(), json!(version.version.to_string()));
    part.insert("source".into(), json!(version.source));
    insert(&mut part, "run_id", version.run_id.clone());
    insert(&mut part, "model_id", version.model_id.clone());
    insert(&mut part, "description_sha256", version.description.as_ref().map(sha256));
    insert(&mut part, "card_sha256", version.card.as_ref().map(sha256));
    insert(&mut part, "signature_sha256", version.signature.as_ref().map(signature_sha256));
    part.into()
}

fn files(files: &[FilePart]) -> Value {
    let mut files: Vec<_> = files.iter().collect();
    files.sort();
    let one =
        |file: &&FilePart| json!({ "path": file.path, "sha256": file.sha256, "size": file.size.to_string() });
    files.iter().map(one).collect()
}

fn metrics(metrics: &[Measured]) -> Value {
    let key = |one: &&Measured| (one.key.clone(), one.dataset.clone(), one.step, one.value.to_ordinal());
    let mut metrics: Vec<_> = metrics.iter().collect();
    metrics.sort_by_cached_key(key);
    let one = |one: &&Measured| {
        let mut part =
            json!({ "key": one.key, "value": facts::measured(one.value.0), "step": one.step.to_string() });
        if let Some(dataset) = &one.dataset {
            part["dataset"] = json!({ "name": dataset.name, "digest": dataset.digest });
        }
        part
    };
    metrics.iter().map(one).collect()
}

fn params(params: &[KeyValue]) -> Value {
    let mut params: Vec<_> = params.iter().map(|param| (&param.key, &param.value)).collect();
    params.sort();
    params.into_iter().map(|(key, value)| json!([key, value])).collect()
}

fn datasets(datasets: &[DatasetPart]) -> Value {
    let named: BTreeSet<_> =
        datasets.iter().map(|one| (&one.name, &one.digest, one.validation.as_str())).collect();
    let one = |(name, digest, validation): (&String, &String, &str)| json!({ "name": name, "digest": digest, "validation": validation });
    named.into_iter().map(one).collect()
}

fn gates(gates: &[GateResult]) -> Value {
    let mut gates: Vec<_> = gates.iter().collect();
    gates.sort_by(|one, other| one.id.cmp(&other.id));
    let one = |gate: &&GateResult| {
        let mut part = json!({ "id": gate.id, "evidence": gate.evidence });
        // Waiting makes it pass; that must not make the signatures stale.
        if gate.kind != "soak" {
            part["status"] = json!(gate.status.as_str());
        }
        if let Some(waiver) = &gate.waiver {
            part["waiver"] = json!({
                "by": waiver.by.to_string(),
                "reason_sha256": sha256(&waiver.reason),
                "at": facts::integer(waiver.at.0),
            });
        }
        part
    };
    gates.iter().map(one).collect()
}

#[cfg(test)]
pub(super) mod tests;
