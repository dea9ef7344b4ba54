//! What the demo's team did in the last weeks. Days are counted back from the moment that the demo starts at, as
//! those of the recorded runs are.

use domain::reviews::gates::Better;

/// When the team was put together, in days ago.
pub const BEGINS: f64 = 20.0;

#[derive(Debug)]
pub struct Step {
    pub days_ago: f64,
    /// Whose step it is.
    pub by: &'static str,
    pub what: What,
}

/// A version of a registered model.
pub type Of = (&'static str, i64);

#[derive(Debug, Clone, Copy)]
pub enum What {
    /// Of a model, or of the workspace.
    Policy {
        of: Option<&'static str>,
        toml: &'static str,
        reason: &'static str,
    },
    Model {
        name: &'static str,
        description: &'static str,
        metric: &'static str,
        better: Better,
    },
    Register {
        of: Of,
        experiment: &'static str,
        run: &'static str,
    },
    Card {
        of: Of,
        text: &'static str,
    },
    /// Of a data set, by its name: passed.
    Check {
        data: &'static str,
        summary: &'static str,
    },
    Alias {
        of: Of,
        alias: &'static str,
    },
    Ask {
        of: Of,
        stage: &'static str,
        words: &'static str,
    },
    /// In the review of the version that is open, as are those that follow.
    Comment {
        of: Of,
        text: &'static str,
    },
    Sign {
        of: Of,
        words: &'static str,
    },
    Reject {
        of: Of,
        words: &'static str,
    },
    Override {
        of: Of,
        reason: &'static str,
    },
}

use What::{Alias, Ask, Card, Check, Comment, Model, Override, Policy, Register, Reject, Sign};

const fn step(days_ago: f64, by: &'static str, what: What) -> Step {
    Step { days_ago, by, what }
}

/// Everything, the oldest first.
pub fn in_order() -> Vec<&'static Step> {
    let mut steps: Vec<_> = WORKSPACE.iter().chain(DATA).chain(SCREENING).chain(WINE).chain(DIGITS).collect();
    steps.sort_by(|one, other| other.days_ago.total_cmp(&one.days_ago));
    steps
}

const WORKSPACE: &[Step] = &[step(
    19.9,
    "gita",
    Policy {
        of: None,
        toml: include_str!("../../demo/policy.toml"),
        reason: "What the gates say counts from now on: card, signature, data and champion are required.",
    },
)];

/// The gate on data asks for these.
const DATA: &[Step] = &[
    step(
        19.0,
        "bo",
        Check { data: "screening-train", summary: "398 rows, no nulls, every value in its range" },
    ),
    step(18.9, "bo", Check { data: "screening-test", summary: "171 rows, no nulls" }),
    step(13.0, "bo", Check { data: "wine-train", summary: "124 rows, three cultivars, no nulls" }),
    step(12.9, "bo", Check { data: "wine-test", summary: "54 rows, no nulls" }),
    step(6.6, "bo", Check { data: "digits-train", summary: "1,257 images of 8 × 8, ten classes" }),
    step(6.5, "bo", Check { data: "digits-test", summary: "540 images of 8 × 8, ten classes" }),
];

const SCREENING_MODEL: &str = "breast-screening";
const SCREENING_RUNS: &str = "Breast cancer screening";
const SCREENING_CARD: &str = include_str!("../../demo/cards/breast-screening.md");
const V1: Of = (SCREENING_MODEL, 1);
const V2: Of = (SCREENING_MODEL, 2);
const V3: Of = (SCREENING_MODEL, 3);
const V4: Of = (SCREENING_MODEL, 4);

