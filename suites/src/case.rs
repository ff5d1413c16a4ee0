//! What a case is: data that says what is checked, where it applies and what explains a fail, and one function.

use plimsoll_launcher::{Mode, Release};
use plimsoll_record::{Level, Tier};

use crate::context::Context;
use crate::defects::Known;
use crate::need::Need;
use crate::outcome::Outcome;
use crate::rules::Rule;

/// One conformance check. Written with [`case!`](crate::case!), which takes the documentation from the doc comment.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    /// Stable id, `area.name`.
    pub id: &'static str,
    /// The doc comment: one sentence, then what there is to explain.
    pub doc: &'static str,
    /// How binding it is.
    pub level: Level,
    /// What it counts for in a certificate.
    pub tier: Tier,
    /// The rules it checks, the foremost first.
    pub rules: &'static [&'static Rule],
    /// What this machine and the world must offer.
    pub needs: &'static [Need],
    /// The releases it applies to.
    pub releases: Releases,
    /// The profiles it runs under.
    pub profiles: Profiles,
    /// Known defects that explain a fail.
    pub known: &'static [Known],
    /// The cluster it wants.
    pub wants: Wants,
    /// The check.
    pub run: fn(&Context<'_>) -> Outcome,
}

/// The cluster that a case wants; everything else is the mock's default.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Wants {
    /// Nodes, at least.
    pub nodes: usize,
    /// CPUs of each node; none for the world's own choice.
    pub cpus: Option<u32>,
    /// Controller and nodes as processes of their own, for cases about loss.
    pub separate: bool,
    /// Lines of `slurm.conf`.
    pub settings: &'static [(&'static str, &'static str)],
    /// Whether the recorder stands in front of every runtime command.
    pub recorded: bool,
}

impl Wants {
    /// Its lines of `slurm.conf`, as clusters take them.
    pub fn owned_settings(&self) -> Vec<(String, String)> {
        self.settings.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect()
    }
}

/// The profiles that a case runs under.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profiles {
    /// Every profile.
    Each,
    /// Every profile that drives its runtime in this mode.
    InMode(Mode),
    /// One profile, a real one in run mode where there is one: the case brings its own `oci.conf`, or the profile makes no difference.
    Once,
    /// One profile of this mode, likewise.
    OnceInMode(Mode),
    /// Every profile that starts containers by a plugin; no other case runs under these.
    Plugin,
}

/// A set of releases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Releases(u16);

impl Releases {
    /// All of them, the guide too.
    pub const ALL: Self = Self(u16::MAX);
    /// What the guide promises.
    pub const GUIDE: Self = Self(1 << Release::Guide as u16);
    /// Every real release.
    pub const REAL: Self = Self(!Self::GUIDE.0);

    /// `first` and all later ones; the guide stands where its rules do.
    pub const fn from(first: Release) -> Self {
        let real = Self(u16::MAX << first as u16 & Self::REAL.0);
        if first as u16 <= Release::Guide.rules() as u16 { real.and(Self::GUIDE) } else { real }
    }

    /// `last` and all earlier ones; the guide stands where its rules do.
    pub const fn until(last: Release) -> Self {
        let real = Self(!(u16::MAX << (last as u16 + 1)) & Self::REAL.0);
        if last as u16 >= Release::Guide.rules() as u16 { real.and(Self::GUIDE) } else { real }
    }

    /// This one alone.
    pub const fn only(release: Release) -> Self {
        Self(1 << release as u16)
    }

    /// Those of both sets.
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Those of this set that are not in the other one.
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether a release is in the set.
    pub const fn has(self, release: Release) -> bool {
        self.0 & 1 << release as u16 != 0
    }
}

