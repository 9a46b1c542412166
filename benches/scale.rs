//! What a store of a million products and a hundred thousand orders answers like, beside a small one: the same requests over
//! HTTP to two monoliths that take turns. `just bench-scale` runs it.
//!
//! The large store is made the first time, in the target folder, by the store itself, and takes some minutes; later runs
//! find it there.

#[path = "support/running.rs"]
mod running;
#[path = "support/turns.rs"]
mod turns;

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use cleave::journeys::{CheckoutJourney, Customers, ListJourney, ProductJourney, Shelf};
use cleave::provision::{self, Goods};
use cleave::settings::Settings;
use cleave_auth::TokenIssuer;
use cleave_compare::{Client, Connection, CpuSets, Dice, Journey, Request, Response};
use cleave_core::{Clock as _, Ids, SystemClock};
use serde::{Deserialize, Serialize};

use self::running::RunningStore;
use self::turns::{Contender, Turns, is_measuring, take_turns};

/// How much a store has.
#[derive(Debug, Clone, Copy)]
struct Size {
    products: u64,
    orders: u64,
}

const SMALL: Size = Size { products: 300, orders: 0 };
const LARGE: Size = Size { products: 1_000_000, orders: 100_000 };

/// What stands for the large one where only the benchmark itself is tried.
const TRIED: Size = Size { products: 600, orders: 20 };

/// Customers who buy at the same time while a store is made.
const AT_ONCE: u64 = 8;

/// Longer than any answer takes.
const PATIENCE: Duration = Duration::from_secs(30);

/// A store that has been open for a while has the inner pages of its tables in memory, in each of its connections.
const WARM_UP: usize = 20_000;

/// The same seed generates the same products.
const SEED: u64 = 1;

/// How often the making of a store tells how far it is.
const STEP: u64 = 10_000;

fn main() {
    // All on one processor, as the servers of `compare` are: where threads wake each other across the processors of a virtual
    // machine, how deep those sleep decides, and not what the threads do.
    CpuSets::detect(false).on_servers(measure);
}

fn measure() {
    let scratch = tempfile::Builder::new().prefix("scale-").tempdir_in(env!("CARGO_TARGET_TMPDIR"));
    let scratch = scratch.expect("a folder on the disk of the build");
    let (large, folder, turns) = if is_measuring() {
        let name = format!("scale-{}-{}", LARGE.products, LARGE.orders);
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        (LARGE, folder, Turns { warm_up: WARM_UP, rounds: 30, times_a_round: 100 })
    } else {
        (TRIED, scratch.path().join("large"), Turns { warm_up: 1, rounds: 1, times_a_round: 1 })
    };
    let small = Opened::open(&scratch.path().join("small"), SMALL);
    let large = Opened::open(&folder, large);
    let names = searched_words();

    take_turns("product", turns, both(&small, &large, |store| ProductJourney(&store.shelf)));
    take_turns("list of a category", turns, both(&small, &large, |store| ListJourney(&store.shelf)));
    take_turns("search for a word", turns, both(&small, &large, |_| Search { names: &names, words: 1 }));
    take_turns("search for two words", turns, both(&small, &large, |_| Search { names: &names, words: 2 }));
    let few =
        Turns { warm_up: turns.warm_up / 100, times_a_round: turns.times_a_round.div_ceil(10), ..turns };
    take_turns("checkout", few, both(&small, &large, Opened::checkout));
    drop(scratch);
}

/// The same journey in both stores.
fn both<'a, J: Journey + 'a>(
    small: &'a Opened,
    large: &'a Opened,
    journey: impl Fn(&'a Opened) -> J,
) -> Vec<Contender<'a>> {
    [small, large]
        .map(|store| {
            let journey = journey(store);
            // Customers of a checkout are new each time, also in a store that an earlier run has made.
            let mut dice = Dice::new(SystemClock.now().as_unix_seconds(), &[]);
            let mut connection = store.connect();
            let name = format!("{} products, {} orders", store.size.products, store.size.orders);
            Contender::new(name, move || {
                let request = journey.request(&mut dice);
                if let Some(preparation) = journey.preparation(&request) {
                    connection.send(&preparation).expect("an answer");
                }
                let (response, took) = timed(|| connection.send(&request).expect("an answer"));
                // Now and then a product is sold out, which is an answer too.
                let is_right = journey.accepts(&response)
                    || journey.once_per_second().is_some() && response.status == 409;
                assert!(is_right, "{} was answered {}: {}", request.path, response.status, response.text());
                took
            })
        })
        .into()
}

/// *search*: what has a word in its name, or a word in its name and the one of its category. Only so many answers are asked for
/// as both stores have: what is compared is how they are found.
struct Search<'store> {
    names: &'store [(String, String)],
    words: usize,
}

/// Each pair of words is found in at least so many products of either store.
const ANSWERS: usize = 3;

impl Journey for Search<'_> {
    fn name(&self) -> &'static str {
        "search"
    }

    fn request(&self, dice: &mut Dice) -> Request {
        let (first, second) = dice.pick(self.names).expect("products have names");
        let more = if self.words > 1 { format!("%20{second}") } else { String::new() };
        Request::get(format!("/api/v1/products?q={first}{more}&limit={ANSWERS}"))
    }

    fn accepts(&self, response: &Response) -> bool {
        let found = response.body.windows(5).filter(|window| window == br#""sku""#).count();
        response.status == 200 && found == ANSWERS
    }
}

