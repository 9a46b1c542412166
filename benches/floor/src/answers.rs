//! Answers that are always the same: as large as the usual ones, and ready before anybody asks.

use std::io;

use actix_web::HttpResponse;
use actix_web::web::{self, Bytes};
use serde::Serialize;

use crate::queries::Databases;

/// How many products a page of the journeys has.
const PAGE_SIZE: i64 = 20;

/// One answer to each kind of question.
#[derive(Debug, Clone)]
pub(crate) struct Answers {
    pub(crate) page: Bytes,
    pub(crate) product: Bytes,
}

impl Answers {
    /// Of all pages and of all products the ones of median size.
    pub(crate) async fn of(databases: &Databases) -> io::Result<Self> {
        let (categories, product_ids) = databases.names().await.map_err(io::Error::other)?;
        let (mut pages, mut products) = (Vec::new(), Vec::new());
        for category in &categories {
            let page = databases.page(Some(category), 0, PAGE_SIZE).await.map_err(io::Error::other)?;
            pages.push(bytes(&page)?);
        }
        for product_id in &product_ids {
            let product = databases.product(product_id).await.map_err(io::Error::other)?;
            products.push(bytes(&product)?);
        }
        Ok(Self { page: of_median_size(pages)?, product: of_median_size(products)? })
    }
}

pub(crate) async fn list_products(answers: web::Data<Answers>) -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(answers.page.clone())
}

pub(crate) async fn get_product(answers: web::Data<Answers>) -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(answers.product.clone())
}

fn bytes(value: &impl Serialize) -> io::Result<Bytes> {
    serde_json::to_vec(value).map(Bytes::from).map_err(io::Error::other)
}

fn of_median_size(mut answers: Vec<Bytes>) -> io::Result<Bytes> {
    answers.sort_by_key(Bytes::len);
    let middle = answers.len() / 2;
    answers
        .into_iter()
        .nth(middle)
        .ok_or_else(|| io::Error::other("there is nothing to answer with: no goods"))
}
