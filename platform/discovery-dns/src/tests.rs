//! Names, asked for at a name server that changes its answers, hides and lies.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::num::NonZeroU64;
use std::time::{Duration, Instant};

use hickory_resolver::config::{ResolverConfig, ResolverOpts};
use hickory_resolver::proto::rr::RecordType;
use tokio::sync::watch;

use crate::names::{name_servers, parse};
use crate::testing::{Mood, NameServer, Way};
use crate::{Answer, Cause, Names, News, Settings, Unresolved};

/// Long enough for a loaded machine: a test that waits for this long has failed.
const DEADLINE: Duration = Duration::from_secs(20);

fn loopback(last: u8) -> IpAddr {
    Ipv4Addr::new(127, 0, 0, last).into()
}

fn at(last: u8, port: u16) -> SocketAddr {
    SocketAddr::new(loopback(last), port)
}

/// Asks a server for `SERVICE.test.`, as often as it can.
fn settings(server: &NameServer) -> Settings {
    Settings {
        names: "{service}.test.".to_owned(),
        port: 9000,
        servers: vec![server.address()],
        min_interval_ms: const { NonZeroU64::new(1).expect("not zero") },
        max_interval_ms: const { NonZeroU64::new(20).expect("not zero") },
        timeout_ms: const { NonZeroU64::new(2_000).expect("not zero") },
        ..Settings::default()
    }
}

fn names(settings: &Settings) -> Names {
    settings.check().expect("the settings are valid");
    Names::new(settings).expect("the server is named")
}

async fn ask(settings: &Settings) -> Result<Answer, Unresolved> {
    names(settings).ask("goods").await
}

async fn cause(settings: &Settings) -> Cause {
    ask(settings).await.expect_err("there is no address").cause
}

#[tokio::test]
async fn each_address_is_told_once_and_in_order() {
    let server = NameServer::start();
    server.set("goods.test.", 30, &[loopback(3), loopback(2), loopback(3), loopback(10)]);
    let answer = ask(&settings(&server)).await;
    let addresses = vec![at(2, 9000), at(3, 9000), at(10, 9000)];
    assert_eq!(answer, Ok(Answer { addresses, ttl: Duration::from_secs(30) }));
}

#[tokio::test]
async fn addresses_of_ipv6_are_told_where_there_are_none_of_ipv4() {
    let server = NameServer::start();
    let six = IpAddr::from(Ipv6Addr::LOCALHOST);
    server.set("goods.test.", 30, &[six]);
    let answer = ask(&settings(&server)).await.expect("there is an address");
    assert_eq!(answer.addresses, [SocketAddr::new(six, 9000)]);
    server.set("goods.test.", 30, &[six, loopback(2)]);
    let answer = ask(&settings(&server)).await.expect("there is an address");
    assert_eq!(answer.addresses, [at(2, 9000)], "a process with both would count as two");
}

#[tokio::test]
async fn a_name_without_a_dot_at_its_end_is_sought_in_the_search_list() {
    let server = NameServer::start();
    server.set("goods.store.svc.cluster.test.", 5, &[loopback(2)]);
    server.set("goods.", 5, &[loopback(3)]);
    let search = ["elsewhere.test.", "store.svc.cluster.test."].map(|name| parse(name).expect("a name"));
    let config = ResolverConfig::from_parts(None, search.into(), name_servers(&[server.address()]));
    let mut options = ResolverOpts::default();
    options.ndots = 5;
    for (template, expected) in [("{service}", at(2, 9000)), ("{service}.", at(3, 9000))] {
        let settings = Settings { names: template.to_owned(), ..settings(&server) };
        let names = Names::of(config.clone(), options.clone(), &settings).expect("the server is named");
        assert_eq!(names.ask("goods").await.expect("there is an address").addresses, [expected]);
    }
}

#[tokio::test]
async fn an_alias_is_followed_and_the_shorter_time_holds() {
    let server = NameServer::start();
    server.set_alias("goods.test.", 7, "elsewhere.test.");
    server.set("elsewhere.test.", 30, &[loopback(2)]);
    let answer = ask(&settings(&server)).await;
    assert_eq!(answer, Ok(Answer { addresses: vec![at(2, 9000)], ttl: Duration::from_secs(7) }));
}

