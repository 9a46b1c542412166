//! What `Cart` promises.

use std::rc::Rc;

use cart_api::{
    Cart, CartContents, CartError, CartItem, CartTaking, CartView, MAX_QUANTITY, PutBackCart, SetItem,
    TakeCart, TakingId, TakingState,
};
use catalog_api::{ProductChanges, ProductId, UpdateProduct};

use super::goods::{PRICE, euros};
use super::twice::Twice;
use super::{Bench, Suited, over_every_way};

over_every_way! {
    in_one_world:
    a_cart_shows_what_was_put_in_at_the_prices_of_the_moment,
    a_product_is_taken_out_and_what_is_not_in_the_cart_changes_nothing,
    what_cannot_be_put_in_is_refused_and_changes_nothing,
    every_change_gives_a_new_version_and_looking_does_not,
    a_cart_is_taken_once_and_at_the_version_that_was_priced_only,
    what_was_taken_is_put_back_once_beside_what_has_come_in_since,
    a_putting_back_that_overtakes_its_taking_refuses_it,
    an_unknown_taking_is_not_found,
    a_cart_is_for_its_owner_only,
    a_call_after_its_deadline_is_not_begun,
}

impl Suited for dyn Cart {
    fn reached(bench: &Bench) -> Rc<Self> {
        bench.cart()
    }

    fn sent_twice(once: Rc<Self>) -> Rc<Self> {
        Rc::new(Twice(once))
    }
}

async fn a_cart_shows_what_was_put_in_at_the_prices_of_the_moment(cart: Rc<dyn Cart>, bench: &Bench) {
    let empty = CartView { items: vec![], total: euros(0) };
    assert_eq!(cart.get_cart(&bench.user()).await, Ok(empty));
    let (first, second) = (bench.stocked(1).await, bench.stocked(1).await);
    bench.put(&cart, second.id, 2).await;
    bench.put(&cart, first.id, 1).await;
    let seen = bench.put(&cart, second.id, 3).await;
    let item = |product_id, quantity, unit_price| CartItem {
        product_id,
        name: first.name.clone(),
        quantity,
        unit_price: euros(unit_price),
        line_total: euros(quantity * unit_price),
    };
    let items = vec![item(second.id, 3, PRICE), item(first.id, 1, PRICE)];
    assert_eq!(seen, CartView { items, total: euros(4 * PRICE) });
    assert_eq!(cart.get_cart(&bench.user()).await, Ok(seen));

    let changes = ProductChanges { price: Some(euros(1)), ..ProductChanges::default() };
    let request = UpdateProduct { product_id: second.id, changes };
    bench.catalog().update_product(&bench.admin(), request).await.expect("changed");
    let items = vec![item(second.id, 3, 1), item(first.id, 1, PRICE)];
    assert_eq!(cart.get_cart(&bench.user()).await, Ok(CartView { items, total: euros(3 + PRICE) }));
}

async fn a_product_is_taken_out_and_what_is_not_in_the_cart_changes_nothing(
    cart: Rc<dyn Cart>,
    bench: &Bench,
) {
    let (first, second) = (bench.stocked(1).await.id, bench.stocked(1).await.id);
    bench.put(&cart, first, 1).await;
    bench.put(&cart, second, 2).await;
    let left = cart.remove_item(&bench.user(), first).await.expect("it can be taken out");
    assert_eq!((left.items.len(), left.items[0].product_id), (1, second));
    let version = bench.contents(&cart).await.version;
    for absent in [first, ProductId::from(bench.new_id())] {
        assert_eq!(cart.remove_item(&bench.user(), absent).await, Ok(left.clone()));
    }
    assert_eq!(bench.contents(&cart).await.version, version);
}

async fn what_cannot_be_put_in_is_refused_and_changes_nothing(cart: Rc<dyn Cart>, bench: &Bench) {
    let known = bench.stocked(1).await.id;
    bench.put(&cart, known, MAX_QUANTITY).await;
    let before = bench.contents(&cart).await;
    for quantity in [0, -1, MAX_QUANTITY + 1, i64::MAX, i64::MIN] {
        let refused = cart.set_item(&bench.user(), SetItem { product_id: known, quantity }).await;
        assert_eq!(refused, Err(CartError::InvalidQuantity { quantity }));
    }
    let product_id = ProductId::from(bench.new_id());
    let refused = cart.set_item(&bench.user(), SetItem { product_id, quantity: 1 }).await;
    assert_eq!(refused, Err(CartError::ProductNotFound { product_id }));
    assert_eq!(bench.contents(&cart).await, before);
}

