//! Deviations: switches that make the launcher wrong on purpose, one at a time, so that a suite can prove that it notices.
//!
//! A step says which one holds ([`StepSpec::deviation`](crate::step::StepSpec)); none does unless whoever starts the mock
//! hands it one. Each is a pure change of what the rules decided: of the text of `oci.conf`, of its patterns, of the
//! environment, of `config.json`. The driver asks at a few places and knows no deviation by name.

mod conf;
mod config;
mod driver;
mod environment;
mod table;
mod text;

pub use conf::patterns;
pub use config::config;
pub use driver::{code, directory_mode, file_mode, may_say, overwrites_bundle, stays_daemon, takes_all};
pub use environment::{command, environment};
pub use table::Deviation;
pub use text::{forgives, oci_conf};
