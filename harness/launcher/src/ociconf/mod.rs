//! From the text of `oci.conf` to an [`OciConf`](crate::OciConf): lexing, keys, completeness, and what is said of a file
//! that is rejected.
//!
//! Own lexer: the rules are Slurm's own (a comment inside quotes, a backslash that goes, several pairs a line), and the
//! INI and key-value crates (rust-ini, configparser) have others, without the places of what they read.

mod check;
mod codes;
mod complain;
mod diagnostic;
mod keys;
mod lint;
mod load;
mod odd;
mod pairs;
mod repair;
mod report;
mod shell;
mod source;
mod space;
mod stray;

pub use codes::{CODES, Code, all as all_codes, find as find_code};
pub use diagnostic::{Diagnostic, Fix, Severity, Stage, repaired};
pub use keys::{KEYS, Key, Kind};
pub use load::{Loaded, load};
pub use repair::repair;
pub use report::Report;
