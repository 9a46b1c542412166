//! The proxies that are compared, each a process with one worker.

use std::fs;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use cleave::settings::Settings;

/// A proxy that runs until it is dropped.
pub(crate) struct Proxy {
    child: Child,
    address: SocketAddr,
}

/// How often, and at which distance, it is tried whether a proxy listens.
const TRIES: u32 = 200;
const PAUSE: Duration = Duration::from_millis(25);

/// How many connections to the origin a proxy keeps open: more than any load has at the same time.
const KEPT: usize = 128;

impl Proxy {
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// nginx as a plain proxy that keeps connections and logs nothing, where it is installed.
    pub(crate) fn nginx(folder: &Path, origin: SocketAddr) -> Option<Self> {
        let program = installed_nginx()?;
        let address = free_address();
        let path = |name: &str| folder.join(name).display().to_string();
        let kinds = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
        let temporary = kinds.map(|kind| format!("{kind}_temp_path {};", path(kind))).join(" ");
        let text = format!(
            "daemon off; master_process off; pid {}; error_log {} crit;
            events {{ worker_connections 1024; }}
            http {{
                access_log off; {temporary}
                keepalive_timeout 75; keepalive_requests 1000000000;
                upstream origin {{ server {origin}; keepalive {KEPT}; keepalive_requests 1000000000; }}
                server {{
                    listen {address};
                    location / {{
                        proxy_pass http://origin; proxy_http_version 1.1; proxy_set_header Connection \"\";
                    }}
                }}
            }}",
            path("nginx.pid"),
            path("error.log"),
        );
        let file = folder.join("nginx.conf");
        fs::write(&file, text).expect("the folder can be written");
        let mut command = Command::new(program);
        command.arg("-p").arg(folder).arg("-c").arg(file);
        Some(Self::start(command, address))
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
        Self::start(command, address)
    }

    #[expect(clippy::disallowed_methods, reason = "another process is waited for, by a thread of its own")]
    fn start(mut command: Command, address: SocketAddr) -> Self {
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn().expect("it can be started");
        let mut proxy = Self { child, address };
        for _ in 0..TRIES {
            if TcpStream::connect(address).is_ok() {
                return proxy;
            }
            if let Ok(Some(status)) = proxy.child.try_wait() {
                panic!("{command:?} has ended with {status}");
            }
            thread::sleep(PAUSE);
        }
        panic!("{command:?} does not listen at {address}");
    }
}

impl Drop for Proxy {
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

#[expect(clippy::disallowed_methods, reason = "a program is looked for where the shell would")]
fn installed_nginx() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(["/usr/sbin".into(), "/usr/local/sbin".into()]);
    folders.map(|folder| folder.join("nginx")).find(|program| program.is_file())
}

/// A port that nobody has at this moment: nginx cannot choose one itself.
fn free_address() -> SocketAddr {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    listener.local_addr().expect("it is bound")
}
