//! What a product may be; no I/O.

use catalog_api::{
    CatalogError, MAX_CATEGORY_CHARS, MAX_DESCRIPTION_CHARS, MAX_NAME_CHARS, MAX_PRICE_MINOR_UNITS,
    MAX_SKU_CHARS, NewProduct, Product, ProductChanges,
};
use cleave_core::{Currency, Money};

/// Refuses a product with a field out of its bounds, in a store with this currency.
pub(crate) fn check_new(product: &NewProduct, currency: Currency) -> Result<(), CatalogError> {
    check_sku(&product.sku)?;
    check_name(&product.name)?;
    check_description(&product.description)?;
    check_category(&product.category)?;
    check_price(product.price, currency)
}

/// Refuses changes after which a field would be out of its bounds.
pub(crate) fn check_changes(changes: &ProductChanges, currency: Currency) -> Result<(), CatalogError> {
    changes.name.as_deref().map_or(Ok(()), check_name)?;
    changes.description.as_deref().map_or(Ok(()), check_description)?;
    changes.category.as_deref().map_or(Ok(()), check_category)?;
    changes.price.map_or(Ok(()), |price| check_price(price, currency))
}

/// The product after the changes.
pub(crate) fn apply(product: Product, changes: &ProductChanges) -> Product {
    let ProductChanges { name, description, category, price } = changes.clone();
    Product {
        name: name.unwrap_or(product.name),
        description: description.unwrap_or(product.description),
        category: category.unwrap_or(product.category),
        price: price.unwrap_or(product.price),
        ..product
    }
}

/// Whether a category can have this slug.
pub(crate) fn is_category(slug: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=MAX_CATEGORY_CHARS).contains(&slug.len()) && slug.bytes().all(plain)
}

/// What [`is_category`] asks for, in words.
pub(crate) fn category_rule() -> String {
    format!("write a slug of 1 to {MAX_CATEGORY_CHARS} characters of a to z, 0 to 9 and -")
}

fn check_sku(sku: &str) -> Result<(), CatalogError> {
    let fits = (1..=MAX_SKU_CHARS).contains(&sku.chars().count());
    let plain = |character: char| !character.is_whitespace() && !character.is_control();
    check(fits && sku.chars().all(plain), "sku", || {
        format!("write 1 to {MAX_SKU_CHARS} characters without spaces")
    })
}

fn check_name(name: &str) -> Result<(), CatalogError> {
    let fits = !name.trim().is_empty() && name.chars().count() <= MAX_NAME_CHARS;
    check(fits && !name.contains(char::is_control), "name", || {
        format!("write 1 to {MAX_NAME_CHARS} characters in one line, not only spaces")
    })
}

fn check_description(description: &str) -> Result<(), CatalogError> {
    let fits = description.chars().count() <= MAX_DESCRIPTION_CHARS;
    let odd = |character: char| character.is_control() && !matches!(character, '\n' | '\r' | '\t');
    check(fits && !description.contains(odd), "description", || {
        format!("write at most {MAX_DESCRIPTION_CHARS} characters, without control characters")
    })
}

fn check_category(category: &str) -> Result<(), CatalogError> {
    check(is_category(category), "category", category_rule)
}

fn check_price(price: Money, currency: Currency) -> Result<(), CatalogError> {
    check(price.currency == currency, "price.currency", || {
        format!("this store sells in {currency}, not in {}", price.currency)
    })?;
    check((1..=MAX_PRICE_MINOR_UNITS).contains(&price.amount), "price.amount", || {
        format!("write 1 to {MAX_PRICE_MINOR_UNITS} minor units of {currency}, not {}", price.amount)
    })
}

fn check(holds: bool, field: &str, reason: impl FnOnce() -> String) -> Result<(), CatalogError> {
    if holds {
        Ok(())
    } else {
        Err(CatalogError::InvalidProduct { field: field.to_owned(), reason: reason() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lamp() -> NewProduct {
        NewProduct {
            sku: "LIV-1".to_owned(),
            name: "Desk lamp".to_owned(),
            description: String::new(),
            category: "living-room".to_owned(),
            price: Money { amount: 1_999, currency: euro() },
        }
    }

    fn euro() -> Currency {
        "EUR".parse().expect("EUR is a currency")
    }

    fn refused_field(product: &NewProduct) -> Option<String> {
        match check_new(product, euro()) {
            Ok(()) => None,
            Err(CatalogError::InvalidProduct { field, .. }) => Some(field),
            Err(other) => panic!("another error: {other:?}"),
        }
    }

    #[test]
    fn the_bounds_themselves_are_allowed() {
        for product in [
            lamp(),
            NewProduct { sku: "x".repeat(MAX_SKU_CHARS), ..lamp() },
            NewProduct { name: "ü".repeat(MAX_NAME_CHARS), ..lamp() },
            NewProduct { description: "ü".repeat(MAX_DESCRIPTION_CHARS), ..lamp() },
            NewProduct { description: "two\nlines".to_owned(), ..lamp() },
            NewProduct { category: "x".repeat(MAX_CATEGORY_CHARS), ..lamp() },
            NewProduct { price: Money { amount: 1, ..lamp().price }, ..lamp() },
            NewProduct { price: Money { amount: MAX_PRICE_MINOR_UNITS, ..lamp().price }, ..lamp() },
        ] {
            assert_eq!(refused_field(&product), None, "{product:?}");
        }
    }

    #[test]
    fn every_field_has_its_bounds_and_is_named_when_it_is_beyond_them() {
        for sku in [String::new(), "x".repeat(MAX_SKU_CHARS + 1), "A 1".to_owned(), "A\0".to_owned()] {
            assert_eq!(refused_field(&NewProduct { sku, ..lamp() }).as_deref(), Some("sku"));
        }
        for name in ["", "  ", "two\nlines", "nul\0", &"x".repeat(MAX_NAME_CHARS + 1)] {
            let product = NewProduct { name: name.to_owned(), ..lamp() };
            assert_eq!(refused_field(&product).as_deref(), Some("name"), "{name:?}");
        }
        for description in ["nul\0".to_owned(), "x".repeat(MAX_DESCRIPTION_CHARS + 1)] {
            assert_eq!(refused_field(&NewProduct { description, ..lamp() }).as_deref(), Some("description"));
        }
        for category in ["", "Living", "living room", "küche", &"x".repeat(MAX_CATEGORY_CHARS + 1)] {
            let product = NewProduct { category: category.to_owned(), ..lamp() };
            assert_eq!(refused_field(&product).as_deref(), Some("category"), "{category:?}");
        }
        for amount in [i64::MIN, -1, 0, MAX_PRICE_MINOR_UNITS + 1, i64::MAX] {
            let product = NewProduct { price: Money { amount, currency: euro() }, ..lamp() };
            assert_eq!(refused_field(&product).as_deref(), Some("price.amount"), "{amount}");
        }
        let currency = "USD".parse().expect("USD is a currency");
        let product = NewProduct { price: Money { amount: 1, currency }, ..lamp() };
        assert_eq!(refused_field(&product).as_deref(), Some("price.currency"));
    }

    #[test]
    fn changes_have_the_same_bounds_and_leave_the_rest() {
        let changes = ProductChanges { name: Some(String::new()), ..ProductChanges::default() };
        assert!(check_changes(&changes, euro()).is_err());
        assert!(check_changes(&ProductChanges::default(), euro()).is_ok());
    }
}
