//! Peers that misbehave.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

/// A peer that takes connections and requests, and never answers.
pub(crate) struct SilentPeer(TcpListener);

impl SilentPeer {
    pub(crate) fn new() -> Self {
        Self(listener())
    }

    /// Nobody has to accept: the system takes connections for a listener, and what is sent over them.
    pub(crate) fn address(&self) -> SocketAddr {
        self.0.local_addr().expect("it is bound")
    }
}

/// A peer that reads each request's head and closes the connection.
pub(crate) struct HangingUpPeer {
    address: SocketAddr,
    heard: Arc<Mutex<Heard>>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Heard {
    heads: Vec<String>,
    enough: bool,
}

impl HangingUpPeer {
    pub(crate) fn new() -> Self {
        let listener = listener();
        let address = listener.local_addr().expect("it is bound");
        let heard = Arc::<Mutex<Heard>>::default();
        let hears = heard.clone();
        let thread = std::thread::spawn(move || {
            for connection in listener.incoming() {
                let Ok(connection) = connection else { continue };
                let head = read_head(&connection);
                // Noted before the connection is closed, which is when the caller goes on.
                let mut heard = hears.lock().expect("nobody panics with this lock");
                if heard.enough {
                    return;
                }
                heard.heads.extend(head);
            }
        });
        Self { address, heard, thread: Some(thread) }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The method and path of every request since the last time that somebody asked.
    pub(crate) fn take_requests(&self) -> Vec<String> {
        self.take_heads().iter().filter_map(|head| request_line(head)).collect()
    }

    /// The same with all headers.
    pub(crate) fn take_heads(&self) -> Vec<String> {
        std::mem::take(&mut self.heard.lock().expect("nobody panics with this lock").heads)
    }
}

impl Drop for HangingUpPeer {
    fn drop(&mut self) {
        self.heard.lock().expect("nobody panics with this lock").enough = true;
        // It wakes the thread, which must not wait for more than the connection.
        drop(TcpStream::connect(self.address));
        if let Some(thread) = self.thread.take() {
            thread.join().expect("the peer's thread ends in peace");
        }
    }
}

/// A peer that answers each path as it was told to, and everything else with 404.
pub(crate) struct ScriptedPeer {
    address: SocketAddr,
    enough: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl ScriptedPeer {
    /// Path, status and body of its answers.
    pub(crate) fn new(answers: &'static [(&'static str, u16, &'static str)]) -> Self {
        let listener = listener();
        let address = listener.local_addr().expect("it is bound");
        let enough = Arc::<AtomicBool>::default();
        let has_enough = enough.clone();
        let thread = std::thread::spawn(move || {
            for connection in listener.incoming() {
                let Ok(mut connection) = connection else { continue };
                if has_enough.load(Ordering::Relaxed) {
                    return;
                }
                let request = read_head(&connection).and_then(|head| request_line(&head)).unwrap_or_default();
                let known = answers.iter().find(|(path, ..)| request == format!("GET {path}"));
                let (_, status, body) = known.unwrap_or(&("", 404, ""));
                let length = body.len();
                let head =
                    format!("HTTP/1.1 {status} -\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n");
                // Who asked may have gone.
                let _gone = connection.write_all(format!("{head}{body}").as_bytes());
            }
        });
        Self { address, enough, thread: Some(thread) }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for ScriptedPeer {
    fn drop(&mut self) {
        self.enough.store(true, Ordering::Relaxed);
        // It wakes the thread, which must not wait for more than the connection.
        drop(TcpStream::connect(self.address));
        if let Some(thread) = self.thread.take() {
            thread.join().expect("the peer's thread ends in peace");
        }
    }
}

fn listener() -> TcpListener {
    TcpListener::bind(("127.0.0.1", 0)).expect("a free port")
}

/// The lines up to the empty one; `None` where the connection ends before the head does.
fn read_head(stream: &TcpStream) -> Option<String> {
    let mut head = String::new();
    for line in BufReader::new(stream).lines().map_while(Result::ok) {
        if line.is_empty() {
            return Some(head);
        }
        head = head + &line + "\n";
    }
    None
}

/// The first line without the version.
fn request_line(head: &str) -> Option<String> {
    head.lines().next()?.strip_suffix(" HTTP/1.1").map(str::to_owned)
}
