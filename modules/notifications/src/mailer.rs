//! Where e-mails go: a folder, or a mail server.

use std::path::{Path, PathBuf};
use std::time::Duration;

use cleave_core::Timestamp;
use lettre::message::Mailbox;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::response::Category;
use lettre::{Address, AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor};

use crate::store::Email;

/// How long a mail server may take.
const SMTP_TIMEOUT: Duration = Duration::from_secs(20);

/// Where e-mails go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MailPlace {
    /// A folder; it is made with the first e-mail.
    Folder(PathBuf),
    /// A mail server.
    Server {
        /// Its name or address.
        host: String,
        /// Its port.
        port: u16,
    },
}

/// Sends e-mails to one place.
#[derive(Debug, Clone)]
pub(crate) struct Mailer {
    transport: Transport,
    place: MailPlace,
}

#[derive(Debug, Clone)]
enum Transport {
    /// One file a message, named by its id.
    Folder(PathBuf),
    Smtp(AsyncSmtpTransport<Tokio1Executor>),
}

/// The settings do not say where e-mails go, or who sends them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct MailUrlError(String);

impl MailUrlError {
    fn place(reason: &str) -> Self {
        let forms = "write file:FOLDER, smtp://HOST:PORT or smtp://USER:PASSWORD@HOST:PORT";
        Self(format!("notifications.mail is refused: {reason}; {forms}"))
    }

    pub(crate) fn sender(from: &str) -> Self {
        Self(format!("notifications.from = {from:?} is refused: write `Name <name@host>`"))
    }
}

/// An e-mail could not be sent.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MailError {
    /// No message can be made of it, now or later.
    #[error("no message can be made of it: {0}")]
    Unwritable(String),
    /// The folder cannot be written.
    #[error("the folder of e-mails cannot be written")]
    Folder(#[from] std::io::Error),
    /// The mail server refuses this e-mail, now and later: its recipient is unknown, for example.
    #[error("the mail server refuses it for good: {0}")]
    Refused(String),
    /// The mail server does not take it now.
    #[error("the mail server does not take it: {0}")]
    Smtp(String),
}

impl MailError {
    /// A refusal is final where it is about the mail itself, which is what the second digit of 55x says. Another one, such as
    /// 535 for a wrong password, is about how the store speaks to the server, and somebody mends that: RFC 5321, section 4.2.1.
    fn of_smtp(error: &lettre::transport::smtp::Error) -> Self {
        let is_about_the_mail = error.status().is_some_and(|code| code.category == Category::MailSystem);
        if error.is_permanent() && is_about_the_mail {
            Self::Refused(error.to_string())
        } else {
            Self::Smtp(error.to_string())
        }
    }

    /// Whether to try again would be in vain.
    pub(crate) fn is_final(&self) -> bool {
        match self {
            Self::Unwritable(_) | Self::Refused(_) => true,
            Self::Folder(_) | Self::Smtp(_) => false,
        }
    }
}

impl Mailer {
    /// Reads where e-mails go. Nothing is connected or written yet.
    pub(crate) fn from_url(url: &str) -> Result<Self, MailUrlError> {
        let refuse = |reason: &str| Err(MailUrlError::place(reason));
        if let Some(folder) = url.strip_prefix("file:") {
            return if folder.is_empty() {
                refuse("the folder is missing")
            } else {
                let folder = PathBuf::from(folder);
                Ok(Self { transport: Transport::Folder(folder.clone()), place: MailPlace::Folder(folder) })
            };
        }
        if url.starts_with("smtps:") {
            return refuse(
                "TLS is not built in: use a mail server on this host or network that relays with TLS",
            );
        }
        let Some(rest) = url.strip_prefix("smtp://") else { return refuse("there is no other way") };
        let (login, place) = match rest.rsplit_once('@') {
            Some((login, place)) => (Some(login), place),
            None => (None, rest),
        };
        let place = place.trim_end_matches('/');
        let (host, port) = place.rsplit_once(':').unwrap_or((place, "25"));
        let Ok(port) = port.parse::<u16>() else { return refuse("the port is not a number") };
        if host.is_empty() {
            return refuse("the host is missing");
        }
        let mut transport = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(host)
            .port(port)
            .timeout(Some(SMTP_TIMEOUT));
        if let Some(login) = login {
            let Some((user, password)) = login.split_once(':') else {
                return refuse("before @ stand a user and a password with a colon between");
            };
            transport = transport.credentials(Credentials::new(user.to_owned(), password.to_owned()));
        }
        let place = MailPlace::Server { host: host.to_owned(), port };
        Ok(Self { transport: Transport::Smtp(transport.build()), place })
    }

    pub(crate) fn place(&self) -> &MailPlace {
        &self.place
    }

    pub(crate) async fn send(&self, email: &Email, from: &Mailbox, at: Timestamp) -> Result<(), MailError> {
        let message = message(email, from, at)?;
        match &self.transport {
            Transport::Smtp(transport) => {
                transport.send(message).await.map_err(|error| MailError::of_smtp(&error))?;
                Ok(())
            }
            Transport::Folder(folder) => {
                let (folder, name) = (folder.clone(), format!("{}.eml", email.message_id));
                let bytes = message.formatted();
                let written = tokio::task::spawn_blocking(move || write(&folder, &name, &bytes));
                written.await.map_err(std::io::Error::other)??;
                Ok(())
            }
        }
    }
}

fn message(email: &Email, from: &Mailbox, at: Timestamp) -> Result<Message, MailError> {
    let unwritable = |error: &dyn std::fmt::Display| MailError::Unwritable(error.to_string());
    let to = email.address.parse::<Address>().map_err(|error| unwritable(&error))?;
    let date = Duration::from_secs(at.as_unix_seconds());
    Message::builder()
        .message_id(Some(format!("<{}>", email.message_id)))
        .date(std::time::UNIX_EPOCH + date)
        .from(from.clone())
        .to(Mailbox::new(Some(email.recipient.clone()), to))
        .subject(email.subject.clone())
        .body(email.body.clone())
        .map_err(|error| unwritable(&error))
}

/// A reader sees the whole file or none, also after a crash.
fn write(folder: &Path, name: &str, bytes: &[u8]) -> std::io::Result<()> {
    use std::io::Write as _;

    std::fs::create_dir_all(folder)?;
    let temporary = folder.join(format!(".{name}.tmp"));
    let mut file = std::fs::File::create(&temporary)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&temporary, folder.join(name))
}