async fn every_change_gives_a_new_version_and_looking_does_not(cart: Rc<dyn Cart>, bench: &Bench) {
    let product_id = bench.stocked(1).await.id;
    assert_eq!(bench.contents(&cart).await, CartContents { version: 0, lines: vec![] });
    let mut versions = vec![0];
    for quantity in [1, 2] {
        bench.put(&cart, product_id, quantity).await;
        versions.push(bench.contents(&cart).await.version);
    }
    cart.remove_item(&bench.user(), product_id).await.expect("it can be taken out");
    cart.get_cart(&bench.user()).await.expect("it can be seen");
    versions.push(bench.contents(&cart).await.version);
    assert!(versions.is_sorted_by(|earlier, later| earlier < later), "{versions:?}");
    assert_eq!(bench.contents(&cart).await.version, versions[3]);
}

async fn a_cart_is_taken_once_and_at_the_version_that_was_priced_only(cart: Rc<dyn Cart>, bench: &Bench) {
    let product_id = bench.stocked(1).await.id;
    bench.put(&cart, product_id, 2).await;
    let CartContents { version, lines } = bench.contents(&cart).await;
    let take = bench.take(version);
    let taken = cart.take_cart(&bench.system(), take.clone()).await.expect("it has this version");
    let TakeCart { taking_id, account_id, .. } = take;
    assert_eq!(taken, CartTaking { taking_id, account_id, state: TakingState::Taken, lines });
    assert_eq!(cart.take_cart(&bench.system(), take).await, Ok(taken.clone()));
    assert_eq!(cart.get_taking(&bench.system(), taking_id).await, Ok(taken));
    assert_eq!(cart.get_cart(&bench.user()).await.map(|seen| seen.items), Ok(vec![]));

    let another = bench.take(version);
    assert_eq!(cart.take_cart(&bench.system(), another.clone()).await, Err(CartError::CartEmpty));
    bench.put(&cart, product_id, 1).await;
    assert_eq!(cart.take_cart(&bench.system(), another.clone()).await, Err(CartError::CartChanged));
    assert_eq!(
        bench.quantities(&cart).await,
        [(product_id, 1)],
        "what came in since is neither taken nor lost"
    );
    let taking_id = another.taking_id;
    let unknown = cart.get_taking(&bench.system(), taking_id).await;
    assert_eq!(unknown, Err(CartError::TakingNotFound { taking_id }), "what was refused has left nothing");
}

async fn what_was_taken_is_put_back_once_beside_what_has_come_in_since(cart: Rc<dyn Cart>, bench: &Bench) {
    let (first, second) = (bench.stocked(1).await.id, bench.stocked(1).await.id);
    bench.put(&cart, first, 2).await;
    let CartContents { version, lines } = bench.contents(&cart).await;
    let take = bench.take(version);
    let TakeCart { taking_id, account_id, .. } = take;
    cart.take_cart(&bench.system(), take.clone()).await.expect("it has this version");
    bench.put(&cart, second, 1).await;
    bench.put(&cart, first, 3).await;

    let strangers = PutBackCart { taking_id, account_id: bench.new_id().into() };
    assert_eq!(cart.put_back_cart(&bench.system(), strangers).await, Err(CartError::Forbidden));
    let request = PutBackCart { taking_id, account_id };
    let back = CartTaking { taking_id, account_id, state: TakingState::PutBack, lines };
    for _ in 0..2 {
        assert_eq!(cart.put_back_cart(&bench.system(), request.clone()).await, Ok(back.clone()));
        assert_eq!(bench.quantities(&cart).await, [(second, 1), (first, 5)]);
    }
    assert_eq!(cart.get_taking(&bench.system(), taking_id).await, Ok(back));
    let late = cart.take_cart(&bench.system(), take).await;
    assert_eq!(late, Err(CartError::TakingPutBack { taking_id }));
}

