//! The proxies that are compared, each with one worker.

use std::fs;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use cleave::settings::Settings;
use cleave_compare::{Nginx, NoNginx, PlainProxy};

/// A proxy that runs until it is dropped.
pub(crate) enum Proxy {
    Plain(PlainProxy),
    Gateway(Gateway),
}

/// The gateway as a process.
pub(crate) struct Gateway {
    child: Child,
    address: SocketAddr,
}

/// How often, and at which distance, it is tried whether a proxy listens.
const TRIES: u32 = 200;
const PAUSE: Duration = Duration::from_millis(25);

impl Proxy {
    pub(crate) fn pids(&self) -> Vec<u32> {
        match self {
            Self::Plain(proxy) => proxy.pids().collect(),
            Self::Gateway(gateway) => vec![gateway.child.id()],
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        match self {
            Self::Plain(proxy) => proxy.address(),
            Self::Gateway(gateway) => gateway.address,
        }
    }

    /// nginx as a plain proxy, where it is installed; else why not.
    pub(crate) fn nginx(folder: &Path, origin: SocketAddr) -> Result<Self, NoNginx> {
        let nginx = Nginx::installed()?;
        Ok(Self::Plain(nginx.start(folder, origin, 1).expect("nginx can be started")))
    }

    /// The gateway of this executable as a service of its own, before an origin that stands for all modules. It logs warnings only.
    pub(crate) fn gateway(executable: &Path, folder: &Path, origin: SocketAddr) -> Self {
        let address = free_address();
        let config = folder.join("config");
        fs::create_dir_all(config.join("topologies")).expect("the folder can be written");
        let write = |name: &str, text: &str| fs::write(config.join(name), text).expect("it can be written");
        let default = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/default.toml");
        fs::copy(default, config.join("default.toml")).expect("the project's own configuration");
        write("topologies/proxy.toml", TOPOLOGY);
        let profile = format!(
            "topology = \"proxy\"\ndata_dir = \"{}\"\n[public]\nport = {}\n[server]\nworkers = 1\n\
             [log]\nfilter = \"warn\"\n[discovery]\nsource = \"fixed\"\n[peers]\norigin = [\"tcp://{origin}\"]\n",
            folder.join("data").display(),
            address.port(),
        );
        write("beside.toml", &profile);
        let settings = Settings::load(&config, Some("beside"), &[]).expect("the profile is valid");
        cleave::provision::create_keys(&settings).expect("keys");
        let mut command = Command::new(executable);
        command.arg("--config").arg(config).args(["--profile", "beside", "serve", "--service", "gateway"]);
        Self::Gateway(Gateway::start(command, address))
    }
}

impl Gateway {
    #[expect(clippy::disallowed_methods, reason = "another process is waited for, by a thread of its own")]
    fn start(mut command: Command, address: SocketAddr) -> Self {
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn().expect("it can be started");
        let mut gateway = Self { child, address };
        for _ in 0..TRIES {
            if TcpStream::connect(address).is_ok() {
                return gateway;
            }
            if let Ok(Some(status)) = gateway.child.try_wait() {
                panic!("{command:?} has ended with {status}");
            }
            thread::sleep(PAUSE);
        }
        panic!("{command:?} does not listen at {address}");
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        // It may have ended already.
        let _gone = self.child.kill();
        let _reaped = self.child.wait();
    }
}

const TOPOLOGY: &str = r#"description = "the gateway before everything else"

[services.gateway]
roles = ["gateway"]

[services.origin]
roles = ["events", "registry"]
modules = ["accounts", "cart", "catalog", "inventory", "notifications", "orders", "payments"]
"#;

/// A port that nobody has at this moment, so that the address is known before the process is.
fn free_address() -> SocketAddr {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    listener.local_addr().expect("it is bound")
}
