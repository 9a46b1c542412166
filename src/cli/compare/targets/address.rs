//! `--target NAME=URL`, as it stands on the command line.

use std::net::{SocketAddr, ToSocketAddrs as _};

use anyhow::Context as _;

/// What a target is called, and where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::cli::compare) struct Address {
    pub(super) name: String,
    /// Host and port, as they were given.
    pub(super) authority: String,
    pub(super) host: String,
    port: u16,
    pub(super) speaks_tls: bool,
}

const LONGEST_NAME: usize = 40;
const HTTP: u16 = 80;
const HTTPS: u16 = 443;

/// Reads `NAME=URL`; an error says what is wrong and how to write it.
pub(in crate::cli::compare) fn address(text: &str) -> Result<Address, String> {
    let (name, url) =
        text.split_once('=').ok_or("write NAME=URL, such as blue=http://10.0.0.7:8080".to_owned())?;
    let fits = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
    if name.is_empty() || name.len() > LONGEST_NAME || !name.chars().all(fits) {
        return Err(format!(
            "{name:?} is no name: take 1 to {LONGEST_NAME} of the letters a to z, A to Z, 0 to 9, -, _ and ."
        ));
    }
    let (scheme, rest) = match url.split_once("://") {
        Some((scheme @ ("http" | "https"), rest)) => (scheme, rest),
        Some((scheme, _)) => {
            return Err(format!("{scheme}:// cannot be loaded: write http://HOST:PORT, or https://HOST"));
        }
        None => return Err(format!("{url:?} is no URL: write http://HOST:PORT")),
    };
    let authority = rest.strip_suffix('/').unwrap_or(rest);
    if let Some(at) = authority.find(['/', '?', '#']) {
        let (authority, path) = authority.split_at(at);
        return Err(format!(
            "{path:?} cannot be there, for a store begins at the root of its host: write {scheme}://{authority}"
        ));
    }
    if authority.contains('@') {
        return Err("no user can be named in it: everything is asked as everybody may".to_owned());
    }
    let speaks_tls = scheme == "https";
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => {
            let number = port.parse().ok().filter(|port| *port > 0);
            (host, number.ok_or_else(|| format!("{port:?} is no port: write a number from 1 to 65535"))?)
        }
        _ => (authority, if speaks_tls { HTTPS } else { HTTP }),
    };
    let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    if host.is_empty() {
        return Err(format!("{url:?} names no host: write http://HOST:PORT"));
    }
    let (name, authority) = (name.to_owned(), authority.to_owned());
    Ok(Address { name, authority, host: host.to_owned(), port, speaks_tls })
}

impl Address {
    /// Where to connect: all that the name stands for.
    pub(super) fn resolve(&self) -> anyhow::Result<Vec<SocketAddr>> {
        let found = (self.host.as_str(), self.port).to_socket_addrs().map(Vec::from_iter);
        let known = found
            .and_then(|all| if all.is_empty() { Err(std::io::ErrorKind::NotFound.into()) } else { Ok(all) });
        let Self { name, host, .. } = self;
        known.with_context(|| {
            format!("the host {host} of the target {name} is not known here: check its spelling, or give its IP address")
        })
    }

    /// The URL, in its shortest form.
    pub(super) fn url(&self) -> String {
        let scheme = if self.speaks_tls { "https" } else { "http" };
        format!("{scheme}://{}", self.authority)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_has_a_name_a_host_and_a_port() {
        let blue = address("blue=http://10.0.0.7:8080").expect("it is one");
        assert_eq!((&*blue.name, &*blue.host, blue.port), ("blue", "10.0.0.7", 8080));
        assert_eq!(address("b=http://shop.example/").expect("port 80 is meant").port, 80);
        let safe = address("safe=https://shop.example").expect("it is one");
        assert!(safe.speaks_tls && safe.port == 443 && !blue.speaks_tls, "{safe:?}");
        assert_eq!(safe.url(), "https://shop.example");
        let six = address("six=http://[::1]:8080").expect("it is one");
        assert_eq!((&*six.host, six.port, &*six.authority), ("::1", 8080, "[::1]:8080"));
        assert_eq!(six.resolve().expect("it is an address"), ["[::1]:8080".parse().expect("it is one")]);
    }

    #[test]
    fn what_is_no_target_is_refused_with_what_to_write() {
        for (text, word) in [
            ("http://10.0.0.7:8080", "NAME=URL"),
            ("blue", "NAME=URL"),
            ("=http://a", "is no name"),
            ("a b=http://a", "is no name"),
            ("blue=https://shop.example/shop", "write https://shop.example"),
            ("blue=unix://socket", "unix://"),
            ("blue=10.0.0.7:8080", "is no URL"),
            ("blue=http://a:8080/shop", "write http://a:8080"),
            ("blue=http://a:8080?x=1", "write http://a:8080"),
            ("blue=http://me@a:8080", "no user"),
            ("blue=http://a:0", "is no port"),
            ("blue=http://a:many", "is no port"),
            ("blue=http://:8080", "names no host"),
        ] {
            let refusal = address(text).expect_err(text);
            assert!(refusal.contains(word), "{text}: {refusal}");
        }
    }
}
