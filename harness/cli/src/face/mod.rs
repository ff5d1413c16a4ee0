//! What people type: the verbs of `plimsoll`, their options and their output.

mod again;
mod args;
mod certify;
mod choices;
mod clean;
mod compare;
mod custom;
mod diff;
mod doctor;
mod error;
mod explain;
mod lint;
mod list;
mod manual;
mod out;
mod progress;
mod report;
mod run;
mod sarif;
mod selftest;
mod shell;
mod signals;
mod surroundings;
mod targets;
mod verb_args;
mod verbs;
mod worlds;

pub use verbs::run;
