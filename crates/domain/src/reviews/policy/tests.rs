use super::*;
use crate::registry::Stages;

fn refused(text: &str) -> String {
    parse(text, &Stages::default()).expect_err(text).to_string()
}

/// A policy with these lines in the table of Production.
fn production(lines: &str) -> String {
    format!("format = 1\n[stage.Production]\nsign_off = []\n{lines}")
}

#[test]
fn the_default_policy_says_what_the_issue_asks() {
    let policy = Policy::default_for_workspace();
    let production = &policy.stages["Production"];
    let one = |role| Requirement { roles: Roles::one(role), count: 1 };
    assert_eq!(production.sign_off, [one(Role::MlEngineer), one(Role::OpsEngineer)]);
    assert_eq!(production.expires_after_ms, Some(14 * 86_400_000));
    assert_eq!((production.replaces, production.retire_to.as_deref()), (true, Some("Archived")));
    assert_eq!((production.plain_call, production.leave), (PlainCall::Refuse, Leave::Review));
    let ids: Vec<_> = production.gates.iter().map(|gate| gate.id.as_str()).collect();
    assert_eq!(ids, ["card_complete", "champion:@primary", "data", "monitor", "signature"]);
    assert!(production.gates.iter().all(|gate| !gate.required));
    assert!(production.rollback.as_ref().is_some_and(|rollback| rollback.author_may_sign));
    let staging = &policy.stages["Staging"];
    assert_eq!(staging.sign_off, [Requirement { roles: Roles::Any, count: 1 }]);
    assert!(!staging.replaces && staging.gates.is_empty() && staging.auto_apply);
    assert_eq!(policy.waive_roles, BTreeSet::from([Role::Admin, Role::MlEngineer]));
}

#[test]
fn the_models_table_replaces_the_workspaces() {
    let workspace = Policy::default_for_workspace();
    let model = parse(&production(""), &Stages::default()).expect("is one");
    let stage = |name: &str| Target::Stage(name.into());
    let found = in_force(Some(&model), Some(&workspace), &stage("Production")).expect("there is one");
    assert_eq!((found.scope, found.rules.gates.len()), (Scope::Model, 0));
    assert!(found.waive_roles.is_empty(), "nothing is merged");
    let found = in_force(Some(&model), Some(&workspace), &stage("Staging")).expect("there is one");
    assert_eq!(found.scope, Scope::Workspace);
    assert_eq!(in_force(Some(&model), Some(&workspace), &stage("Archived")), None);
    assert_eq!(in_force(None, Some(&workspace), &Target::Alias("Production".into())), None);
}

#[test]
fn a_rollback_has_its_own_signatures_if_the_policy_says_so() {
    let policy = Policy::default_for_workspace();
    let with =
        |stage: &str| in_force(None, Some(&policy), &Target::Stage(stage.into())).expect("there is one");
    assert_eq!(with("Production").sign_off(Kind::Rollback).len(), 1);
    assert_eq!(with("Production").sign_off(Kind::Followup).len(), 2);
    assert!(with("Production").author_may_sign(Kind::Rollback));
    assert!(!with("Production").author_may_sign(Kind::Promotion));
    assert!(!with("Staging").author_may_sign(Kind::Rollback));
}

#[test]
fn refusals_name_the_place() {
    let cases = [
        ("format = 2", "line 1, column 10: this format isn't known; write `format = 1`"),
        ("", "line 1, column 1: `format` is missing; write `format = 1`"),
        (
            "format = 1\n[stages.X]",
            "line 2, column 2: `stages` is no key here; there are format, stage, alias, override, waive",
        ),
        (
            "format = 1\n[stage.Live]\nsign_off = []",
            "line 2, column 8: `Live` is no stage here; there are None, Staging, Production, Archived",
        ),
        (
            "format = 1\n[stage.Staging]\nsign_off = [{ role = \"boss\" }]",
            "line 3, column 22: `boss` is no role; there are admin, data_engineer, data_scientist, ml_engineer, dev_engineer, ops_engineer, viewer",
        ),
        (
            "format = 1\n# Größe\n[stage.Staging] # ä\nsign_off = [{ role = \"any\", count = 0 }]",
            "line 4, column 37: `count` is a number from 1 to 10",
        ),
        (
            &production("[[stage.Production.gate]]\nkind = \"data\"\nrequird = true"),
            "line 6, column 1: `requird` is no key here; there are kind, required, validated",
        ),
    ];
    for (text, message) in cases {
        assert_eq!(refused(text), message);
    }
    assert!(refused("format = 1\nformat = 1").starts_with("line 2, column "));
    assert!(refused("format = ").starts_with("line 1, column "));
}