#[tokio::test]
async fn an_answer_that_has_no_room_in_a_datagram_is_fetched_over_a_connection() {
    let server = NameServer::start();
    let many = (1..=200).map(loopback).collect::<Vec<_>>();
    server.set("goods.test.", 30, &many);
    server.take_on(Mood::Truncating);
    let answer = ask(&settings(&server)).await.expect("there are addresses");
    assert_eq!(answer.addresses.len(), 200);
    assert!(server.was_asked_by(Way::Udp) && server.was_asked_by(Way::Tcp));
}

#[tokio::test]
async fn srv_records_tell_the_ports() {
    let server = NameServer::start();
    server.set_srv(
        "_http._tcp.goods.test.",
        30,
        &[
            (1, 7001, "one.test."),
            (1, 7002, "two.test."),
            (1, 7002, "two.test."),
            (1, 7003, "gone.test."),
            (1, 0, "one.test."),
            (2, 7004, "one.test."),
        ],
    );
    server.set("one.test.", 5, &[loopback(2)]);
    server.set("two.test.", 60, &[loopback(3), loopback(2)]);
    let settings = Settings { srv: "_http._tcp.{service}.test.".to_owned(), ..settings(&server) };
    let addresses = vec![at(2, 7001), at(2, 7002), at(3, 7002)];
    assert_eq!(ask(&settings).await, Ok(Answer { addresses, ttl: Duration::from_secs(5) }));
    server.set_srv("_http._tcp.goods.test.", 30, &[(1, 7001, ".")]);
    assert_eq!(cause(&settings).await, Cause::NoAddress, "a dot says that there is no such service");
}

#[tokio::test]
async fn what_keeps_a_name_from_having_addresses_is_told_with_the_mend() {
    let server = NameServer::start();
    let settings = Settings {
        timeout_ms: const { NonZeroU64::new(50).expect("not zero") },
        attempts: 0,
        ..settings(&server)
    };
    let asked = server.address();
    let error = ask(&settings).await.expect_err("there is no such name");
    assert_eq!(
        error.to_string(),
        format!(
            "no address of goods.test.: there is no such name (asked {asked}); correct discovery.dns.names (or srv), or create the service \
             of that name; where only ready processes have names, it may have none yet"
        )
    );
    server.set("goods.test.", 30, &[Ipv4Addr::UNSPECIFIED.into()]);
    assert_eq!(cause(&settings).await, Cause::NoAddress);
    server.set("goods.test.", 30, &[loopback(2)]);
    for (mood, expected) in [
        (Mood::NoSuchName, Cause::NoSuchName),
        (Mood::NoAddress, Cause::NoAddress),
        (Mood::Fault, Cause::Refused("Server Failure".to_owned())),
        (Mood::Silent, Cause::Silence(Duration::from_millis(50))),
    ] {
        server.take_on(mood);
        let error = ask(&settings).await.expect_err("there is no address");
        assert_eq!(error.cause, expected, "{mood:?}");
        let text = error.to_string();
        assert!(text.contains("goods.test.") && text.contains(&asked.to_string()), "{text}");
    }
    server.take_on(Mood::Garbled);
    assert!(!cause(&settings).await.is_answer());
}

/// What a follower was told last, since anybody asked for it.
struct Follower<'names> {
    told: watch::Sender<Option<News>>,
    names: &'names Names,
}

impl<'names> Follower<'names> {
    fn new(names: &'names Names) -> Self {
        Self { told: watch::Sender::default(), names }
    }

    /// Follows while the test goes on.
    async fn during(&self, test: impl Future<Output = ()>) {
        let follow = self.names.follow("goods", |news| {
            self.told.send_replace(Some(news));
        });
        let bounded = tokio::time::timeout(DEADLINE, test);
        tokio::select! {
            () = follow => {}
            ended = bounded => ended.unwrap_or_else(|_| panic!("in vain: {:?}", self.told.borrow())),
        }
    }

    /// Waits for this news, told after now.
    async fn hears(&self, expected: &News) {
        self.told.send_replace(None);
        let mut told = self.told.subscribe();
        told.wait_for(|news| news.as_ref() == Some(expected)).await.expect("the sender is here");
    }
}

