//! The guide's profiles are the guide's own words: white space apart, each `oci.conf`, or the `guide.conf` beside it, is
//! what the guide prints.

use plimsoll_profiles::{Profile, guide};
use sha2::{Digest as _, Sha256};

fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn the_guide_is_as_it_was() {
    let sum: String = Sha256::digest(guide::TEXT).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(sum, guide::SHA256);
}

#[test]
fn the_text_is_the_guides() {
    let mut seen = 0;
    for (rule, id, heading) in guide::EXAMPLES {
        let printed = guide::example(heading).unwrap();
        let profile = Profile::find(id).unwrap();
        let own = profile.guide_conf.as_ref().unwrap_or(&profile.oci_conf);
        assert_eq!(words(own), words(printed), "{id}");
        assert_eq!(profile.guide.as_deref(), Some(rule));
        seen += 1;
    }
    let cited = Profile::all().iter().filter(|profile| profile.guide.is_some()).count();
    assert_eq!(seen, cited);
}

#[test]
fn the_start_wrapper_is_the_guides() {
    let printed = guide::file("/usr/local/bin/enroot-start-wrapper:").unwrap();
    assert_eq!(words(include_str!("../enroot/guide.enroot-start-wrapper")), words(printed));
}

#[test]
fn every_profile_explains_itself() {
    for profile in Profile::all() {
        assert!(!profile.notes.is_empty() && !profile.differs.is_empty(), "{}", profile.id);
        assert!(profile.guide_conf.is_none() || profile.guide.is_some(), "{}", profile.id);
    }
}
