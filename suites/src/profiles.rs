//! The profiles as targets: each with the program that drives it here.

use std::path::Path;

use plimsoll_profiles::{AnswerError, Answers, Choice, ChoiceError, Installed, LoadError, Profile, Wanted};

use crate::machine::Machine;
use crate::need::Need;
use crate::target::{Source, Target};

/// Why a profile is no target.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// No profile has this name.
    #[error(
        "there is no profile `{0}`; `plimsoll list profiles` names them, and a folder is named by its path"
    )]
    Unknown(String),
    /// A folder holds no profile.
    #[error(transparent)]
    Unloadable(#[from] LoadError),
    /// Answers that make no profile.
    #[error(transparent)]
    Custom(#[from] AnswerError),
    /// A profile asks for what nobody can probe.
    #[error("profile `{profile}` needs `{need}`, which is no need; `plimsoll list needs` names them")]
    UnknownNeed {
        /// The profile.
        profile: String,
        /// What it asks for.
        need: String,
    },
}

/// The profiles of these names or folders as targets, all built-in ones where none is named; `program` is the plimsoll
/// program, which is the double.
pub fn targets(names: &[String], wanted: Wanted, program: &Path) -> Result<Vec<Target>, ProfileError> {
    let machine = Machine::new(None).ok();
    chosen(&Installed::here, machine.as_ref(), names, wanted, program)
}

/// The same where `installed` says what is installed there, which is not this machine.
pub fn targets_from(
    installed: &dyn Fn(&str) -> Option<Installed>,
    names: &[String],
    wanted: Wanted,
    program: &Path,
) -> Result<Vec<Target>, ProfileError> {
    chosen(installed, None, names, wanted, program)
}

fn chosen(
    installed: &dyn Fn(&str) -> Option<Installed>,
    machine: Option<&Machine>,
    names: &[String],
    wanted: Wanted,
    program: &Path,
) -> Result<Vec<Target>, ProfileError> {
    let target = |profile: Profile| {
        let mut choice = profile.choose_from(installed, wanted, program);
        if let Ok(real) = choice.as_ref().map_err(Clone::clone)
            && let Some(why) = unusable(&profile, real, machine)
            && wanted == Wanted::Auto
            && let Ok(double) = profile.choose_from(installed, Wanted::Double, program)
        {
            choice = Ok(Choice { why: format!("a double, since {why}"), ..double });
        }
        target(profile, choice)
    };
    if names.is_empty() {
        return Profile::all().iter().map(|profile| target(profile.clone())).collect();
    }
    names.iter().map(|name| target(named(name)?)).collect()
}

fn named(name: &str) -> Result<Profile, ProfileError> {
    match Profile::find(name) {
        Some(profile) => Ok(profile.clone()),
        None if name.contains('/') || Path::new(name).is_dir() => Ok(Profile::load(Path::new(name))?),
        None => Err(ProfileError::Unknown(name.to_owned())),
    }
}

/// Why a real program that is installed cannot be used on this machine.
fn unusable(profile: &Profile, choice: &Choice, machine: Option<&Machine>) -> Option<String> {
    let machine = machine.filter(|_| choice.real)?;
    profile.real_needs.iter().filter_map(|name| Need::find(name)).find_map(|need| {
        let found = need.probe(machine);
        (!found.met).then(|| format!("{} needs {}: {}", choice.why, need.name(), found.what))
    })
}

/// The profile that three answers make, as a target.
pub fn custom(answers: &Answers) -> Result<Target, ProfileError> {
    let (profile, choice) = answers.profile()?;
    target(profile, Ok(choice))
}

fn target(profile: Profile, choice: Result<Choice, ChoiceError>) -> Result<Target, ProfileError> {
    let need = |name: &String| {
        Need::find(name)
            .ok_or_else(|| ProfileError::UnknownNeed { profile: profile.id.clone(), need: name.clone() })
    };
    let mut needs = profile.needs.iter().map(need).collect::<Result<Vec<_>, _>>()?;
    if choice.as_ref().is_ok_and(|choice| choice.real) {
        needs.extend(profile.real_needs.iter().map(need).collect::<Result<Vec<_>, _>>()?);
    }
    let mut cannot = Vec::new();
    for lacking in &profile.cannot {
        if let Some(name) = &lacking.need {
            cannot.push((need(name)?, format!("{} cannot: {}", profile.runtime, lacking.why)));
        }
    }
    let (real, why, program, missing) = match choice {
        Ok(choice) => (choice.real, choice.why, choice.program, None),
        Err(error) => (false, error.to_string(), Vec::new(), Some(error.to_string())),
    };
    Ok(Target {
        id: profile.id.clone(),
        runtime: profile.runtime.clone(),
        mode: profile.mode,
        real,
        why,
        needs,
        cannot,
        missing,
        source: Source::Profile { profile: Box::new(profile), program },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_profile_is_a_target_with_needs_that_are_known() {
        let targets = targets(&[], Wanted::Double, Path::new("/p/plimsoll")).unwrap();
        assert_eq!(targets.len(), Profile::all().len());
        assert!(targets.iter().all(|target| !target.real && target.missing.is_none()));
    }

    #[test]
    fn a_program_that_is_missing_is_told_and_is_no_error() {
        let names = ["builtin-run".to_owned()];
        let targets = targets(&names, Wanted::Real, Path::new("/p/plimsoll")).unwrap();
        assert!(targets[0].missing.is_some());
    }

    #[test]
    fn an_unknown_name_is_refused() {
        let error = targets(&["no-such".to_owned()], Wanted::Auto, Path::new("/p")).unwrap_err();
        assert!(error.to_string().contains("`no-such`"));
    }
}
