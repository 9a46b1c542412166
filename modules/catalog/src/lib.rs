//! The catalogue: products, prices, search.
