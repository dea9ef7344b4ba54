use crate::app::{PASSWORD, TestApp, add_user, command, run};

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
    ] {
        let (got, said) = run(&arguments, data.path());
        assert_eq!(got, status, "{arguments:?}: {said}");
        assert!(said.contains(part), "{arguments:?}: {said}");
    }
    assert!(PASSWORD.len() > 12);
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
