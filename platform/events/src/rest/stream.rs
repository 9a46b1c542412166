//! A stream of events as the body of an answer: one JSON object a line, and an empty line where there was nothing for a while.

use std::convert::Infallible;

use actix_web::HttpResponse;
use actix_web::web::Bytes;
use futures_util::{Stream, StreamExt as _, stream};

use super::KEEP_ALIVE;
use super::body::Line;
use crate::log::EventStream;

/// The most lines of one piece; pieces are made when the connection takes them.
const MAX_LINES: usize = 64;

/// The answer that streams these events.
pub(super) fn answer(events: EventStream) -> HttpResponse {
    HttpResponse::Ok().content_type("application/x-ndjson").streaming(lines(events))
}

fn lines(events: EventStream) -> impl Stream<Item = Result<Bytes, Infallible>> {
    stream::unfold(events.ready_chunks(MAX_LINES), async |mut events| {
        let Ok(ready) = tokio::time::timeout(KEEP_ALIVE, events.next()).await else {
            return Some((Ok(Bytes::from_static(b"\n")), events));
        };
        let mut piece = Vec::new();
        for event in ready? {
            let line = event.map_or_else(Line::Error, Line::Event);
            // Plain data always serialises, and a vector takes all that is written to it.
            let _written = serde_json::to_writer(&mut piece, &line);
            piece.push(b'\n');
        }
        Some((Ok(piece.into()), events))
    })
}
