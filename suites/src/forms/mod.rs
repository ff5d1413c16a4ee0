//! The request forms as a matrix: which command asks, how, for which spelling of the bundle's path, with a terminal or not,
//! for one task, several, or several nodes. Thinned so that every two values that go together meet in some case.

mod request;
mod row;
mod table;

pub use table::CASES;
