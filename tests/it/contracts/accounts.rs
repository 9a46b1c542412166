//! What `Accounts` promises.

use std::rc::Rc;

use accounts_api::{
    Account, Accounts, AccountsError, Credentials, MAX_EMAIL_BYTES, MAX_NAME_CHARS, MAX_PASSWORD_CHARS,
    NewAccount, Session,
};
use cleave_core::{Caller, Context, User};

use super::bench::keyed;
use super::twice::Twice;
use super::{Bench, Suited, over_every_way};

over_every_way! {
    in_one_world:
    who_registers_can_log_in_and_sees_the_own_account,
    an_address_in_another_letter_case_is_the_same_address,
    an_account_is_opened_once_under_its_key,
    a_field_out_of_its_bounds_is_refused_by_name,
    a_password_that_is_easily_guessed_is_refused,
    a_wrong_password_and_an_unknown_address_are_refused_alike,
    an_account_is_shown_to_its_owner_only,
    a_call_after_its_deadline_is_not_begun,
}

impl Suited for dyn Accounts {
    fn reached(bench: &Bench) -> Rc<Self> {
        bench.accounts()
    }

    fn sent_twice(once: Rc<Self>) -> Rc<Self> {
        Rc::new(Twice(once))
    }
}

async fn who_registers_can_log_in_and_sees_the_own_account(accounts: Rc<dyn Accounts>, bench: &Bench) {
    let account = bench.register(&accounts, bench.ada()).await.expect("it is new");
    assert_eq!((&account.email, account.name.as_str()), (&bench.address(), "Ada Lovelace"));
    let session = bench.log_in(&accounts, &bench.address(), PASSWORD).await.expect("it is right");
    assert_eq!((session.token_type.as_str(), session.expires_in), ("Bearer", 3_600));
    let own = accounts.get_own_account(&bench.holder(&account, &session)).await;
    assert_eq!(own, Ok(account));
}

async fn an_address_in_another_letter_case_is_the_same_address(accounts: Rc<dyn Accounts>, bench: &Bench) {
    bench.register(&accounts, bench.ada()).await.expect("it is new");
    let shouting = NewAccount { email: bench.address().to_uppercase(), ..bench.ada() };
    let refused = accounts.register(&keyed(&bench.anybody(), "another"), shouting).await;
    assert_eq!(refused, Err(AccountsError::EmailTaken));
    let session = bench.log_in(&accounts, &bench.address().to_lowercase(), PASSWORD).await;
    assert!(session.is_ok(), "{session:?}");
}

async fn an_account_is_opened_once_under_its_key(accounts: Rc<dyn Accounts>, bench: &Bench) {
    let account = bench.register(&accounts, bench.ada()).await.expect("it is new");
    assert_eq!(bench.register(&accounts, bench.ada()).await, Ok(account));
    for other in [
        NewAccount { name: "Augusta Ada King".to_owned(), ..bench.ada() },
        NewAccount { password: "another walk in the woods".to_owned(), ..bench.ada() },
    ] {
        assert_eq!(bench.register(&accounts, other).await, Err(AccountsError::IdempotencyKeyReused));
    }
    assert_eq!(accounts.register(&bench.anybody(), bench.ada()).await, Err(AccountsError::EmailTaken));
}

async fn a_field_out_of_its_bounds_is_refused_by_name(accounts: Rc<dyn Accounts>, bench: &Bench) {
    let with_email = |email: &str| NewAccount { email: email.to_owned(), ..bench.ada() };
    let with_name = |name: &str| NewAccount { name: name.to_owned(), ..bench.ada() };
    for (field, wrong) in [
        ("email", with_email("")),
        ("email", with_email("nobody")),
        ("email", with_email("two@at@example.org")),
        ("email", with_email(&format!("{}@example.org", "a".repeat(MAX_EMAIL_BYTES)))),
        ("name", with_name("  ")),
        ("name", with_name("two\nlines")),
        ("name", with_name(&"x".repeat(MAX_NAME_CHARS + 1))),
    ] {
        match bench.register(&accounts, wrong.clone()).await {
            Err(AccountsError::InvalidAccount { field: named, .. }) => assert_eq!(named, field, "{wrong:?}"),
            other => panic!("{wrong:?}: {other:?}"),
        }
    }
}

