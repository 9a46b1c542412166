//! What `Notifications` promises.

use std::rc::Rc;

use accounts_api::{Credentials, NewAccount};
use cart_api::SetItem;
use cleave_core::{Caller, Context, User};
use notifications_api::{
    ListNotifications, Notification, NotificationKind, Notifications, NotificationsError,
};
use orders_api::PlaceOrder;

use super::bench::keyed;
use super::twice::Twice;
use super::{Bench, Suited, over_every_way};

over_every_way! {
    in_one_world:
    a_customer_is_told_what_happens_to_account_and_orders_newest_first,
    pages_follow_each_other_without_gap_or_overlap,
    what_one_is_told_no_other_sees,
    a_parameter_out_of_its_bounds_is_refused_by_name,
    a_call_after_its_deadline_is_not_begun,
}

impl Suited for dyn Notifications {
    fn reached(bench: &Bench) -> Rc<Self> {
        bench.notifications()
    }

    fn sent_twice(once: Rc<Self>) -> Rc<Self> {
        Rc::new(Twice(once))
    }
}

async fn a_customer_is_told_what_happens_to_account_and_orders_newest_first(
    notifications: Rc<dyn Notifications>,
    bench: &Bench,
) {
    let ada = bench.registered("Ada").await;
    bench.told(&ada, 1).await;
    bench.buy_and_cancel(&ada).await;
    let told = bench.list(&notifications, &ada, ListNotifications::default()).await;
    let told = told.iter().map(|told| (told.kind, told.subject.as_str())).collect::<Vec<_>>();
    assert_eq!(
        told,
        [
            (NotificationKind::OrderCancelled, "Your order is cancelled: 2 items, 99.00 EUR"),
            (NotificationKind::OrderConfirmed, "Your order is confirmed: 2 items, 99.00 EUR"),
            (NotificationKind::AccountRegistered, "Welcome to Cleave, Ada"),
        ]
    );
}

async fn pages_follow_each_other_without_gap_or_overlap(notifications: Rc<dyn Notifications>, bench: &Bench) {
    bench.buy_and_cancel(&bench.user()).await;
    let all = bench.list(&notifications, &bench.user(), ListNotifications::default()).await;
    for limit in [1, 2, 100] {
        let mut seen = Vec::new();
        let mut cursor = None;
        loop {
            let request = ListNotifications { limit: Some(limit), cursor };
            let page = notifications.list_notifications(&bench.user(), request).await.expect("a page");
            assert!(page.items.len() <= limit as usize);
            seen.extend(page.items);
            cursor = page.next_cursor;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(seen, all, "in pages of {limit}");
    }
}

async fn what_one_is_told_no_other_sees(notifications: Rc<dyn Notifications>, bench: &Bench) {
    bench.buy_and_cancel(&bench.user()).await;
    for other in [bench.stranger(), bench.admin()] {
        assert_eq!(bench.list(&notifications, &other, ListNotifications::default()).await, []);
    }
    for (context, refusal) in [
        (bench.anybody(), NotificationsError::Unauthenticated),
        (bench.system(), NotificationsError::Forbidden),
    ] {
        let refused = notifications.list_notifications(&context, ListNotifications::default()).await;
        assert_eq!(refused, Err(refusal));
    }
}

async fn a_parameter_out_of_its_bounds_is_refused_by_name(
    notifications: Rc<dyn Notifications>,
    bench: &Bench,
) {
    let limit = |limit| ListNotifications { limit: Some(limit), cursor: None };
    let cursor = |cursor: &str| ListNotifications { limit: None, cursor: Some(cursor.to_owned()) };
    for (named, wrong) in
        [("limit", limit(0)), ("limit", limit(101)), ("cursor", cursor("nonsense")), ("cursor", cursor(""))]
    {
        match notifications.list_notifications(&bench.user(), wrong.clone()).await {
            Err(NotificationsError::InvalidParameter { parameter, .. }) => {
                assert_eq!(parameter, named, "{wrong:?}");
            }
            other => panic!("{wrong:?}: {other:?}"),
        }
    }
}

async fn a_call_after_its_deadline_is_not_begun(notifications: Rc<dyn Notifications>, bench: &Bench) {
    let listed = notifications.list_notifications(&bench.overdue(), ListNotifications::default()).await;
    assert_eq!(listed, Err(NotificationsError::Timeout));
}

impl Bench {
    async fn list(
        &self,
        notifications: &Rc<dyn Notifications>,
        context: &Context,
        request: ListNotifications,
    ) -> Vec<Notification> {
        notifications.list_notifications(context, request).await.expect("a page").items
    }

    /// Waits until somebody has been told so many things.
    async fn told(&self, context: &Context, wanted: usize) {
        // Asked once a look: two answers may differ as long as news is on its way.
        let notifications = self.notifications();
        let request = ListNotifications::default();
        let look = async || self.list(&notifications, context, request.clone()).await.len();
        self.eventually(look, |told| *told == wanted).await;
    }

    /// Somebody who has opened an account and has logged in.
    async fn registered(&self, name: &str) -> Context {
        let (accounts, anybody) = (self.accounts(), self.anybody());
        let (email, password) =
            (format!("ada-{}@example.org", self.account_id()), "a long walk on the beach".to_owned());
        let credentials = Credentials { email: email.clone(), password: password.clone() };
        let account = NewAccount { email, password, name: name.to_owned() };
        let account_id = accounts.register(&anybody, account).await.expect("it is new").id;
        let session = accounts.create_session(&anybody, credentials).await.expect("it is right");
        let access_token = session.access_token.into();
        self.call(Caller::User(User { account_id, admin: false, access_token }))
    }

    /// Two things that a customer is told of, and has been told of.
    async fn buy_and_cancel(&self, customer: &Context) {
        let told_before =
            self.list(&self.notifications(), customer, ListNotifications::default()).await.len();
        let request = SetItem { product_id: self.stocked(2).await.id, quantity: 2 };
        self.cart().set_item(customer, request).await.expect("it is sold");
        let request = PlaceOrder { payment_token: "tok_visa".to_owned(), expected_total: None };
        let orders = self.orders();
        let order = orders.place_order(&keyed(customer, "order"), request).await.expect("it is bought");
        orders.cancel_order(customer, order.id).await.expect("it is not too late");
        self.told(customer, told_before + 2).await;
    }
}