#[tokio::test]
async fn a_follower_hears_of_every_change_and_of_what_takes_nothing_away() {
    let server = NameServer::start();
    let settings = Settings {
        timeout_ms: const { NonZeroU64::new(50).expect("not zero") },
        attempts: 0,
        ..settings(&server)
    };
    let names = names(&settings);
    let follower = Follower::new(&names);
    follower
        .during(async {
            follower.hears(&News::NoAddress).await;
            server.set("goods.test.", 0, &[loopback(2)]);
            follower.hears(&News::Addresses(vec![at(2, 9000)])).await;
            server.set("goods.test.", 0, &[loopback(2), loopback(3)]);
            follower.hears(&News::Addresses(vec![at(2, 9000), at(3, 9000)])).await;
            for (mood, news) in [
                (Mood::NoSuchName, News::NoAddress),
                (Mood::NoAddress, News::NoAddress),
                (Mood::Fault, News::NoAnswer),
                (Mood::Silent, News::NoAnswer),
                (Mood::Garbled, News::NoAnswer),
            ] {
                server.take_on(mood);
                follower.hears(&news).await;
            }
            server.take_on(Mood::Truthful);
            server.set("goods.test.", 0, &[loopback(3)]);
            follower.hears(&News::Addresses(vec![at(3, 9000)])).await;
        })
        .await;
}

#[tokio::test]
async fn a_name_is_asked_for_again_when_its_answer_is_over_and_not_before() {
    let server = NameServer::start();
    server.set("goods.test.", 1, &[loopback(2)]);
    let settings = Settings {
        max_interval_ms: const { NonZeroU64::new(60_000).expect("not zero") },
        ..settings(&server)
    };
    let names = names(&settings);
    let follower = Follower::new(&names);
    follower
        .during(async {
            follower.hears(&News::Addresses(vec![at(2, 9000)])).await;
            let asked = now();
            server.set("goods.test.", 1, &[loopback(3)]);
            follower.hears(&News::Addresses(vec![at(3, 9000)])).await;
            let passed = now() - asked;
            assert!(passed > Duration::from_millis(800), "after {passed:?}");
            assert_eq!(server.asked("goods.test.", RecordType::A), 2);
        })
        .await;
}

#[tokio::test]
async fn a_long_time_in_an_answer_is_bounded() {
    let server = NameServer::start();
    server.set("goods.test.", 1_000_000, &[loopback(2)]);
    let names = names(&settings(&server));
    let follower = Follower::new(&names);
    follower
        .during(async {
            follower.hears(&News::Addresses(vec![at(2, 9000)])).await;
            server.set("goods.test.", 1_000_000, &[loopback(3)]);
            follower.hears(&News::Addresses(vec![at(3, 9000)])).await;
        })
        .await;
}

#[test]
fn the_pause_after_an_answer_is_its_time_within_bounds_and_after_failures_longer_and_longer() {
    let settings = Settings::default();
    for (seconds, pause) in [(0, 1), (1, 1), (5, 5), (10, 10), (1_000_000, 10)] {
        assert_eq!(settings.pause_after(Duration::from_secs(seconds)), Duration::from_secs(pause));
    }
    for (failures, pause) in [(1, 1), (2, 2), (3, 4), (4, 8), (5, 10), (u32::MAX, 10)] {
        assert_eq!(settings.pause_after_failures(failures), Duration::from_secs(pause));
    }
}

#[test]
fn settings_that_cannot_be_are_refused_with_their_key() {
    let good = Settings::default();
    assert_eq!(good.check(), Ok(()));
    let long = "x".repeat(64);
    let server = |text: &str| vec![text.parse().expect("an address")];
    let ten = const { NonZeroU64::new(10).expect("not zero") };
    for (settings, key) in [
        (Settings { names: "goods".to_owned(), ..good.clone() }, "discovery.dns.names"),
        (Settings { names: "{service}..test.".to_owned(), ..good.clone() }, "discovery.dns.names"),
        (Settings { names: format!("{{service}}.{long}."), ..good.clone() }, "discovery.dns.names"),
        (Settings { srv: "_http._tcp.goods".to_owned(), ..good.clone() }, "discovery.dns.srv"),
        (Settings { servers: server("10.0.0.10:0"), ..good.clone() }, "discovery.dns.servers"),
        (Settings { servers: server("0.0.0.0:53"), ..good.clone() }, "discovery.dns.servers"),
        (Settings { max_interval_ms: ten, ..good.clone() }, "discovery.dns.min_interval_ms"),
        (Settings { attempts: 11, ..good.clone() }, "discovery.dns.attempts"),
    ] {
        assert_eq!(settings.check().map_err(|(key, _)| key), Err(key));
    }
    let underscores = Settings { srv: "_http._tcp.{service}.test.".to_owned(), ..good };
    assert_eq!(underscores.check(), Ok(()));
}

#[expect(clippy::disallowed_methods, reason = "the time of an answer runs in real time")]
fn now() -> Instant {
    Instant::now()
}
