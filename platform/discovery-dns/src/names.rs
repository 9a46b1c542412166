//! One question: where is a service?

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{NameServerConfig, ResolveHosts, ResolverConfig, ResolverOpts};
use hickory_resolver::lookup::Lookup;
use hickory_resolver::net::NetError;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::rr::rdata::SRV;
use hickory_resolver::proto::rr::{Name, RData, RecordType};
use hickory_resolver::system_conf::read_system_conf;

use crate::Settings;
use crate::error::{Cause, NamesError, Unresolved};

/// Who knows where services are, by their names.
#[derive(Debug)]
pub struct Names {
    resolver: TokioResolver,
    pub(crate) settings: Settings,
    /// The name servers, for messages.
    asked: String,
}

/// Where a service is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The addresses of its processes, each once and in order; never none.
    pub addresses: Vec<SocketAddr>,
    /// How long the answer is good for, as the name servers say.
    pub ttl: Duration,
}

/// Addresses without ports, and for how many seconds they are good.
type Ips = (BTreeSet<IpAddr>, u32);

impl Names {
    /// Reads `/etc/resolv.conf`, where the settings leave anything to it. Nobody is asked yet.
    pub fn new(settings: &Settings) -> Result<Self, NamesError> {
        let (config, options) = match (read_system_conf(), settings.servers.is_empty()) {
            (Ok((config, options)), true) => (config, options),
            (Ok((config, options)), false) => {
                let (domain, search, _) = config.into_parts();
                (ResolverConfig::from_parts(domain, search, name_servers(&settings.servers)), options)
            }
            (Err(error), true) => return Err(NamesError::NoNameServers(error)),
            (Err(_), false) => {
                let servers = name_servers(&settings.servers);
                (ResolverConfig::from_name_servers(servers), ResolverOpts::default())
            }
        };
        Self::of(config, options, settings)
    }

    /// Takes name servers and search list as they are, and the rest from the settings.
    pub(crate) fn of(
        config: ResolverConfig,
        mut options: ResolverOpts,
        settings: &Settings,
    ) -> Result<Self, NamesError> {
        options.timeout = settings.timeout();
        options.attempts = usize::from(settings.attempts);
        // When to ask again is decided here, and by nobody else.
        options.cache_size = 0;
        if !settings.servers.is_empty() {
            options.use_hosts_file = ResolveHosts::Never;
        }
        let asked = described(config.name_servers());
        let mut builder = TokioResolver::builder_with_config(config, TokioRuntimeProvider::default());
        *builder.options_mut() = options;
        let resolver = builder.build().map_err(NamesError::Refused)?;
        Ok(Self { resolver, settings: settings.clone(), asked })
    }

    /// Asks once where a service is.
    pub async fn ask(&self, service: &str) -> Result<Answer, Unresolved> {
        let (name, asks_srv) = self.settings.name_of(service);
        let unresolved = |cause| Unresolved { name: name.clone(), asked: self.asked.clone(), cause };
        let failed = |error: NetError| unresolved(Cause::of(&error, self.settings.timeout()));
        let parsed = parse(&name).map_err(|reason| unresolved(Cause::Other(reason)))?;
        let (addresses, seconds) = if asks_srv {
            self.by_srv(parsed).await.map_err(failed)?
        } else {
            let (ips, seconds) = self.ips(parsed).await.map_err(failed)?;
            let port = self.settings.port;
            (ips.into_iter().map(|ip| SocketAddr::new(ip, port)).collect::<BTreeSet<_>>(), seconds)
        };
        if addresses.is_empty() {
            return Err(unresolved(Cause::NoAddress));
        }
        Ok(Answer {
            addresses: addresses.into_iter().collect(),
            ttl: Duration::from_secs(u64::from(seconds)),
        })
    }

