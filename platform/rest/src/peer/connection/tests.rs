use std::io::Write as _;

use actix_web::http::StatusCode;
use futures_util::{StreamExt as _, stream};
use tokio::io::{AsyncWriteExt as _, DuplexStream};

use super::super::request::Outgoing;
use super::*;

const REQUEST: &str = "GET /some/path?and=query HTTP/1.1\r\nhost: peer\r\n\r\n";

fn request(method: Method, body: Outgoing) -> Request {
    let mut request = Request::new(method, "/some/path?and=query", body).expect("it is a path");
    request.seal(|head| head.extend_from_slice(b"host: peer\r\n"));
    request
}

fn get() -> Request {
    request(Method::GET, Outgoing::empty())
}

fn upload(pieces: &[&'static str], length: Option<u64>) -> Request {
    let pieces = pieces.iter().map(|piece| Ok(Bytes::from_static(piece.as_bytes()))).collect::<Vec<_>>();
    request(Method::POST, Outgoing::stream(stream::iter(pieces), length))
}

/// A connection and its other end.
fn pair() -> (Connection, DuplexStream) {
    let (near, far) = tokio::io::duplex(1024);
    (Connection::over(near), far)
}

fn run<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(work)
}

/// An answer and whether the connection can be used again, to bytes that come in pieces of this size, after which the other end is
/// closed, or is not.
async fn answer_to(
    mut request: Request,
    bytes: &[u8],
    piece: usize,
    is_closed: bool,
) -> io::Result<(StatusCode, Vec<u8>, bool)> {
    let (mut connection, mut far) = pair();
    let answering = async move {
        for piece in bytes.chunks(piece) {
            // Who has read enough may have gone.
            let _gone = far.write_all(piece).await;
            tokio::task::yield_now().await;
        }
        if is_closed {
            drop(far);
            None
        } else {
            Some(far)
        }
    };
    let reading = async move {
        let head = connection.exchange(&mut request).await.map_err(|failure| match failure {
            Unanswered::NotSent(error) | Unanswered::Broken(error) | Unanswered::Withdrawn(error) => error,
        })?;
        let (mut rest, mut body) = (Rest::from(head.end), Vec::new());
        while let Some(piece) = poll_fn(|context| connection.poll_body(&mut rest, context)).await? {
            body.extend_from_slice(&piece);
        }
        Ok((head.status, body, head.keeps_alive))
    };
    tokio::join!(reading, answering).0
}

#[test]
fn an_answer_is_the_same_however_many_pieces_it_comes_in() {
    let cases: [(&str, &str, bool); 6] = [
        ("content-length: 11\r\n\r\nhello world", "hello world", true),
        ("content-length: 0\r\n\r\n", "", true),
        (
            "Transfer-Encoding: Chunked\r\n\r\n6;a=b\r\nhello \r\n05\r\nworld\r\n0\r\n\r\n",
            "hello world",
            true,
        ),
        ("transfer-encoding: chunked\r\n\r\nB\r\nhello world\r\n0\r\nsum: 1\r\n\r\n", "hello world", true),
        ("connection: x, Close\r\ncontent-length: 2\r\n\r\nhi", "hi", false),
        ("content-length: 2\r\ncontent-length: 2\r\n\r\nhi", "hi", true),
    ];
    for (rest, body, keeps_alive) in cases {
        let bytes = format!("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Made: well\r\n{rest}");
        for piece in 1..=bytes.len() {
            let answer = run(answer_to(get(), bytes.as_bytes(), piece, false)).expect("it is an answer");
            assert_eq!(
                answer,
                (StatusCode::CREATED, body.as_bytes().to_vec(), keeps_alive),
                "{rest:?} by {piece}"
            );
        }
    }
}

#[test]
fn a_body_of_unknown_length_ends_with_its_connection() {
    let answer = run(answer_to(get(), b"HTTP/1.1 200 OK\r\n\r\nhello", 3, true));
    assert_eq!(answer.expect("it is an answer"), (StatusCode::OK, b"hello".to_vec(), false));
}

#[test]
fn an_older_version_is_understood_and_its_connection_not_used_again() {
    let answer = run(answer_to(get(), b"HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\nhi", 9, false));
    assert_eq!(answer.expect("it is an answer"), (StatusCode::OK, b"hi".to_vec(), false));
}

#[test]
fn answers_that_have_no_body_by_their_nature_have_none() {
    for (method, status) in [(Method::HEAD, 200), (Method::GET, 204), (Method::GET, 304)] {
        let bytes = format!("HTTP/1.1 {status} -\r\ncontent-length: 5\r\n\r\n");
        let answer = run(answer_to(request(method, Outgoing::empty()), bytes.as_bytes(), 100, true));
        let (answered, body, keeps_alive) = answer.expect("it is an answer");
        assert_eq!((answered.as_u16(), body.len(), keeps_alive), (status, 0, true));
    }
}

