//! The use cases.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use catalog_api::{
    Catalog, CatalogError, ListProducts, MAX_PRODUCTS_AT_ONCE, NewProduct, Product, ProductId,
    ProductWithStock, UpdateProduct,
};
use cleave_core::{
    CallFailure, Caller, Clock, Context, ContractError as _, Currency, Cursor, DEFAULT_PAGE_SIZE, Ids,
    MAX_PAGE_SIZE, Page,
};
use cleave_db::{Database, Transaction, WriteError, failure_of};
use inventory_api::{Inventory, InventoryError, OpenStock};
use sha2::{Digest as _, Sha256};

use crate::store::created::{self, Command};
use crate::store::lists::{self, Selection};
use crate::store::{Numbered, products, words};
use crate::{Settings, product, search};

/// The catalogue with its database in this process: one for each thread, all on the same [`Database`].
pub struct LocalCatalog {
    pub(crate) database: Database,
    pub(crate) inventory: Rc<dyn Inventory>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) currency: Currency,
    ids: Arc<Ids>,
    stock_timeout: Duration,
}

impl LocalCatalog {
    /// A catalogue on a database that has been migrated.
    pub fn new(
        database: Database,
        inventory: Rc<dyn Inventory>,
        clock: Arc<dyn Clock>,
        ids: Arc<Ids>,
        settings: &Settings,
    ) -> Self {
        let (currency, stock_timeout) = (settings.currency, settings.stock_timeout());
        Self { database, inventory, clock, currency, ids, stock_timeout }
    }

    /// A product as it will be stored, with an id of its own.
    pub(crate) fn new_product(&self, new: NewProduct) -> Product {
        let NewProduct { sku, name, description, category, price } = new;
        let id = ProductId::from(self.ids.next());
        Product { id, sku, name, description, category, price, in_stock: false }
    }

    /// How many can be sold now; `None` where the inventory does not say so in time. A product without a level
    /// cannot be sold, which is known. Any failure is the inventory's own and no reason to hide a product.
    async fn available(&self, context: &Context, product_id: ProductId) -> Option<i64> {
        let now = self.clock.instant();
        // Half of what is left at most: the page itself has to arrive in time too.
        let wait = self.stock_timeout.min(context.remaining(now) / 2);
        let context = Context { deadline: now + wait, ..context.clone() };
        // The deadline travels, but a call within the process has nobody at its door who keeps it.
        match tokio::time::timeout(wait, self.inventory.get_stock(&context, product_id)).await {
            Ok(Ok(stock)) => Some(stock.available),
            Ok(Err(InventoryError::StockNotFound { .. })) => Some(0),
            Ok(Err(error)) => {
                tracing::debug!(request_id = %context.request_id, %error, "a product is shown without its stock");
                None
            }
            Err(_elapsed) => {
                tracing::debug!(request_id = %context.request_id, "the inventory does not answer in time");
                None
            }
        }
    }

    /// The product that this command has made before, in its present state.
    async fn find_created(&self, command: &Command) -> Result<Option<Product>, CatalogError> {
        let created = created::find_created(self.database.readers(), command).await.map_err(failed_read)?;
        match created {
            None => Ok(None),
            Some(created) if created.fingerprint != command.fingerprint => {
                Err(CatalogError::IdempotencyKeyReused)
            }
            Some(created) => self.product(created.product_id).await.map(Some),
        }
    }

    async fn product(&self, product_id: ProductId) -> Result<Product, CatalogError> {
        products::get_product(self.database.readers(), self.currency, product_id)
            .await
            .map_err(failed_read)?
            .ok_or(CatalogError::ProductNotFound { product_id })
    }

