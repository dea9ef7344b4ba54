//! Who may call what: the least right for every route of every door. What isn't in the table nobody may call.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, LazyLock};

use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Redirect, Response};
use domain::accounts::{Caller, Role, Scope, Via};
use http::{Method, StatusCode, header};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use web::ApiError;
use web::entry::{is_called_by_programs, unauthenticated};

/// The least that a caller needs. What belongs to one experiment or model is asked for again where that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Right {
    /// Who hasn't signed in, too.
    Anyone,
    /// To look: any role.
    Read,
    /// To change something: any role but viewer.
    Write,
    /// To take part in reviews: any role but viewer, by a token only with the scope `review`.
    Review,
    /// To ask for a review, and to talk in one: any role but viewer, by a token with the scope `write` or `review`.
    Ask,
    /// What belongs to one account: whoever signed in, never by a token.
    Account,
    /// To administer the workspace.
    Admin,
    /// To administer whoever signs in, or how: an admin, never by a token.
    People,
}

use Right::{Account, Admin, Anyone, Ask, People, Read, Review, Write};

/// Where clients look for the dialect, old and new, and the reference's own pages.
pub const PREFIXES: [&str; 4] = ["/api/2.0", "/api/3.0", "/ajax-api/2.0", "/ajax-api/3.0"];

