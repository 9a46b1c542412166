//! The event log whose engine is NATS JetStream.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use cleave_core::{Clock, Context};
use cleave_events::{
    Append, ConsumerId, ConsumerProgress, EventLog, EventLogError, EventStream, FollowEvents, ReadEvents,
    RecordedEvent, Renew, TopicStatus, Trim, admit,
};
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::address::Address;
use crate::api::{Api, code};
use crate::connection::Connector;
use crate::error::NatsError;
use crate::read::number;
use crate::streams::{bell_of, stream_of};

/// How long one request waits for its answer at most, whatever its deadline.
const LONGEST_REQUEST: Duration = Duration::from_secs(10);

/// How often a waiting reader looks, though no bell has rung: one that rings while the connection is away is not heard.
pub(crate) const LOOK_INTERVAL: Duration = Duration::from_secs(1);

/// How NATS is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NatsSettings {
    /// Where it is, and as whom it is asked.
    pub address: Address,
    /// How many servers of a cluster keep each event.
    pub replicas: NonZeroU32,
}

/// The event log in NATS JetStream. Clones are the same log over the same connection, which is made when it is first needed.
#[derive(Debug, Clone)]
pub struct NatsLog(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    settings: NatsSettings,
    clock: Arc<dyn Clock>,
    connector: Connector,
    /// By topic: rung with the number of the event that was stored last.
    bells: Mutex<BTreeMap<String, Arc<watch::Sender<i64>>>>,
}

impl NatsLog {
    /// The log in this NATS, which is not asked yet.
    pub fn new(settings: NatsSettings, clock: Arc<dyn Clock>) -> Self {
        let connector = Connector::new(settings.address.clone());
        Self(Arc::new(Shared { settings, clock, connector, bells: Mutex::default() }))
    }

    /// Where it is, without the password.
    pub fn server(&self) -> String {
        self.0.connector.server()
    }

    /// Makes the streams of these topics and the register of consumers, or sets right what differs.
    pub async fn prepare(&self, topics: &[&str]) -> Result<(), NatsError> {
        let api = self.api_within(LONGEST_REQUEST).await?;
        api.prepare_consumers(self.replicas()).await?;
        for topic in topics {
            api.prepare_topic(topic, self.replicas()).await?;
        }
        Ok(())
    }

    /// Asks JetStream whether it is there, and for its version.
    pub async fn ping(&self) -> Result<String, NatsError> {
        let api = self.api_within(LONGEST_REQUEST).await?;
        let info = api.ask::<Value>("INFO", &()).await?;
        info.map_err(|refusal| api.refused(refusal))?;
        Ok(api.connection.client.server_info().version)
    }

    pub(crate) fn replicas(&self) -> u32 {
        self.0.settings.replicas.get()
    }

