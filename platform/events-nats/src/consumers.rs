//! How far the consumers have come: a bucket of keys and values, one key a consumer of a topic.

use async_nats::HeaderMap;
use cleave_core::Context;
use cleave_events::{ConsumerId, ConsumerProgress, EventLogError};
use serde_json::{Value, json};

use crate::log::NatsLog;
use crate::streams::{CONSUMERS, key_of};

/// More consumers than this do not fit into one answer.
const MAX_CONSUMERS: u32 = 1_000;

impl NatsLog {
    pub(crate) async fn register(
        &self,
        context: &Context,
        progress: &ConsumerProgress,
    ) -> Result<(), EventLogError> {
        let key = key_of(&progress.topic, &progress.consumer)?;
        let api = self.api(context).await?;
        let value = serde_json::to_vec(progress).map_err(|error| api.connection.failed(&error))?;
        let mut stored = api.publish(key.clone(), HeaderMap::new(), value.clone().into()).await?;
        if stored.is_none() {
            api.prepare_consumers(self.replicas()).await?;
            stored = api.publish(key, HeaderMap::new(), value.into()).await?;
        }
        match stored {
            Some(Ok(_)) => Ok(()),
            Some(Err(refusal)) => Err(api.refused(refusal).into()),
            None => Err(api.connection.failed("it has no place for consumers").into()),
        }
    }

    pub(crate) async fn list_consumers(
        &self,
        context: &Context,
    ) -> Result<Vec<ConsumerProgress>, EventLogError> {
        let api = self.api(context).await?;
        let request = json!({"multi_last": ["$KV.cleave_consumers.>"], "batch": MAX_CONSUMERS});
        let messages = api.get(CONSUMERS, &request).await?.unwrap_or_default();
        let mut consumers = Vec::new();
        for message in messages {
            match serde_json::from_slice::<ConsumerProgress>(&message.payload) {
                Ok(progress) => consumers.push(progress),
                // Not of ours, or one that `nats kv del` has marked as deleted.
                Err(_) if message.payload.is_empty() => {}
                Err(error) => {
                    tracing::error!(key = %message.subject, %error, "the register of consumers has what nobody wrote");
                    return Err(EventLogError::Internal);
                }
            }
        }
        consumers.sort();
        Ok(consumers)
    }

    pub(crate) async fn unregister(
        &self,
        context: &Context,
        consumer: &ConsumerId,
    ) -> Result<(), EventLogError> {
        let key = key_of(&consumer.topic, &consumer.consumer)?;
        let api = self.api(context).await?;
        let purged = api.ask::<Value>(&format!("STREAM.PURGE.{CONSUMERS}"), &json!({"filter": key})).await?;
        match purged {
            Ok(_) => Ok(()),
            Err(refusal) if refusal.code == crate::api::code::STREAM_NOT_FOUND => Ok(()),
            Err(refusal) => Err(api.refused(refusal).into()),
        }
    }
}