/// Method and path. Paths of the dialect stand without their prefix (`/mlflow/…`, `/mlflow-artifacts/…`), server
/// functions without the number that Leptos gives them.
pub const TABLE: &[(&str, &str, Right)] = &[
    ("GET", "/health", Anyone),
    ("GET", "/version", Anyone),
    // The dialect: experiments and runs.
    ("POST", "/mlflow/experiments/create", Write),
    ("GET", "/mlflow/experiments/get", Read),
    ("GET", "/mlflow/experiments/get-by-name", Read),
    ("GET", "/mlflow/experiments/search", Read),
    ("POST", "/mlflow/experiments/search", Read),
    ("POST", "/mlflow/experiments/update", Write),
    ("POST", "/mlflow/experiments/delete", Write),
    ("POST", "/mlflow/experiments/restore", Write),
    ("POST", "/mlflow/experiments/set-experiment-tag", Write),
    ("POST", "/mlflow/experiments/delete-experiment-tag", Write),
    ("POST", "/mlflow/experiments/search-datasets", Read),
    ("POST", "/mlflow/runs/create", Write),
    ("GET", "/mlflow/runs/get", Read),
    ("POST", "/mlflow/runs/update", Write),
    ("POST", "/mlflow/runs/delete", Write),
    ("POST", "/mlflow/runs/restore", Write),
    ("POST", "/mlflow/runs/search", Read),
    ("POST", "/mlflow/runs/set-tag", Write),
    ("POST", "/mlflow/runs/delete-tag", Write),
    ("POST", "/mlflow/runs/log-metric", Write),
    ("POST", "/mlflow/runs/log-parameter", Write),
    ("POST", "/mlflow/runs/log-batch", Write),
    ("POST", "/mlflow/runs/log-model", Write),
    ("POST", "/mlflow/runs/log-inputs", Write),
    ("POST", "/mlflow/runs/outputs", Write),
    ("GET", "/mlflow/metrics/get-history", Read),
    ("GET", "/mlflow/metrics/get-history-bulk", Read),
    ("GET", "/mlflow/metrics/get-history-bulk-interval", Read),
    ("GET", "/mlflow/server-info", Read),
    // Logged models.
    ("POST", "/mlflow/logged-models", Write),
    ("POST", "/mlflow/logged-models/search", Read),
    ("GET", "/mlflow/logged-models/{id}", Read),
    ("PATCH", "/mlflow/logged-models/{id}", Write),
    ("DELETE", "/mlflow/logged-models/{id}", Write),
    ("POST", "/mlflow/logged-models/{id}/params", Write),
    ("PATCH", "/mlflow/logged-models/{id}/tags", Write),
    ("DELETE", "/mlflow/logged-models/{id}/tags/{key}", Write),
    ("GET", "/mlflow/logged-models/{id}/artifacts/directories", Read),
    ("GET", "/mlflow/logged-models/{id}/artifacts/files", Read),
    // Files.
    ("GET", "/mlflow/artifacts/list", Read),
    ("POST", "/mlflow/artifacts/presigned-download-url", Read),
    ("POST", "/mlflow/artifacts/presigned-upload-url", Write),
    ("GET", "/mlflow/get-artifact", Read),
    ("POST", "/mlflow/upload-artifact", Write),
    ("GET", "/mlflow-artifacts/artifacts", Read),
    ("GET", "/mlflow-artifacts/artifacts/{*path}", Read),
    ("PUT", "/mlflow-artifacts/artifacts/{*path}", Write),
    ("DELETE", "/mlflow-artifacts/artifacts/{*path}", Write),
    ("POST", "/mlflow-artifacts/mpu/create/{*folder}", Write),
    ("POST", "/mlflow-artifacts/mpu/complete/{*folder}", Write),
    ("POST", "/mlflow-artifacts/mpu/abort/{*folder}", Write),
    ("PUT", "/mlflow-artifacts/mpu/parts/{upload_id}/{number}", Anyone),
    ("GET", "/mlflow-artifacts/presigned/{*path}", Read),
    ("GET", "/get-artifact", Read),
    ("GET", "/model-versions/get-artifact", Read),
    ("GET", "/files/view", Read),
    ("GET", "/files/zip", Read),
    ("GET", "/live/runs/{uuid}", Read),
    // Exports.
    ("GET", "/compare/details", Read),
    ("GET", "/experiments/{id}/panels", Read),
    ("POST", "/experiments/{id}/panels", Read),
    ("GET", "/experiments/{id}/views", Read),
    ("POST", "/experiments/{id}/views", Write),
    ("GET", "/views/{id}", Read),
    ("POST", "/views/{id}/delete", Write),
    ("POST", "/views/{id}/restore", Write),
    ("GET", "/api/v1/experiments/{id}/views", Read),
    ("POST", "/api/v1/experiments/{id}/views", Write),
    ("GET", "/api/v1/views/{id}", Read),
    ("PUT", "/api/v1/views/{id}", Write),
    ("DELETE", "/api/v1/views/{id}", Write),
    ("POST", "/api/v1/views/{id}/restore", Write),
    ("GET", "/experiments/{id}/explore", Read),
    ("GET", "/experiments/{id}/export", Read),
    ("GET", "/api/v1/experiments/{id}/runs", Read),
    ("GET", "/api/v1/experiments/{id}/runs.json", Read),
    ("GET", "/api/v1/experiments/{id}/runs.jsonl", Read),
    ("GET", "/api/v1/experiments/{id}/runs.csv", Read),
    ("GET", "/api/v1/experiments/{id}/runs.parquet", Read),
    ("GET", "/api/v1/experiments/{id}/metrics", Read),
    ("GET", "/api/v1/experiments/{id}/metrics.json", Read),
    ("GET", "/api/v1/experiments/{id}/metrics.jsonl", Read),
    ("GET", "/api/v1/experiments/{id}/metrics.csv", Read),
    ("GET", "/api/v1/experiments/{id}/metrics.parquet", Read),
    ("GET", "/api/v1/runs/{id}/metrics", Read),
    ("GET", "/api/v1/runs/{id}/metrics.json", Read),
    ("GET", "/api/v1/runs/{id}/metrics.jsonl", Read),
    ("GET", "/api/v1/runs/{id}/metrics.csv", Read),
    ("GET", "/api/v1/runs/{id}/metrics.parquet", Read),
    ("GET", "/api/v1/charts/curves.svg", Read),
    ("GET", "/api/v1/charts/curves.png", Read),
    ("GET", "/api/v1/charts/curves.csv", Read),
    ("GET", "/api/v1/charts/{file}", Read),
    // The registry.
    ("POST", "/mlflow/registered-models/create", Write),
    ("GET", "/mlflow/registered-models/get", Read),
    ("PATCH", "/mlflow/registered-models/update", Write),
    ("POST", "/mlflow/registered-models/rename", Write),
    ("DELETE", "/mlflow/registered-models/delete", Write),
    ("GET", "/mlflow/registered-models/search", Read),
    ("GET", "/mlflow/registered-models/list", Read),
    ("GET", "/mlflow/registered-models/get-latest-versions", Read),
    ("POST", "/mlflow/registered-models/get-latest-versions", Read),
    ("POST", "/mlflow/registered-models/set-tag", Write),
    ("DELETE", "/mlflow/registered-models/delete-tag", Write),
    ("POST", "/mlflow/registered-models/alias", Write),
    ("GET", "/mlflow/registered-models/alias", Read),
    ("DELETE", "/mlflow/registered-models/alias", Write),
    ("POST", "/mlflow/model-versions/create", Write),
    ("GET", "/mlflow/model-versions/get", Read),
    ("PATCH", "/mlflow/model-versions/update", Write),
    ("POST", "/mlflow/model-versions/transition-stage", Write),
    ("DELETE", "/mlflow/model-versions/delete", Write),
    ("GET", "/mlflow/model-versions/search", Read),
    ("GET", "/mlflow/model-versions/get-download-uri", Read),
    ("POST", "/mlflow/model-versions/set-tag", Write),
    ("DELETE", "/mlflow/model-versions/delete-tag", Write),
    // Reviews.
    ("GET", "/.well-known/countersign.pub", Anyone),
    ("GET", "/api/v1/datasets", Read),
    ("POST", "/api/v1/datasets/checks", Write),
    ("GET", "/datasets", Read),
    ("POST", "/datasets/checks", Write),
    ("GET", "/api/v1/reviews", Read),
    ("POST", "/api/v1/reviews", Ask),
    ("GET", "/api/v1/reviews/{id}", Read),
    ("POST", "/api/v1/reviews/{id}/sign", Review),
    ("POST", "/api/v1/reviews/{id}/withdraw", Review),
    ("POST", "/api/v1/reviews/{id}/request-changes", Review),
    ("POST", "/api/v1/reviews/{id}/withdraw-changes", Review),
    ("POST", "/api/v1/reviews/{id}/dismiss-changes", Review),
    ("POST", "/api/v1/reviews/{id}/checks", Write),
    ("POST", "/api/v1/reviews/{id}/waive", Review),
    ("POST", "/api/v1/reviews/{id}/unwaive", Review),
    ("POST", "/api/v1/reviews/{id}/reject", Review),
    ("POST", "/api/v1/reviews/{id}/cancel", Ask),
    ("POST", "/api/v1/reviews/{id}/override", Review),
    ("POST", "/api/v1/reviews/{id}/apply", Ask),
    ("POST", "/api/v1/reviews/{id}/comments", Ask),
    ("GET", "/api/v1/reviews/{id}/record", Read),
    ("POST", "/api/v1/models/{name}/rollback", Review),
    ("GET", "/api/v1/policy", Read),
    ("PUT", "/api/v1/policy", Admin),
    ("GET", "/api/v1/models/{name}/hand-overs", Read),
    ("GET", "/api/v1/models/{name}/policy", Read),
    ("PUT", "/api/v1/models/{name}/policy", Admin),
    ("POST", "/mlflow/transition-requests/create", Read),
    ("GET", "/mlflow/transition-requests/list", Read),
    ("POST", "/mlflow/transition-requests/approve", Review),
    ("POST", "/mlflow/transition-requests/reject", Review),
    ("DELETE", "/mlflow/transition-requests/delete", Read),
    ("POST", "/mlflow/comments/create", Read),
    ("PATCH", "/mlflow/comments/update", Read),
    ("POST", "/mlflow/comments/update", Read),
    ("DELETE", "/mlflow/comments/delete", Read),
    ("GET", "/mlflow/databricks/registered-models/get", Read),
    ("POST", "/mlflow/databricks/model-versions/transition-stage", Write),
    ("GET", "/.well-known/databricks-config", Anyone),
    // Webhooks: MLflow's are of all models, the others may be a model's.
    ("GET", "/mlflow/webhooks", Admin),
    ("POST", "/mlflow/webhooks", Admin),
    ("GET", "/mlflow/webhooks/{id}", Admin),
    ("PATCH", "/mlflow/webhooks/{id}", Admin),
    ("DELETE", "/mlflow/webhooks/{id}", Admin),
    ("POST", "/mlflow/webhooks/{id}/test", Admin),
    ("POST", "/mlflow/registry-webhooks/create", Write),
    ("GET", "/mlflow/registry-webhooks/list", Read),
    ("PATCH", "/mlflow/registry-webhooks/update", Write),
    ("POST", "/mlflow/registry-webhooks/update", Write),
    ("DELETE", "/mlflow/registry-webhooks/delete", Write),
    ("POST", "/mlflow/registry-webhooks/test", Write),
    ("GET", "/api/v1/webhooks", Read),
    ("POST", "/api/v1/webhooks", Write),
    ("GET", "/api/v1/webhooks/{id}", Read),
    ("PATCH", "/api/v1/webhooks/{id}", Write),
    ("DELETE", "/api/v1/webhooks/{id}", Write),
    ("POST", "/api/v1/webhooks/{id}/test", Write),
    ("GET", "/api/v1/webhooks/{id}/deliveries", Read),
    ("POST", "/api/v1/webhooks/{id}/deliveries/{delivery}/replay", Write),
    ("GET", "/webhooks", Read),
    ("GET", "/webhooks/new", Write),
    ("POST", "/webhooks/new", Write),
    ("GET", "/webhooks/{id}", Read),
    ("POST", "/webhooks/{id}", Write),
    ("POST", "/webhooks/{id}/secret", Write),
    ("POST", "/webhooks/{id}/test", Write),
    ("POST", "/webhooks/{id}/delete", Write),
    ("POST", "/webhooks/{id}/replay", Write),
    // Who may do what: as Databricks has it, our own, pages.
    ("GET", "/api/2.0/permissions/registered-models/{id}", Read),
    ("PUT", "/api/2.0/permissions/registered-models/{id}", Write),
    ("PATCH", "/api/2.0/permissions/registered-models/{id}", Write),
    ("GET", "/api/2.0/permissions/registered-models/{id}/permissionLevels", Read),
    ("GET", "/api/v1/experiments/{id}/permissions", Read),
    ("PUT", "/api/v1/experiments/{id}/permissions", Write),
    ("GET", "/api/v1/models/{name}/permissions", Read),
    ("PUT", "/api/v1/models/{name}/permissions", Write),
    ("GET", "/experiments/{id}/permissions", Read),
    ("POST", "/experiments/{id}/permissions", Write),
    ("GET", "/models/{name}/permissions", Read),
    ("POST", "/models/{name}/permissions", Write),
    // Pages.
    ("GET", "/", Read),
    ("GET", "/waiting", Read),
    ("GET", "/reviews", Read),
    ("GET", "/reviews/{id}", Read),
    ("POST", "/reviews/{id}/comment", Review),
    ("POST", "/reviews/{id}/comment/{comment}/edit", Review),
    ("POST", "/reviews/{id}/comment/{comment}/delete", Review),
    ("POST", "/reviews/{id}/{action}", Review),
    ("GET", "/models/{name}/versions/{version}/ask", Ask),
    ("POST", "/models/{name}/versions/{version}/ask", Review),
    ("POST", "/models/{name}/rollback", Review),
    ("GET", "/policy", Read),
    ("POST", "/policy", Admin),
    ("GET", "/models/{name}/policy", Read),
    ("POST", "/models/{name}/policy", Admin),
    ("GET", "/stages", Admin),
    ("POST", "/stages", Admin),
    ("GET", "/api/v1/stages", Read),
    ("PUT", "/api/v1/stages", Admin),
    ("GET", "/audit", Admin),
    ("GET", "/api/v1/audit.jsonl", Admin),
    ("GET", "/experiments", Read),
    ("GET", "/experiments/{id}", Read),
    ("GET", "/experiments/{id}/runs/{uuid}", Read),
    ("GET", "/experiments/{id}/runs/{uuid}/charts", Read),
    ("GET", "/experiments/{id}/runs/{uuid}/system", Read),
    ("GET", "/experiments/{id}/runs/{uuid}/artifacts", Read),
    ("GET", "/compare", Read),
    // The registry's pages and their forms.
    ("GET", "/models", Read),
    ("GET", "/models/{name}", Read),
    ("POST", "/models/{name}/description", Write),
    ("POST", "/models/{name}/tags/set", Write),
    ("POST", "/models/{name}/tags/delete", Write),
    ("POST", "/models/{name}/aliases/set", Write),
    ("POST", "/models/{name}/aliases/delete", Write),
    ("POST", "/models/{name}/primary-metric", Write),
    ("POST", "/models/{name}/delete", Write),
    ("GET", "/models/{name}/versions/{version}", Read),
    ("POST", "/models/{name}/versions/{version}/description", Write),
    ("POST", "/models/{name}/versions/{version}/tags/set", Write),
    ("POST", "/models/{name}/versions/{version}/tags/delete", Write),
    ("POST", "/models/{name}/versions/{version}/aliases/set", Write),
    ("POST", "/models/{name}/versions/{version}/aliases/delete", Write),
    ("POST", "/models/{name}/versions/{version}/card", Write),
    ("POST", "/models/{name}/versions/{version}/stage", Write),
    ("POST", "/models/{name}/versions/{version}/delete", Write),
    // What pages call.
    ("POST", "/ui/preview_markdown", Read),
    ("POST", "/ui/compare_runs", Read),
    ("POST", "/ui/list_experiments", Read),
    ("POST", "/ui/load_experiment", Read),
    ("POST", "/ui/create_experiment", Write),
    ("POST", "/ui/rename_experiment", Write),
    ("POST", "/ui/delete_experiment", Write),
    ("POST", "/ui/restore_experiment", Write),
    ("POST", "/ui/set_experiment_tag", Write),
    ("POST", "/ui/delete_experiment_tag", Write),
    ("POST", "/ui/set_experiment_notes", Write),
    ("POST", "/ui/load_run", Read),
    ("POST", "/ui/rename_run", Write),
    ("POST", "/ui/delete_run", Write),
    ("POST", "/ui/restore_run", Write),
    ("POST", "/ui/set_run_tag", Write),
    ("POST", "/ui/delete_run_tag", Write),
    ("POST", "/ui/set_run_notes", Write),
    ("POST", "/ui/list_runs", Read),
    ("POST", "/ui/list_children", Read),
    ("POST", "/ui/list_groups", Read),
    ("POST", "/ui/list_param_values", Read),
    ("POST", "/ui/delete_runs", Write),
    ("POST", "/ui/restore_runs", Write),
    ("POST", "/ui/list_run_keys", Read),
    ("POST", "/ui/list_curves", Read),
    ("POST", "/ui/list_folders", Read),
    ("POST", "/ui/view_artifact", Read),
    // People.
    ("GET", "/sign-in", Anyone),
    ("POST", "/sign-in", Anyone),
    ("GET", "/sign-in/oidc", Anyone),
    ("GET", "/sign-in/oidc/callback", Anyone),
    ("POST", "/sign-out", Anyone),
    ("GET", "/welcome", Anyone),
    ("POST", "/welcome", Anyone),
    ("GET", "/account", Account),
    ("POST", "/account/password", Account),
    ("POST", "/account/email", Account),
    ("POST", "/account/sign-out-everywhere", Account),
    ("POST", "/account/tokens/create", Account),
    ("POST", "/account/tokens/revoke", Account),
    ("GET", "/users", People),
    ("POST", "/users/add", People),
    ("POST", "/users/roles", People),
    ("POST", "/users/enable", People),
    ("POST", "/users/disable", People),
    ("POST", "/users/invite", People),
    ("POST", "/users/sign-out", People),
    ("GET", "/users/{id}/tokens", People),
    ("POST", "/users/{id}/tokens/create", People),
    ("POST", "/users/{id}/tokens/revoke", People),
];