async fn a_password_that_is_easily_guessed_is_refused(accounts: Rc<dyn Accounts>, bench: &Bench) {
    let own = bench.address();
    for password in ["", "too short", "Password123", &own, &"long ".repeat(MAX_PASSWORD_CHARS)] {
        let refused =
            bench.register(&accounts, NewAccount { password: password.to_owned(), ..bench.ada() }).await;
        assert!(matches!(refused, Err(AccountsError::WeakPassword { .. })), "{password:?}: {refused:?}");
    }
    let account = bench.register(&accounts, bench.ada()).await;
    assert!(account.is_ok(), "the address is still free: {account:?}");
}

async fn a_wrong_password_and_an_unknown_address_are_refused_alike(
    accounts: Rc<dyn Accounts>,
    bench: &Bench,
) {
    bench.register(&accounts, bench.ada()).await.expect("it is new");
    let known = bench.address();
    for (email, password) in [
        (known.as_str(), "a short walk on the beach"),
        ("bob@example.org", PASSWORD),
        (&known, ""),
        ("", PASSWORD),
        (&known, &"x".repeat(MAX_PASSWORD_CHARS + 1)),
    ] {
        let refused = bench.log_in(&accounts, email, password).await;
        assert_eq!(refused, Err(AccountsError::InvalidCredentials), "{email:?} {password:?}");
    }
}

async fn an_account_is_shown_to_its_owner_only(accounts: Rc<dyn Accounts>, bench: &Bench) {
    bench.register(&accounts, bench.ada()).await.expect("it is new");
    for (context, refusal) in [
        (bench.anybody(), AccountsError::Unauthenticated),
        (bench.system(), AccountsError::Forbidden),
        (bench.stranger(), AccountsError::AccountNotFound),
        (bench.admin(), AccountsError::AccountNotFound),
    ] {
        assert_eq!(accounts.get_own_account(&context).await, Err(refusal));
    }
}

async fn a_call_after_its_deadline_is_not_begun(accounts: Rc<dyn Accounts>, bench: &Bench) {
    let overdue = bench.overdue();
    let registered = accounts.register(&keyed(&overdue, "ada"), bench.ada()).await;
    assert_eq!(registered, Err(AccountsError::Timeout));
    assert_eq!(accounts.get_own_account(&overdue).await, Err(AccountsError::Timeout));
    let session = bench.log_in(&accounts, &bench.address(), PASSWORD).await;
    assert_eq!(session, Err(AccountsError::InvalidCredentials), "no account was opened");
}

const PASSWORD: &str = "a long walk on the beach";

impl Bench {
    fn address(&self) -> String {
        format!("Ada-{}@Example.org", self.account_id())
    }

    fn ada(&self) -> NewAccount {
        NewAccount { email: self.address(), password: PASSWORD.to_owned(), name: "Ada Lovelace".to_owned() }
    }

    async fn register(
        &self,
        accounts: &Rc<dyn Accounts>,
        request: NewAccount,
    ) -> Result<Account, AccountsError> {
        accounts.register(&keyed(&self.anybody(), "ada"), request).await
    }

    async fn log_in(
        &self,
        accounts: &Rc<dyn Accounts>,
        email: &str,
        password: &str,
    ) -> Result<Session, AccountsError> {
        let credentials = Credentials { email: email.to_owned(), password: password.to_owned() };
        accounts.create_session(&self.anybody(), credentials).await
    }

    /// The context of who has logged in.
    fn holder(&self, account: &Account, session: &Session) -> Context {
        let access_token = session.access_token.as_str().into();
        self.call(Caller::User(User { account_id: account.id, admin: false, access_token }))
    }
}
