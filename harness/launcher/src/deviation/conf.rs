//! Deviations in what a loaded `oci.conf` says: its keys, and the patterns of its operations.

use super::Deviation;
use crate::OciConf;
use crate::conf::{CreateEnvFile, Mode};
use crate::step::StepSpec;

/// A loaded file as a launcher with the step's deviation goes by it.
pub fn patterns(spec: &StepSpec, conf: OciConf) -> OciConf {
    match spec.deviation {
        Some(deviation) => operations(deviation, spec, keys(deviation, letters(deviation, spec, conf))),
        None => conf,
    }
}

/// Keys that are read and have no effect, or another one.
fn keys(deviation: Deviation, mut conf: OciConf) -> OciConf {
    match deviation {
        Deviation::ExcludeIgnored => conf.env_exclude = None,
        // Names end where nothing follows them: behind `=` no expression finds anything.
        Deviation::ExcludeNames => {
            conf.env_exclude = conf.env_exclude.map(|text| format!("^({})=", text.trim_start_matches('^')));
        }
        Deviation::ExcludeWhole => conf.env_exclude = conf.env_exclude.map(|text| format!("^({text})$")),
        Deviation::RuntimeExcludeIgnored => conf.runtime_env_exclude = None,
        Deviation::RuntimeExcludeOfContainer => conf.env_exclude.clone_from(&conf.runtime_env_exclude),
        Deviation::EnvFileSeparator => {
            conf.create_env_file = match conf.create_env_file {
                CreateEnvFile::Null => CreateEnvFile::Newline,
                CreateEnvFile::Newline => CreateEnvFile::Null,
                CreateEnvFile::Disabled => CreateEnvFile::Disabled,
            }
        }
        Deviation::SpoolMountedElsewhere => conf.mount_spool_dir = None,
        Deviation::HooksKept => conf.disable_hooks.clear(),
        Deviation::IgnoreIgnored => conf.ignore_file_config_json = false,
        Deviation::SpoolKept => conf.disable_cleanup = true,
        Deviation::CleanUpForced => conf.disable_cleanup = false,
        Deviation::PathIgnored => conf.container_path = None,
        Deviation::TasksShare => {
            conf.container_path = conf.container_path.map(|text| text.replace("%t", "0"));
        }
        _ => {}
    }
    conf
}

/// Letters that stand for something else.
fn letters(deviation: Deviation, spec: &StepSpec, conf: OciConf) -> OciConf {
    let text = |path: &std::ffi::OsStr| path.to_string_lossy().replace('%', "%%");
    let (letter, with) = match deviation {
        Deviation::JobIdWrong => ('j', spec.job_id.saturating_sub(1).to_string()),
        Deviation::StepIdZero => ('s', "0".to_owned()),
        Deviation::TaskIdZero => ('t', "0".to_owned()),
        Deviation::UserNumber => ('u', "%U".to_owned()),
        Deviation::UserName => ('U', "%u".to_owned()),
        Deviation::NodeWrong => ('n', "localhost".to_owned()),
        Deviation::PidWrong => ('p', std::process::id().to_string()),
        Deviation::BundleOfUser => ('b', spec.container.as_deref().map(text).unwrap_or_default()),
        Deviation::RootRelativeInPattern => ('r', "rootfs".to_owned()),
        Deviation::SpoolOfTask => ('m', "%b".to_owned()),
        Deviation::EnvFileElsewhere => ('e', "%m/environment".to_owned()),
        Deviation::PercentDoubled => ('%', "%%%%".to_owned()),
        Deviation::CommandUnquoted => {
            let words = spec.tasks.first().map(|task| task.argv.iter().map(|word| text(word)));
            ('@', words.map(|words| words.collect::<Vec<_>>().join(" ")).unwrap_or_default())
        }
        Deviation::LetterLeft => ('q', "%%q".to_owned()),
        Deviation::LetterEarly => ('Z', text(spec.work_dir.as_os_str())),
        _ => return conf,
    };
    each(conf, |pattern| replaced(pattern, letter, &with))
}