static BY_PATH: LazyLock<HashMap<&'static str, Vec<(&'static str, Right)>>> = LazyLock::new(|| {
    let mut by_path: HashMap<_, Vec<_>> = HashMap::new();
    for (method, path, right) in TABLE {
        by_path.entry(*path).or_default().push((*method, *right));
    }
    by_path
});

/// A route's path as [`TABLE`] has it.
fn listed(path: &str) -> &str {
    if path.starts_with("/ui/") {
        return path.trim_end_matches(|c: char| c.is_ascii_digit());
    }
    let tail = PREFIXES.iter().find_map(|prefix| path.strip_prefix(prefix));
    match tail.filter(|tail| tail.starts_with("/mlflow/") || tail.starts_with("/mlflow-artifacts/")) {
        Some(tail) => tail,
        None if path.len() > 1 => path.strip_suffix('/').unwrap_or(path),
        None => path,
    }
}

/// What the table says of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rule {
    Needs(Right),
    WrongMethod,
    NotListed,
}

fn rule(method: &Method, path: &str) -> Rule {
    let Some(methods) = BY_PATH.get(listed(path)) else { return Rule::NotListed };
    let method = if *method == Method::HEAD { "GET" } else { method.as_str() };
    match methods.iter().find(|(one, _)| *one == method) {
        Some((_, right)) => Rule::Needs(*right),
        None => Rule::WrongMethod,
    }
}

