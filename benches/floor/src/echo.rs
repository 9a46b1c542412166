//! The least that answers HTTP: what the kernel and the load generator cost.
//!
//! A thread a connection reads until a head is complete and writes bytes that are ready. It routes by one byte, reads no
//! bodies, knows no errors, and is nothing to build upon.

use std::io::{self, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

use crate::answers::Answers;

/// What every question begins with; the next byte tells a list from a single product.
const PATH: &[u8] = b"GET /api/v1/products";
const END_OF_HEAD: &[u8] = b"\r\n\r\n";
/// The largest head that is waited for.
const LARGEST_HEAD: usize = 8 * 1024;

/// Whole answers, with their heads.
struct Ready {
    page: Vec<u8>,
    product: Vec<u8>,
}

/// Answers on threads of its own until the process ends.
pub(crate) fn serve(answers: &Answers, listener: TcpListener) -> io::Result<()> {
    let ready = Arc::new(Ready { page: with_head(&answers.page), product: with_head(&answers.product) });
    let accept = move || {
        for stream in listener.incoming().flatten() {
            let ready = ready.clone();
            // Whoever goes away in the middle has seen enough.
            let _gone = thread::Builder::new().spawn(move || answer(stream, &ready));
        }
    };
    thread::Builder::new().spawn(accept).map(drop)
}

fn answer(mut stream: TcpStream, ready: &Ready) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut head = [0; LARGEST_HEAD];
    let mut length = 0;
    loop {
        length += match stream.read(&mut head[length..])? {
            0 => return Ok(()),
            read => read,
        };
        if head[..length].ends_with(END_OF_HEAD) {
            let is_page = head.starts_with(PATH) && head[PATH.len()] == b'?';
            stream.write_all(if is_page { &ready.page } else { &ready.product })?;
            length = 0;
        }
    }
}

/// The answer with its head.
pub(crate) fn with_head(body: &[u8]) -> Vec<u8> {
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-length: {}\r\ncontent-type: application/json\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}
