//! What `Payments` promises.

use std::rc::Rc;

use payments_api::{
    AuthorizePayment, DeclineReason, Payment, PaymentId, PaymentState, Payments, PaymentsError,
};

use super::goods::euros;
use super::twice::Twice;
use super::{Bench, Suited, over_every_way};

over_every_way! {
    in_one_world:
    money_is_set_aside_taken_and_given_back_once,
    a_no_of_the_provider_is_remembered,
    an_id_stands_for_one_payment,
    what_is_let_go_is_never_taken,
    a_voiding_that_overtakes_its_authorisation_refuses_it,
    what_was_taken_can_only_be_given_back,
    what_was_not_taken_cannot_be_given_back,
    what_could_never_be_paid_is_refused_and_leaves_nothing,
    an_unknown_payment_is_not_found,
    only_the_store_itself_moves_money,
    a_call_after_its_deadline_is_not_begun,
}

impl Suited for dyn Payments {
    fn reached(bench: &Bench) -> Rc<Self> {
        bench.payments()
    }

    fn sent_twice(once: Rc<Self>) -> Rc<Self> {
        Rc::new(Twice(once))
    }
}

async fn money_is_set_aside_taken_and_given_back_once(payments: Rc<dyn Payments>, bench: &Bench) {
    for token in ["tok_visa", "tok_slow"] {
        let request = bench.payment(token);
        let AuthorizePayment { payment_id, account_id, amount, .. } = request;
        let payment = payments.authorize_payment(&bench.system(), request.clone()).await.expect("approved");
        let Payment { updated_at, .. } = payment;
        let (amount, account_id) = (Some(amount), Some(account_id));
        let authorized =
            Payment { payment_id, state: PaymentState::Authorized, amount, account_id, updated_at };
        assert_eq!(payment, authorized);
        assert_eq!(payments.get_payment(&bench.system(), payment_id).await, Ok(authorized));

        let captured = payments.capture_payment(&bench.system(), payment_id).await.expect("it is set aside");
        assert_eq!((captured.state, captured.amount), (PaymentState::Captured, amount));
        assert!(captured.updated_at >= updated_at);
        let again = payments.authorize_payment(&bench.system(), request).await;
        assert_eq!(again, Ok(captured.clone()), "the same payment in its present state");

        let refunded = payments.refund_payment(&bench.system(), payment_id).await.expect("it is taken");
        assert_eq!((refunded.state, refunded.amount), (PaymentState::Refunded, amount));
        let late = payments.capture_payment(&bench.system(), payment_id).await;
        assert_eq!(late, Ok(refunded), "it was taken before, and is not taken again");
    }
}

async fn a_no_of_the_provider_is_remembered(payments: Rc<dyn Payments>, bench: &Bench) {
    for (token, reason) in [
        ("tok_declined", DeclineReason::CardDeclined),
        ("tok_insufficient_funds", DeclineReason::InsufficientFunds),
    ] {
        let request = bench.payment(token);
        let payment_id = request.payment_id;
        for _ in 0..2 {
            let declined = payments.authorize_payment(&bench.system(), request.clone()).await;
            assert_eq!(declined, Err(PaymentsError::PaymentDeclined { payment_id, reason }));
        }
        assert_eq!(bench.state(&payments, payment_id).await, PaymentState::Declined);
        let voided = payments.void_payment(&bench.system(), payment_id).await;
        assert_eq!(voided.map(|payment| payment.state), Ok(PaymentState::Declined), "nothing is to let go");
    }
}

async fn an_id_stands_for_one_payment(payments: Rc<dyn Payments>, bench: &Bench) {
    let request = bench.payment("tok_visa");
    let payment_id = request.payment_id;
    payments.authorize_payment(&bench.system(), request.clone()).await.expect("approved");
    for other in [
        AuthorizePayment { amount: euros(1), ..request.clone() },
        AuthorizePayment { account_id: bench.new_id().into(), ..request.clone() },
        AuthorizePayment { payment_token: "tok_declined".to_owned(), ..request },
    ] {
        let refused = payments.authorize_payment(&bench.system(), other).await;
        assert_eq!(refused, Err(PaymentsError::PaymentMismatch { payment_id }));
    }
    assert_eq!(bench.state(&payments, payment_id).await, PaymentState::Authorized);
}

async fn what_is_let_go_is_never_taken(payments: Rc<dyn Payments>, bench: &Bench) {
    let request = bench.payment("tok_visa");
    let payment_id = request.payment_id;
    payments.authorize_payment(&bench.system(), request.clone()).await.expect("approved");
    let voided = payments.void_payment(&bench.system(), payment_id).await.expect("it is set aside");
    assert_eq!((voided.state, voided.amount), (PaymentState::Voided, Some(request.amount)));
    assert_eq!(payments.void_payment(&bench.system(), payment_id).await, Ok(voided));
    let refused = Err(PaymentsError::PaymentVoided { payment_id });
    assert_eq!(payments.capture_payment(&bench.system(), payment_id).await, refused);
    assert_eq!(payments.authorize_payment(&bench.system(), request).await, refused);
}

async fn a_voiding_that_overtakes_its_authorisation_refuses_it(payments: Rc<dyn Payments>, bench: &Bench) {
    let request = bench.payment("tok_visa");
    let payment_id = request.payment_id;
    let tombstone = payments.void_payment(&bench.system(), payment_id).await.expect("always");
    assert_eq!((tombstone.state, tombstone.amount, tombstone.account_id), (PaymentState::Voided, None, None));
    let late = payments.authorize_payment(&bench.system(), request).await;
    assert_eq!(late, Err(PaymentsError::PaymentVoided { payment_id }));
    assert_eq!(payments.get_payment(&bench.system(), payment_id).await, Ok(tombstone));
}