/// Lets a request through to its handler if its caller may make it.
pub async fn authorize(request: Request, next: Next) -> Response {
    let matched = request.extensions().get::<MatchedPath>().map(|matched| matched.as_str().to_owned());
    // Behind what matches no route there are assets and pages that say so.
    let Some(path) = matched else { return next.run(request).await };
    let caller = request.extensions().get::<Arc<Caller>>();
    match rule(request.method(), &path) {
        Rule::Needs(right) => match check(right, caller.map(AsRef::as_ref), &path) {
            Ok(()) => next.run(request).await,
            Err(refusal) if refusal.status == StatusCode::UNAUTHORIZED => ask_to_sign_in(&request, refusal),
            // A live page reads errors in a form of its own.
            Err(refusal) if path.starts_with("/ui/") => {
                (refusal.status, app::refused(refusal.message)).into_response()
            }
            Err(refusal) => refusal.into_response(),
        },
        Rule::WrongMethod => ApiError::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "ENDPOINT_NOT_FOUND",
            format!(
                "the call `{}` exists, but not with the method {}",
                request.uri().path(),
                request.method()
            ),
        )
        .into_response(),
        Rule::NotListed => {
            tracing::error!(path, "no rule says who may call this");
            ApiError::new(StatusCode::FORBIDDEN, "PERMISSION_DENIED", "nobody may call this").into_response()
        }
    }
}