#[test]
fn what_makes_no_sense_is_refused() {
    let sign_off = |list: &str| format!("format = 1\n[stage.Staging]\nsign_off = {list}");
    let gate = |lines: &str| production(&format!("[[stage.Production.gate]]\n{lines}"));
    let cases = [
        ("format = 1\n[stage.Staging]".into(), "`sign_off` is missing"),
        (sign_off("[{ role = \"any\", count = 11 }]"), "from 1 to 10"),
        (sign_off("[{ role = \"any\", count = 6 }, { role = \"admin\", count = 5 }]"), "more than 10"),
        (sign_off("[{ role = \"any\" }, { role = \"any\" }]"), "asked for twice"),
        (sign_off("[{ role = \"viewer\" }]"), "only looks on"),
        (sign_off("[{ roles = [] }]"), "no role"),
        (sign_off("[{ roles = [\"admin\", \"admin\"] }]"), "named twice"),
        (sign_off("[{ role = \"any\", roles = [\"admin\"] }]"), "either"),
        (sign_off("\"any\""), "has to be a list"),
        (production("expires_after = \"14\""), "no duration"),
        (production("expires_after = \"0d\""), "no duration"),
        (production("expires_after = \"4000d\""), "no duration"),
        (production("plain_call = \"allow\""), "\"refuse\" or \"request\""),
        (production("retire_to = \"Archived\""), "unless `replaces = true`"),
        (production("replaces = true\nretire_to = \"Production\""), "can't retire"),
        (production("[alias.\"v1\"]\nsign_off = []"), "no alias"),
        (production("[alias.live]\nsign_off = []\nreplaces = true"), "`replaces` is no key here"),
        (gate("required = true"), "`kind` is missing"),
        (gate("kind = \"speed\""), "no kind of gate"),
        (gate("kind = \"data\"\n[[stage.Production.gate]]\nkind = \"data\""), "there twice"),
        (gate("kind = \"metric\"\nmetric = \"auc\""), "`min` or `max`"),
        (gate("kind = \"metric\"\nmetric = \"auc\"\nmin = nan"), "neither NaN nor infinite"),
        (gate("kind = \"metric\"\nmetric = \"auc\"\nmax = inf"), "neither NaN nor infinite"),
        (
            gate("kind = \"metric\"\nmetric = \"auc\"\nmin = 1\nmax = 0"),
            "no value is at least 1 and at most 0",
        ),
        (gate("kind = \"metric\"\nmetric = \"a;b\"\nmin = 1"), "alphanumerics"),
        (gate("kind = \"champion\"\nmetric = \"auc\""), "`better`"),
        (gate("kind = \"champion\"\nmetric = \"@primary\"\nbetter = \"lower\""), "remove `better`"),
        (gate("kind = \"champion\"\nmetric = \"@primary\"\nmargin = -0.1"), "must_beat"),
        (gate("kind = \"champion\"\nmetric = \"@primary\"\nmargin = \"-1%\""), "must_beat"),
        (gate("kind = \"champion\"\nmetric = \"@primary\"\nmargin = 0\nmust_beat = 1"), "not both"),
        (gate("kind = \"soak\"\nstage = \"Live\"\nfor = \"1d\""), "no stage"),
        (gate("kind = \"soak\"\nstage = \"Staging\""), "`for` is missing"),
        (gate("kind = \"check\"\nname = \" \""), "printable"),
    ];
    for (text, why) in &cases {
        assert!(refused(text).contains(why), "{text}\n{}", refused(text));
    }
}

#[test]
fn a_comment_changes_no_hash_but_a_rule_does() {
    let policy = Policy::default_for_workspace();
    let commented = format!("# Since May.\n{DEFAULT_TOML}");
    assert_eq!(parse(&commented, &Stages::default()).expect("is one").sha256(), policy.sha256());
    let changes = [
        ("required = false", "required = true"),
        ("14d", "7d"),
        ("margin = 0.0", "margin = \"0%\""),
        ("author_may_sign = true", "author_may_sign = false"),
        ("\"ml_engineer\", count = 1", "\"ml_engineer\", count = 2"),
        ("[\"admin\", \"ops_engineer\"]", "[\"admin\"]"),
    ];
    for (before, after) in changes {
        let text = DEFAULT_TOML.replacen(before, after, 1);
        assert_ne!(parse(&text, &Stages::default()).expect("is one").sha256(), policy.sha256(), "{after}");
    }
}

#[test]
fn a_targets_hash_is_its_own() {
    let hash = |text: &str, stage: &str| {
        let policy = parse(text, &Stages::default()).expect("is one");
        in_force(None, Some(&policy), &Target::Stage(stage.into())).expect("there is one").sha256()
    };
    let changed = DEFAULT_TOML.replacen("14d", "7d", 1);
    assert_ne!(hash(DEFAULT_TOML, "Staging"), hash(&changed, "Staging"));
    assert_eq!(hash(DEFAULT_TOML, "Production"), hash(&changed, "Production"));
}

#[test]
fn the_roles_that_somebody_should_hold_are_named() {
    let named = Policy::default_for_workspace().named_roles();
    assert_eq!(named, BTreeSet::from([Role::Admin, Role::MlEngineer, Role::OpsEngineer]));
}
