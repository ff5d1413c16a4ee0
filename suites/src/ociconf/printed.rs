//! The guide's oldest example as printed: it is not to be taken.

use plimsoll_profiles::guide;

use super::text::refused;
use crate::case;
use crate::context::Context;
use crate::outcome::{Outcome, expect};
use crate::rules::{C_LEX_5, G_PROF_9};

case! {
    /// The guide's text for hpcng Singularity 3.8.0 is refused as printed: its keys are not known, and its last value is not closed.
    ///
    /// Catches: a parser that takes what it does not know, or lets the request run on the host.
    pub const SINGULARITY_3 = may("ociconf.printed-singularity-3", singularity_3).rules(&[G_PROF_9, C_LEX_5]).once();
}

fn singularity_3(cx: &Context<'_>) -> Outcome {
    let printed = guide::EXAMPLES.iter().find(|(rule, ..)| *rule == G_PROF_9.id);
    let text = printed.and_then(|(_, _, heading)| guide::example(heading)).unwrap_or_default();
    expect(text.contains("OCIRunTimeQuery"), "the guide's text", text)?;
    refused(cx, &format!("{text}\n"))
}