    /// JetStream, for as long as the caller waits.
    pub(crate) async fn api(&self, context: &Context) -> Result<Api<'_>, NatsError> {
        let time = context.remaining(self.0.clock.instant()).min(LONGEST_REQUEST);
        self.api_within(time).await
    }

    async fn api_within(&self, time: Duration) -> Result<Api<'_>, NatsError> {
        let connection = tokio::time::timeout(time, self.0.connector.connection()).await;
        let connection = connection.map_err(|_late| NatsError::Timeout { server: self.server() })??;
        Ok(Api { connection, time })
    }

    /// The deadline of a request that nobody waits for but this log.
    pub(crate) fn soon(&self) -> Instant {
        self.0.clock.instant() + LONGEST_REQUEST
    }

    pub(crate) async fn last(&self, context: &Context, topic: &str) -> Result<i64, EventLogError> {
        let stream = self.api(context).await?.stream(&stream_of(topic)?).await?;
        Ok(stream.map_or(0, |stream| stream.state.last_seq))
    }

    /// What rings when an event of the topic has been stored, by whomever.
    pub(crate) async fn bell(
        &self,
        context: &Context,
        topic: &str,
    ) -> Result<watch::Receiver<i64>, EventLogError> {
        stream_of(topic)?;
        if let Some(bell) = self.bells().get(topic) {
            return Ok(bell.subscribe());
        }
        let connection = self.api(context).await?.connection;
        let heard = connection.client.subscribe(bell_of(topic)).await;
        let heard = heard.map_err(|error| EventLogError::from(connection.failed(&error)))?;
        let bell = Arc::new(watch::Sender::new(0));
        // Somebody else may have hung up another one meanwhile; one is enough.
        let bell = self.bells().entry(topic.to_owned()).or_insert(bell).clone();
        let rung = Arc::downgrade(&bell);
        connection.listen(heard, move |message| {
            let Some(bell) = rung.upgrade() else { return false };
            let stored = message.and_then(|message| number(&message, "Nats-Sequence"));
            bell.send_modify(|last| *last = stored.unwrap_or(*last));
            true
        });
        Ok(bell.subscribe())
    }

    fn bells(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Arc<watch::Sender<i64>>>> {
        self.0.bells.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn cut(&self, context: &Context, request: &Trim) -> Result<i64, EventLogError> {
        let stream = stream_of(&request.topic)?;
        let api = self.api(context).await?;
        let Some(state) = api.stream(&stream).await?.map(|stream| stream.state) else { return Ok(1) };
        let through = request.through.min(state.last_seq);
        let first_offset = state.first_offset();
        if through < first_offset {
            return Ok(first_offset);
        }
        let cut = api.ask::<Value>(&format!("STREAM.PURGE.{stream}"), &json!({"seq": through + 1})).await?;
        match cut {
            Ok(_) => Ok(through + 1),
            Err(refusal) if refusal.code == code::STREAM_NOT_FOUND => Ok(1),
            Err(refusal) => Err(api.refused(refusal).into()),
        }
    }
}

#[async_trait(?Send)]
impl EventLog for NatsLog {
    async fn last_offset(&self, context: &Context, topic: String) -> Result<i64, EventLogError> {
        admit(context)?;
        self.last(context, &topic).await
    }

    async fn append(&self, context: &Context, request: Append) -> Result<i64, EventLogError> {
        admit(context)?;
        self.append_now(context, request).await
    }

    async fn read(
        &self,
        context: &Context,
        request: ReadEvents,
    ) -> Result<Vec<RecordedEvent>, EventLogError> {
        admit(context)?;
        let ReadEvents { topic, range } = request;
        let started = self.0.clock.instant();
        // Half of the time that is left at most: the answer has to arrive in time too.
        let wait = Duration::from_millis(range.wait_ms).min(context.remaining(started) / 2);
        if wait.is_zero() {
            return self.read_now(context, &topic, range).await;
        }
        let mut bell = self.bell(context, &topic).await?;
        loop {
            bell.mark_unchanged();
            let events = self.read_now(context, &topic, range).await?;
            let waited = self.0.clock.instant() - started;
            if !events.is_empty() || waited >= wait {
                return Ok(events);
            }
            tokio::select! {
                _rung = bell.changed() => {}
                () = tokio::time::sleep(LOOK_INTERVAL.min(wait.saturating_sub(waited))) => {}
            }
        }
    }

    async fn follow(&self, context: &Context, request: FollowEvents) -> Result<EventStream, EventLogError> {
        admit(context)?;
        self.follow_now(context, request).await
    }

    async fn topics(&self, context: &Context) -> Result<Vec<TopicStatus>, EventLogError> {
        admit(context)?;
        Ok(self.api(context).await?.topics().await?)
    }

    async fn report(&self, context: &Context, progress: ConsumerProgress) -> Result<(), EventLogError> {
        admit(context)?;
        self.register(context, &progress).await
    }

    async fn consumers(&self, context: &Context) -> Result<Vec<ConsumerProgress>, EventLogError> {
        admit(context)?;
        self.list_consumers(context).await
    }

    async fn forget(&self, context: &Context, consumer: ConsumerId) -> Result<(), EventLogError> {
        admit(context)?;
        self.unregister(context, &consumer).await
    }

    async fn trim(&self, context: &Context, request: Trim) -> Result<i64, EventLogError> {
        admit(context)?;
        self.cut(context, &request).await
    }
}

#[async_trait(?Send)]
impl Renew for NatsLog {
    async fn renew(&self, context: &Context, topic: &str, first_offset: i64) -> Result<(), EventLogError> {
        admit(context)?;
        stream_of(topic)?;
        Ok(self.api(context).await?.renew_topic(topic, self.replicas(), first_offset).await?)
    }
}