/// Operations that are called otherwise than written.
fn operations(deviation: Deviation, spec: &StepSpec, mut conf: OciConf) -> OciConf {
    let nothing = || Some("true".to_owned());
    let query = conf.query.clone().unwrap_or_default();
    match deviation {
        Deviation::RuntimeElsewhere => {
            let dir = spec.work_dir.to_string_lossy().replace('%', "%%");
            return each(conf, |pattern| format!("cd '{dir}'; {pattern}"));
        }
        Deviation::NoShell => return each(conf, unshelled),
        Deviation::StreamsJoined => conf.run = conf.run.map(|run| format!("exec 2>&1; {run}")),
        Deviation::InputLost => {
            conf.run = conf.run.map(|run| format!("exec </dev/null; {run}"));
            conf.create = conf.create.map(|create| format!("exec </dev/null; {create}"));
        }
        Deviation::RunPolled => {
            conf.run = conf.run.map(|run| format!("({query}) >/dev/null 2>&1; {run}"));
        }
        Deviation::CodeLost => conf.run = conf.run.map(|run| format!("{run}; exit 0")),
        Deviation::CodeOne => conf.run = conf.run.map(|run| format!("{run} || exit 1")),
        Deviation::RunTwice => conf.run = conf.run.map(|run| format!("({run}) || {{ {run}; }}")),
        Deviation::StateUnasked if conf.mode() == Mode::Run => conf.query = nothing(),
        Deviation::KillUnreached => conf.kill = nothing(),
        Deviation::DeleteUnreached => conf.delete = nothing(),
        Deviation::CreateTwice => {
            conf.create = conf.create.map(|create| format!("({create}) && {{ {create}; }}"));
        }
        Deviation::StartBeforeCreate => {
            let start = conf.start.clone().unwrap_or_default();
            conf.create = conf.create.map(|create| format!("({start}) >/dev/null 2>&1; {create}"));
        }
        Deviation::StartSkipped => conf.start = conf.start.and_then(|_| nothing()),
        Deviation::WarningsCount => conf.query = conf.query.map(|query| format!("({query}) 2>&1")),
        Deviation::OddStatusTaken => {
            conf.query = conf.query.map(|query| format!("({query}) | sed s/paused/created/"));
        }
        Deviation::NoAnswerTaken => {
            // No quoted value of oci.conf could hold the double quotes themselves.
            let created = r"printf '{\042status\042:\042created\042}'";
            conf.query = conf.query.map(|query| format!("({query}) || {created}"));
        }
        Deviation::QueryDemanded if conf.query.is_none() => {
            conf.run = Some("echo RunTimeQuery is missing >&2; exit 1".to_owned());
        }
        _ => {}
    }
    conf
}

/// A command line of which a shell does nothing but run it word by word.
fn unshelled(pattern: &str) -> String {
    let words = pattern.split_whitespace().map(|word| {
        if word.contains("%@") { word.to_owned() } else { format!("'{}'", word.replace('\'', "'\"'\"'")) }
    });
    words.collect::<Vec<_>>().join(" ")
}

/// Changes the pattern of every operation that there is.
fn each(mut conf: OciConf, change: impl Fn(&str) -> String) -> OciConf {
    let all =
        [&mut conf.create, &mut conf.start, &mut conf.run, &mut conf.kill, &mut conf.delete, &mut conf.query];
    for pattern in all {
        *pattern = pattern.as_deref().map(&change);
    }
    conf
}

/// A pattern with another text for one of its letters.
fn replaced(pattern: &str, letter: char, with: &str) -> String {
    let mut out = String::new();
    let mut rest = pattern;
    while let Some(at) = rest.find('%') {
        out.push_str(&rest[..at]);
        let behind = &rest[at + 1..];
        let Some(found) = behind.chars().next() else {
            rest = &rest[at..];
            break;
        };
        if found == letter {
            out.push_str(with);
        } else {
            out.extend(['%', found]);
        }
        rest = &behind[found.len_utf8()..];
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::testing::spec;

    fn deviating(deviation: Deviation, run: &str) -> OciConf {
        let conf = OciConf {
            run: Some(run.to_owned()),
            query: Some("q".to_owned()),
            kill: Some("k %j".to_owned()),
            disable_hooks: vec!["prestart".to_owned()],
            ..OciConf::default()
        };
        patterns(&StepSpec { deviation: Some(deviation), ..spec(1) }, conf)
    }

    #[rstest]
    #[case(Deviation::JobIdWrong, "x %j %%j", "x 6 %%j")]
    #[case(Deviation::PercentDoubled, "%% %j", "%%%% %j")]
    #[case(Deviation::UserNumber, "%u", "%U")]
    #[case(Deviation::LetterLeft, "a %q", "a %%q")]
    #[case(Deviation::CommandUnquoted, "run %@", "run true")]
    #[case(Deviation::RunPolled, "r %", "(q) >/dev/null 2>&1; r %")]
    #[case(Deviation::NoShell, "a | b %@", "'a' '|' 'b' %@")]
    fn a_pattern_is_taken_for_another(#[case] deviation: Deviation, #[case] run: &str, #[case] seen: &str) {
        assert_eq!(deviating(deviation, run).run.as_deref(), Some(seen));
    }

    #[test]
    fn keys_lose_their_effect() {
        assert!(deviating(Deviation::HooksKept, "r").disable_hooks.is_empty());
        assert!(deviating(Deviation::SpoolKept, "r").disable_cleanup);
        assert_eq!(deviating(Deviation::KillUnreached, "r").kill.as_deref(), Some("true"));
    }

    #[test]
    fn without_a_deviation_nothing_changes() {
        let conf = OciConf { run: Some("x %j".to_owned()), ..OciConf::default() };
        assert_eq!(patterns(&spec(1), conf.clone()), conf);
    }
}