#[test]
fn what_could_be_understood_in_two_ways_is_refused() {
    for rest in [
        "content-length: 2\r\ncontent-length: 3\r\n\r\nhi!",
        "content-length: +2\r\n\r\nhi",
        "content-length: \r\n\r\nhi",
        "content-length: 2, 2\r\n\r\nhi",
        "content-length: 99999999999999999999\r\n\r\nhi",
        "content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        "transfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        "transfer-encoding: identity\r\n\r\nhi",
        "transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        "transfer-encoding: chunked\r\n\r\n\r\n",
        "transfer-encoding: chunked\r\n\r\n+2\r\nhi\r\n0\r\n\r\n",
        "transfer-encoding: chunked\r\n\r\n2\r\nhi!\r\n0\r\n\r\n",
        "transfer-encoding: chunked\r\n\r\n10000000000000000\r\nhi\r\n0\r\n\r\n",
        "a b: c\r\ncontent-length: 0\r\n\r\n",
        "a: b\r\n c\r\ncontent-length: 0\r\n\r\n",
    ] {
        let bytes = format!("HTTP/1.1 200 OK\r\n{rest}");
        let error = run(answer_to(get(), bytes.as_bytes(), 7, true)).expect_err(rest);
        assert_eq!(error.kind(), io::ErrorKind::InvalidData, "{rest:?}: {error}");
    }
    for bytes in [
        "HTTP/1.1 101 -\r\nupgrade: x\r\n\r\n",
        "HTTP/2 200 OK\r\n\r\n",
        "HTTP/1.1 099 -\r\n\r\n",
        "hello\r\n\r\n",
    ] {
        let error = run(answer_to(get(), bytes.as_bytes(), 7, true)).expect_err(bytes);
        assert_eq!(error.kind(), io::ErrorKind::InvalidData, "{bytes:?}: {error}");
    }
}

#[test]
fn an_answer_without_end_fills_no_memory() {
    let field = format!("HTTP/1.1 200 OK\r\na: {}", "b".repeat(100 * 1024));
    let fields = format!("HTTP/1.1 200 OK\r\n{}\r\n", "a: b\r\n".repeat(200));
    let chunk = format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1;{}", "b".repeat(100 * 1024));
    for bytes in [field, fields, chunk] {
        let error = run(answer_to(get(), bytes.as_bytes(), 1024, true)).expect_err("it is too long");
        assert_eq!(error.kind(), io::ErrorKind::InvalidData, "{error}");
    }
}

#[test]
fn an_answer_that_breaks_off_is_no_answer() {
    for bytes in [
        "",
        "HTTP/1.1 200 OK\r\n",
        "HTTP/1.1 100 Continue\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nhi",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nhi",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhi\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n",
    ] {
        let error = run(answer_to(get(), bytes.as_bytes(), 7, true)).expect_err(bytes);
        assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof, "{bytes:?}: {error}");
    }
}

#[test]
fn what_has_not_left_and_what_has_are_told_apart() {
    run(async {
        let (mut connection, far) = pair();
        drop(far);
        let outcome = connection.exchange(&mut get()).await;
        assert!(matches!(outcome, Err(Unanswered::NotSent(_))), "nobody is there: {outcome:?}");

        let (mut connection, mut far) = pair();
        let (mut request, mut heard) = (get(), vec![0; REQUEST.len()]);
        let hang_up = async {
            far.read_exact(&mut heard).await.expect("a request comes");
            drop(far);
        };
        let (outcome, ()) = tokio::join!(connection.exchange(&mut request), hang_up);
        assert!(matches!(outcome, Err(Unanswered::Broken(_))), "somebody has read it: {outcome:?}");
        assert_eq!(heard, REQUEST.as_bytes());
    });
}

#[test]
fn a_connection_is_taken_again_only_where_nothing_came_meanwhile() {
    run(async {
        let (mut connection, far) = pair();
        assert!(connection.is_quiet(), "nothing came");
        drop(far);
        assert!(!connection.is_quiet(), "it was closed");
        let (mut connection, mut far) = pair();
        far.write_all(b"HTTP/1.1 408 -\r\n\r\n").await.expect("there is room");
        assert!(!connection.is_quiet(), "an answer came that nobody had asked for");
        assert!(!connection.is_quiet(), "and it is still there");
    });
}

#[test]
fn a_body_leaves_with_its_length_or_in_chunks() {
    let full = request(Method::PUT, Outgoing::full(Bytes::from_static(b"{}")));
    let head = "POST /some/path?and=query HTTP/1.1\r\nhost: peer\r\n";
    for (mut request, expected) in [
        (full, "PUT /some/path?and=query HTTP/1.1\r\nhost: peer\r\ncontent-length: 2\r\n\r\n{}".to_owned()),
        (request(Method::POST, Outgoing::empty()), format!("{head}content-length: 0\r\n\r\n")),
        (upload(&["he", "llo"], Some(5)), format!("{head}content-length: 5\r\n\r\nhello")),
        (
            upload(&["hello wo", "", "rld"], None),
            format!("{head}transfer-encoding: chunked\r\n\r\n8\r\nhello wo\r\n3\r\nrld\r\n0\r\n\r\n"),
        ),
    ] {
        run(async {
            let (mut connection, mut far) = pair();
            let answering = async {
                let mut heard = vec![0; expected.len()];
                far.read_exact(&mut heard).await.expect("all of it comes");
                far.write_all(b"HTTP/1.1 204 -\r\n\r\n").await.expect("there is room");
                String::from_utf8(heard).expect("it is text")
            };
            let (head, heard) = tokio::join!(connection.exchange(&mut request), answering);
            assert!(head.expect("it is answered").keeps_alive);
            assert_eq!(heard, expected);
        });
    }
}

