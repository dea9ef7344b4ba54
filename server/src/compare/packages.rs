//! The packages that runs need, as their models' `requirements.txt` lists them.

use std::collections::BTreeMap;

use artifacts::{Artifacts, Place};
use domain::Run;
use store::{Db, Error, logged_models};

use super::files::{Tree, tree};

const REQUIREMENTS: &str = "requirements.txt";
const LARGEST: u64 = 256 << 10;

/// For each run, by name; `None`: there is no such file.
///
/// # Errors
/// Only the database's.
pub async fn of_runs(
    db: &Db,
    artifacts: &Artifacts,
    runs: &[Run],
    trees: &[Tree],
) -> Result<Vec<Option<BTreeMap<String, String>>>, Error> {
    let made: Vec<String> =
        runs.iter().flat_map(|run| &run.inputs.outputs).map(|output| output.model_id.clone()).collect();
    let models = if made.is_empty() { Vec::new() } else { logged_models::get_many(db, &made).await? };
    let mut all = Vec::with_capacity(runs.len());
    for (run, files) in runs.iter().zip(trees) {
        let mut place = shortest(files);
        for output in run.inputs.outputs.iter().rev() {
            let model = models.iter().find(|model| model.model_id == output.model_id);
            if let (None, Some(model)) = (&place, model) {
                place = shortest(&tree(artifacts, &model.artifact_uri).await.unwrap_or_default());
            }
        }
        all.push(match place {
            Some(place) => read(artifacts, &place).await,
            None => None,
        });
    }
    Ok(all)
}

/// Of several, the one that is nearest to the top.
fn shortest(files: &Tree) -> Option<Place> {
    let is_one = |path: &&String| path.rsplit('/').next() == Some(REQUIREMENTS);
    let path = files.keys().filter(is_one).min_by_key(|path| (path.matches('/').count(), (*path).clone()))?;
    files.get(path).cloned()
}

async fn read(artifacts: &Artifacts, place: &Place) -> Option<BTreeMap<String, String>> {
    let (bytes, _) = artifacts.head(place, LARGEST).await.ok()?;
    Some(parse(std::str::from_utf8(&bytes).ok()?))
}

/// Each requirement's name, in its one spelling, and the rest of its line (PEP 508); options and comments are none.
fn parse(text: &str) -> BTreeMap<String, String> {
    let mut packages = BTreeMap::new();
    for line in text.lines() {
        let line = line.split(" #").next().unwrap_or_default().trim();
        if line.is_empty() || line.starts_with(['#', '-']) {
            continue;
        }
        let is_name = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.');
        let (name, rest) = line.split_at(line.find(|letter| !is_name(letter)).unwrap_or(line.len()));
        if !name.is_empty() {
            let rest = rest.trim();
            let wanted = if rest.is_empty() { "any" } else { rest };
            packages.insert(name.to_lowercase().replace(['_', '.'], "-"), wanted.to_owned());
        }
    }
    packages
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requirements_are_read_as_pip_does() {
        let text = "mlflow==3.3.2\n# a comment\n--hash=x\nScikit_Learn >= 1.5 # pinned\nnumpy\n\nuvicorn[standard]<1; python_version>'3.8'\n";
        let packages = parse(text);
        let of = |name: &str| packages.get(name).map(String::as_str);
        assert_eq!(of("mlflow"), Some("==3.3.2"));
        assert_eq!(of("scikit-learn"), Some(">= 1.5"));
        assert_eq!(of("numpy"), Some("any"));
        assert_eq!(of("uvicorn"), Some("[standard]<1; python_version>'3.8'"));
        assert_eq!(packages.len(), 4);
    }
}
