//! The simplest journey.

use crate::dice::Dice;
use crate::http::{Request, Response};
use crate::journey::Journey;

/// Gets one path and wants 200.
pub(crate) struct Get(pub(crate) &'static str);

impl Journey for Get {
    fn name(&self) -> &str {
        self.0
    }

    fn request(&self, _dice: &mut Dice) -> Request {
        Request::get(format!("/{}", self.0))
    }

    fn accepts(&self, response: &Response) -> bool {
        response.status == 200
    }
}