    /// Stores a new product with its search index and its key, all or nothing, and gives its id: that of the
    /// earlier product where the same command has made one in the meantime.
    async fn store_product(
        &self,
        product: &Product,
        command: Option<&Command>,
    ) -> Result<ProductId, CatalogError> {
        let at = self.clock.now();
        self.database
            .write(async |transaction| {
                let refuse = |error| Err(WriteError::Refused(error));
                // The number comes first: whoever has it is alone in adding products until the commit.
                let number = products::take_numbers(transaction, 1, self.currency).await?;
                let Some(number) = number else { return refuse(other_currency(self.currency)) };
                if let Some(command) = command
                    && let Some(created) = created::find_created(&mut *transaction, command).await?
                {
                    let same = created.fingerprint == command.fingerprint;
                    return if same {
                        Ok(created.product_id)
                    } else {
                        refuse(CatalogError::IdempotencyKeyReused)
                    };
                }
                let row = [Numbered { number, product: product.clone() }];
                if products::insert_products(transaction, &row, at).await? == 0 {
                    return refuse(CatalogError::SkuTaken { sku: product.sku.clone() });
                }
                index(transaction, number, &search::product_words(product)).await?;
                if let Some(command) = command {
                    created::insert_created(transaction, command, product.id).await?;
                }
                Ok(product.id)
            })
            .await
            .map_err(failed_write)
    }
}

#[async_trait(?Send)]
impl Catalog for LocalCatalog {
    async fn list_products(
        &self,
        _context: &Context,
        request: ListProducts,
    ) -> Result<Page<Product>, CatalogError> {
        let limit = request.limit.unwrap_or(DEFAULT_PAGE_SIZE);
        if !(1..=MAX_PAGE_SIZE).contains(&limit) {
            return refuse_parameter("limit", format!("write a whole number from 1 to {MAX_PAGE_SIZE}"));
        }
        if request.category.as_deref().is_some_and(|category| !product::is_category(category)) {
            return refuse_parameter("category", product::category_rule());
        }
        let after = match request.cursor.as_deref().map(Cursor::decode) {
            None => 0,
            Some(Ok(cursor)) => cursor.0,
            Some(Err(error)) => return refuse_parameter("cursor", error.to_string()),
        };
        let words = request.q.as_deref().map(search::query_words).transpose()?.unwrap_or_default();
        // One more than the page has tells whether there is a next page.
        let selection = Selection { words, category: request.category, after, limit: i64::from(limit) + 1 };
        let found =
            lists::list_products(&self.database, self.currency, &selection).await.map_err(failed_read)?;
        let page_size = usize::try_from(limit).unwrap_or(usize::MAX);
        let next_cursor = (found.len() > page_size).then(|| Cursor(found[page_size - 1].number).encode());
        let items = found.into_iter().take(page_size).map(|numbered| numbered.product).collect();
        Ok(Page { items, next_cursor })
    }

    /// First the product, then its stock. Both at once would be a little quicker where the inventory is far
    /// away, and would ask it in vain for every product that does not exist.
    async fn get_product(
        &self,
        context: &Context,
        product_id: ProductId,
    ) -> Result<ProductWithStock, CatalogError> {
        let product = self.product(product_id).await?;
        let available = self.available(context, product_id).await;
        Ok(ProductWithStock { product, available })
    }

    async fn get_products(
        &self,
        context: &Context,
        product_ids: Vec<ProductId>,
    ) -> Result<Vec<Product>, CatalogError> {
        if context.caller == Caller::Anonymous {
            return Err(CatalogError::Unauthenticated);
        }
        if !(1..=MAX_PRODUCTS_AT_ONCE).contains(&product_ids.len()) {
            return refuse_parameter("ids", format!("write 1 to {MAX_PRODUCTS_AT_ONCE} ids"));
        }
        let mut found = products::get_products(self.database.readers(), self.currency, &product_ids)
            .await
            .map_err(failed_read)?;
        Ok(product_ids.iter().filter_map(|product_id| found.remove(product_id)).collect())
    }

    /// The level of stock is opened before the product is stored: a product without a level would be visible
    /// and could not receive goods, a level without a product is never seen.
    async fn create_product(&self, context: &Context, request: NewProduct) -> Result<Product, CatalogError> {
        let caller = admin(context)?;
        product::check_new(&request, self.currency)?;
        let command = context.idempotency_key.as_ref().map(|key| Command {
            caller,
            key: key.as_str().to_owned(),
            fingerprint: fingerprint(&request),
        });
        // In this order: a command that is done between the two reads has its SKU and its key by the second.
        let is_sku_taken =
            products::is_sku_taken(self.database.readers(), &request.sku).await.map_err(failed_read)?;
        if let Some(command) = &command
            && let Some(product) = self.find_created(command).await?
        {
            return Ok(product);
        }
        if is_sku_taken {
            return Err(CatalogError::SkuTaken { sku: request.sku });
        }
        let product = self.new_product(request);
        let open = OpenStock { product_id: product.id };
        self.inventory.open_stock(context, open).await.map_err(inventory_failed)?;
        let stored_id = self.store_product(&product, command.as_ref()).await?;
        if stored_id == product.id { Ok(product) } else { self.product(stored_id).await }
    }

