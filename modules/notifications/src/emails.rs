//! The queue of e-mails, emptied.

use std::time::Duration;

use cleave_core::{Context, ContractError as _};
use cleave_db::failure_of;
use notifications_api::NotificationsError;

use crate::LocalNotifications;
use crate::store::{self, Email};

/// How long nobody else tries an e-mail that is being sent.
const CLAIM: Duration = Duration::from_mins(1);

/// After this many attempts an e-mail is given up.
pub(crate) const MAX_ATTEMPTS: i64 = 20;

/// The pause after the first failure; it doubles up to the longest.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
pub(crate) const LONGEST_PAUSE: Duration = Duration::from_mins(5);

impl LocalNotifications {
    /// Sends e-mails that are due, and tells how many were sent. Each is sent at least once: it may come twice, under the same
    /// message id, when the process ends right after sending it.
    pub async fn send_emails(&self, _context: &Context, limit: u32) -> Result<usize, NotificationsError> {
        let now = self.clock.now();
        let due = store::due_emails(&self.database, now, limit).await.map_err(|error| failed(&error))?;
        let mut sent = 0;
        for email in due {
            let claimed = store::claim_email(&self.database, &email, now.plus(CLAIM)).await;
            if claimed.map_err(|error| failed(&error))? {
                sent += usize::from(self.send(&email).await?);
            }
        }
        Ok(sent)
    }

    async fn send(&self, email: &Email) -> Result<bool, NotificationsError> {
        let result = self.mailer.send(email, &self.from, self.clock.now()).await;
        let now = self.clock.now();
        let (state, next_attempt_at, error) = match &result {
            Ok(()) => ("sent", now, None),
            Err(error) => {
                let (message_id, attempts) = (&email.message_id, email.attempts + 1);
                if attempts >= MAX_ATTEMPTS || error.is_final() {
                    tracing::error!(message_id, attempts, %error, "an e-mail is given up");
                    ("failed", now, Some(error.to_string()))
                } else {
                    tracing::warn!(message_id, attempts, %error, "an e-mail has to wait");
                    ("queued", now.plus(pause(attempts)), Some(error.to_string()))
                }
            }
        };
        store::finish_email(&self.database, &email.message_id, state, next_attempt_at, error)
            .await
            .map_err(|error| failed(&error))?;
        Ok(result.is_ok())
    }
}

fn pause(attempts: i64) -> Duration {
    let doublings = u32::try_from(attempts - 1).unwrap_or(u32::MAX);
    FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(doublings)).min(LONGEST_PAUSE)
}

fn failed(error: &sqlx::Error) -> NotificationsError {
    NotificationsError::from_failure(failure_of("notifications", error))
}
