//! The images that nodes are made from, by the recipes in `ci/images`: which release is in which, and its tag.

use std::fmt::Write as _;
use std::path::PathBuf;

use plimsoll_launcher::Release;
use sha2::{Digest as _, Sha256};

use super::docker;

/// Every recipe, and the other files that an image is made from. `ci/images/build` hashes the same bytes in the same order.
const RECIPES: [&str; 3] = [
    include_str!("../../../../ci/images/bookworm.recipe"),
    include_str!("../../../../ci/images/trixie.recipe"),
    include_str!("../../../../ci/images/forky.recipe"),
];
const PROVISION: &str = include_str!("../../../../ci/images/provision");
const DOCKERFILE: &str = include_str!("../../../../ci/images/Dockerfile");

/// An image that nodes can be made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recipe {
    text: &'static str,
    /// The Slurm release in it.
    pub release: Release,
}

impl Recipe {
    /// Every recipe, the oldest release first.
    pub fn all() -> impl Iterator<Item = Self> {
        RECIPES.into_iter().filter_map(|text| {
            let release = value(text, "release")?;
            let release = Release::ALL.iter().copied().find(|known| known.name() == release)?;
            Some(Self { text, release })
        })
    }

    /// The recipe of a release.
    pub fn of(release: Release) -> Option<Self> {
        Self::all().find(|recipe| recipe.release == release)
    }

    /// A value of it: `suite`, `user`, `uid`, `subids`, `packages`.
    pub fn value(&self, key: &str) -> &'static str {
        value(self.text, key).unwrap_or_default()
    }

    /// The image's tag, which changes with everything that the image is made from.
    pub fn tag(&self) -> String {
        let mut hash = Sha256::new();
        for part in [self.text, PROVISION, DOCKERFILE] {
            hash.update(part.as_bytes());
        }
        let digest = hash.finalize();
        let mut tag = format!("plimsoll-node:{}-", self.value("suite"));
        for byte in digest.iter().take(6) {
            // Writing to a string does not fail.
            let _ = write!(tag, "{byte:02x}");
        }
        tag
    }

    /// Whether the engine has the image; the error says how to get it.
    pub fn built(&self) -> Result<(), String> {
        let tag = self.tag();
        if docker::has_image(&tag) {
            return Ok(());
        }
        Err(format!(
            "the image {tag} is missing; build it with `bash ci/images/build {}`",
            self.release.name()
        ))
    }
}

/// Where a program is in a release's image, and the first line of what it prints as its version.
pub fn program(release: Release, name: &str) -> Option<(PathBuf, Option<String>)> {
    // It is asked for by name, which must not be more than one word to a shell.
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_.+".contains(letter);
    let tag = Recipe::of(release).filter(|_| name.chars().all(plain))?.tag();
    let script = format!("command -v {name} && {name} --version");
    let said = docker::docker(["run", "--rm", "--network=none", &tag, "/bin/sh", "-c", &script]).ok()?;
    let mut lines = said.lines().map(str::to_owned);
    let path = PathBuf::from(lines.next()?);
    path.is_absolute().then(|| (path, lines.next()))
}

fn value(text: &'static str, key: &str) -> Option<&'static str> {
    text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_recipe_names_a_release_and_what_a_node_needs() {
        let releases: Vec<&str> = Recipe::all().map(|recipe| recipe.release.name()).collect();
        assert_eq!(releases, ["22.05", "24.11", "26.05"]);
        for recipe in Recipe::all() {
            for key in ["suite", "packages", "user", "uid", "subids"] {
                assert!(!recipe.value(key).is_empty(), "{key} of {}", recipe.release.name());
            }
        }
        assert_eq!(Recipe::of(Release::V25_05), None);
    }

    #[test]
    fn the_script_and_the_program_agree_on_the_tag() {
        let images = concat!(env!("CARGO_MANIFEST_DIR"), "/../../ci/images");
        for recipe in Recipe::all() {
            let suite = recipe.value("suite");
            let script = format!("cat {suite}.recipe provision Dockerfile | sha256sum | cut -c1-12");
            let hash =
                std::process::Command::new("sh").args(["-c", &script]).current_dir(images).output().unwrap();
            let hash = String::from_utf8(hash.stdout).unwrap();
            assert_eq!(recipe.tag(), format!("plimsoll-node:{suite}-{}", hash.trim()));
        }
    }
}
