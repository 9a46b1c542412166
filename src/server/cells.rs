//! One cell a thread and process, shared by the listeners that the thread serves.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use crate::compose::{Cell, Process};

thread_local! {
    static CELLS: RefCell<Vec<Rc<Cell>>> = const { RefCell::new(Vec::new()) };
}

/// The cell of this thread for `process`; built when the thread asks for the first time. It ends with the thread.
pub(super) fn of_this_thread(process: &Arc<Process>) -> Rc<Cell> {
    CELLS.with_borrow_mut(|cells| {
        if let Some(cell) = cells.iter().find(|cell| Arc::ptr_eq(cell.process(), process)) {
            return cell.clone();
        }
        let cell = Cell::build(process);
        cells.push(cell.clone());
        cell
    })
}