/// Serves since last week; a version was rejected, one is held by a gate, one was registered yesterday.
const SCREENING: &[Step] = &[
    step(
        18.0,
        "ana",
        Model {
            name: SCREENING_MODEL,
            description: "Which aspirates a pathologist looks at first. **A missed tumour costs most**: `recall` decides.",
            metric: "recall",
            better: Better::Higher,
        },
    ),
    step(17.9, "ana", Register { of: V1, experiment: SCREENING_RUNS, run: "SGD, a miss counts 6 times" }),
    step(17.8, "ana", Card { of: V1, text: SCREENING_CARD }),
    step(
        17.7,
        "gita",
        Policy {
            of: Some(SCREENING_MODEL),
            toml: include_str!("../../demo/policy-screening.toml"),
            reason: "Agreed with the clinic: four signatures, and never a lower recall than what serves.",
        },
    ),
    step(17.6, "ana", Ask { of: V1, stage: "Staging", words: "The first that weighs a miss six times." }),
    step(16.9, "dara", Sign { of: V1, words: "Trained it again from the commit, same numbers." }),
    step(
        14.9,
        "ana",
        Ask {
            of: V1,
            stage: "Production",
            words: "Ran beside the pathologists for two days. **60 of 64 tumours** found on the hold-out.",
        },
    ),
    step(
        14.1,
        "emre",
        Sign { of: V1, words: "Loads in the serving image; the signature is that of the queue." },
    ),
    step(13.2, "bo", Sign { of: V1, words: "screening-train is the frozen extract, 258714d4." }),
    step(
        12.6,
        "chidi",
        Comment {
            of: V1,
            text: "What do we show when it isn't sure? The queue has two colours, and no third one.",
        },
    ),
    step(12.1, "ana", Comment { of: V1, text: "Nothing: it orders the queue. I said so in the card." }),
    step(11.4, "chidi", Sign { of: V1, words: "The queue sends the 30 values in that order." }),
    step(9.8, "faye", Sign { of: V1, words: "300 a second on one core, 90 MB." }),
    step(9.7, "faye", Alias { of: V1, alias: "champion" }),
    step(5.0, "dara", Register { of: V2, experiment: SCREENING_RUNS, run: "nightly, alpha 0.1" }),
    step(4.95, "dara", Card { of: V2, text: SCREENING_CARD }),
    step(
        4.9,
        "dara",
        Ask { of: V2, stage: "Production", words: "From the nightly retraining: far fewer false alarms." },
    ),
    step(
        4.3,
        "emre",
        Reject {
            of: V2,
            words: "Two more tumours of 64 are missed than by v1. Fewer false alarms don't outweigh that.",
        },
    ),
    step(3.9, "dara", Register { of: V3, experiment: SCREENING_RUNS, run: "nightly, alpha 1" }),
    step(3.87, "dara", Card { of: V3, text: SCREENING_CARD }),
    step(
        3.85,
        "dara",
        Ask { of: V3, stage: "Staging", words: "Calibrated better; let us see it beside v1." },
    ),
    step(3.2, "ana", Sign { of: V3, words: "The curves are smooth to the end." }),
    step(
        2.1,
        "dara",
        Ask {
            of: V3,
            stage: "Production",
            words: "- best **AUC** so far, 0.989\n- precision 0.98 instead of 0.92\n- recall is lower at *this* threshold; with 0.4 it is v1's",
        },
    ),
    step(1.7, "dara", Register { of: V4, experiment: SCREENING_RUNS, run: "long run" }),
    step(
        1.5,
        "emre",
        Sign { of: V3, words: "As a model it is sound. Whether the gate is waived is another matter." },
    ),
    step(1.4, "faye", Sign { of: V3, words: "Same size and speed as v1." }),
    step(
        0.7,
        "bo",
        Comment {
            of: V3,
            text: "Then ship the threshold with it. As it is, the gate is right: `predict` misses two more.",
        },
    ),
    step(0.4, "dara", Comment { of: V3, text: "Fair. @emre, would you waive it if the queue sets 0.4?" }),
];

const WINE_MODEL: &str = "wine-cultivar";
const WINE_RUNS: &str = "Wine cultivars";
const WINE_CARD: &str = include_str!("../../demo/cards/wine-cultivar.md");
const WINE_1: Of = (WINE_MODEL, 1);
const WINE_2: Of = (WINE_MODEL, 2);

