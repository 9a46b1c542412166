//! A name server on loopback, over UDP and TCP, whose answers change when a test says so.

use std::collections::BTreeMap;
use std::io::{self, Read as _, Write as _};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use hickory_resolver::proto::op::{Message, ResponseCode};
use hickory_resolver::proto::rr::rdata::{CNAME, SRV};
use hickory_resolver::proto::rr::{RData, Record, RecordType};

use crate::names::parse;

/// How often a connection without questions looks whether the server has ended.
const LOOK: Duration = Duration::from_millis(50);

/// How a server takes its questions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mood {
    /// It says what it knows.
    #[default]
    Truthful,
    /// It knows no name at all: NXDOMAIN.
    NoSuchName,
    /// It knows every name, and no address: NODATA.
    NoAddress,
    /// It has a fault: SERVFAIL.
    Fault,
    /// It hears and says nothing.
    Silent,
    /// It answers something that is no DNS.
    Garbled,
    /// Over UDP it says that the answer has room over TCP only.
    Truncating,
}

/// The server; dropped, it ends.
#[derive(Debug)]
pub struct NameServer {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    threads: Vec<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct State {
    mood: Mood,
    zone: BTreeMap<String, Vec<Record>>,
    /// Each name with its type and its way, in the order of the questions.
    asked: Vec<(String, RecordType, Way)>,
    has_ended: bool,
}

/// How a question came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// In a datagram.
    Udp,
    /// Over a connection.
    Tcp,
}

type Shared = Arc<Mutex<State>>;