    /// The addresses behind a name: those of IPv4, and where it has none, those of IPv6. With both, a process that has two addresses would
    /// count as two.
    async fn ips(&self, name: Name) -> Result<Ips, NetError> {
        match self.resolver.lookup(name.clone(), RecordType::A).await {
            Ok(lookup) => {
                let (ips, seconds) = ips_in(&lookup);
                if !ips.is_empty() {
                    return Ok((ips, seconds));
                }
            }
            Err(error) if error.is_no_records_found() => {}
            Err(error) => return Err(error),
        }
        self.resolver.lookup(name, RecordType::AAAA).await.map(|lookup| ips_in(&lookup))
    }

    /// The addresses and ports behind a name of SRV records. Those with the lowest number have precedence, and the others are for the
    /// time when these are away: they are left out, like weights.
    async fn by_srv(&self, name: Name) -> Result<(BTreeSet<SocketAddr>, u32), NetError> {
        let lookup = self.resolver.lookup(name, RecordType::SRV).await?;
        let records = lookup.answers().iter().filter_map(|record| match &record.data {
            RData::SRV(srv) => Some(srv),
            _ => None,
        });
        let records = records.filter(|srv| !srv.target.is_root() && srv.port != 0).collect::<Vec<&SRV>>();
        let first = records.iter().map(|srv| srv.priority).min();
        let mut seconds = seconds_of(&lookup);
        let mut addresses = BTreeSet::new();
        for srv in records.into_iter().filter(|srv| Some(srv.priority) == first) {
            let (ips, good_for) = match enclosed(&lookup, &srv.target) {
                Some(enclosed) => enclosed,
                None => match self.ips(srv.target.clone()).await {
                    Ok(ips) => ips,
                    // This one has gone since; what the others say holds.
                    Err(error) if error.is_no_records_found() => continue,
                    Err(error) => return Err(error),
                },
            };
            seconds = seconds.min(good_for);
            addresses.extend(ips.into_iter().map(|ip| SocketAddr::new(ip, srv.port)));
        }
        Ok((addresses, seconds))
    }
}

/// A name, or why it is none.
pub(crate) fn parse(text: &str) -> Result<Name, String> {
    Name::from_str_relaxed(text).map_err(|error| error.to_string())
}

/// The addresses in an answer. The unspecified one is how some servers say that there is none.
fn ips_in(lookup: &Lookup) -> Ips {
    let ips = lookup.answers().iter().filter_map(|record| record.data.ip_addr());
    (ips.filter(|ip| !ip.is_unspecified()).collect(), seconds_of(lookup))
}

/// The addresses of an SRV record's target, where the answer encloses them.
fn enclosed(lookup: &Lookup, target: &Name) -> Option<Ips> {
    let records = lookup.additionals().iter().filter(|record| record.name == *target);
    let (mut four, mut six, mut seconds) = (BTreeSet::new(), BTreeSet::new(), u32::MAX);
    for record in records {
        match record.data.ip_addr() {
            Some(ip) if ip.is_unspecified() => continue,
            Some(ip @ IpAddr::V4(_)) => four.insert(ip),
            Some(ip @ IpAddr::V6(_)) => six.insert(ip),
            None => continue,
        };
        seconds = seconds.min(record.ttl);
    }
    let ips = if four.is_empty() { six } else { four };
    (!ips.is_empty()).then_some((ips, seconds))
}

/// How long all records of an answer are good, those of aliases included.
fn seconds_of(lookup: &Lookup) -> u32 {
    lookup.answers().iter().map(|record| record.ttl).min().unwrap_or(0)
}

pub(crate) fn name_servers(addresses: &[SocketAddr]) -> Vec<NameServerConfig> {
    let server = |address: &SocketAddr| {
        let mut server = NameServerConfig::udp_and_tcp(address.ip());
        server.connections.iter_mut().for_each(|connection| connection.port = address.port());
        server
    };
    addresses.iter().map(server).collect()
}

fn described(servers: &[NameServerConfig]) -> String {
    let address = |server: &NameServerConfig| {
        let port = server.connections.first().map_or(53, |connection| connection.port);
        SocketAddr::new(server.ip, port).to_string()
    };
    servers.iter().map(address).collect::<Vec<_>>().join(", ")
}
