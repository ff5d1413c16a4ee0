//! PMIx through `libpmix.so.2`, opened at run time: one binary serves versions 4 and 5.
//!
//! Source of names, shapes and constants: the PMIx standard 4.1 and the headers of 4.2.2; 5.0.7 has the same sizes.

pub mod abi;
mod facts;
pub mod library;
mod serve;
mod upcalls;

pub use serve::{Pmix, start};
