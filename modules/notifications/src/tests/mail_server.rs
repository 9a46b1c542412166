//! A mail server of the test, on this machine: it takes what it is told to take.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// What the server does when an e-mail for somebody comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reply {
    /// It takes the e-mail.
    Takes,
    /// It answers this line to the recipient.
    Says(&'static str),
    /// It reads the e-mail and hangs up in the middle of it.
    HangsUpInside,
    /// It takes the e-mail and hangs up before it says so.
    HangsUpAfter,
}

/// A server for as long as its runtime lives.
pub(super) struct MailServer {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    /// What comes next for each recipient; nothing means that it takes the e-mail.
    replies: BTreeMap<String, VecDeque<Reply>>,
    /// How often each recipient was named.
    asked: BTreeMap<String, usize>,
    taken: Vec<(String, String)>,
    refuses_logins: bool,
}

impl MailServer {
    pub(super) async fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let state = Arc::<Mutex<State>>::default();
        let serves = state.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let _hung_up = converse(stream, &serves).await;
            }
        });
        Self { address, state }
    }

    pub(super) fn url(&self) -> String {
        format!("smtp://{}", self.address)
    }

    /// The same with a user and a password.
    pub(super) fn url_with_login(&self) -> String {
        format!("smtp://keeper:secret@{}", self.address)
    }

    /// What comes next for a recipient, one reply an e-mail.
    pub(super) fn reply(&self, recipient: &str, replies: impl IntoIterator<Item = Reply>) {
        self.state().replies.entry(recipient.to_owned()).or_default().extend(replies);
    }

    pub(super) fn refuse_logins(&self, refuses: bool) {
        self.state().refuses_logins = refuses;
    }

    /// How often somebody has tried to write to this recipient.
    pub(super) fn asked(&self, recipient: &str) -> usize {
        self.state().asked.get(recipient).copied().unwrap_or_default()
    }

    /// The e-mails that it has taken: the recipient and the text.
    pub(super) fn taken(&self) -> Vec<(String, String)> {
        self.state().taken.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nobody panics with this lock")
    }
}

/// As much of RFC 5321 as one client needs.
async fn converse(stream: TcpStream, state: &Mutex<State>) -> std::io::Result<()> {
    let lock = || state.lock().expect("nobody panics with this lock");
    let mut stream = BufReader::new(stream);
    stream.write_all(b"220 a server of a test\r\n").await?;
    let (mut recipient, mut next) = (String::new(), Reply::Takes);
    let mut line = String::new();
    loop {
        line.clear();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        let command = line.trim_end().to_owned();
        let answer = match command.split([' ', ':']).next().unwrap_or_default() {
            "EHLO" => "250-here\r\n250 AUTH PLAIN",
            "AUTH" if lock().refuses_logins => "535 5.7.8 wrong password",
            "AUTH" => "235 welcome",
            "RCPT" => {
                recipient = command.trim_start_matches("RCPT TO:<").trim_end_matches('>').to_owned();
                let mut state = lock();
                *state.asked.entry(recipient.clone()).or_default() += 1;
                next =
                    state.replies.get_mut(&recipient).and_then(VecDeque::pop_front).unwrap_or(Reply::Takes);
                if let Reply::Says(answer) = next { answer } else { "250 go on" }
            }
            "DATA" => {
                stream.write_all(b"354 go on, and end with a dot\r\n").await?;
                let Some(text) = read_text(&mut stream, next == Reply::HangsUpInside).await? else {
                    return Ok(());
                };
                lock().taken.push((recipient.clone(), text));
                if next == Reply::HangsUpAfter {
                    return Ok(());
                }
                "250 taken"
            }
            "QUIT" => {
                stream.write_all(b"221 good bye\r\n").await?;
                return Ok(());
            }
            _ => "250 go on",
        };
        stream.write_all(format!("{answer}\r\n").as_bytes()).await?;
    }
}

/// The text of an e-mail; nothing where the client ends too early, or the server does.
async fn read_text(stream: &mut BufReader<TcpStream>, hangs_up: bool) -> std::io::Result<Option<String>> {
    let mut text = String::new();
    let mut line = String::new();
    loop {
        line.clear();
        if stream.read_line(&mut line).await? == 0 || hangs_up {
            return Ok(None);
        }
        if line == ".\r\n" {
            return Ok(Some(text));
        }
        text.push_str(&line);
    }
}
