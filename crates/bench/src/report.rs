//! The figures as a Markdown table.

use std::fs;
use std::thread::available_parallelism;

use anyhow::{Context, Result};

use crate::effort::Effort;
use crate::peer::{Pair, Program};

const BEGIN: &str = "<!-- bench:begin -->";
const END: &str = "<!-- bench:end -->";

/// What a figure counts.
#[derive(Debug, Clone, Copy)]
pub enum Unit {
    /// Requests a second.
    Requests,
    /// Metrics a second.
    Metrics,
    Seconds,
    Bytes,
}

/// What should be reached.
#[derive(Debug, Clone, Copy)]
pub enum Aim {
    /// At least so many times the peer's figure.
    FasterBy(f64),
    /// At most the peer's figure divided by this.
    SmallerBy(f64),
    /// At most so many times the figure it is compared with.
    AtMostTimes(f64),
    /// Less than so much.
    Below(f64),
}

#[derive(Debug)]
pub struct Row {
    workload: String,
    mlflow: String,
    countersign: String,
    /// How the two compare, in the sense of `aim`.
    reached: f64,
    aim: Aim,
}

impl Row {
    /// Both servers' figures.
    pub fn compared(workload: &str, unit: Unit, figures: &Pair<f64>, aim: Aim) -> Self {
        let reached = match aim {
            Aim::SmallerBy(_) => figures.mlflow / figures.countersign,
            Aim::FasterBy(_) | Aim::AtMostTimes(_) | Aim::Below(_) => figures.countersign / figures.mlflow,
        };
        let row = Self {
            workload: workload.to_owned(),
            mlflow: shown(figures.mlflow, unit),
            countersign: shown(figures.countersign, unit),
            reached,
            aim,
        };
        row.announced()
    }

    /// Our figure against another of ours.
    pub fn alone(workload: &str, unit: Unit, figure: f64, other: f64, aim: Aim) -> Self {
        let (mlflow, countersign) = (String::new(), shown(figure, unit));
        Self { workload: workload.to_owned(), mlflow, countersign, reached: figure / other, aim }.announced()
    }

    /// Our figure against a limit.
    pub fn limited(workload: &str, unit: Unit, figure: f64, limit: f64) -> Self {
        let (mlflow, countersign) = (String::new(), shown(figure, unit));
        let aim = Aim::Below(limit);
        Self { workload: workload.to_owned(), mlflow, countersign, reached: figure, aim }.announced()
    }

    /// Says it as soon as it is known: the whole takes minutes.
    fn announced(self) -> Self {
        eprintln!("  {}", self.line());
        self
    }

    fn is_met(&self) -> bool {
        match self.aim {
            Aim::FasterBy(factor) | Aim::SmallerBy(factor) => self.reached >= factor,
            Aim::AtMostTimes(factor) => self.reached <= factor,
            Aim::Below(limit) => self.reached < limit,
        }
    }

    fn line(&self) -> String {
        let Self { workload, mlflow, countersign, reached, aim } = self;
        let mlflow = if mlflow.is_empty() { "–" } else { mlflow };
        let (reached, aim) = match aim {
            Aim::FasterBy(factor) | Aim::SmallerBy(factor) => {
                (times(*reached), format!("≥ {}", times(*factor)))
            }
            Aim::AtMostTimes(factor) => (times(*reached), format!("≤ {}", times(*factor))),
            Aim::Below(limit) => ("–".to_owned(), format!("< {}", shown(*limit, Unit::Bytes))),
        };
        let met = if self.is_met() { "yes" } else { "**no**" };
        format!("| {workload} | {mlflow} | {countersign} | {reached} | {aim} | {met} |")
    }
}

/// The table with what one has to know to read it.
pub fn page(programs: &Pair<Program>, effort: &Effort, rows: &[Row]) -> String {
    let Pair { mlflow, countersign } = programs;
    let cores = available_parallelism().map_or(1, usize::from);
    let lines: Vec<String> = rows.iter().map(Row::line).collect();
    format!(
        "| workload | MLflow {} | Countersign {} | better by | aim | met |\n\
         | --- | ---: | ---: | ---: | ---: | :---: |\n\
         {}\n\n\
         Medians of {} rounds ({} of the artifact), the two taking turns on one machine: {cores} cores{}, shared with the load. \
         MLflow runs with its defaults and a SQLite file. Memory is the proportional set size of all processes.\n",
        mlflow.version,
        countersign.version,
        lines.join("\n"),
        effort.rounds,
        effort.artifact_rounds,
        processor().map(|name| format!(" ({name})")).unwrap_or_default(),
    )
}