/// Whether a page offers its reader what takes this right.
pub fn allows(right: Right, caller: &Caller) -> bool {
    check(right, Some(caller), "").is_ok()
}

fn check(right: Right, caller: Option<&Caller>, path: &str) -> Result<(), ApiError> {
    if right == Anyone {
        return Ok(());
    }
    let Some(caller) = caller else { return Err(unauthenticated("sign in, or send an API token")) };
    let refused = |why: String| Err(ApiError::new(StatusCode::FORBIDDEN, "PERMISSION_DENIED", why));
    if caller.roles.is_empty() {
        return refused(format!("`{}` has no role here; an admin can give you one", caller.name));
    }
    let scopes: &[Scope] = match right {
        Anyone | Account | People => &[],
        Read => &[Scope::Read],
        Write | Admin => &[Scope::Write],
        Review => &[Scope::Review],
        Ask => &[Scope::Write, Scope::Review],
    };
    if !scopes.is_empty() && !scopes.iter().any(|scope| caller.scopes.contains(scope)) {
        let scopes: Vec<_> = scopes.iter().map(|scope| format!("`{}`", scope.as_str())).collect();
        return refused(format!("this token may not do that: it lacks the scope {}", scopes.join(" or ")));
    }
    match right {
        Account | People if matches!(caller.via, Via::Token(_)) => {
            refused("a token can't get at accounts; sign in instead".into())
        }
        Admin | People if !caller.is_admin() => {
            refused(format!("`{}` may not call `{path}`; it takes the role admin", caller.name))
        }
        Write | Review | Ask if caller.roles == BTreeSet::from([Role::Viewer]) => refused(format!(
            "`{}` may look, but change nothing: the role viewer alone doesn't allow it; an admin can give you another",
            caller.name
        )),
        _ => Ok(()),
    }
}