    async fn update_product(
        &self,
        context: &Context,
        request: UpdateProduct,
    ) -> Result<Product, CatalogError> {
        admin(context)?;
        let UpdateProduct { product_id, changes } = request;
        product::check_changes(&changes, self.currency)?;
        let at = self.clock.now();
        self.database
            .write(async |transaction| {
                let taken = products::take_product(transaction, self.currency, product_id, at).await?;
                let Some(Numbered { number, product: before }) = taken else {
                    return Err(WriteError::Refused(CatalogError::ProductNotFound { product_id }));
                };
                let old_words = search::product_words(&before);
                let after = product::apply(before, &changes);
                products::save_product(transaction, &after).await?;
                let new_words = search::product_words(&after);
                if new_words != old_words {
                    words::delete_words(transaction, number, &old_words).await?;
                    index(transaction, number, &new_words).await?;
                }
                Ok(after)
            })
            .await
            .map_err(failed_write)
    }
}

async fn index(
    transaction: &mut Transaction,
    number: i64,
    found_under: &BTreeSet<String>,
) -> Result<(), sqlx::Error> {
    let rows: Vec<_> = found_under.iter().map(|word| (&**word, number)).collect();
    words::insert_words(transaction, &rows).await
}

/// The name under which the keys of an admin are remembered; anybody else is refused.
fn admin(context: &Context) -> Result<String, CatalogError> {
    match &context.caller {
        Caller::Anonymous => Err(CatalogError::Unauthenticated),
        Caller::System => Ok("system".to_owned()),
        caller @ Caller::User(user) if caller.is_admin() => Ok(user.account_id.to_string()),
        Caller::User(_) => Err(CatalogError::Forbidden),
    }
}

/// Tells one body from another: the digest of its fields in their fixed order.
fn fingerprint(request: &NewProduct) -> String {
    let fields = serde_json::to_vec(request).expect("a type of plain fields serialises");
    Sha256::digest(fields).iter().fold(String::with_capacity(64), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a string takes any text");
        text
    })
}

fn refuse_parameter<T>(parameter: &str, reason: String) -> Result<T, CatalogError> {
    Err(CatalogError::InvalidParameter { parameter: parameter.to_owned(), reason })
}

/// What a caller sees of prices in a currency that nobody checked at the start.
pub(crate) fn other_currency(configured: Currency) -> CatalogError {
    tracing::error!(%configured, "the stored prices are in another currency than catalog.currency");
    CatalogError::Internal
}

/// What a caller sees of a failing read.
#[expect(clippy::needless_pass_by_value, reason = "it is handed to map_err")]
pub(crate) fn failed_read(error: sqlx::Error) -> CatalogError {
    CatalogError::from_failure(failure_of("catalog", &error))
}

/// What a caller sees of a transaction that had no effect.
pub(crate) fn failed_write(error: WriteError<CatalogError>) -> CatalogError {
    match error {
        WriteError::Refused(refusal) => refusal,
        WriteError::Database(error) => failed_read(error),
    }
}

/// What a caller sees where the inventory did not do its part.
pub(crate) fn inventory_failed(error: InventoryError) -> CatalogError {
    let failure = match error {
        InventoryError::Unavailable { what } => CallFailure::Unavailable(what),
        InventoryError::Timeout => CallFailure::Timeout,
        InventoryError::Unauthenticated => CallFailure::Unauthenticated,
        InventoryError::Forbidden => return CatalogError::Forbidden,
        other => {
            tracing::error!(error = %other, "the inventory refused what it should not");
            CallFailure::Internal
        }
    };
    CatalogError::from_failure(failure)
}
