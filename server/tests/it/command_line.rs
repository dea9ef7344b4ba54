use domain::Millis;
use domain::audit::AuditEntry;
use sqlx::Connection as _;

use crate::app::{PASSWORD, TestApp, add_user, command, run};
use crate::browser::Browser;

fn output(arguments: &[&str], data: &std::path::Path) -> (bool, String) {
    let output = command().args(arguments).arg("--data").arg(data).output().expect("it runs");
    (output.status.success(), String::from_utf8(output.stdout).expect("text"))
}

#[tokio::test]
async fn whoever_holds_the_folder_adds_lists_and_disables_people() {
    let data = tempfile::tempdir().expect("a folder");
    add_user(data.path(), "ada", &["admin"]);
    add_user(data.path(), "otto", &["ops_engineer", "viewer"]);
    let (added, said) = output(&["user", "add", "erin", "--role", "ml_engineer"], data.path());
    assert!(added && said.contains("/welcome?key="), "{said}");
    let (_, list) = output(&["user", "list"], data.path());
    assert_eq!(list, "ada   admin\nerin  ml_engineer\notto  ops_engineer,viewer\n");
    let (created, token) = output(&["token", "create", "--user", "otto", "--expires", "90d"], data.path());
    assert!(created && token.starts_with("cs_") && token.ends_with('\n'), "{token}");
    let (again, other) = output(&["token", "create", "--user", "otto"], data.path());
    assert!(again && other != token, "without a name it finds one");
    let several = ["user", "add", "mia", "--role", "ml_engineer", "dev_engineer,viewer"];
    assert!(output(&several, data.path()).0);
    let (_, list) = output(&["user", "list"], data.path());
    assert!(list.contains("mia   ml_engineer,dev_engineer,viewer"), "{list}");
    let app = TestApp::start_with(data, &[]).await;
    let ask = || {
        let request = app.request(reqwest::Method::GET, "/api/2.0/mlflow/experiments/get?experiment_id=0");
        app.send(request.bearer_auth(token.trim()))
    };
    assert_eq!(ask().await.status, 200);
    // While the server runs, too.
    assert!(output(&["user", "disable", "otto"], app.data.path()).0);
    assert_eq!(ask().await.status, 401);
    assert!(output(&["user", "list"], app.data.path()).1.contains("otto  ops_engineer,viewer  disabled"));
    assert!(app.first_link().is_none(), "there is an admin");
}

#[test]
fn what_is_wrong_is_said_in_a_line() {
    let data = tempfile::tempdir().expect("a folder");
    let folder = data.path().to_str().expect("text");
    for (arguments, status, part) in [
        (vec!["user", "add", "x", "--data", folder], Some(2), "--role"),
        (vec!["user", "add", "x", "--role", "root", "--data", folder], Some(2), "ml_engineer"),
        (vec!["user", "add", "a b", "--role", "viewer", "--data", folder], Some(1), "letters, digits"),
        (vec!["user", "list", "--data", "/nowhere/at/all"], Some(1), "no folder"),
        (vec!["user", "disable", "nobody-here", "--data", folder], Some(1), "nobody-here"),
        (vec!["token", "create", "--user", "x", "--expires", "soon", "--data", folder], Some(2), "90d"),
        (vec!["token", "create", "--user", "nobody-here", "--data", folder], Some(1), "nobody-here"),
        (vec!["key", "rotate", "--data", "/nowhere/at/all"], Some(1), "no folder"),
        (vec!["key", "rotate", "--data", folder], Some(1), "no key"),
        (vec!["key", "list", "--data", folder], Some(1), "no key"),
    ] {
        let (got, said) = run(&arguments, data.path());
        assert_eq!(got, status, "{arguments:?}: {said}");
        assert!(said.contains(part), "{arguments:?}: {said}");
    }
    assert!(PASSWORD.len() > 12);
}