/// A forest serves, and a better version lacks one signature.
const WINE: &[Step] = &[
    step(
        12.3,
        "ana",
        Model {
            name: WINE_MODEL,
            description: "Which of three cultivars is in the bottle, from thirteen lab values.",
            metric: "f1_macro",
            better: Better::Higher,
        },
    ),
    step(12.28, "ana", Register { of: WINE_1, experiment: WINE_RUNS, run: "forest sweep" }),
    step(12.2, "ana", Card { of: WINE_1, text: WINE_CARD }),
    step(12.0, "ana", Ask { of: WINE_1, stage: "Staging", words: "The best forest of the sweep." }),
    step(11.2, "dara", Sign { of: WINE_1, words: "Checked the split: no wine is on both sides." }),
    step(10.5, "ana", Ask { of: WINE_1, stage: "Production", words: "The lab is waiting for it." }),
    step(9.9, "emre", Sign { of: WINE_1, words: "Reproduced to the last digit." }),
    step(8.3, "faye", Sign { of: WINE_1, words: "40 requests a second are enough for a cellar." }),
    step(8.2, "faye", Alias { of: WINE_1, alias: "champion" }),
    step(2.9, "dara", Register { of: WINE_2, experiment: WINE_RUNS, run: "SVC, C=1" }),
    step(2.85, "dara", Card { of: WINE_2, text: WINE_CARD }),
    step(
        2.8,
        "dara",
        Ask {
            of: WINE_2,
            stage: "Staging",
            words: "A support vector machine: smaller, and no mistake on the hold-out.",
        },
    ),
    step(2.3, "chidi", Sign { of: WINE_2, words: "The cellar app runs against Staging since this morning." }),
    step(
        1.6,
        "dara",
        Ask {
            of: WINE_2,
            stage: "Production",
            words: "**f1_macro 1.0** on the hold-out (the forest has 0.98), a tenth of its size, the same thirteen inputs.",
        },
    ),
    step(
        1.3,
        "chidi",
        Comment { of: WINE_2, text: "Nothing changes for the cellar app: same columns, same answer." },
    ),
    step(
        0.9,
        "emre",
        Sign { of: WINE_2, words: "54 wines are few for a perfect score, but cross-validation agrees." },
    ),
];

const DIGITS_MODEL: &str = "digit-reader";
const DIGITS_RUNS: &str = "Handwritten digits";
const DIGITS_CARD: &str = include_str!("../../demo/cards/digit-reader.md");
const DIGITS_1: Of = (DIGITS_MODEL, 1);
const DIGITS_2: Of = (DIGITS_MODEL, 2);

/// A version went to Production in an emergency, without signatures: whether that was right is still open.
const DIGITS: &[Step] = &[
    step(
        6.0,
        "chidi",
        Model {
            name: DIGITS_MODEL,
            description: "Reads the digits on an intake form.",
            metric: "accuracy",
            better: Better::Higher,
        },
    ),
    step(
        5.98,
        "chidi",
        Register { of: DIGITS_1, experiment: DIGITS_RUNS, run: "network 32, step 0.001, alpha 0.0001" },
    ),
    step(5.9, "chidi", Card { of: DIGITS_1, text: DIGITS_CARD }),
    step(
        5.85,
        "chidi",
        Ask { of: DIGITS_1, stage: "Staging", words: "Small enough for the scanner itself." },
    ),
    step(5.4, "ana", Sign { of: DIGITS_1, words: "Looked at the twenty that it gets wrong: I would, too." }),
    step(5.2, "chidi", Ask { of: DIGITS_1, stage: "Production", words: "The intake wants it by Monday." }),
    step(4.6, "emre", Sign { of: DIGITS_1, words: "The confusion matrix has no surprises." }),
    step(4.0, "faye", Sign { of: DIGITS_1, words: "Rolled out to one scanner first; it is quiet." }),
    step(
        2.7,
        "chidi",
        Register { of: DIGITS_2, experiment: DIGITS_RUNS, run: "network 32, step 0.001, alpha 0.3" },
    ),
    step(
        2.5,
        "chidi",
        Ask { of: DIGITS_2, stage: "Production", words: "Less sure of itself where it should be." },
    ),
    step(
        1.3,
        "gita",
        Override {
            of: DIGITS_2,
            reason: "v1 is sure of every smudge since the scanners' new firmware, and letters go to the wrong people. v2 \
                 rejects them; nobody who could sign is awake.",
        },
    ),
    step(0.8, "chidi", Card { of: DIGITS_2, text: DIGITS_CARD }),
    step(
        0.6,
        "faye",
        Comment { of: DIGITS_2, text: "It has been quiet since. I want the rejection rate before I sign." },
    ),
];
