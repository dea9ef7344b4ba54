//! Where a version comes from: a place that this server owns, another version, or a remote store. Anything
//! else is refused, so that nothing outside can be read through a version.

use percent_encoding::percent_decode_str;

use crate::limits::Invalid;

/// What a version's `source` names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// `models:/NAME/…`: another version.
    Version { name: String, reference: Reference },
    /// `models:/ID`
    LoggedModel(String),
    /// `runs:/ID/PATH`
    Run(String),
    /// `mlflow-artifacts:/PATH`: the parts of the path below this server's root.
    Own(Vec<String>),
    /// A bucket or another remote place: the clients read it themselves.
    Remote,
    /// What a prompt has instead.
    Placeholder,
}

/// Which version of a registered model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reference {
    Number(i64),
    Latest,
    /// As it was written: a workspace may have its own.
    Stage(String),
    Alias(String),
}

/// Their addresses name a host, which this server or its clients would connect to.
const HOSTED: [&str; 9] = ["ftp", "sftp", "hdfs", "viewfs", "http", "https", "r2", "b2", "abfss"];
/// Remote stores that the clients can read.
const REMOTE: [&str; 9] = ["s3", "gs", "gcs", "wasb", "wasbs", "dbfs", "oss", "swift", "uc"];
const PLACEHOLDERS: [&str; 2] = ["dummy-source", "prompt-template"];

/// # Errors
/// Names `source` and why it is refused.
pub fn parse(source: &str, is_prompt: bool) -> Result<Source, Invalid> {
    let refused =
        |why: &str| Invalid::new("source", format!("invalid model version source: '{source}'; {why}"));
    if is_prompt {
        let is_placeholder = PLACEHOLDERS.contains(&source);
        return if is_placeholder { Ok(Source::Placeholder) } else { Err(refused("a prompt has no files")) };
    }
    let Some((scheme, rest)) = source.split_once(':') else {
        return Err(refused("a path of this machine is no source; give where the run's artifacts are"));
    };
    let scheme = scheme.to_ascii_lowercase();
    let has_host = rest.starts_with("//");
    match scheme.as_str() {
        "models" if has_host => Err(refused("a registered model is named by `models:/NAME/VERSION`")),
        "models" => models(rest).ok_or_else(|| refused("it names neither a version nor a logged model")),
        "file" => Err(refused("a path of this machine is no source; give where the run's artifacts are")),
        hosted if HOSTED.contains(&hosted) || hosted == "mlflow-artifacts" && has_host => {
            Err(refused("it names a host that this server doesn't keep artifacts on"))
        }
        scheme => {
            let parts = path_parts(source, rest)
                .ok_or_else(|| refused("its path has to be absolute, and without relative parts"))?;
            match scheme {
                "runs" if has_host => Err(refused("a run is named by `runs:/ID/PATH`")),
                "runs" | "mlflow-artifacts" if !is_spelled_plainly(rest) => Err(refused(
                    "its path has to be spelled as the files are: without `%`, `?`, `#`, `;`, a backslash, control \
                     characters and empty parts",
                )),
                "runs" => Ok(Source::Run(parts[0].clone())),
                "mlflow-artifacts" => Ok(Source::Own(parts)),
                remote if REMOTE.contains(&remote) => Ok(Source::Remote),
                _ => Err(refused(
                    "it is no store that a model's files can be in; there are mlflow-artifacts, runs, models, s3, gs, \
                     wasbs, dbfs, oss and swift",
                )),
            }
        }
    }
}

fn models(rest: &str) -> Option<Source> {
    let path = rest.strip_prefix('/')?;
    let owned = |name: &str| Some(name.to_owned()).filter(|name| !name.is_empty());
    if let Some((name, alias)) = path.split_once('@') {
        let reference = Reference::Alias(owned(alias).filter(|alias| !alias.contains('/'))?);
        return Some(Source::Version { name: owned(name).filter(|name| !name.contains('/'))?, reference });
    }
    let Some((name, version)) = path.split_once('/') else { return owned(path).map(Source::LoggedModel) };
    let reference = match version {
        version if version.eq_ignore_ascii_case(super::LATEST) => Reference::Latest,
        version => match version.parse() {
            Ok(number) => Reference::Number(number),
            Err(_) => Reference::Stage(owned(version).filter(|stage| !stage.contains('/'))?),
        },
    };
    Some(Source::Version { name: owned(name)?, reference })
}

