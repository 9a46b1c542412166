//! Where the servers are, and as whom they are asked.

use std::fmt;
use std::str::FromStr;

use async_nats::ServerAddr;

/// The servers of a URL such as `nats://USER:PASSWORD@HOST:PORT`. Neither its text nor its debugging output has the password.
#[derive(Clone, PartialEq, Eq)]
pub struct Address {
    servers: Vec<String>,
    credentials: Credentials,
}

/// By what a server knows who asks.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Credentials {
    Nothing,
    Token(String),
    Password { user: String, password: String },
}

/// A URL that names no NATS.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "write nats://HOST:PORT or tls://HOST:PORT, with USER:PASSWORD@ or TOKEN@ before the host where it asks for them, and several servers of one cluster with commas between them"
)]
pub struct AddressError;

impl Address {
    /// The servers, without what only they may know.
    pub(crate) fn servers(&self) -> Result<Vec<ServerAddr>, AddressError> {
        self.servers.iter().map(|server| server.parse().map_err(|_| AddressError)).collect()
    }

    pub(crate) fn credentials(&self) -> &Credentials {
        &self.credentials
    }
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut address = Self { servers: Vec::new(), credentials: Credentials::Nothing };
        for url in text.split(',').map(str::trim) {
            let (scheme, place) = url.split_once("://").ok_or(AddressError)?;
            if !matches!(scheme, "nats" | "tls") {
                return Err(AddressError);
            }
            let (credentials, host) = match place.rsplit_once('@') {
                None => (Credentials::Nothing, place),
                Some((credentials, host)) => (Credentials::parse(credentials)?, host),
            };
            let server = format!("{scheme}://{}", host.trim_end_matches('/'));
            let is_place = server.parse::<ServerAddr>().is_ok_and(|server| !server.host().is_empty());
            if !is_place || host.contains(['/', '?', '#']) && !host.ends_with('/') {
                return Err(AddressError);
            }
            address.servers.push(server);
            // One account for the whole cluster: the first server that has some says them for all.
            if address.credentials == Credentials::Nothing {
                address.credentials = credentials;
            }
        }
        Ok(address)
    }
}

impl Credentials {
    fn parse(text: &str) -> Result<Self, AddressError> {
        match text.split_once(':') {
            Some((user, password)) => {
                Ok(Self::Password { user: decoded(user)?, password: decoded(password)? })
            }
            None => decoded(text).map(Self::Token),
        }
    }
}

/// What `%` and two digits stand for.
fn decoded(text: &str) -> Result<String, AddressError> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let decoded = match byte {
            b'%' => {
                let digits = [rest.next().ok_or(AddressError)?, rest.next().ok_or(AddressError)?];
                let digits = std::str::from_utf8(&digits).map_err(|_| AddressError)?;
                u8::from_str_radix(digits, 16).map_err(|_| AddressError)?
            }
            other => other,
        };
        bytes.push(decoded);
    }
    String::from_utf8(bytes).map_err(|_| AddressError)
}

impl fmt::Display for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.servers.join(","))
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Address").field(&self.to_string()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Address {
        text.parse().expect("it is an address")
    }

    #[test]
    fn a_password_is_taken_out_of_the_url_and_shown_nowhere() {
        let address = parsed("nats://store:s%40cret:x@10.0.0.1:4222, nats://10.0.0.2:4222/");
        assert_eq!(address.to_string(), "nats://10.0.0.1:4222,nats://10.0.0.2:4222");
        let password = Credentials::Password { user: "store".to_owned(), password: "s@cret:x".to_owned() };
        assert!(*address.credentials() == password);
        assert!(!format!("{address:?}").contains("cret"));
    }

    #[test]
    fn what_stands_alone_before_the_host_is_a_token() {
        assert!(*parsed("tls://t0ken@nats.example").credentials() == Credentials::Token("t0ken".to_owned()));
        assert!(*parsed("nats://[::1]:4222").credentials() == Credentials::Nothing);
    }

    #[test]
    fn what_names_no_nats_is_refused() {
        for wrong in [
            "",
            "nats",
            "http://host:4222",
            "nats://",
            "nats://host:port",
            "nats://host/path",
            "nats://a,b",
            "nats://%zz@host",
        ] {
            assert_eq!(wrong.parse::<Address>(), Err(AddressError), "{wrong:?}");
        }
    }
}
