//! Sockets that are held by several.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::os::unix::net::UnixStream;
use std::process::Command;

use super::*;

fn places(folder: &Path) -> Places {
    let anywhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let unix = SocketFiles { folder: folder.to_owned(), service: "catalog".to_owned() };
    Places { internal: anywhere, unix: Some(unix), public: Some(anywhere) }
}

#[test]
fn who_connects_while_nobody_accepts_is_served_by_the_next_who_holds_the_socket() {
    let folder = tempfile::tempdir().expect("a folder");
    let kept = Listeners::bind(&places(folder.path()), "1").expect("ports are free");
    let file = kept.unix().expect("it has a file").to_owned();
    let first = kept.try_clone().expect("it can be held twice");
    drop(first);

    let mut visitor = TcpStream::connect(kept.internal().expect("it is bound")).expect("the socket is open");
    let mut neighbour = UnixStream::connect(&file).expect("the socket is open");
    let next = kept.try_clone().expect("it can be held twice");
    drop(kept);
    next.internal.accept().expect("somebody waits").0.write_all(b"!").expect("it is open");
    next.unix
        .as_ref()
        .expect("it has one")
        .0
        .accept()
        .expect("somebody waits")
        .0
        .write_all(b"?")
        .expect("it is open");
    let mut heard = [0; 2];
    visitor.read_exact(&mut heard[..1]).expect("it was accepted");
    neighbour.read_exact(&mut heard[1..]).expect("it was accepted");
    assert_eq!(heard, *b"!?");

    let address = next.internal().expect("it is bound");
    drop(next);
    assert_eq!(TcpStream::connect(address).expect_err("it is closed").kind(), ErrorKind::ConnectionRefused);
    assert_eq!(UnixStream::connect(file).expect_err("it is closed").kind(), ErrorKind::ConnectionRefused);
}

#[test]
fn more_can_wait_than_come_in_the_blink_of_an_eye() {
    let folder = tempfile::tempdir().expect("a folder");
    let listeners = Listeners::bind(&places(folder.path()), "1").expect("ports are free");
    let file = listeners.unix().expect("it has a file");
    // A socket file has no second queue behind the first: where that is full, connecting blocks or fails.
    let waiting = (0..500).map(|_| {
        let stream = rustix::net::socket_with(
            rustix::net::AddressFamily::UNIX,
            rustix::net::SocketType::STREAM,
            rustix::net::SocketFlags::NONBLOCK,
            None,
        );
        let stream = stream.expect("a socket");
        let address = rustix::net::SocketAddrUnix::new(file).expect("a short path");
        rustix::net::connect(&stream, &address).map(|()| stream)
    });
    let waiting = waiting.collect::<Result<Vec<_>, _>>();
    assert_eq!(waiting.map(|all| all.len()), Ok(500));
}

#[test]
fn a_child_finds_its_sockets_where_the_variables_say() {
    let folder = tempfile::tempdir().expect("a folder");
    let listeners = Listeners::bind(&places(folder.path()), "2").expect("ports are free");
    assert_eq!(listeners.unix(), Some(folder.path().join("catalog.2.sock").as_path()));
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", "echo $LISTEN_FDS $LISTEN_FDNAMES ${LISTEN_PID-nobody}; for n in 3 4 5; do test -S /dev/fd/$n && echo $n; done"]);
    shell.env("LISTEN_PID", "1");
    hand_over(listeners, &mut shell).expect("they can be handed over");
    let told = shell.output().expect("a shell can be started").stdout;
    assert_eq!(String::from_utf8_lossy(&told), "3 internal:unix:public nobody\n3\n4\n5\n");
}
