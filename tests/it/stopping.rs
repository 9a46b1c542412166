//! How a process ends: after its last answer, and not much later.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use crate::support::store::Store;
use crate::support::topologies::named;
use crate::support::waiting::now;
use crate::support::world::World;

/// What a process has to do after its last answer takes tens of milliseconds; on a busy machine, now and then, it waits for its turn.
const SOON: Duration = Duration::from_millis(500);

/// One of so many is seen without such a wait.
const TRIES: usize = 5;

/// Longer than the server under the store takes from one look at its connections to the next.
const LONG: Duration = Duration::from_millis(1_200);

#[test]
fn a_process_ends_soon_after_its_last_answer_however_long_that_took() {
    let mut seen = Vec::new();
    while seen.len() < TRIES && !seen.iter().any(|took| *took < SOON) {
        seen.push(from_the_last_answer_to_the_end());
    }
    assert!(seen.iter().any(|took| *took < SOON), "it took {seen:?} from the last answer to the end");
}

/// Stops a store while somebody is still writing a request, which takes long and is answered all the same.
fn from_the_last_answer_to_the_end() -> Duration {
    let store = Store::with_settings(&[("server.drain_seconds", "30")]);
    let mut world = World::on(store, named("monolith"));
    let public = world.public();
    let mut slow = SlowVisitor::begin(public);
    let mut idle = connect(public);
    std::thread::scope(|scope| {
        let stopping = scope.spawn(|| world.stop_service("monolith"));
        assert_eq!(idle.read(&mut [0]).expect("it is ended in order"), 0, "who asks nothing is sent away");
        // It has been told to stop. Who is accepted while it pauses is sent away too; who comes after that waits in vain until it ends.
        let unanswered = loop {
            let mut late = connect(public);
            late.set_read_timeout(Some(LONG)).expect("a timeout can be set");
            match late.read(&mut [0]) {
                Ok(0) => {}
                waited => break waited.map_err(|error| error.kind()),
            }
        };
        assert!(
            matches!(unanswered, Err(ErrorKind::WouldBlock | ErrorKind::ConnectionReset)),
            "{unanswered:?}"
        );

        let answer = slow.finish();
        let answered = now();
        assert!(answer.starts_with("HTTP/1.1 401"), "whoever was being served has an answer: {answer}");
        stopping.join().expect("the store stops in peace");
        now() - answered
    })
}

/// Somebody who has sent the head of a request, which is being served, and not yet its body.
struct SlowVisitor(TcpStream);

impl SlowVisitor {
    const BODY: &str = r#"{"email":"nobody@example.org","password":"a long walk on the beach"}"#;

    fn begin(address: SocketAddr) -> Self {
        const GO_ON: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";
        let mut stream = connect(address);
        let head = format!(
            "POST /api/v1/sessions HTTP/1.1\r\nhost: cleave\r\ncontent-type: application/json\r\n\
             content-length: {}\r\nexpect: 100-continue\r\n\r\n",
            Self::BODY.len()
        );
        stream.write_all(head.as_bytes()).expect("the head can be sent");
        let mut heard = [0; GO_ON.len()];
        stream.read_exact(&mut heard).expect("the server asks for the body");
        assert_eq!(heard, GO_ON);
        Self(stream)
    }

    fn finish(&mut self) -> String {
        self.0.write_all(Self::BODY.as_bytes()).expect("the body can be sent");
        let mut answer = String::new();
        self.0.read_to_string(&mut answer).expect("the answer is whole");
        answer
    }
}

/// A connection on which nothing is awaited for longer than a loaded machine needs.
fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).expect("the listener is there");
    stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a timeout can be set");
    stream
}
