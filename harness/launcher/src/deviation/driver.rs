//! Deviations that are no more than another answer to a small question of the driver's.

use super::Deviation;

/// The mode of spool directories, where the rules say `mode`.
pub fn directory_mode(deviation: Option<Deviation>, mode: u32) -> u32 {
    if deviation == Some(Deviation::SpoolOpen) { 0o777 } else { mode }
}

/// The mode of a generated file.
pub fn file_mode(deviation: Option<Deviation>, name: &str, mode: u32) -> u32 {
    match (deviation, name) {
        (Some(Deviation::ConfigReadable), "config.json")
        | (Some(Deviation::EnvFileReadable), "environment") => 0o644,
        _ => mode,
    }
}

/// What a task ends with, where its code is `code`.
pub fn code(deviation: Option<Deviation>, code: i32) -> i32 {
    match deviation {
        Some(Deviation::CodeLost) => 0,
        Some(Deviation::CodeOne) => code.min(1),
        _ => code,
    }
}

/// Whether what goes wrong in a task's process is told.
pub fn may_say(deviation: Option<Deviation>) -> bool {
    deviation != Some(Deviation::TaskErrorsSilent)
}

/// Whether the new config.json goes into the user's bundle as well.
pub fn overwrites_bundle(deviation: Option<Deviation>) -> bool {
    deviation == Some(Deviation::BundleOverwritten)
}

/// Whether clean-up stays the daemon's user.
pub fn stays_daemon(deviation: Option<Deviation>) -> bool {
    deviation == Some(Deviation::CleanUpAsDaemon)
}

/// Whether clean-up takes directories away with everything in them.
pub fn takes_all(deviation: Option<Deviation>) -> bool {
    deviation == Some(Deviation::ForeignRemoved)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_the_rules_own_without_a_deviation() {
        assert_eq!(directory_mode(None, 0o770), 0o770);
        assert_eq!(file_mode(Some(Deviation::ConfigReadable), "environment", 0o750), 0o750);
        assert_eq!(file_mode(Some(Deviation::ConfigReadable), "config.json", 0o750), 0o644);
        assert_eq!(
            (code(None, 7), code(Some(Deviation::CodeOne), 7), code(Some(Deviation::CodeLost), 7)),
            (7, 1, 0)
        );
        assert!(may_say(None) && !stays_daemon(None) && !takes_all(None));
    }
}
