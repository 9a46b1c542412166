//! Accounts on a database of their own.

use std::sync::Arc;
use std::time::Duration;

use accounts_api::{Accounts as _, AccountsError, Credentials, NewAccount};
use cleave_auth::{TokenIssuer, TokenVerifier};
use cleave_core::{Caller, Clock as _, Context, IdempotencyKey, Ids, SystemClock, User};
use cleave_db::Database;
use cleave_db::testing::Scratch;
use cleave_events::{Outbox, outbox_events};
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use tempfile::TempDir;

use crate::{LocalAccounts, MIGRATIONS, Passwords, Settings};

const PASSWORD: &str = "a long walk on the beach";

struct World {
    folder: TempDir,
    _scratch: Scratch,
    ids: Arc<Ids>,
    database: Database,
    accounts: LocalAccounts,
}

impl World {
    async fn new() -> Self {
        Self::with(Settings::default()).await
    }

    async fn with(settings: Settings) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let scratch = Scratch::new();
        let database = scratch.open("accounts").await;
        database.migrate(&MIGRATIONS).await.expect("tables");
        let clock = Arc::new(SystemClock);
        let ids = Arc::new(Ids::from_seed(clock.clone(), 1));
        let mut random = StdRng::seed_from_u64(1);
        let issuer =
            TokenIssuer::load_or_create(&folder.path().join("tokens.key"), &mut random).expect("a key");
        let passwords = Arc::new(Passwords::new(&settings, random));
        let accounts = LocalAccounts::new(
            database.clone(),
            Outbox::new(),
            Arc::new(issuer),
            passwords,
            clock,
            ids.clone(),
            &settings,
        );
        Self { folder, _scratch: scratch, ids, database, accounts }
    }

    fn anybody(&self) -> Context {
        let deadline = SystemClock.instant() + Duration::from_secs(30);
        Context { caller: Caller::Anonymous, ..Context::background(&self.ids, deadline) }
    }

    async fn log_in(&self, email: &str, password: &str) -> Result<String, AccountsError> {
        let credentials = Credentials { email: email.to_owned(), password: password.to_owned() };
        self.accounts.create_session(&self.anybody(), credentials).await.map(|session| session.access_token)
    }
}

fn ada() -> NewAccount {
    NewAccount {
        email: "Ada@Example.org".to_owned(),
        password: PASSWORD.to_owned(),
        name: "Ada L.".to_owned(),
    }
}

#[tokio::test]
async fn who_registers_can_log_in_with_the_address_in_any_letter_case() {
    let world = World::new().await;
    let account = world.accounts.register(&world.anybody(), ada()).await.expect("it is new");
    assert_eq!(account.email, "Ada@Example.org");
    let token = world.log_in("aDA@eXAMPLE.ORG", PASSWORD).await.expect("it is right");
    let verifier = TokenVerifier::from_dir(world.folder.path()).expect("the public key is there");
    let identity = verifier.verify(&token, SystemClock.now().as_unix_seconds()).expect("it is good");
    assert_eq!((identity.account_id, identity.admin), (account.id.as_uuid(), false));
    for (email, password) in [
        ("ada@example.org", "another password"),
        ("bob@example.org", PASSWORD),
        ("", ""),
        ("ada@example.org", ""),
    ] {
        assert_eq!(world.log_in(email, password).await, Err(AccountsError::InvalidCredentials));
    }
    let user = User { account_id: account.id, admin: false, access_token: token.as_str().into() };
    let own = Context { caller: Caller::User(user), ..world.anybody() };
    assert_eq!(world.accounts.get_own_account(&own).await, Ok(account));
    assert_eq!(world.accounts.get_own_account(&world.anybody()).await, Err(AccountsError::Unauthenticated));
}

#[tokio::test]
async fn an_address_has_one_account_whoever_is_first_and_it_is_told_of_once() {
    let world = World::new().await;
    let context = world.anybody();
    let shouting = NewAccount { email: "ADA@EXAMPLE.ORG".to_owned(), ..ada() };
    let (one, two) =
        tokio::join!(world.accounts.register(&context, ada()), world.accounts.register(&context, shouting));
    assert!(one.is_ok() != two.is_ok(), "{one:?} {two:?}");
    assert!([one, two].contains(&Err(AccountsError::EmailTaken)));
    let told = outbox_events(&world.database, 0, 10).await.expect("they can be read");
    assert_eq!(told.len(), 1);
    assert!(!told[0].payload.contains("beach") && !told[0].payload.contains("argon2"), "{}", told[0].payload);
}

