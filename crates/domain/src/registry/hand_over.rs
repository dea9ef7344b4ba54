//! How long it took to hand a version on, from its run to Production.

use serde::{Deserialize, Serialize};

use crate::Millis;

/// When a version was handed on; `None`: not yet, or nobody said.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct HandOver {
    pub version: i64,
    pub run_started_at: Option<Millis>,
    pub registered_at: Millis,
    /// When it first came into a stage before Production.
    pub staged_at: Option<Millis>,
    /// When a review for Production was first asked for.
    pub asked_at: Option<Millis>,
    pub released_at: Option<Millis>,
    /// The present, if a review for Production is open: its step isn't over, and has taken so long.
    pub waits_until: Option<Millis>,
}

/// From one hand to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    Register,
    Stage,
    Ask,
    Release,
}

impl Step {
    pub const ALL: [Self; 4] = [Self::Register, Self::Stage, Self::Ask, Self::Release];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Register => "register",
            Self::Stage => "stage",
            Self::Ask => "ask",
            Self::Release => "release",
        }
    }

    /// What it leads to, on a page.
    pub fn label(self) -> &'static str {
        match self {
            Self::Register => "until registered",
            Self::Stage => "until staged",
            Self::Ask => "until a review was asked for",
            Self::Release => "until in Production",
        }
    }
}

impl HandOver {
    /// Whether the last of its steps isn't over.
    pub fn is_waiting(&self) -> bool {
        self.released_at.is_none() && self.waits_until.is_some()
    }

    /// The steps that were taken, in order, with how many milliseconds each took, or has taken by now. What happened out of order, or only
    /// after the version was released, is no step on its way.
    pub fn steps(&self) -> Vec<(Step, i64)> {
        let moments = [
            (Step::Register, Some(self.registered_at)),
            (Step::Stage, self.staged_at),
            (Step::Ask, self.asked_at),
            (Step::Release, self.released_at.or(self.waits_until)),
        ];
        let mut last = self.run_started_at;
        let mut steps = Vec::new();
        for (step, at) in moments {
            let later = moments.iter().filter(|(other, _)| *other > step).filter_map(|(_, at)| *at);
            let Some(at) = at.filter(|at| later.min().is_none_or(|next| *at <= next)) else { continue };
            if let Some(last) = last.filter(|last| *last <= at) {
                steps.push((step, at.0 - last.0));
            }
            last = Some(at);
        }
        steps
    }
}

/// The step in which versions spend most of their time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slowest {
    pub step: Step,
    /// Over all versions, in milliseconds.
    pub ms: i64,
    /// What all steps took together.
    pub of_ms: i64,
}

/// The step that holds a model's versions back; `None` if none has taken any time.
pub fn slowest(hand_overs: &[HandOver]) -> Option<Slowest> {
    let steps: Vec<_> = hand_overs.iter().flat_map(HandOver::steps).collect();
    let took = |wanted: Step| steps.iter().filter(|(step, _)| *step == wanted).map(|(_, ms)| ms).sum::<i64>();
    let step = Step::ALL.into_iter().rev().max_by_key(|step| took(*step))?;
    let of_ms = steps.iter().map(|(_, ms)| ms).sum();
    Some(Slowest { step, ms: took(step), of_ms }).filter(|slowest| slowest.ms > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hand_over(moments: [Option<i64>; 4], registered_at: i64) -> HandOver {
        let [run_started_at, staged_at, asked_at, released_at] = moments.map(|at| at.map(Millis));
        HandOver {
            version: 1,
            run_started_at,
            registered_at: Millis(registered_at),
            staged_at,
            asked_at,
            released_at,
            waits_until: None,
        }
    }

    #[test]
    fn each_step_lasts_from_the_one_before() {
        let whole = hand_over([Some(10), Some(50), Some(80), Some(100)], 20);
        assert_eq!(
            whole.steps(),
            [(Step::Register, 10), (Step::Stage, 30), (Step::Ask, 30), (Step::Release, 20)]
        );
        assert_eq!(hand_over([None, None, None, None], 20).steps(), []);
        assert_eq!(
            hand_over([Some(10), None, None, Some(25)], 20).steps(),
            [(Step::Register, 10), (Step::Release, 5)]
        );
        let waiting = hand_over([None, Some(30), Some(90), None], 20);
        assert_eq!(waiting.steps(), [(Step::Stage, 10), (Step::Ask, 60)]);
        let in_review = HandOver { waits_until: Some(Millis(400)), ..waiting };
        assert!(in_review.is_waiting());
        assert_eq!(in_review.steps(), [(Step::Stage, 10), (Step::Ask, 60), (Step::Release, 310)]);
        let released = HandOver { released_at: Some(Millis(100)), ..in_review };
        assert!(!released.is_waiting());
        assert_eq!(released.steps(), [(Step::Stage, 10), (Step::Ask, 60), (Step::Release, 10)]);
    }

    #[test]
    fn what_came_later_or_out_of_order_is_no_step() {
        let back_to_staging = hand_over([Some(10), Some(500), None, Some(100)], 20);
        assert_eq!(back_to_staging.steps(), [(Step::Register, 10), (Step::Release, 80)]);
        let run_resumed = hand_over([Some(30), None, None, Some(100)], 20);
        assert_eq!(run_resumed.steps(), [(Step::Release, 80)]);
    }

    #[test]
    fn the_slowest_step_is_that_of_all_versions_together() {
        let one = hand_over([Some(0), Some(2), Some(3), Some(50)], 1);
        let other = hand_over([Some(0), Some(31), Some(32), Some(33)], 30);
        assert_eq!(slowest(&[one.clone(), other]), Some(Slowest { step: Step::Release, ms: 48, of_ms: 83 }));
        assert_eq!(slowest(&[]), None);
        assert_eq!(slowest(&[hand_over([Some(20), None, None, None], 20)]), None);
    }
}
