//! `plimsoll explain`: all there is to say about one id.

use std::fmt::Write as _;

use owo_colors::OwoColorize as _;
use plimsoll_launcher::{Release, bundle_conf, ociconf};
use plimsoll_profiles::Profile;
use plimsoll_suites::case::{Case, Profiles};
use plimsoll_suites::machine::Machine;
use plimsoll_suites::need::Need;
use plimsoll_suites::target::mode_name;
use plimsoll_suites::{catalogue, defects, rules};

use super::error::Error;
use super::out;

/// Explains a case, a rule, a need, a profile, a known defect or a code of lint.
pub fn run(id: &str) -> Result<i32, Error> {
    let text = catalogue::find(id)
        .map(case)
        .or_else(|| rules::find(id).map(rule))
        .or_else(|| Need::find(id).map(need))
        .or_else(|| Profile::find(id).map(profile))
        .or_else(|| find_code(id).map(code))
        .or_else(|| defects::find(id).map(defect));
    match text {
        Some(text) => {
            out::line(text.trim_end());
            Ok(0)
        }
        None => Err(Error::usage(format!(
            "there is no case, rule, need, profile, defect or code `{id}`; `plimsoll list cases` and its kin name them"
        ))),
    }
}

/// A code of lint, of whatever file it is about.
pub fn find_code(id: &str) -> Option<&'static ociconf::Code> {
    ociconf::find_code(id).or_else(|| bundle_conf::find_code(id))
}

/// A heading and rows below it; rows without a value are left out.
fn page(id: &str, title: &str, rows: &[(&str, String)]) -> String {
    let mut text = format!("{}: {title}\n\n", id.bold());
    for (name, value) in rows.iter().filter(|(_, value)| !value.is_empty()) {
        for (index, line) in value.lines().enumerate() {
            let _ = writeln!(text, "  {:<9} {line}", if index == 0 { name } else { "" }.dimmed());
        }
    }
    text
}

fn lines(items: impl IntoIterator<Item = String>) -> String {
    items.into_iter().collect::<Vec<_>>().join("\n")
}

fn case(case: &'static Case) -> String {
    let mut paragraphs = case.paragraphs();
    let title = paragraphs.next().unwrap_or_default();
    let releases: Vec<&str> =
        Release::ALL.into_iter().filter(|release| case.releases.has(*release)).map(Release::name).collect();
    let known = case.known.iter().map(|known| {
        let on = Release::ALL.into_iter().filter(|release| known.releases.has(*release)).map(Release::name);
        let mode = known.mode.map(|mode| format!(", in {} mode", mode_name(mode))).unwrap_or_default();
        format!("{}: {} ({}{mode})", known.defect.id, known.defect.text, on.collect::<Vec<_>>().join(" "))
    });
    let profiles = match case.profiles {
        Profiles::Each => "each".to_owned(),
        Profiles::Plugin => "those of plugins".to_owned(),
        Profiles::Once => "one, which makes no difference".to_owned(),
        Profiles::OnceInMode(mode) => format!("one in {} mode", mode_name(mode)),
        Profiles::InMode(mode) => format!("those in {} mode", mode_name(mode)),
    };
    page(
        case.id,
        &title,
        &[
            ("about", lines(paragraphs)),
            ("level", case.level.name().to_uppercase()),
            ("tier", case.tier.name().to_owned()),
            (
                "rules",
                lines(case.rules.iter().map(|rule| format!("{}: {} [{}]", rule.id, rule.text, rule.source))),
            ),
            ("needs", lines(case.needs.iter().map(|need| format!("{}: {}", need.name(), need.reason())))),
            ("profiles", profiles),
            ("releases", releases.join(" ")),
            ("known", lines(known)),
            ("run it", format!("plimsoll run {}", case.id)),
        ],
    )
}

fn rule(rule: &'static rules::Rule) -> String {
    let cases = catalogue::citing(rule).into_iter().map(|case| format!("{}: {}", case.id, case.title()));
    page(
        rule.id,
        rule.text,
        &[
            ("level", rule.level.name().to_uppercase()),
            ("source", rule.source.to_owned()),
            ("cases", lines(cases)),
            ("no case", rules::uncovered_reason(rule).unwrap_or_default().to_owned()),
        ],
    )
}

fn need(need: Need) -> String {
    let found = Machine::new(None).map(|machine| need.probe(&machine));
    let here = found.map(|found| format!("{}: {}", if found.met { "met" } else { "not met" }, found.what));
    page(
        need.name(),
        need.reason(),
        &[("here", here.unwrap_or_else(|error| error.to_string())), ("remedy", need.remedy().to_owned())],
    )
}

fn profile(profile: &Profile) -> String {
    let guide = profile.guide.as_deref().and_then(rules::find);
    page(
        &profile.id,
        &format!("{} in {} mode", profile.runtime, mode_name(profile.mode)),
        &[
            ("guide", guide.map(|rule| format!("{}: {}", rule.id, rule.text)).unwrap_or_default()),
            ("needs", profile.needs.join(", ")),
            ("seen", profile.seen.join(", ")),
            ("cannot", lines(profile.cannot.iter().map(|cannot| format!("{}: {}", cannot.what, cannot.why)))),
            (
                "differs",
                lines(
                    profile.differs.iter().map(|differs| format!("{}, since {}", differs.what, differs.why)),
                ),
            ),
            ("notes", profile.notes.trim().to_owned()),
            ("oci.conf", profile.oci_conf.trim().to_owned()),
        ],
    )
}

fn code(code: &ociconf::Code) -> String {
    let rule = rules::find(code.rule).map(|rule| format!("{}: {}", rule.id, rule.text));
    page(
        code.code,
        code.what,
        &[
            ("then", code.effect().to_owned()),
            ("remedy", code.remedy.to_owned()),
            ("rule", rule.unwrap_or_else(|| code.rule.to_owned())),
            ("source", code.source().to_owned()),
        ],
    )
}

fn defect(defect: &'static defects::Defect) -> String {
    let known = |case: &&Case| case.known.iter().any(|known| known.defect == defect);
    let cases = catalogue::all().filter(known).map(|case| format!("{}: {}", case.id, case.title()));
    page(
        defect.id,
        defect.text,
        &[
            ("what", "an open defect, seen on real releases; a fail that it explains names it".to_owned()),
            ("cases", lines(cases)),
        ],
    )
}
