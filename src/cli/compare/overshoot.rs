//! By how much longer than asked calls were delayed, read from what a process tells about itself.

/// A bucket of calls to one service.
const BUCKET: &str = "cleave_round_trip_overshoot_seconds_bucket{";

/// The upper ends of the buckets in µs with the calls in each; those of several services come one after the other.
pub(super) fn buckets(metrics: &str) -> Vec<(f64, u64)> {
    let mut buckets = Vec::new();
    let (mut service, mut end_us, mut counted) = ("", 0.0, 0);
    for line in metrics.lines().filter_map(|line| line.strip_prefix(BUCKET)) {
        let calls = line.rsplit(' ').next().and_then(|calls| calls.parse::<u64>().ok());
        let (Some(calls), Some(of), Some(end)) = (calls, label(line, "service"), label(line, "le")) else {
            continue;
        };
        if service != of {
            (service, counted) = (of, 0);
        }
        // Longer ones than the last bucket has room for count as its longest.
        end_us = end.parse::<f64>().ok().filter(|end| end.is_finite()).map_or(end_us, |end| end * 1e6);
        buckets.push((end_us, calls.saturating_sub(counted)));
        counted = calls;
    }
    buckets
}

fn label<'a>(labels: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = labels.split_once(&format!("{name}=\""))?;
    rest.split('"').next()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use cleave_compare::Overshoot;
    use cleave_telemetry::Metrics;

    use super::*;

    #[test]
    fn the_calls_of_all_services_are_read_each_once_in_its_bucket() {
        let metrics = Metrics::default();
        assert_eq!(buckets(&metrics.render()), [], "nothing was delayed");
        let micros = Duration::from_micros;
        metrics.round_trip_overshoot("near").record(micros(50));
        metrics.round_trip_overshoot("near").record(micros(2_000_000));
        metrics.round_trip_overshoot("far").record(micros(50));
        let counted =
            buckets(&metrics.render()).into_iter().filter(|(_, calls)| *calls > 0).collect::<Vec<_>>();
        assert_eq!(Overshoot::of(counted.clone()).calls(), 3);
        let fifties = counted.iter().filter(|(end_us, _)| (50.0..60.0).contains(end_us)).count();
        assert_eq!(fifties, 2, "{counted:?}");
    }
}
