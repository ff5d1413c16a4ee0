//! The guide's profiles are the guide's own words: white space apart, each `oci.conf` is what the guide prints.

use plimsoll_launcher::Mode;
use plimsoll_profiles::Profile;

/// The guide's examples, a heading and a line each.
const GUIDE: &str = include_str!("guide.txt");

fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[rstest::rstest]
#[case("runc-create-start", "oci.conf example for runc using create/start:", "G-PROF-1")]
#[case("runc-run", "oci.conf example for runc using run (suggested):", "G-PROF-2")]
#[case("crun-create-start", "oci.conf example for crun using create/start:", "G-PROF-3")]
#[case("crun-run", "oci.conf example for crun using run (suggested):", "G-PROF-4")]
#[case(
    "nvidia-create-start",
    "oci.conf example for nvidia-container-runtime using create/start:",
    "G-PROF-5"
)]
#[case("nvidia-run", "oci.conf example for nvidia-container-runtime using run (suggested):", "G-PROF-6")]
fn the_text_is_the_guides(#[case] id: &str, #[case] heading: &str, #[case] rule: &str) {
    let printed = GUIDE.lines().skip_while(|line| *line != heading).nth(1).expect("the guide's copy has it");
    let profile = Profile::find(id).expect("it is built in");
    assert_eq!(words(&profile.oci_conf), words(printed));
    assert_eq!(profile.guide.as_deref(), Some(rule));
}

#[test]
fn every_profile_explains_itself() {
    for profile in Profile::all() {
        assert!(!profile.notes.is_empty() && !profile.differs.is_empty(), "{}", profile.id);
        assert!(profile.id.ends_with(if profile.mode == Mode::Run { "-run" } else { "-create-start" }));
        assert_eq!(profile.guide.is_some(), profile.runtime != "builtin");
    }
}