#[test]
fn a_body_that_is_not_what_was_said_of_it_is_withdrawn() {
    let broken = stream::iter([Ok(Bytes::from_static(b"he")), Err(io::ErrorKind::ConnectionReset.into())]);
    let broken = request(Method::POST, Outgoing::stream(broken, None));
    for mut request in [upload(&["hell"], Some(5)), upload(&["hello", "!"], Some(5)), broken] {
        let (mut connection, _far) = pair();
        assert!(request.is_whole());
        let outcome = run(connection.exchange(&mut request));
        assert!(matches!(outcome, Err(Unanswered::Withdrawn(_))), "{outcome:?}");
        assert!(!request.is_whole(), "it cannot be sent again");
    }
}

#[test]
fn an_answer_that_comes_early_ends_the_sending_and_the_connection() {
    let endless = stream::repeat_with(|| Ok(Bytes::from_static(&[b'x'; 512])));
    let mut request = request(Method::POST, Outgoing::stream(endless, None));
    let (mut connection, mut far) = pair();
    run(async {
        // What does not fit into the pipe is never read.
        let refuse = async {
            far.read_exact(&mut [0; 100]).await.expect("it begins");
            far.write_all(b"HTTP/1.1 401 -\r\ncontent-length: 0\r\n\r\n").await.expect("there is room");
        };
        let (head, ()) = tokio::join!(connection.exchange(&mut request), refuse);
        let head = head.expect("it is answered");
        assert_eq!((head.status, head.keeps_alive), (StatusCode::UNAUTHORIZED, false));
    });
}

#[test]
fn why_a_connection_was_closed_is_heard_also_where_that_shows_in_the_sending_first() {
    run(async {
        let (near, far) = std::os::unix::net::UnixStream::pair().expect("a pair of sockets");
        near.set_nonblocking(true).expect("a socket takes the option");
        let mut connection = Connection::over(UnixStream::from_std(near).expect("a socket of this runtime"));
        let mut far = Some(far);
        let pieces = stream::iter(["first", "second"]).map(move |piece| {
            if piece == "second" {
                let mut far = far.take().expect("there is one second piece");
                far.write_all(b"HTTP/1.1 401 -\r\ncontent-length: 0\r\n\r\n").expect("there is room");
            }
            Ok(Bytes::from_static(piece.as_bytes()))
        });
        let mut request = request(Method::POST, Outgoing::stream(pieces, None));
        let head = connection.exchange(&mut request).await.expect("it is answered");
        assert_eq!((head.status, head.keeps_alive), (StatusCode::UNAUTHORIZED, false));
    });
}

#[test]
fn an_attempt_leaves_nothing_of_the_one_before() {
    let mut request = request(Method::POST, Outgoing::full(Bytes::from_static(b"{}")));
    let first = request.bytes.clone();
    request.seal(|head| head.extend_from_slice(b"host: peer\r\n"));
    assert_eq!(request.bytes, first);
}

#[test]
fn no_text_can_pretend_to_be_a_header_or_a_request_of_its_own() {
    for path in ["", "path", "/a b", "/a\r\nx: y", "/\u{e4}"] {
        assert!(Request::new(Method::GET, path, Outgoing::empty()).is_err(), "{path:?}");
    }
    let mut request = Request::new(Method::GET, "/", Outgoing::empty()).expect("it is a path");
    request.append_text("a", "b\r\nx: y");
    request.append_text("a", "b c");
    request.seal(|_| {});
    assert_eq!(request.bytes, b"GET / HTTP/1.1\r\na: b c\r\n\r\n");
}

#[test]
fn headers_are_found_by_their_names_whatever_the_case() {
    let head = b"HTTP/1.1 200 a: b\r\nServer-Timing:  total;dur=1 \r\nX: y:z\r\nEmpty:\r\n\r\n";
    let head =
        Head::take(&mut BytesMut::from(&head[..]), &Method::GET).expect("it is a head").expect("all of it");
    let fields = head.fields.iter().collect::<Vec<_>>();
    let expected: [(&str, &[u8]); 3] = [("Server-Timing", b"total;dur=1"), ("X", b"y:z"), ("Empty", b"")];
    assert_eq!(fields, expected);
    assert_eq!(head.fields.get("server-timing"), Some(&b"total;dur=1"[..]));
    assert_eq!(head.fields.get("a"), None);
}