impl Case {
    const fn new(
        id: &'static str,
        doc: &'static str,
        level: Level,
        run: fn(&Context<'_>) -> Outcome,
    ) -> Self {
        Self {
            id,
            doc,
            level,
            tier: Tier::Extended,
            rules: &[],
            needs: &[],
            releases: Releases::ALL,
            profiles: Profiles::Each,
            known: &[],
            wants: Wants { nodes: 1, cpus: None, separate: false, settings: &[], recorded: false },
            run,
        }
    }

    /// A case about a requirement.
    pub const fn must(id: &'static str, doc: &'static str, run: fn(&Context<'_>) -> Outcome) -> Self {
        Self::new(id, doc, Level::Must, run)
    }

    /// A case about a recommendation.
    pub const fn should(id: &'static str, doc: &'static str, run: fn(&Context<'_>) -> Outcome) -> Self {
        Self::new(id, doc, Level::Should, run)
    }

    /// A case that shows something.
    pub const fn may(id: &'static str, doc: &'static str, run: fn(&Context<'_>) -> Outcome) -> Self {
        Self::new(id, doc, Level::May, run)
    }

    /// Counts as core: whoever runs containers for Slurm at all has to pass it.
    pub const fn core(self) -> Self {
        Self { tier: Tier::Core, ..self }
    }

    /// Counts for nothing in a certificate yet.
    pub const fn provisional(self) -> Self {
        Self { tier: Tier::Provisional, ..self }
    }

    /// The rules it checks, the foremost first.
    pub const fn rules(self, rules: &'static [&'static Rule]) -> Self {
        Self { rules, ..self }
    }

    /// What it needs; its profile's needs come on top.
    pub const fn needs(self, needs: &'static [Need]) -> Self {
        Self { needs, ..self }
    }

    /// The releases it applies to; on others it is not planned.
    pub const fn releases(self, releases: Releases) -> Self {
        Self { releases, ..self }
    }

    /// Known defects that explain a fail.
    pub const fn known(self, known: &'static [Known]) -> Self {
        Self { known, ..self }
    }

    /// Runs under one profile only.
    pub const fn once(self) -> Self {
        Self { profiles: Profiles::Once, ..self }
    }

    /// Runs under one profile of a mode only.
    pub const fn once_in_mode(self, mode: Mode) -> Self {
        Self { profiles: Profiles::OnceInMode(mode), ..self }
    }

    /// Runs under the profiles of plugins.
    pub const fn of_plugins(self) -> Self {
        Self { profiles: Profiles::Plugin, ..self }
    }

    /// Runs under the profiles of one mode.
    pub const fn in_mode(self, mode: Mode) -> Self {
        Self { profiles: Profiles::InMode(mode), ..self }
    }

    /// Wants so many nodes.
    pub const fn nodes(self, nodes: usize) -> Self {
        Self { wants: Wants { nodes, ..self.wants }, ..self }
    }

    /// Wants nodes of so many CPUs.
    pub const fn cpus(self, cpus: u32) -> Self {
        Self { wants: Wants { cpus: Some(cpus), ..self.wants }, ..self }
    }

    /// Wants controller and nodes as processes of their own.
    pub const fn separate(self) -> Self {
        Self { wants: Wants { separate: true, ..self.wants }, ..self }
    }

    /// Wants these lines in `slurm.conf`.
    pub const fn settings(self, settings: &'static [(&'static str, &'static str)]) -> Self {
        Self { wants: Wants { settings, ..self.wants }, ..self }
    }

    /// Wants the recorder in front of every runtime command, for [`Context::calls`].
    pub const fn recorded(self) -> Self {
        Self { wants: Wants { recorded: true, ..self.wants }, ..self }
    }

    /// The area: what stands before the dot.
    pub fn area(&self) -> &'static str {
        self.id.split_once('.').map_or(self.id, |(area, _)| area)
    }

    /// The doc comment's first paragraph on one line.
    pub fn title(&self) -> String {
        self.paragraphs().next().unwrap_or_default()
    }

    /// The doc comment, a line a paragraph.
    pub fn paragraphs(&self) -> impl Iterator<Item = String> {
        let mut paragraphs = vec![String::new()];
        for line in self.doc.lines().map(str::trim) {
            if line.is_empty() {
                paragraphs.push(String::new());
            } else if let Some(last) = paragraphs.last_mut() {
                if !last.is_empty() {
                    last.push(' ');
                }
                last.push_str(line);
            }
        }
        paragraphs.into_iter().filter(|text| !text.is_empty())
    }

    /// The known defect that explains a fail on `release` in `mode`, if there is one.
    pub fn explained_by(&self, release: Release, mode: Mode) -> Option<&'static str> {
        self.known.iter().find(|known| known.applies(release, mode)).map(|known| known.defect.id)
    }
}

/// Writes a case as a constant, with its documentation taken from the doc comment:
///
/// ```ignore
/// case! {
///     /// The exit code of the contained program is the exit code of the step.
///     ///
///     /// Catches: a runtime or a launcher that loses the code.
///     pub const EXIT_CODE = must("step.exit-code", exit_code).core().rules(&[G_REQ_5, L_RUN_1]);
/// }
/// ```
#[macro_export]
macro_rules! case {
    (
        $(#[doc = $doc:literal])+
        pub const $name:ident = $level:ident($id:literal, $run:path) $(.$set:ident($($value:expr),*))*;
    ) => {
        $(#[doc = $doc])+
        pub const $name: $crate::case::Case =
            $crate::case::Case::$level($id, concat!($($doc, "\n"),+), $run)$(.$set($($value),*))*;
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_of_releases_know_where_the_guide_stands() {
        assert!(Releases::from(Release::V24_05).has(Release::Guide));
        assert!(!Releases::from(Release::V24_11).has(Release::Guide));
        assert!(Releases::from(Release::V25_05).has(Release::V26_05));
        assert!(!Releases::from(Release::V25_05).has(Release::V24_11));
        assert!(Releases::until(Release::V24_11).has(Release::Guide));
        assert!(!Releases::until(Release::V23_02).has(Release::Guide));
        assert!(Releases::until(Release::V23_02).has(Release::V22_05));
        assert!(!Releases::until(Release::V23_02).has(Release::V23_11));
        assert!(!Releases::REAL.has(Release::Guide) && Releases::REAL.has(Release::V22_05));
    }

    crate::case! {
        /// One sentence
        /// over two lines.
        ///
        /// Catches: nothing.
        pub const DOCUMENTED = must("test.documented", nothing).once();
    }

    fn nothing(cx: &Context<'_>) -> Outcome {
        cx.remove_oci_conf()
    }

    #[test]
    fn the_doc_comment_is_the_documentation() {
        let paragraphs: Vec<String> = DOCUMENTED.paragraphs().collect();
        assert_eq!(paragraphs, ["One sentence over two lines.", "Catches: nothing."]);
        assert_eq!(DOCUMENTED.title(), paragraphs[0]);
        assert_eq!(DOCUMENTED.area(), "test");
    }
}
