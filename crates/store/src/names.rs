//! Names for runs whose author gave none: easier to say than 32 hex digits.

use rand::Rng as _;
use rand::seq::IndexedRandom as _;

const QUALITIES: [&str; 48] = [
    "amber", "brisk", "calm", "candid", "careful", "clear", "clever", "copper", "crisp", "daring", "deft",
    "eager", "early", "fleet", "frank", "gentle", "golden", "hardy", "honest", "humble", "indigo", "jolly",
    "keen", "kind", "lively", "lucid", "mellow", "merry", "mild", "nimble", "olive", "patient", "plain",
    "proud", "quiet", "rapid", "russet", "sage", "silver", "sober", "steady", "stout", "sunny", "swift",
    "tidy", "upbeat", "violet", "witty",
];
const BIRDS: [&str; 48] = [
    "auk", "avocet", "bittern", "bunting", "coot", "crane", "curlew", "dipper", "dove", "dunlin", "egret",
    "eider", "falcon", "finch", "gannet", "godwit", "grebe", "harrier", "heron", "hoopoe", "ibis", "jay",
    "kestrel", "kite", "knot", "lark", "linnet", "martin", "merlin", "nightjar", "oriole", "osprey", "owl",
    "petrel", "pipit", "plover", "puffin", "quail", "raven", "robin", "rook", "shrike", "siskin", "snipe",
    "starling", "swift", "tern", "wren",
];

/// E.g. `patient-heron-417`.
pub(crate) fn random() -> String {
    let mut dice = rand::rng();
    let quality = QUALITIES.choose(&mut dice).unwrap_or(&"plain");
    let bird = BIRDS.choose(&mut dice).unwrap_or(&"wren");
    format!("{quality}-{bird}-{}", dice.random_range(1..1000))
}