async fn what_was_taken_can_only_be_given_back(payments: Rc<dyn Payments>, bench: &Bench) {
    let payment_id = bench.authorized(&payments).await;
    let refused = Err(PaymentsError::PaymentCaptured { payment_id });
    payments.capture_payment(&bench.system(), payment_id).await.expect("it is set aside");
    assert_eq!(payments.void_payment(&bench.system(), payment_id).await, refused);
    payments.refund_payment(&bench.system(), payment_id).await.expect("it is taken");
    assert_eq!(payments.void_payment(&bench.system(), payment_id).await, refused);
    assert_eq!(bench.state(&payments, payment_id).await, PaymentState::Refunded);
}

async fn what_was_not_taken_cannot_be_given_back(payments: Rc<dyn Payments>, bench: &Bench) {
    let authorized = bench.authorized(&payments).await;
    let voided = bench.authorized(&payments).await;
    payments.void_payment(&bench.system(), voided).await.expect("it is set aside");
    let declined = bench.payment("tok_declined");
    let _declined = payments.authorize_payment(&bench.system(), declined.clone()).await;
    for payment_id in [authorized, voided, declined.payment_id] {
        let refused = payments.refund_payment(&bench.system(), payment_id).await;
        assert_eq!(refused, Err(PaymentsError::PaymentNotCaptured { payment_id }));
    }
    let payment_id = declined.payment_id;
    let refused = payments.capture_payment(&bench.system(), payment_id).await;
    assert_eq!(refused, Err(PaymentsError::PaymentNotCaptured { payment_id }));
}

async fn what_could_never_be_paid_is_refused_and_leaves_nothing(payments: Rc<dyn Payments>, bench: &Bench) {
    let request = bench.payment("tok_visa");
    let payment_id = request.payment_id;
    for (wrong, refusal) in [
        (
            AuthorizePayment { amount: euros(-1), ..request.clone() },
            PaymentsError::InvalidAmount { amount: -1 },
        ),
        (
            AuthorizePayment { payment_token: "tok_gold".to_owned(), ..request.clone() },
            PaymentsError::UnknownPaymentToken,
        ),
        (AuthorizePayment { payment_token: String::new(), ..request }, PaymentsError::UnknownPaymentToken),
    ] {
        assert_eq!(payments.authorize_payment(&bench.system(), wrong).await, Err(refusal));
        let unknown = payments.get_payment(&bench.system(), payment_id).await;
        assert_eq!(unknown, Err(PaymentsError::PaymentNotFound { payment_id }));
    }
}

async fn an_unknown_payment_is_not_found(payments: Rc<dyn Payments>, bench: &Bench) {
    let payment_id = PaymentId::from(bench.new_id());
    let not_found = Err(PaymentsError::PaymentNotFound { payment_id });
    assert_eq!(payments.get_payment(&bench.system(), payment_id).await, not_found);
    assert_eq!(payments.capture_payment(&bench.system(), payment_id).await, not_found);
    assert_eq!(payments.refund_payment(&bench.system(), payment_id).await, not_found);
}

async fn only_the_store_itself_moves_money(payments: Rc<dyn Payments>, bench: &Bench) {
    let payment_id = bench.authorized(&payments).await;
    for (context, refusal) in [
        (bench.anybody(), PaymentsError::Unauthenticated),
        (bench.user(), PaymentsError::Forbidden),
        (bench.admin(), PaymentsError::Forbidden),
    ] {
        let refused = Err(refusal);
        assert_eq!(payments.authorize_payment(&context, bench.payment("tok_visa")).await, refused);
        assert_eq!(payments.capture_payment(&context, payment_id).await, refused);
        assert_eq!(payments.void_payment(&context, payment_id).await, refused);
        assert_eq!(payments.refund_payment(&context, payment_id).await, refused);
        assert_eq!(payments.get_payment(&context, payment_id).await, refused);
    }
    assert_eq!(bench.state(&payments, payment_id).await, PaymentState::Authorized);
}

async fn a_call_after_its_deadline_is_not_begun(payments: Rc<dyn Payments>, bench: &Bench) {
    let request = bench.payment("tok_visa");
    let payment_id = request.payment_id;
    let overdue = bench.overdue();
    assert_eq!(payments.authorize_payment(&overdue, request).await, Err(PaymentsError::Timeout));
    assert_eq!(payments.get_payment(&overdue, payment_id).await, Err(PaymentsError::Timeout));
    let unknown = payments.get_payment(&bench.system(), payment_id).await;
    assert_eq!(unknown, Err(PaymentsError::PaymentNotFound { payment_id }));
}

impl Bench {
    /// A payment of the user that nobody has heard of.
    fn payment(&self, payment_token: &str) -> AuthorizePayment {
        AuthorizePayment {
            payment_id: self.new_id().into(),
            account_id: self.account_id(),
            amount: euros(4_950),
            payment_token: payment_token.to_owned(),
        }
    }

    async fn authorized(&self, payments: &Rc<dyn Payments>) -> PaymentId {
        let request = self.payment("tok_visa");
        payments.authorize_payment(&self.system(), request).await.expect("approved").payment_id
    }

    async fn state(&self, payments: &Rc<dyn Payments>, payment_id: PaymentId) -> PaymentState {
        payments.get_payment(&self.system(), payment_id).await.expect("it is known").state
    }
}
