//! One round of one topology: requests one at a time, in turns to those that are compared.

use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use cleave_timing::header;

use super::cell::{AttributionRound, Told};
use super::echo::Echo;
use super::segments::{Segments, micros};
use super::ways::{Sample, Waited, Ways};
use super::{AttributionSettings, Pair};
use crate::affinity::CpuSets;
use crate::block::{self, purpose};
use crate::dice::Dice;
use crate::error::CompareError;
use crate::http::{Request, Response, ResponseReader};
use crate::interruption::Interruption;
use crate::journey::Journey;
use crate::preparation;
use crate::settings::Settings;
use crate::subject::Running;

/// One round.
#[derive(Clone, Copy)]
pub(super) struct Probe<'a> {
    pub(super) plan: AttributionSettings,
    pub(super) settings: &'a Settings,
    pub(super) cpu_sets: &'a CpuSets,
    pub(super) interruption: &'a Interruption,
    pub(super) round: u64,
}

/// The name of the header in which an answer tells of its time.
const HEADER: &str = header::NAME;

impl Probe<'_> {
    /// Starts both of a pair side by side and asks them; a journey whose answers do not tell is missing.
    pub(super) fn run(
        self,
        pair: Pair<'_>,
        journeys: &[&dyn Journey],
    ) -> Result<Vec<(String, AttributionRound)>, CompareError> {
        let label = pair.plain.label();
        let timed = block::start(self.cpu_sets, label, pair.timed)?;
        let plain = block::start(self.cpu_sets, label, pair.plain)?;
        let failed = |source| CompareError::Generator { label: label.to_owned(), source };
        let patience = Duration::from_secs_f64(self.settings.request_timeout_seconds);
        let open = || {
            let addresses = [&timed, &plain].map(|guard| guard.running().address());
            let [timed, plain] = addresses.map(|address| Line::open(address, patience));
            Ok((timed?, plain?, Echo::start(self.cpu_sets, patience)?))
        };
        let (mut to_timed, mut to_plain, mut echo) = open().map_err(failed)?;
        let mut rounds = Vec::new();
        for (index, journey) in journeys.iter().enumerate() {
            if !pair.plain.answers(journey.name()) {
                continue;
            }
            let (count, warm_up) = self.plan.counts(*journey);
            let mut dice =
                Dice::new(self.settings.seed, &[purpose::ATTRIBUTION, self.round, index as u64 + 1]);
            // Both are asked for the same, so that both get as many bytes.
            let request = |_| journey.request(&mut dice).header(header::ASKED, header::MOMENTS);
            let requests = (0..count + warm_up).map(request).collect::<Vec<_>>();
            for guard in [&timed, &plain] {
                preparation::ask(guard.running(), *journey, &requests, self.interruption).map_err(failed)?;
            }
            let interruption = self.interruption;
            let ask = || {
                Turns {
                    journey: *journey,
                    timed: timed.running(),
                    plain: plain.running(),
                    warm_up,
                    interruption,
                }
                .ask(&requests, &mut to_timed, &mut to_plain, &mut echo)
            };
            let round = self.cpu_sets.on_generator(ask).map_err(failed)?;
            rounds.extend(round.map(|round| (journey.name().to_owned(), round)));
        }
        drop((to_timed, to_plain, echo));
        for guard in [timed, plain] {
            guard.stop().map_err(|source| CompareError::Stop { label: label.to_owned(), source })?;
        }
        Ok(rounds)
    }
}

/// The requests of one journey.
struct Turns<'a> {
    journey: &'a dyn Journey,
    timed: &'a dyn Running,
    plain: &'a dyn Running,
    warm_up: usize,
    interruption: &'a Interruption,
}

impl Turns<'_> {
    fn ask(
        &self,
        requests: &[Request],
        to_timed: &mut Line,
        to_plain: &mut Line,
        echo: &mut Echo,
    ) -> io::Result<Option<AttributionRound>> {
        let (mut told, mut plain_us, mut errors) = (Vec::new(), Vec::new(), 0);
        for (number, request) in requests.iter().enumerate() {
            self.interruption.check()?;
            // Who comes first has the colder caches: they take turns in that too.
            let (timed, plain) = if number % 2 == 0 {
                let timed = self.exchange(request, to_timed, self.timed)?;
                (timed, self.exchange(request, to_plain, self.plain)?)
            } else {
                let plain = self.exchange(request, to_plain, self.plain)?;
                (self.exchange(request, to_timed, self.timed)?, plain)
            };
            let echo_us = micros(echo.exchange(timed.request_bytes, timed.answer_bytes)?);
            if number < self.warm_up {
                continue;
            }
            let value = timed.response.header(HEADER).filter(|_| self.journey.accepts(&timed.response));
            match value {
                Some(value) => told.push(Told {
                    whole_us: micros(timed.took()),
                    segments: Segments::told(value, timed.took()),
                    ways: Ways::of(timed.waited, value),
                    sample: Sample::of(timed.waited, value, echo_us),
                    echo_us,
                }),
                None => errors += 1,
            }
            if self.journey.accepts(&plain.response) {
                plain_us.push(micros(plain.took()));
            } else {
                errors += 1;
            }
        }
        Ok(AttributionRound::of(told, plain_us, errors))
    }

    /// What a request leaves to do must not be done while the next one is measured.
    fn exchange(&self, request: &Request, line: &mut Line, running: &dyn Running) -> io::Result<Exchange> {
        let exchange = line.exchange(request)?;
        if self.journey.once_per_second().is_some() {
            block::settled_ms(running, self.interruption);
        }
        Ok(exchange)
    }
}

/// A request and its answer.
struct Exchange {
    response: Response,
    request_bytes: usize,
    answer_bytes: usize,
    /// From before the first byte was written until the last one was read.
    waited: Waited,
}

impl Exchange {
    fn took(&self) -> Duration {
        self.waited.received - self.waited.sent
    }
}

/// A connection that carries one request after the other.
struct Line {
    address: SocketAddr,
    stream: TcpStream,
    room: Vec<u8>,
}

impl Line {
    fn open(address: SocketAddr, patience: Duration) -> io::Result<Self> {
        let stream = TcpStream::connect_timeout(&address, patience)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(patience))?;
        stream.set_write_timeout(Some(patience))?;
        Ok(Self { address, stream, room: vec![0; 64 * 1024] })
    }

    fn exchange(&mut self, request: &Request) -> io::Result<Exchange> {
        let bytes = request.to_bytes(self.address);
        let mut reader = ResponseReader::default();
        let mut answer_bytes = 0;
        let sent = Instant::now();
        self.stream.write_all(&bytes)?;
        loop {
            let read = self.stream.read(&mut self.room)?;
            let received = Instant::now();
            if read == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            answer_bytes += read;
            reader.push(&self.room[..read]);
            if let Some(response) = reader.take(&request.method).map_err(io::Error::other)? {
                let waited = Waited { sent, received };
                return Ok(Exchange { response, request_bytes: bytes.len(), answer_bytes, waited });
            }
        }
    }
}
