//! Numbers for people: as many digits as say something.

use crate::statistics::Ratio;

/// Three significant digits where the number is small, none after the point where it is large.
pub(super) fn short(value: f64) -> String {
    match value.abs() {
        size if size >= 100.0 => grouped(value),
        size if size >= 10.0 => trimmed(format!("{value:.1}")),
        size if size >= 1.0 => trimmed(format!("{value:.2}")),
        0.0 => "0".to_owned(),
        _ => trimmed(format!("{value:.3}")),
    }
}

/// A latency in the unit that suits it.
pub(super) fn latency(us: f64) -> String {
    match us {
        us if us >= 1_000_000.0 => format!("{} s", short(us / 1_000_000.0)),
        us if us >= 1_000.0 => format!("{} ms", short(us / 1_000.0)),
        us => format!("{} µs", short(us)),
    }
}

/// 0.999 as 99.9 %.
pub(super) fn percent_share(share: f64) -> String {
    format!("{} %", trimmed(format!("{:.4}", share * 100.0)))
}

/// A ratio with two decimals.
pub(super) fn ratio(value: f64) -> String {
    format!("{value:.2}")
}

/// A ratio with its interval.
pub(super) fn interval(ratio: Ratio) -> String {
    ratio.to_string()
}

/// What there is, or that it was not measured.
pub(super) fn or_not(value: Option<f64>, show: impl Fn(f64) -> String) -> String {
    value.map_or_else(|| "not measured".to_owned(), show)
}

fn grouped(value: f64) -> String {
    let digits = format!("{:.0}", value.abs());
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if value < 0.0 { format!("-{text}") } else { text }
}

fn trimmed(text: String) -> String {
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_as_many_digits_as_say_something() {
        let shown = [0.0, 0.012, 1.5, 12.34, 123.4, 12_345.6, 1_234_567.0].map(short);
        assert_eq!(shown, ["0", "0.012", "1.5", "12.3", "123", "12,346", "1,234,567"]);
        assert_eq!([50.0, 1_500.0, 2_000_000.0].map(latency), ["50 µs", "1.5 ms", "2 s"]);
        assert_eq!([0.5, 0.99, 0.9999].map(percent_share), ["50 %", "99 %", "99.99 %"]);
    }
}
