//! Certificates for a server of a test.

use std::path::Path;
use std::process::Command;

/// An authority of the folder `$1`, and a certificate of it for `localhost`; another authority, which vouches for nothing.
const MAKE: &str = r#"
    cd "$1"
    for authority in ca other; do
        openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj "/CN=$authority" \
            -addext basicConstraints=critical,CA:TRUE -keyout "$authority.key" -out "$authority.pem"
    done
    openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost \
        -addext basicConstraints=critical,CA:FALSE -CA ca.pem -CAkey ca.key -keyout server.key -out server.pem
    chmod 600 server.key
"#;

pub(super) fn make_certificates(folder: &Path) {
    let made = Command::new("/bin/sh").args(["-euc", MAKE, "sh"]).arg(folder).output();
    let made = made.expect("a shell can be started");
    assert!(made.status.success(), "no certificates: {}", String::from_utf8_lossy(&made.stderr));
}
