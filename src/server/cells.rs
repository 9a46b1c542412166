//! One cell a thread and process, shared by the listeners that the thread serves.

use std::cell::RefCell;
use std::rc::{Rc, Weak};
use std::sync::Arc;

use crate::compose::Cell;
use crate::process::Process;

thread_local! {
    // Not the cells themselves: what they hold must be dropped while the thread's other locals are still there, or the
    // process aborts (test `parity_over_links_in_memory`).
    static CELLS: RefCell<Vec<Weak<Cell>>> = const { RefCell::new(Vec::new()) };
}

/// The cell of this thread for `process`; built when the thread asks for the first time. It ends with the last of its
/// holders.
pub(super) fn of_this_thread(process: &Arc<Process>) -> Rc<Cell> {
    CELLS.with_borrow_mut(|cells| {
        cells.retain(|cell| cell.strong_count() > 0);
        let mut known = cells.iter().filter_map(Weak::upgrade);
        if let Some(cell) = known.find(|cell| Arc::ptr_eq(cell.process(), process)) {
            return cell;
        }
        let cell = Cell::build(process);
        cells.push(Rc::downgrade(&cell));
        cell
    })
}