/// Whether whoever reads the files takes the path for the one that was looked up: clients decode what they are given,
/// and cut off queries and fragments.
fn is_spelled_plainly(rest: &str) -> bool {
    let path = rest.strip_prefix('/').unwrap_or(rest);
    let path = path.strip_suffix('/').unwrap_or(path);
    path.split('/').all(|part| !part.is_empty())
        && !path.contains(|c: char| matches!(c, '%' | '?' | '#' | ';' | '\\') || c.is_control())
}

/// The parts of the path, decoded for as long as that changes anything; `None` if there is none or it leads
/// elsewhere.
fn path_parts(source: &str, rest: &str) -> Option<Vec<String>> {
    const MOST_DECODINGS: usize = 10;
    let decoded = |text: &str| {
        let mut text = text.to_owned();
        for _ in 0..MOST_DECODINGS {
            let next = percent_decode_str(&text).decode_utf8().ok()?.into_owned();
            if next == text {
                return Some(text);
            }
            text = next;
        }
        None
    };
    let path = match rest.strip_prefix("//") {
        Some(after_host) => after_host.split_once('/')?.1,
        None => rest.strip_prefix('/')?,
    };
    let leads_out = decoded(source)?.split(['/', '\\', '?', '#']).any(|part| part == "..");
    let path = decoded(path)?;
    let parts: Vec<_> = path.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect();
    let is_plain = |part: &String| part != "." && part != ".." && !part.contains('\0');
    (!leads_out && !parts.is_empty() && parts.iter().all(is_plain)).then_some(parts)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_named_is_recognised() {
        let version = |name: &str, reference| Ok(Source::Version { name: name.into(), reference });
        for (source, parsed) in [
            ("models:/churn/3", version("churn", Reference::Number(3))),
            ("models:/churn/latest", version("churn", Reference::Latest)),
            ("models:/churn/production", version("churn", Reference::Stage("production".into()))),
            ("models:/churn@champion", version("churn", Reference::Alias("champion".into()))),
            ("models:/m-1", Ok(Source::LoggedModel("m-1".into()))),
            ("runs:/r1/model", Ok(Source::Run("r1".into()))),
            (
                "mlflow-artifacts:/0/r1/artifacts/m x/",
                Ok(Source::Own(["0", "r1", "artifacts", "m x"].map(str::to_owned).into())),
            ),
            ("s3://bucket/a//b/", Ok(Source::Remote)),
            ("dbfs:/a", Ok(Source::Remote)),
        ] {
            assert_eq!(parse(source, false), parsed, "{source}");
        }
        assert_eq!(parse("dummy-source", true), Ok(Source::Placeholder));
    }

    #[test]
    fn what_would_read_elsewhere_is_refused() {
        for source in [
            "",
            "/etc/passwd",
            "a/b",
            "file:///etc/passwd",
            "FILE:/x",
            "http://169.254.169.254/latest",
            "mlflow-artifacts://other/0/r1",
            "mlflow-artifacts:/0/../x",
            "mlflow-artifacts:/0/r1/artifacts/m%20x",
            "mlflow-artifacts:/0/r1//artifacts",
            "runs:/r1/m%6fdel",
            "runs:/r1/model?x",
            "runs:/r1/model#x",
            "runs:/r1/mo\tdel",
            "runs:/r1//model",
            "runs:/r1/model\\x",
            "mlflow-artifacts:/0/%252e%252e/x",
            "runs:/r1/../../x",
            "s3://bucket",
            "s3://bucket/",
            "s3://b/a/../../c",
            "s3://b/..%2fc",
            "foo:x",
            "foo:/x",
            "javascript:/alert(1)",
            "smb://evil/x",
            "models://host/churn/1",
            "models:/",
            "models:/a/1/2",
            "models:/a/",
            "models:a/1",
            "dummy-source",
            "runs:/",
            "s3://b/a\0b",
            "s3://b/%00",
            "hdfs:/x",
        ] {
            assert!(parse(source, false).is_err(), "{source}");
        }
        assert!(parse("s3://bucket/x", true).is_err());
    }

    proptest! {
        #[test]
        fn no_source_leads_out_of_the_root(source in "(mlflow-artifacts|runs|s3):/{0,3}[a.%2eEfF5c/\\\\?#]{0,30}") {
            if let Ok(Source::Own(parts)) = parse(&source, false) {
                prop_assert!(parts.iter().all(|part| part != ".." && part != "." && !part.is_empty()));
            }
        }
    }
}
