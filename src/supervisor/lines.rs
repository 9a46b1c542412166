//! Reads lines that may be endless and need not be UTF-8.

use std::io;

use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};

/// A longer line is passed on in pieces of this length, so that a line without an end cannot fill the memory.
pub(super) const LONGEST_LINE_BYTES: usize = 64 * 1024;

/// The lines of a stream, without their ends; bytes that are no UTF-8 are replaced.
pub(super) struct Lines<R> {
    reader: BufReader<R>,
}

impl<R: AsyncRead + Unpin> Lines<R> {
    pub(super) fn new(stream: R) -> Self {
        Self { reader: BufReader::new(stream) }
    }

    /// The next line; `None` at the end of the stream. Not safe to cancel.
    pub(super) async fn next(&mut self) -> io::Result<Option<String>> {
        let mut line = Vec::new();
        loop {
            let available = self.reader.fill_buf().await?;
            if available.is_empty() {
                return Ok((!line.is_empty()).then(|| text(&line)));
            }
            let room = available.len().min(LONGEST_LINE_BYTES - line.len());
            let end = available[..room].iter().position(|byte| *byte == b'\n');
            line.extend_from_slice(&available[..end.unwrap_or(room)]);
            self.reader.consume(end.map_or(room, |position| position + 1));
            if end.is_some() || line.len() == LONGEST_LINE_BYTES {
                return Ok(Some(text(&line)));
            }
        }
    }
}

fn text(line: &[u8]) -> String {
    String::from_utf8_lossy(line.strip_suffix(b"\r").unwrap_or(line)).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn lines_of(bytes: &[u8]) -> Vec<String> {
        let mut lines = Lines::new(bytes);
        let mut collected = Vec::new();
        while let Some(line) = lines.next().await.expect("a slice can be read") {
            collected.push(line);
        }
        collected
    }

    #[tokio::test]
    async fn lines_lose_their_ends_and_keep_their_order() {
        assert_eq!(
            lines_of(b"one\r\n\ntwo\nlast without an end").await,
            ["one", "", "two", "last without an end"]
        );
    }

    #[tokio::test]
    async fn bytes_that_are_no_utf8_are_replaced() {
        assert_eq!(lines_of(b"a\xff\xfeb\n").await, ["a\u{fffd}\u{fffd}b"]);
    }

    #[tokio::test]
    async fn a_line_without_an_end_comes_in_pieces() {
        let lines = lines_of(&vec![b'x'; LONGEST_LINE_BYTES * 2 + 7]).await;
        let lengths: Vec<usize> = lines.iter().map(String::len).collect();
        assert_eq!(lengths, [LONGEST_LINE_BYTES, LONGEST_LINE_BYTES, 7]);
    }
}
