//! One page with everything: no network, no framework, one file. It is read without scripts; with them it is filtered too.
//!
//! Everything that comes from outside is made visible and escaped, and a content security policy forbids whatever is not
//! this program's own style and script, so that a hostile output stays a text. The page has a limit: what is the most
//! needed goes in first, and what is left out is counted and said.

mod budget;
mod case;
mod details;
mod escape;
mod evidence;
mod head;
mod matrix;
mod overview;
mod page;

pub use escape::{line, text};
pub use head::document;
pub use page::render;
