//! What the system tells of processes, where it has `/proc`.

use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// How a table of sockets marks one that listens.
const LISTENS: &str = "0A";

/// The name of what a process runs.
pub(super) fn program_of(pid: u32) -> String {
    let name = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
    if name.trim().is_empty() { "a process".to_owned() } else { name.trim().to_owned() }
}

/// Whether a signal has stopped a process, so that it does nothing until another one lets it go on.
pub(super) fn is_stopped(pid: u32) -> bool {
    let status = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // The name stands in parentheses and may have any character.
    status.rsplit_once(')').is_some_and(|(_, rest)| rest.trim_start().starts_with(['T', 't']))
}

/// Whether the file that a process runs has been replaced since it started.
pub(super) fn runs_replaced_file(pid: u32) -> bool {
    fs::read_link(format!("/proc/{pid}/exe"))
        .is_ok_and(|file| file.as_os_str().to_string_lossy().ends_with(" (deleted)"))
}

/// The process that listens where `address` would; `None` where the system does not say.
pub(super) fn listener_at(address: SocketAddr) -> Option<u32> {
    let inode = ["/proc/net/tcp", "/proc/net/tcp6"].iter().find_map(|table| {
        let table = fs::read_to_string(table).ok()?;
        table.lines().skip(1).find_map(|line| inode_of(line, address).map(str::to_owned))
    })?;
    let wanted = format!("socket:[{inode}]");
    let processes = fs::read_dir("/proc").ok()?;
    let mut pids = processes.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
    pids.find(|pid| {
        let files = fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten();
        let mut targets = files.filter_map(|file| fs::read_link(file.ok()?.path()).ok());
        targets.any(|target| target.as_os_str() == wanted.as_str())
    })
}

/// The socket of a line of the table, where it listens at this address or at every one.
fn inode_of(line: &str, address: SocketAddr) -> Option<&str> {
    let fields = line.split_whitespace().collect::<Vec<_>>();
    let (host, port) = fields.get(1)?.split_once(':')?;
    let port = u16::from_str_radix(port, 16).ok()?;
    let host = host_of(host)?;
    let meets = host == address.ip() || host.is_unspecified() || address.ip().is_unspecified();
    (port == address.port() && meets && *fields.get(3)? == LISTENS).then_some(*fields.get(9)?)
}

/// An address as the kernel writes it: words of 32 bits, each in the order of this machine.
fn host_of(text: &str) -> Option<IpAddr> {
    let words = text.as_bytes().chunks(8).map(|word| {
        let word = std::str::from_utf8(word).ok()?;
        Some(u32::from_str_radix(word, 16).ok()?.to_ne_bytes())
    });
    match words.collect::<Option<Vec<_>>>()?.as_slice() {
        [word] => Some(Ipv4Addr::from(*word).into()),
        words => {
            let bytes = <[u8; 16]>::try_from(words.concat()).ok()?;
            Some(Ipv6Addr::from(bytes).to_canonical())
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn a_line_of_the_table_names_the_socket_that_listens_there() {
        let line = "0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 4242 1";
        let everywhere = line.replace("0100007F", "00000000");
        let established = line.replace(" 0A ", " 01 ");
        let here = "127.0.0.1:8080".parse().expect("an address");
        assert_eq!(inode_of(line, here), Some("4242"));
        assert_eq!(inode_of(&everywhere, here), Some("4242"));
        assert_eq!(inode_of(&established, here), None);
        for other in ["127.0.0.1:8081", "127.0.0.2:8080"] {
            assert_eq!(inode_of(line, other.parse().expect("an address")), None, "{other}");
        }
    }

    #[test]
    fn this_process_is_found_by_its_listener() {
        for host in ["127.0.0.1:0", "[::1]:0"] {
            // A machine may have no IPv6.
            let Ok(listener) = TcpListener::bind(host) else { continue };
            let address = listener.local_addr().expect("it is bound");
            assert_eq!(listener_at(address), Some(std::process::id()), "{address}");
        }
    }
}
