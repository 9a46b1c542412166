use super::*;

const ANSWERS: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello\
    HTTP/1.1 100 Continue\r\n\r\n\
    HTTP/1.1 201 Created\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n\
    HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n";

#[test]
fn answers_are_taken_whole_however_the_bytes_arrive() {
    for step in [1, 2, 7, ANSWERS.len()] {
        let mut reader = ResponseReader::default();
        let mut answers = Vec::new();
        for piece in ANSWERS.chunks(step) {
            reader.push(piece);
            while let Some(answer) = reader.take("GET").expect("well formed") {
                answers.push((answer.status, answer.text(), answer.closes_connection()));
            }
        }
        let expected = vec![
            (200, "hello".to_owned(), false),
            (201, "abcde".to_owned(), false),
            (204, String::new(), true),
        ];
        assert_eq!(answers, expected, "in steps of {step}");
        assert!(reader.is_empty());
    }
}

#[test]
fn an_answer_without_a_length_ends_with_its_connection() {
    let mut reader = ResponseReader::default();
    reader.push(b"HTTP/1.1 200 OK\r\n\r\nhalf");
    assert_eq!(reader.take("GET").expect("well formed"), None);
    assert_eq!(reader.finish().expect("whole").text(), "half");
}

#[test]
fn an_answer_to_head_has_no_body() {
    let mut reader = ResponseReader::default();
    reader.push(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n");
    assert_eq!(reader.take("HEAD").expect("well formed").map(|answer| answer.status), Some(200));
}

#[test]
fn what_is_not_http_is_refused() {
    for bytes in [
        &b"SSH-2.0-OpenSSH\r\n\r\n"[..],
        b"HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nabc\r\n",
    ] {
        let mut reader = ResponseReader::default();
        reader.push(bytes);
        assert!(reader.take("GET").is_err(), "{}", String::from_utf8_lossy(bytes));
    }
    let mut reader = ResponseReader::default();
    reader.push(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhe");
    assert_eq!(reader.take("GET").expect("not yet whole"), None);
    assert!(reader.finish().is_err(), "it was cut off");
}

#[test]
fn a_request_says_its_length_where_a_body_is_possible() {
    let host = SocketAddr::from(([127, 0, 0, 1], 80));
    let get = Request::get("/a?b=c").header("accept", "text/plain").to_bytes(host);
    assert_eq!(get, b"GET /a?b=c HTTP/1.1\r\nhost: 127.0.0.1:80\r\naccept: text/plain\r\n\r\n");
    let named = Request::get("/").header("Host", "shop.example").to_bytes(host);
    assert_eq!(named, b"GET / HTTP/1.1\r\nHost: shop.example\r\n\r\n", "one host is enough");
    let post = String::from_utf8(Request::new("POST", "/").json("{}").to_bytes(host)).expect("text");
    assert!(post.contains("content-length: 2\r\n") && post.ends_with("\r\n\r\n{}"), "{post}");
}
