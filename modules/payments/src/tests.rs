//! Payments on a database of their own.

use std::sync::Arc;
use std::time::Duration;

use cleave_core::{AccountId, Caller, Clock as _, Context, Ids, Money, SystemClock, User};
use cleave_db::Database;
use cleave_db::testing::Scratch;
use payments_api::{AuthorizePayment, DeclineReason, PaymentId, PaymentState, Payments as _, PaymentsError};

use crate::audit::payment_facts;
use crate::{LocalPayments, MIGRATIONS, Settings};

struct World {
    _scratch: Scratch,
    ids: Ids,
    database: Database,
    payments: LocalPayments,
}

impl World {
    async fn new() -> Self {
        let scratch = Scratch::new();
        let database = scratch.open("payments").await;
        database.migrate(&MIGRATIONS).await.expect("tables");
        let clock = Arc::new(SystemClock);
        let payments = LocalPayments::new(database.clone(), clock.clone(), &Settings { slow_ms: 1 });
        Self { _scratch: scratch, ids: Ids::from_seed(clock, 1), database, payments }
    }

    fn system(&self) -> Context {
        Context::background(&self.ids, SystemClock.instant() + Duration::from_secs(30))
    }

    fn request(&self, payment_token: &str) -> AuthorizePayment {
        AuthorizePayment {
            payment_id: PaymentId::from(self.ids.next()),
            account_id: AccountId::from(self.ids.next()),
            amount: Money { amount: 4_950, currency: "EUR".parse().expect("a currency") },
            payment_token: payment_token.to_owned(),
        }
    }

    async fn authorized(&self) -> PaymentId {
        let request = self.request("tok_visa");
        let payment =
            self.payments.authorize_payment(&self.system(), request.clone()).await.expect("approved");
        assert_eq!((payment.state, payment.amount), (PaymentState::Authorized, Some(request.amount)));
        request.payment_id
    }

    /// The kinds of movements that the provider has written down for a payment.
    async fn moved(&self, payment_id: PaymentId) -> Vec<String> {
        let facts = payment_facts(&self.database).await.expect("the facts can be read");
        facts.ledger.get(&payment_id).into_iter().flat_map(|moved| moved.keys().cloned()).collect()
    }
}

#[tokio::test]
async fn money_is_set_aside_taken_and_given_back_once_however_often_it_is_asked_for() {
    let world = World::new().await;
    let id = world.authorized().await;
    let (payments, context) = (&world.payments, world.system());
    assert_eq!(
        payments.refund_payment(&context, id).await,
        Err(PaymentsError::PaymentNotCaptured { payment_id: id })
    );
    for _ in 0..2 {
        let captured = payments.capture_payment(&context, id).await.expect("it is set aside");
        assert_eq!(captured.state, PaymentState::Captured);
    }
    assert_eq!(
        payments.void_payment(&context, id).await,
        Err(PaymentsError::PaymentCaptured { payment_id: id })
    );
    for _ in 0..2 {
        let refunded = payments.refund_payment(&context, id).await.expect("it is taken");
        assert_eq!(refunded.state, PaymentState::Refunded);
    }
    assert_eq!(
        payments.capture_payment(&context, id).await.expect("it is over").state,
        PaymentState::Refunded
    );
    assert_eq!(world.moved(id).await, ["authorized", "captured", "refunded"]);
}

#[tokio::test]
async fn what_is_voided_is_never_taken_whichever_comes_first() {
    let world = World::new().await;
    let (payments, context) = (&world.payments, world.system());
    let id = world.authorized().await;
    payments.void_payment(&context, id).await.expect("it is set aside");
    payments.void_payment(&context, id).await.expect("again changes nothing");
    assert_eq!(
        payments.capture_payment(&context, id).await,
        Err(PaymentsError::PaymentVoided { payment_id: id })
    );
    let late = world.request("tok_visa");
    payments.void_payment(&context, late.payment_id).await.expect("a tombstone is left");
    let refused = Err(PaymentsError::PaymentVoided { payment_id: late.payment_id });
    assert_eq!(payments.authorize_payment(&context, late.clone()).await, refused);
    assert_eq!(world.moved(late.payment_id).await, [] as [String; 0]);
}

#[tokio::test]
async fn a_no_of_the_provider_is_repeated_and_another_command_under_the_same_id_is_refused() {
    let world = World::new().await;
    let (payments, context) = (&world.payments, world.system());
    for (token, reason) in [
        ("tok_declined", DeclineReason::CardDeclined),
        ("tok_insufficient_funds", DeclineReason::InsufficientFunds),
    ] {
        let request = world.request(token);
        let payment_id = request.payment_id;
        for _ in 0..2 {
            let declined = payments.authorize_payment(&context, request.clone()).await;
            assert_eq!(declined, Err(PaymentsError::PaymentDeclined { payment_id, reason }));
        }
        assert_eq!(world.moved(payment_id).await, ["declined"]);
        let other = AuthorizePayment { account_id: AccountId::from(world.ids.next()), ..request };
        let refused = payments.authorize_payment(&context, other).await;
        assert_eq!(refused, Err(PaymentsError::PaymentMismatch { payment_id }));
    }
    let unknown = world.request("tok_gold");
    assert_eq!(
        payments.authorize_payment(&context, unknown.clone()).await,
        Err(PaymentsError::UnknownPaymentToken)
    );
    let not_found = PaymentsError::PaymentNotFound { payment_id: unknown.payment_id };
    assert_eq!(payments.get_payment(&context, unknown.payment_id).await, Err(not_found), "it has no effect");
}

#[tokio::test]
async fn two_who_capture_and_void_at_once_do_not_both_succeed() {
    for _ in 0..10 {
        let world = World::new().await;
        let (payments, context) = (&world.payments, world.system());
        let id = world.authorized().await;
        let (captured, voided) =
            tokio::join!(payments.capture_payment(&context, id), payments.void_payment(&context, id));
        assert!(captured.is_ok() != voided.is_ok(), "{captured:?} {voided:?}");
        assert_eq!(world.moved(id).await.len(), 2);
    }
}

#[tokio::test]
async fn only_the_store_itself_moves_money() {
    let world = World::new().await;
    let id = world.authorized().await;
    let account_id = AccountId::from(world.ids.next());
    let admin = Caller::User(User { account_id, admin: true, access_token: "token".into() });
    for (caller, refusal) in
        [(Caller::Anonymous, PaymentsError::Unauthenticated), (admin, PaymentsError::Forbidden)]
    {
        let context = Context { caller, ..world.system() };
        assert_eq!(world.payments.capture_payment(&context, id).await, Err(refusal.clone()));
        assert_eq!(world.payments.authorize_payment(&context, world.request("tok_visa")).await, Err(refusal));
    }
    assert_eq!(world.moved(id).await, ["authorized"]);
}

#[test]
fn all_tests_pass_again_on_postgres() {
    cleave_db::testing::all_again_on_postgres("all_tests_pass_again_on_postgres");
}
