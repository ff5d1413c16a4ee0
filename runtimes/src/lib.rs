//! The profiles: each a way of driving one runtime, as a folder with a `profile.toml` and an `oci.conf`.

mod choice;
mod custom;
mod error;
pub mod guide;
mod profile;
mod program;
mod rewrite;

pub use choice::{Choice, Installed, Wanted};
pub use custom::{AnswerError, Answers, CUSTOM, Driven};
pub use error::{ChoiceError, LoadError, UnwritablePath};
pub use profile::{Cannot, Change, Differs, Plugin, Profile};
pub use rewrite::{Recorder, Where, with_recorder};