/// A person is led to the page to sign in and back; a program reads what is wrong.
fn ask_to_sign_in(request: &Request, refusal: ApiError) -> Response {
    let accepts = request.headers().get(header::ACCEPT).and_then(|accepts| accepts.to_str().ok());
    let path = request.uri().path();
    let is_page =
        *request.method() == Method::GET && accepts.is_some_and(|accepts| accepts.contains("text/html"));
    if !is_page || is_called_by_programs(path) {
        return refusal.into_response();
    }
    let here = request.uri().path_and_query().map_or("/", |here| here.as_str());
    let next = utf8_percent_encode(here, NON_ALPHANUMERIC);
    Redirect::to(&format!("/sign-in?next={next}")).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_route_stands_once() {
        let mut seen = BTreeSet::new();
        for (method, path, _) in TABLE {
            assert!(seen.insert((method, path)), "{method} {path} stands twice");
        }
    }

    #[test]
    fn a_path_is_known_under_every_prefix() {
        for prefix in PREFIXES {
            let path = format!("{prefix}/mlflow/runs/create");
            assert_eq!(rule(&Method::POST, &path), Rule::Needs(Write), "{path}");
        }
        assert_eq!(rule(&Method::HEAD, "/health"), Rule::Needs(Anyone));
        assert_eq!(rule(&Method::POST, "/ui/list_runs1234567"), Rule::Needs(Read));
        assert_eq!(rule(&Method::DELETE, "/api/2.0/mlflow/runs/create"), Rule::WrongMethod);
        assert_eq!(rule(&Method::POST, "/mlflow/anything"), Rule::NotListed);
        assert_eq!(rule(&Method::GET, "/"), Rule::Needs(Read));
    }

    #[test]
    fn each_right_asks_for_role_and_scope() {
        let caller = |role: Role, scopes: &[Scope], via: Via| Caller {
            roles: [role].into(),
            scopes: scopes.iter().copied().collect(),
            via,
            ..Caller::local_admin()
        };
        let token = || Via::Token("ci".into());
        let viewer = caller(Role::Viewer, &Scope::ALL, Via::Session);
        let engineer = caller(Role::MlEngineer, &Scope::ALL, Via::Session);
        let admin = caller(Role::Admin, &Scope::ALL, Via::Session);
        let allowed = |right, caller: &Caller| check(right, Some(caller), "/x").is_ok();
        let rights = [Read, Write, Review, Account, Admin];
        assert_eq!(rights.map(|right| allowed(right, &viewer)), [true, false, false, true, false]);
        assert_eq!(rights.map(|right| allowed(right, &engineer)), [true, true, true, true, false]);
        assert_eq!(rights.map(|right| allowed(right, &admin)), [true; 5]);
        let reading = caller(Role::Admin, &[Scope::Read], token());
        assert_eq!(rights.map(|right| allowed(right, &reading)), [true, false, false, false, false]);
        let signing = caller(Role::Admin, &[Scope::Review], token());
        assert_eq!(rights.map(|right| allowed(right, &signing)), [false, false, true, false, false]);
        let nobody = Caller { roles: BTreeSet::new(), ..viewer };
        assert!(rights.iter().all(|right| !allowed(*right, &nobody) && check(*right, None, "/x").is_err()));
    }
}
