//! The round-trip times at which topologies are measured.

use anyhow::anyhow;

use crate::cli::{Failure, usage};

/// The same in rising order: two at least, each once.
pub(super) fn rising(round_trips_ms: &[f64]) -> Result<Vec<f64>, Failure> {
    let mut rising = round_trips_ms.to_vec();
    rising.sort_by(f64::total_cmp);
    if let Some([twice, ..]) = rising.windows(2).find(|pair| pair[0].total_cmp(&pair[1]).is_eq()) {
        return Err(usage(anyhow!("--rtt names {twice} ms twice: name each round-trip time once")));
    }
    if rising.len() < 2 {
        return Err(usage(anyhow!(
            "--rtt needs two round-trip times at least, because one shows no slope: write for example --rtt 0,0.25,1"
        )));
    }
    Ok(rising)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_put_in_order() {
        assert_eq!(rising(&[1.0, 0.0, 0.25]).ok(), Some(vec![0.0, 0.25, 1.0]));
    }

    #[test]
    fn one_distance_and_one_that_is_named_twice_are_refused_with_what_to_write() {
        for (asked, words) in [(&[1.0][..], "--rtt 0,0.25,1"), (&[0.0, 5.0, 5.0], "5 ms twice")] {
            let refusal = rising(asked).expect_err("it is refused");
            assert!(refusal.to_string().contains(words), "{refusal}");
        }
    }
}