impl NameServer {
    /// A server that knows no name yet, at a free port.
    ///
    /// # Panics
    /// When there is none.
    pub fn start() -> Self {
        let (udp, tcp) = sockets();
        let address = udp.local_addr().expect("it is bound");
        let state = Shared::default();
        let (hears, takes) = (state.clone(), state.clone());
        let threads = vec![
            std::thread::spawn(move || answer_datagrams(&udp, &hears)),
            std::thread::spawn(move || take_connections(&tcp, &takes)),
        ];
        Self { address, state, threads }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// From now on it takes all questions like this.
    pub fn take_on(&self, mood: Mood) {
        lock(&self.state).mood = mood;
    }

    /// From now on these addresses are behind the name, for so many seconds.
    pub fn set(&self, name: &str, ttl: u32, addresses: &[IpAddr]) {
        let records = addresses.iter().map(|ip| match ip {
            IpAddr::V4(ip) => RData::A((*ip).into()),
            IpAddr::V6(ip) => RData::AAAA((*ip).into()),
        });
        self.insert(name, ttl, records);
    }

    /// From now on these SRV records are behind the name: priority, port and target.
    pub fn set_srv(&self, name: &str, ttl: u32, records: &[(u16, u16, &str)]) {
        let records = records.iter().map(|(priority, port, target)| {
            RData::SRV(SRV::new(*priority, 0, *port, parse(target).expect("a name")))
        });
        self.insert(name, ttl, records);
    }

    /// From now on the name is another one for `target`.
    pub fn set_alias(&self, name: &str, ttl: u32, target: &str) {
        self.insert(name, ttl, [RData::CNAME(CNAME(parse(target).expect("a name")))].into_iter());
    }

    fn insert(&self, name: &str, ttl: u32, records: impl Iterator<Item = RData>) {
        let owner = parse(name).expect("a name");
        let records = records.map(|data| Record::from_rdata(owner.clone(), ttl, data));
        lock(&self.state).zone.insert(owner.to_string().to_lowercase(), records.collect());
    }

    /// How often it was asked for this name and type.
    pub fn asked(&self, name: &str, kind: RecordType) -> usize {
        lock(&self.state)
            .asked
            .iter()
            .filter(|(asked, asked_kind, _)| asked == name && *asked_kind == kind)
            .count()
    }

    /// Whether any question came like this.
    pub fn was_asked_by(&self, way: Way) -> bool {
        lock(&self.state).asked.iter().any(|(_, _, asked)| *asked == way)
    }
}

impl Drop for NameServer {
    fn drop(&mut self) {
        lock(&self.state).has_ended = true;
        for thread in self.threads.drain(..) {
            // It has nothing to say, and a test that fails should say its own.
            let _ended = thread.join();
        }
    }
}

fn lock(state: &Shared) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Both kinds at one port.
fn sockets() -> (UdpSocket, TcpListener) {
    loop {
        let tcp = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        let address = tcp.local_addr().expect("it is bound");
        // The same port of the other kind may be another's.
        if let Ok(udp) = UdpSocket::bind(address) {
            udp.set_read_timeout(Some(LOOK)).expect("a timeout can be set");
            tcp.set_nonblocking(true).expect("a listener can be asked");
            return (udp, tcp);
        }
    }
}

fn answer_datagrams(socket: &UdpSocket, state: &Shared) {
    let mut buffer = [0; 4096];
    while !lock(state).has_ended {
        let Ok((length, asker)) = socket.recv_from(&mut buffer) else { continue };
        if let Some(answer) = answer(&buffer[..length], Way::Udp, state) {
            // Who asked may have gone.
            let _gone = socket.send_to(&answer, asker);
        }
    }
}

fn take_connections(listener: &TcpListener, state: &Shared) {
    std::thread::scope(|scope| {
        while !lock(state).has_ended {
            match listener.accept() {
                Ok((stream, _)) => {
                    scope.spawn(move || answer_questions(stream, state));
                }
                Err(_) => pause(),
            }
        }
    });
}

#[expect(clippy::disallowed_methods, reason = "between two looks; no test relies on how long it takes")]
fn pause() {
    std::thread::sleep(Duration::from_millis(5));
}

/// Answers whatever comes over a connection, until either side has had enough.
fn answer_questions(mut stream: TcpStream, state: &Shared) {
    if stream.set_nonblocking(false).and_then(|()| stream.set_read_timeout(Some(LOOK))).is_err() {
        return;
    }
    while !lock(state).has_ended {
        let mut length = [0; 2];
        match stream.read_exact(&mut length) {
            Ok(()) => {}
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => {
                continue;
            }
            Err(_) => return,
        }
        let mut question = vec![0; usize::from(u16::from_be_bytes(length))];
        if stream.read_exact(&mut question).is_err() {
            return;
        }
        let Some(answer) = answer(&question, Way::Tcp, state) else { continue };
        let length = u16::try_from(answer.len()).expect("an answer is short");
        if stream.write_all(&[&length.to_be_bytes(), answer.as_slice()].concat()).is_err() {
            return;
        }
    }
}

fn answer(question: &[u8], way: Way, state: &Shared) -> Option<Vec<u8>> {
    let question = Message::from_vec(question).ok()?;
    let query = question.queries.first()?.clone();
    let name = query.name().to_string().to_lowercase();
    let mut state = lock(state);
    state.asked.push((name.clone(), query.query_type(), way));
    let mut answer = Message::response(question.metadata.id, question.metadata.op_code);
    answer.metadata.recursion_desired = question.metadata.recursion_desired;
    answer.metadata.recursion_available = true;
    answer.add_query(query.clone());
    let known = state.zone.get(&name);
    answer.metadata.response_code = match (state.mood, known) {
        (Mood::Silent, _) => return None,
        (Mood::Garbled, _) => return Some(b"\xff\xfe no DNS".to_vec()),
        (Mood::NoSuchName, _) | (Mood::Truthful | Mood::Truncating, None) => ResponseCode::NXDomain,
        (Mood::Fault, _) => ResponseCode::ServFail,
        (Mood::NoAddress | Mood::Truthful | Mood::Truncating, _) => ResponseCode::NoError,
    };
    if let (Mood::Truthful | Mood::Truncating, Some(records)) = (state.mood, known) {
        if state.mood == Mood::Truncating && way == Way::Udp {
            answer.metadata.truncation = true;
        } else {
            answer.add_answers(with_aliases(records, query.query_type(), &state.zone));
        }
    }
    answer.to_vec().ok()
}

/// The records of a type, and where the name is an alias, those of the name that it stands for.
fn with_aliases(records: &[Record], kind: RecordType, zone: &BTreeMap<String, Vec<Record>>) -> Vec<Record> {
    let mut wanted = Vec::new();
    for record in records {
        if record.record_type() == kind {
            wanted.push(record.clone());
        }
        if let RData::CNAME(target) = &record.data {
            wanted.push(record.clone());
            let behind = zone.get(&target.0.to_string().to_lowercase()).into_iter().flatten();
            wanted.extend(behind.filter(|record| record.record_type() == kind).cloned());
        }
    }
    wanted
}
