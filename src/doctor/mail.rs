//! Where e-mails go: a folder that can be written, or a mail server that answers.

use std::net::{TcpStream, ToSocketAddrs as _};
use std::path::Path;
use std::time::Duration;

use notifications::MailPlace;
use rustix::fs::{Access, access};

use super::Check;
use super::scope::Scope;

/// How long a mail server may take to accept a connection.
const PATIENCE: Duration = Duration::from_secs(2);

const KEY: &str = "notifications.mail";

pub(super) fn check(scope: &Scope<'_>) -> Vec<Check> {
    if let Some(unknown) = scope.unknown(KEY) {
        return vec![unknown];
    }
    if !scope.hosts("notifications") {
        return vec![Check::ok(KEY, "the service sends none")];
    }
    let check = match scope.settings.post() {
        Ok(post) => match post.place() {
            MailPlace::Folder(folder) => writable(folder),
            MailPlace::Server { host, port } => reachable(host, *port),
        },
        Err(error) => Check::refused(KEY, &error),
    };
    vec![check]
}

/// The folder is made with the first e-mail, so the nearest one above it counts.
fn writable(folder: &Path) -> Check {
    let place = folder.display();
    let nearest = folder.ancestors().find(|path| path.exists()).filter(|path| !path.as_os_str().is_empty());
    let nearest = nearest.unwrap_or(Path::new("."));
    let mend = format!("make {place} a folder that the store may write, or name another one in {KEY}");
    if !nearest.is_dir() {
        return Check::wrong(KEY, format!("{} is a file, not a folder", nearest.display()), mend);
    }
    match access(nearest, Access::WRITE_OK | Access::EXEC_OK) {
        Ok(()) => Check::ok(KEY, format!("e-mails go into the folder {place}")),
        Err(error) => Check::wrong(KEY, format!("{} cannot be written: {error}", nearest.display()), mend),
    }
}

fn reachable(host: &str, port: u16) -> Check {
    let addresses = match (host, port).to_socket_addrs() {
        Ok(addresses) => addresses,
        Err(error) => {
            let mend = format!("correct the host in {KEY}; e-mails wait in the queue meanwhile");
            return Check::wrong(KEY, format!("the host {host} cannot be found: {error}"), mend);
        }
    };
    let mut last = "the host has no address".to_owned();
    for address in addresses {
        match TcpStream::connect_timeout(&address, PATIENCE) {
            Ok(_) => return Check::ok(KEY, format!("the mail server at {host}:{port} accepts connections")),
            Err(error) => last = error.to_string(),
        }
    }
    let mend = format!("start the mail server, or correct {KEY}; e-mails wait in the queue meanwhile");
    Check::wrong(KEY, format!("no mail server answers at {host}:{port}: {last}"), mend)
}