/// `page` with `table` between its marks.
///
/// # Errors
/// If the marks are missing.
pub fn between_marks(page: &str, table: &str) -> Result<String> {
    let marks = || format!("the file has no `{BEGIN}` followed by `{END}` to put the table between");
    let (before, rest) = page.split_once(BEGIN).with_context(marks)?;
    let (_, after) = rest.split_once(END).with_context(marks)?;
    Ok(format!("{before}{BEGIN}\n{}\n{END}{after}", table.trim_end()))
}

/// `12,345`.
pub fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

fn shown(figure: f64, unit: Unit) -> String {
    match unit {
        Unit::Requests => format!("{}/s", rounded(figure)),
        Unit::Metrics => format!("{} metrics/s", rounded(figure)),
        Unit::Seconds if figure < 1.0 => format!("{} ms", rounded(figure * 1e3)),
        Unit::Seconds => format!("{} s", rounded(figure)),
        Unit::Bytes => format!("{} MB", rounded(figure / 1e6)),
    }
}

fn times(ratio: f64) -> String {
    format!("{} ×", rounded(ratio))
}

/// Three significant digits, no more than that is known.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "figures are positive and small")]
fn rounded(figure: f64) -> String {
    match figure {
        _ if figure >= 999.5 => {
            let step = 10_f64.powi(figure.log10().floor() as i32 - 2);
            grouped(((figure / step).round() * step) as usize)
        }
        _ if figure >= 99.95 => format!("{figure:.0}"),
        _ if figure >= 9.995 => trimmed(&format!("{figure:.1}")),
        _ => trimmed(&format!("{figure:.2}")),
    }
}

fn trimmed(number: &str) -> String {
    number.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn processor() -> Option<String> {
    let described = fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = described.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(mlflow: f64, countersign: f64, unit: Unit, aim: Aim) -> String {
        Row::compared("w", unit, &Pair { mlflow, countersign }, aim).line()
    }

    #[test]
    fn rates_are_better_when_higher_and_times_when_lower() {
        assert_eq!(
            row(190.0, 12_345.0, Unit::Requests, Aim::FasterBy(50.0)),
            "| w | 190/s | 12,300/s | 65 × | ≥ 50 × | yes |"
        );
        assert_eq!(
            row(0.092, 0.0046, Unit::Seconds, Aim::SmallerBy(60.0)),
            "| w | 92 ms | 4.6 ms | 20 × | ≥ 60 × | **no** |"
        );
        assert_eq!(
            row(1.3e9, 2e7, Unit::Bytes, Aim::SmallerBy(30.0)),
            "| w | 1,300 MB | 20 MB | 65 × | ≥ 30 × | yes |"
        );
    }

    #[test]
    fn a_limit_is_met_below_it_alone() {
        assert!(Row::limited("w", Unit::Bytes, 31e6, 32e6).is_met());
        assert!(!Row::limited("w", Unit::Bytes, 32e6, 32e6).is_met());
        assert!(Row::alone("w", Unit::Seconds, 0.003, 0.001, Aim::AtMostTimes(3.5)).is_met());
    }

    #[test]
    fn the_table_replaces_the_last_one_between_the_marks() {
        let page = "# A\n<!-- bench:begin -->\nold\n<!-- bench:end -->\nafter\n";
        let new = between_marks(page, "new\n").expect("marks");
        assert_eq!(new, "# A\n<!-- bench:begin -->\nnew\n<!-- bench:end -->\nafter\n");
        assert!(between_marks("# A", "new").is_err());
    }

    #[test]
    fn figures_have_three_digits() {
        let shown = [0.1234, 9.996, 12.34, 99.96, 123.4, 999.6, 12_345.0, 547_890.0].map(rounded);
        assert_eq!(shown, ["0.12", "10", "12.3", "100", "123", "1,000", "12,300", "548,000"]);
    }
}