async fn a_putting_back_that_overtakes_its_taking_refuses_it(cart: Rc<dyn Cart>, bench: &Bench) {
    let product_id = bench.stocked(1).await.id;
    bench.put(&cart, product_id, 2).await;
    let take = bench.take(bench.contents(&cart).await.version);
    let TakeCart { taking_id, account_id, .. } = take;
    let tombstone = cart.put_back_cart(&bench.system(), PutBackCart { taking_id, account_id }).await;
    let state = TakingState::PutBack;
    assert_eq!(tombstone, Ok(CartTaking { taking_id, account_id, state, lines: vec![] }));
    let late = cart.take_cart(&bench.system(), take).await;
    assert_eq!(late, Err(CartError::TakingPutBack { taking_id }));
    assert_eq!(bench.quantities(&cart).await, [(product_id, 2)]);
}

async fn an_unknown_taking_is_not_found(cart: Rc<dyn Cart>, bench: &Bench) {
    let taking_id = TakingId::from(bench.new_id());
    let not_found = Err(CartError::TakingNotFound { taking_id });
    assert_eq!(cart.get_taking(&bench.system(), taking_id).await, not_found);
}

async fn a_cart_is_for_its_owner_only(cart: Rc<dyn Cart>, bench: &Bench) {
    let product_id = bench.stocked(1).await.id;
    bench.put(&cart, product_id, 1).await;
    let before = bench.contents(&cart).await;
    let take = bench.take(before.version);
    let TakeCart { taking_id, account_id, .. } = take;
    let put_back = PutBackCart { taking_id, account_id };
    for (context, refusal) in [
        (bench.anybody(), CartError::Unauthenticated),
        (bench.stranger(), CartError::Forbidden),
        (bench.admin(), CartError::Forbidden),
    ] {
        let refused = Err(refusal);
        assert_eq!(cart.read_cart(&context, account_id).await, refused.clone().map(|()| before.clone()));
        assert_eq!(cart.take_cart(&context, take.clone()).await.map(|_| ()), refused);
        assert_eq!(cart.put_back_cart(&context, put_back.clone()).await.map(|_| ()), refused);
    }
    for (context, refusal) in
        [(bench.anybody(), CartError::Unauthenticated), (bench.system(), CartError::Forbidden)]
    {
        let refused = Err(refusal);
        assert_eq!(cart.get_cart(&context).await, refused);
        assert_eq!(cart.set_item(&context, SetItem { product_id, quantity: 2 }).await, refused);
        assert_eq!(cart.remove_item(&context, product_id).await, refused);
    }
    assert_eq!(cart.read_cart(&bench.user(), account_id).await, Ok(before));

    cart.take_cart(&bench.user(), take).await.expect("the owner may");
    assert_eq!(cart.get_taking(&bench.stranger(), taking_id).await, Err(CartError::Forbidden));
    assert_eq!(cart.get_taking(&bench.anybody(), taking_id).await, Err(CartError::Unauthenticated));
}

async fn a_call_after_its_deadline_is_not_begun(cart: Rc<dyn Cart>, bench: &Bench) {
    let product_id = bench.stocked(1).await.id;
    let overdue = bench.overdue();
    assert_eq!(cart.get_cart(&overdue).await, Err(CartError::Timeout));
    let set = cart.set_item(&overdue, SetItem { product_id, quantity: 1 }).await;
    assert_eq!(set, Err(CartError::Timeout));
    assert_eq!(cart.get_cart(&bench.admin()).await.map(|seen| seen.items), Ok(vec![]));
}

impl Bench {
    async fn put(&self, cart: &Rc<dyn Cart>, product_id: ProductId, quantity: i64) -> CartView {
        cart.set_item(&self.user(), SetItem { product_id, quantity }).await.expect("it is sold")
    }

    async fn contents(&self, cart: &Rc<dyn Cart>) -> CartContents {
        cart.read_cart(&self.system(), self.account_id()).await.expect("it can be read")
    }

    async fn quantities(&self, cart: &Rc<dyn Cart>) -> Vec<(ProductId, i64)> {
        let contents = self.contents(cart).await;
        contents.lines.iter().map(|line| (line.product_id, line.quantity)).collect()
    }

    /// A new taking of the user's cart at this version.
    fn take(&self, version: i64) -> TakeCart {
        TakeCart { taking_id: self.new_id().into(), account_id: self.account_id(), version }
    }
}
