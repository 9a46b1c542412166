//! Equivalence first: what does not answer alike is not timed.

use crate::client::Client;
use crate::dice::Dice;
use crate::error::{CompareError, Difference};
use crate::journey::{Journey, Step};
use crate::subject::Subject;

/// Requests of each journey that every subject must answer rightly before anything is timed.
const PROBES: usize = 5;
const SHOWN_CHARACTERS: usize = 300;

/// Compares a transcript with the baseline's; the error shows the first difference side by side.
pub(crate) fn compare(baseline: (&str, &[Step]), other: (&str, &[Step])) -> Result<(), Box<Difference>> {
    let missing = Step::new("nothing more", "(the transcript ends here)");
    for index in 0..baseline.1.len().max(other.1.len()) {
        let expected = baseline.1.get(index).unwrap_or(&missing);
        let got = other.1.get(index).unwrap_or(&missing);
        if expected == got {
            continue;
        }
        let asked = if expected.asked == got.asked {
            expected.asked.clone()
        } else {
            format!("{} | {}", expected.asked, got.asked)
        };
        return Err(Box::new(Difference {
            baseline: baseline.0.to_owned(),
            topology: other.0.to_owned(),
            step: index + 1,
            asked,
            expected: expected.answer.clone(),
            got: got.answer.clone(),
        }));
    }
    Ok(())
}

/// Sends a few requests of each journey and refuses wrong answers.
pub(crate) fn probe(
    subject: &dyn Subject,
    client: &mut Client,
    journeys: &[&dyn Journey],
    seed: u64,
) -> Result<(), CompareError> {
    for journey in journeys {
        let mut dice = Dice::new(seed, &[]);
        for _ in 0..PROBES {
            let request = subject.adapted(journey.request(&mut dice));
            let prepared =
                journey.preparation(&request).map(|preparation| client.send(&preparation)).transpose();
            let got = match prepared.and_then(|_| client.send(&request)) {
                Ok(response) if journey.accepts(&response) => continue,
                Ok(response) => {
                    let body: String = response.text().chars().take(SHOWN_CHARACTERS).collect();
                    format!("status {} and {body:?}", response.status)
                }
                Err(error) => format!("no answer: {error}"),
            };
            return Err(CompareError::Journey {
                label: subject.label().to_owned(),
                journey: journey.name().to_owned(),
                asked: format!("{} {}", request.method, request.path),
                got,
            });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(answers: &[&str]) -> Vec<Step> {
        answers.iter().map(|answer| Step::new("GET /a", *answer)).collect()
    }

    #[test]
    fn equal_transcripts_pass() {
        assert_eq!(compare(("one", &steps(&["1", "2"])), ("two", &steps(&["1", "2"]))), Ok(()));
    }

    #[test]
    fn the_first_difference_is_shown_side_by_side() {
        let difference = compare(("one", &steps(&["1", "2", "3"])), ("other", &steps(&["1", "x", "y"])))
            .expect_err("they differ");
        assert_eq!(difference.step, 2);
        assert_eq!(difference.to_string(), "  step 2: GET /a\n  one    2\n  other  x");
    }

    #[test]
    fn a_transcript_that_ends_early_differs() {
        let difference =
            compare(("one", &steps(&["1", "2"])), ("two", &steps(&["1"]))).expect_err("it is shorter");
        assert!(difference.got.contains("ends here"), "{difference}");
        assert!(compare(("one", &steps(&["1"])), ("two", &steps(&["1", "2"]))).is_err());
    }
}