#[tokio::test]
async fn a_repeated_registration_is_the_same_account_only_with_the_same_key_and_body() {
    let world = World::new().await;
    let keyed = world.anybody().with_key(IdempotencyKey::parse("mine").expect("a key"));
    let account = world.accounts.register(&keyed, ada()).await.expect("it is new");
    assert_eq!(world.accounts.register(&keyed, ada()).await, Ok(account));
    let other = NewAccount { password: "another walk in the woods".to_owned(), ..ada() };
    assert_eq!(world.accounts.register(&keyed, other).await, Err(AccountsError::IdempotencyKeyReused));
    assert_eq!(world.accounts.register(&world.anybody(), ada()).await, Err(AccountsError::EmailTaken));
}

#[tokio::test]
async fn weak_passwords_and_what_is_no_address_are_refused_with_a_reason() {
    let world = World::new().await;
    for password in [
        "short",
        "password123",
        "PASSWORD1234",
        "1234567890",
        "aaaaaaaaaaaa",
        "ada@example.org!",
        "xxada l.xxxx",
        "qwertyuiop1",
        &"x1y2".repeat(33),
    ] {
        let refused = world
            .accounts
            .register(&world.anybody(), NewAccount { password: password.to_owned(), ..ada() })
            .await;
        assert!(matches!(refused, Err(AccountsError::WeakPassword { .. })), "{password}: {refused:?}");
    }
    for email in [
        "",
        "ada",
        "@example.org",
        "ada@",
        "a b@example.org",
        "ada@example..org",
        "ada@@example.org",
        "ada\r\n@example.org",
        &format!("{}@example.org", "a".repeat(250)),
    ] {
        let refused =
            world.accounts.register(&world.anybody(), NewAccount { email: email.to_owned(), ..ada() }).await;
        assert!(matches!(refused, Err(AccountsError::InvalidAccount { .. })), "{email:?}: {refused:?}");
    }
}

#[tokio::test]
async fn what_is_kept_of_a_password_is_argon2id_with_a_salt_of_its_own() {
    let world = World::new().await;
    let bob = NewAccount { email: "bob@example.org".to_owned(), name: "Bob B.".to_owned(), ..ada() };
    for account in [ada(), bob] {
        world.accounts.register(&world.anybody(), account).await.expect("it is new");
    }
    let hashes: Vec<String> = sqlx::query_scalar("SELECT password_hash FROM accounts")
        .fetch_all(world.database.readers())
        .await
        .expect("the query is right");
    assert!(hashes.iter().all(|hash| hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$")), "{hashes:?}");
    assert_ne!(hashes[0], hashes[1]);
}

#[tokio::test]
async fn more_than_can_wait_are_told_to_come_again() {
    let one = std::num::NonZeroUsize::MIN;
    let world =
        World::with(Settings { concurrent_hashes: one, queued_hashes: 1, ..Settings::default() }).await;
    let attempts = (0..8).map(|_| world.log_in("ada@example.org", PASSWORD));
    let answers = futures_util::future::join_all(attempts).await;
    let overloaded = answers.iter().filter(|answer| **answer == Err(AccountsError::Overloaded)).count();
    // One is hashed and one waits; who comes when the first is done finds room again.
    assert!((1..=6).contains(&overloaded), "{answers:?}");
}

#[tokio::test]
async fn an_admin_is_made_once_and_nobody_becomes_one() {
    let world = World::new().await;
    let context = world.anybody();
    let admin = world.accounts.ensure_admin(&context, "root@example.org", PASSWORD.to_owned()).await;
    let again = world.accounts.ensure_admin(&context, "ROOT@example.org", "another walk".to_owned()).await;
    assert_eq!(admin.expect("it is new"), again.expect("it is there"));
    world.log_in("root@example.org", PASSWORD).await.expect("the password is the first one");
    world.accounts.register(&context, ada()).await.expect("it is new");
    let refused = world.accounts.ensure_admin(&context, "ada@example.org", PASSWORD.to_owned()).await;
    assert!(refused.is_err());
}

#[test]
fn all_tests_pass_again_on_postgres() {
    cleave_db::testing::all_again_on_postgres("all_tests_pass_again_on_postgres");
}
