//! The table of addresses that a person sees when a fleet is up.

use super::ProcessInfo;

const HEADINGS: [&str; 5] = ["service", "hosts", "pid", "internal", "public"];

/// One line a process under a line of headings: service, hosts, pid, internal, public. `hosts` says which
/// modules and roles a service hosts, which this module does not know.
pub fn address_table(processes: &[ProcessInfo], hosts: impl Fn(&str) -> String) -> String {
    let rows: Vec<[String; 5]> = processes
        .iter()
        .map(|process| {
            [
                process.label.clone(),
                hosts(&process.service),
                process.pid.to_string(),
                process.internal.to_string(),
                process.public.map_or_else(String::new, |public| format!("http://{public}")),
            ]
        })
        .collect();
    let headings = HEADINGS.map(str::to_owned);
    let widths: [usize; 5] = std::array::from_fn(|column| {
        rows.iter().chain([&headings]).map(|row| row[column].chars().count()).max().unwrap_or(0)
    });
    let mut table = String::new();
    for row in [&headings].into_iter().chain(&rows) {
        let cells: Vec<String> =
            row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        table.push_str(cells.join("  ").trim_end());
        table.push('\n');
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_and_lines_have_no_trailing_blanks() {
        let process = |service: &str, pid, public: Option<&str>| ProcessInfo {
            service: service.to_owned(),
            replica: 1,
            label: service.to_owned(),
            pid,
            internal: "127.0.0.1:40111".parse().expect("an address"),
            public: public.map(|address| address.parse().expect("an address")),
        };
        let processes = [process("gateway", 7, Some("127.0.0.1:8080")), process("catalog", 12345, None)];
        let table = address_table(&processes, |service| format!("{service}, and more"));
        assert_eq!(
            table,
            "service  hosts              pid    internal         public\n\
             gateway  gateway, and more  7      127.0.0.1:40111  http://127.0.0.1:8080\n\
             catalog  catalog, and more  12345  127.0.0.1:40111\n"
        );
    }
}