#[tokio::test]
async fn a_new_key_signs_and_what_the_old_one_signed_stays_valid() {
    let app = TestApp::start_demo(&[]).await;
    let folder = app.demo_folder();
    let mut faye = Browser::with_password(&app, "faye", "second-signature").await;
    let open = faye.get("/api/v1/reviews?state=open&model=wine").await;
    let open: serde_json::Value = serde_json::from_str(&open.html).expect("is JSON");
    let ready = open["reviews"][0]["id"].as_i64().expect("a review");
    let old_record = app.data.path().join("old.json");
    let first = faye.get("/api/v1/reviews?state=applied&model=wine").await;
    let first: serde_json::Value = serde_json::from_str(&first.html).expect("is JSON");
    let first = first["reviews"][0]["id"].as_i64().expect("a review");
    std::fs::write(&old_record, faye.get(&format!("/api/v1/reviews/{first}/record")).await.html)
        .expect("writes");
    let (_, before) = output(&["key", "list"], &folder);
    assert_eq!(before.lines().count(), 1, "{before}");

    // While the server runs.
    let (rotated, said) = output(&["key", "rotate"], &folder);

    assert!(rotated, "{said}");
    let (_, list) = output(&["key", "list"], &folder);
    let ids: Vec<_> = list.lines().map(|line| line.split_whitespace().next().expect("an id")).collect();
    let [new, old] = ids.as_slice() else { panic!("{list}") };
    assert!(before.starts_with(old) && said.contains(&format!("the key {new} signs")), "{said}");
    assert!(list.lines().nth(1).is_some_and(|line| line.contains("until")), "{list}");
    let keys = faye.get("/.well-known/countersign.pub").await.html;
    let at = |id: &str| keys.find(id).expect("is listed");
    assert!(at(new) < at(old), "the newest comes first: {keys}");

    let signed = faye.request(reqwest::Method::POST, &format!("/api/v1/reviews/{ready}/sign"));
    assert_eq!(faye.send(signed.json(&serde_json::json!({}))).await.status, 200);
    let record = faye.get(&format!("/api/v1/reviews/{ready}/record")).await.html;
    assert!(record.contains(new), "the new key signed it: {record}");
    let new_record = app.data.path().join("new.json");
    std::fs::write(&new_record, record).expect("writes");
    let public = app.data.path().join("countersign.pub");
    std::fs::write(&public, &keys).expect("writes");
    for record in [&old_record, &new_record] {
        let verify = command().arg("verify").arg(record).arg("--key").arg(&public).output().expect("it runs");
        assert!(verify.status.success(), "{}", String::from_utf8_lossy(&verify.stderr));
    }
    let (whole, said) = output(&["verify"], &folder);
    assert!(whole && said.contains("10 release records hold"), "{said}");
    let mut gita = Browser::with_password(&app, "gita", "second-signature").await;
    let log = gita.get("/api/v1/audit.jsonl?action=key.rotate").await.html;
    assert!(log.contains(&format!("key {new}")) && log.contains(old), "{log}");

    // A record in the place of another is as good as none, and one that is gone is missed.
    let url = format!("sqlite://{}", folder.join("countersign.sqlite").display());
    let mut connection = sqlx::SqliteConnection::connect(&url).await.expect("connects");
    for (change, part) in [
        (
            "UPDATE release_records SET envelope = (SELECT envelope FROM release_records ORDER BY review_id LIMIT 1)
             WHERE review_id = (SELECT MAX(review_id) FROM release_records)",
            "knows of no such release record",
        ),
        (
            "DELETE FROM release_records WHERE review_id = (SELECT MAX(review_id) FROM release_records)",
            "is gone",
        ),
    ] {
        sqlx::query(change).execute(&mut connection).await.expect("is changed");
        let (status, said) = run(&["verify", "--data", folder.to_str().expect("text")], &folder);
        assert!(status == Some(1) && said.contains(part), "{said}");
    }

    // Nor does it help to make the log's chain anew: the records were signed after the old one.
    make_chain_anew(&mut connection).await;
    let (status, said) = run(&["verify", "--data", folder.to_str().expect("text")], &folder);
    assert!(
        status == Some(1) && said.contains("isn't the one that was there when the release record"),
        "{said}"
    );
    std::fs::rename(folder.join("keys"), folder.join("keys.away")).expect("is moved");
    let (status, said) = run(&["verify", "--data", folder.to_str().expect("text")], &folder);
    assert!(status == Some(1) && said.contains("nobody can check the 10 release records"), "{said}");
}

/// Puts somebody else's name on the first signature, and all hashes right.
async fn make_chain_anew(connection: &mut sqlx::SqliteConnection) {
    type Row = (i64, i64, String, String, String, String, String, String, String, String);
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT id, at_ms, actor, roles, via, address, action, subject, before, after FROM audit_entries ORDER BY id",
    )
    .fetch_all(&mut *connection)
    .await
    .expect("are read");
    let (mut previous, mut is_changed) = (String::new(), false);
    for (id, at, actor, roles, via, address, action, subject, before, after) in rows {
        let forges = !is_changed && action == "review.sign";
        is_changed |= forges;
        let actor = if forges { "mallory".to_owned() } else { actor };
        let mut entry = AuditEntry {
            id,
            at: Millis(at),
            actor,
            roles,
            via,
            address,
            action,
            subject,
            before,
            after,
            previous: std::mem::take(&mut previous),
            hash: String::new(),
        };
        entry.hash = entry.digest();
        sqlx::query("UPDATE audit_entries SET actor = $1, previous = $2, hash = $3 WHERE id = $4")
            .bind(&entry.actor)
            .bind(&entry.previous)
            .bind(&entry.hash)
            .bind(id)
            .execute(&mut *connection)
            .await
            .expect("is changed");
        previous = entry.hash;
    }
    assert!(is_changed, "somebody signed");
}

#[test]
fn a_configuration_that_is_wrong_is_said_in_a_line() {
    let data = tempfile::tempdir().expect("a folder");
    let folder = data.path().to_str().expect("text");
    let file = data.path().join("countersign.toml");
    let other = data.path().join("other.toml");
    std::fs::write(&file, "[session]\nidle = \"12h\"\nlongets = \"7d\"\n").expect("is written");
    std::fs::write(&other, "[oidc]\nissuer = \"https://id.example.org\"\n").expect("is written");
    let other = other.to_str().expect("text");
    for (arguments, part) in [
        (vec!["serve", "--data", folder], "countersign.toml`, line 3: unknown field `longets`"),
        (
            vec!["serve", "--data", folder, "--config", other],
            "other.toml`, line 1: missing field `client_id`",
        ),
        (vec!["serve", "--data", folder, "--config", "nowhere.toml"], "`nowhere.toml`"),
    ] {
        let (status, said) = run(&arguments, data.path());
        assert_eq!(status, Some(2), "{arguments:?}: {said}");
        assert!(said.contains(part) && said.lines().count() == 1, "{arguments:?}: {said}");
    }
}