/// What is known of a store that has been made. It is written beside the databases when they are complete.
#[derive(Debug, Serialize, Deserialize)]
struct Stock {
    product_ids: Vec<String>,
    categories: Vec<String>,
}

/// A store that runs, and what is for sale there.
struct Opened {
    size: Size,
    shelf: Shelf,
    customers: Customers,
    store: RunningStore,
    public: SocketAddr,
}

impl Opened {
    fn open(folder: &Path, size: Size) -> Self {
        let settings = running::settings(folder);
        let complete = folder.join("stock.json");
        let stock =
            std::fs::read(&complete).ok().and_then(|text| serde_json::from_slice::<Stock>(&text).ok());
        let is_made = stock.is_some();
        let stock = stock.unwrap_or_else(|| make_goods(&settings, size.products));
        let (store, public) = RunningStore::start(&settings, "monolith");
        let customers = TokenIssuer::load(&settings.signing_key_file()).expect("the key is there");
        let customers = Customers::new(customers);
        let Stock { product_ids, categories } = stock;
        let opened = Self { size, shelf: Shelf { product_ids, categories }, customers, store, public };
        if !is_made {
            opened.place_orders();
            opened.settle();
            let Shelf { product_ids, categories } = opened.shelf.clone();
            let text = serde_json::to_vec(&Stock { product_ids, categories }).expect("it is JSON");
            std::fs::write(&complete, text).expect("the folder can be written");
        }
        opened
    }

    fn checkout(&self) -> CheckoutJourney<'_> {
        CheckoutJourney { shelf: &self.shelf, customers: &self.customers }
    }

    fn connect(&self) -> Connection {
        Client::new(self.public, PATIENCE).connect().expect("the store listens")
    }

    /// Customers buy, each once.
    fn place_orders(&self) {
        let (begun, placed) = (AtomicU64::new(0), AtomicU64::new(0));
        std::thread::scope(|scope| {
            for buyer in 0..AT_ONCE {
                let (begun, placed) = (&begun, &placed);
                scope.spawn(move || {
                    let (journey, mut connection) = (self.checkout(), self.connect());
                    let mut dice = Dice::new(2, &[buyer]);
                    while begun.fetch_add(1, Ordering::Relaxed) < self.size.orders {
                        // Some products are sold out: then it is another one.
                        loop {
                            let request = journey.request(&mut dice);
                            let cart = journey.preparation(&request).expect("a checkout needs a cart");
                            connection.send(&cart).expect("an answer");
                            let response = connection.send(&request).expect("an answer");
                            if journey.accepts(&response) {
                                break;
                            }
                            assert_eq!(response.status, 409, "{}", response.text());
                        }
                        tell(placed.fetch_add(1, Ordering::Relaxed) + 1, self.size.orders, "orders");
                    }
                });
            }
        });
    }

    /// Waits until nothing is left to do.
    fn settle(&self) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        tokio::task::LocalSet::new().block_on(&runtime, async {
            let cell = self.store.cell_of("orders");
            while !cleave::settled::settled(&cell).await.left.is_empty() {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        });
    }
}

/// Keys, tables and goods.
fn make_goods(settings: &Settings, count: u64) -> Stock {
    // What an interrupted run has left.
    match std::fs::remove_dir_all(&settings.data_dir) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => panic!("{error}"),
        _ => {}
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    provision::create_keys(settings).expect("keys");
    runtime.block_on(provision::migrate(settings)).expect("tables");
    let clock = Arc::new(SystemClock);
    let ids = Arc::new(Ids::from_system(clock.clone()));
    let goods = Goods::Generated { count, seed: SEED };
    let seeding =
        provision::seed(settings, clock.clone(), ids.clone(), goods, |done| tell(done, count, "products"));
    runtime.block_on(seeding).expect("the goods can be brought in");
    let products = runtime.block_on(provision::products(settings, clock, ids)).expect("they can be listed");
    let categories = products.iter().map(|product| product.category.clone()).collect::<BTreeSet<_>>();
    Stock {
        categories: categories.into_iter().collect(),
        product_ids: products.iter().map(|product| product.id.to_string()).collect(),
    }
}

/// A word of a name each, and one of the category: of the products that either store has, because both are generated alike.
fn searched_words() -> Vec<(String, String)> {
    let mut found = BTreeMap::<(String, String), usize>::new();
    for product in catalog::seed::generated(SMALL.products, SEED) {
        let names = product.name.split([' ', ',']).filter(|word| is_plain(word)).collect::<BTreeSet<_>>();
        for category in product.category.split('-').filter(|word| is_plain(word)) {
            for name in &names {
                *found.entry(((*name).to_owned(), category.to_owned())).or_default() += 1;
            }
        }
    }
    found.into_iter().filter(|(_, count)| *count >= ANSWERS).map(|(words, _)| words).collect()
}

/// Whether a word can stand in a URL as it is.
fn is_plain(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// Tells now and then how far the making of a store has come.
fn tell(done: u64, count: u64, what: &str) {
    if count >= 10 * STEP && done.is_multiple_of(STEP) {
        eprintln!("the large store has {done} of {count} {what}");
    }
}

#[expect(clippy::disallowed_methods, reason = "measuring is reading the clock")]
fn timed<T>(act: impl FnOnce() -> T) -> (T, Duration) {
    let began = Instant::now();
    let done = act();
    (done, began.elapsed())
}
