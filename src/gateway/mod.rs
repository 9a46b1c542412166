//! The public edge: what is hosted here is served here, the rest is passed on to where it is hosted.

mod docs;
mod forward;

use std::rc::Rc;

use actix_web::web::{self, ServiceConfig};
use cleave_rest::server::{Exposure, not_found};

use self::forward::{Route, forward};
use crate::compose::{Cell, Way};
use crate::house::PUBLISHED;
use crate::server::health;

/// Mounts the public listener's routes.
pub fn mount(cell: &Rc<Cell>, config: &mut ServiceConfig) {
    config.app_data(cell.process().edge(Exposure::Public));
    for published in PUBLISHED {
        match cell.way("gateway", published.module) {
            Way::Direct => cell.mount_public(published.module, config),
            Way::Peer(peer) => {
                let route = Rc::new(Route::new(cell.process(), published, *peer));
                for prefix in published.prefixes {
                    let route = route.clone();
                    let handler = move |request, payload| forward(route.clone(), request, payload);
                    config.service(web::scope(prefix).default_service(web::to(handler)));
                }
            }
        }
    }
    health::mount(cell.process(), config);
    docs::mount(config);
    config.default_service(web::to(not_found));
}
