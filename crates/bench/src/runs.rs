//! Runs to search: the same ones on both servers, from their number alone.

use serde_json::{Value, json};

const MODELS: [&str; 5] = ["forest", "boosting", "linear", "svm", "mlp"];
const STAGES: [&str; 3] = ["exploring", "candidate", "rejected"];

/// The `number`th run: five metrics, five params, three tags.
#[derive(Debug, Clone, Copy)]
pub struct Sample {
    number: usize,
}

impl Sample {
    pub fn new(number: usize) -> Self {
        Self { number }
    }

    pub fn name(self) -> String {
        format!("run-{}", self.number)
    }

    pub fn tags(self) -> Value {
        json!([
            { "key": "team", "value": format!("team-{}", self.number % 7) },
            { "key": "stage", "value": STAGES[self.number % STAGES.len()] },
            { "key": "git_commit", "value": format!("{:016x}", mixed(self.number, 9)) },
        ])
    }

    pub fn metrics(self) -> [(&'static str, f64); 5] {
        ["accuracy", "loss", "f1", "precision", "recall"].map(|key| (key, self.uniform(key)))
    }

    pub fn params(self) -> [(&'static str, String); 5] {
        [
            ("model", MODELS[self.number % MODELS.len()].to_owned()),
            ("depth", (mixed(self.number, 1) % 8).to_string()),
            ("learning_rate", format!("{:.6}", self.uniform("learning_rate"))),
            ("batch_size", (16 << (mixed(self.number, 2) % 5)).to_string()),
            ("seed", self.number.to_string()),
        ]
    }

    /// Between 0 and 1, and another one for each `key`.
    fn uniform(self, key: &str) -> f64 {
        let salt = key.bytes().fold(0_u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
        f64::from(u32::try_from(mixed(self.number, salt) >> 32).expect("the upper half fits"))
            / f64::from(u32::MAX)
    }
}

/// `SplitMix64` of Steele, Lea and Flood (2014): no generator's state, so that each run stands alone.
fn mixed(number: usize, salt: u64) -> u64 {
    let mut bits = (number as u64).wrapping_add(salt.rotate_left(32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_search_finds_about_one_run_in_sixteen() {
        let found = (0..10_000).map(Sample::new).filter(|sample| {
            let accurate = sample.metrics().iter().any(|(key, value)| *key == "accuracy" && *value > 0.5);
            accurate && sample.params().iter().any(|(key, value)| *key == "depth" && value == "3")
        });
        let found = found.count();
        assert!((500..750).contains(&found), "{found}");
    }
}
