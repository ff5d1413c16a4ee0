//! What of a client's environment goes to the job: `--export` (sbatch(1), srun(1)).

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};

use nix::sys::resource::{Resource, getrlimit};

use crate::slurm_env::{self, Env, lay_over};

/// What a task of another job has in its environment that says nothing about a new one.
const STALE: [&str; 9] = [
    "SLURM_STEP_ID",
    "SLURM_STEPID",
    "SLURM_NTASKS",
    "SLURM_NPROCS",
    "SLURM_NTASKS_PER_NODE",
    "SLURM_CPUS_PER_TASK",
    "SLURM_CONTAINER",
    "SLURM_CONTAINER_ID",
    "SLURM_EXPORT_ENV",
];

/// Takes away what belongs to the job or step in which a new job is asked for.
pub fn for_new_job(mut env: Env) -> Env {
    env.retain(|(name, _)| !STALE.iter().any(|stale| name == stale));
    env
}

/// The process's own environment, bytes and order kept.
pub fn capture() -> Env {
    std::env::vars_os().collect()
}

/// The limits that a client passes on, in the order in which Slurm's do.
const LIMITS: [(&str, Resource); 10] = [
    ("CPU", Resource::RLIMIT_CPU),
    ("FSIZE", Resource::RLIMIT_FSIZE),
    ("DATA", Resource::RLIMIT_DATA),
    ("STACK", Resource::RLIMIT_STACK),
    ("CORE", Resource::RLIMIT_CORE),
    ("RSS", Resource::RLIMIT_RSS),
    ("NPROC", Resource::RLIMIT_NPROC),
    ("NOFILE", Resource::RLIMIT_NOFILE),
    ("MEMLOCK", Resource::RLIMIT_MEMLOCK),
    ("AS", Resource::RLIMIT_AS),
];

/// This process's soft limits, as variables for the step daemons' eyes.
pub fn limits() -> Env {
    let variable = |(name, resource): &(&str, Resource)| {
        let (soft, _) = getrlimit(*resource).ok()?;
        Some((format!("SLURM_RLIMIT_{name}").into(), soft.to_string().into()))
    };
    LIMITS.iter().filter_map(variable).collect()
}

/// What the starters of MPI programs are told: the controller keeps it where the release says so.
pub fn starters() -> Env {
    slurm_env::later::STARTERS.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect()
}

/// Chooses from `env` what `--export` says; nothing said is `ALL`. Variables of Slurm and SPANK always go.
///
/// * `ALL`: everything; `ALL,A=1` too, with a change;
/// * `NONE`, `NIL`: nothing else;
/// * `A,B=1`: A as it is here, if it is, and B so.
pub fn export(spec: Option<&OsStr>, env: Env) -> Env {
    let Some(spec) = spec else { return env };
    let items = split(spec.as_bytes());
    let is = |item: &[u8], word: &[u8]| item.eq_ignore_ascii_case(word);
    let all = items.iter().any(|item| is(item, b"ALL"));
    let mut chosen: Env = env
        .iter()
        .filter(|(name, _)| {
            let name = name.as_bytes();
            all || name.starts_with(b"SLURM_") || name.starts_with(b"SPANK_")
        })
        .cloned()
        .collect();
    for item in items {
        if item.is_empty() || is(&item, b"ALL") || is(&item, b"NONE") || is(&item, b"NIL") {
            continue;
        }
        if let Some(at) = item.iter().position(|byte| *byte == b'=') {
            let (name, value) = (OsString::from_vec(item[..at].to_vec()), item[at + 1..].to_vec());
            lay_over(&mut chosen, vec![(name, OsString::from_vec(value))]);
        } else if let Some((name, value)) = env.iter().find(|(name, _)| name.as_bytes() == item) {
            lay_over(&mut chosen, vec![(name.clone(), value.clone())]);
        }
    }
    chosen
}

/// Whether a batch job whose `--export` this is starts from the environment of a login: all but `ALL` and `NIL` do
/// (sbatch(1), --export).
pub fn wants_login(spec: Option<&OsStr>) -> bool {
    let is = |item: &Vec<u8>, word: &[u8]| item.eq_ignore_ascii_case(word);
    spec.is_some_and(|spec| !split(spec.as_bytes()).iter().any(|item| is(item, b"ALL") || is(item, b"NIL")))
}

/// The variables that a login would set, as far as they are the same for every user.
pub fn login() -> Env {
    let Ok(Some(user)) = nix::unistd::User::from_uid(nix::unistd::getuid()) else { return Env::new() };
    vec![
        ("HOME".into(), user.dir.into()),
        ("SHELL".into(), user.shell.into()),
        ("USER".into(), user.name.clone().into()),
        ("LOGNAME".into(), user.name.into()),
        ("PATH".into(), "/usr/local/bin:/usr/bin:/bin".into()),
    ]
}

/// Splits at commas that are in no single quotes; the quotes go.
fn split(spec: &[u8]) -> Vec<Vec<u8>> {
    let mut items = vec![Vec::new()];
    let mut quoted = false;
    for &byte in spec {
        match byte {
            b'\'' => quoted = !quoted,
            b',' if !quoted => items.push(Vec::new()),
            _ => {
                if let Some(item) = items.last_mut() {
                    item.push(byte);
                }
            }
        }
    }
    items
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(None, "A=1 B=2 SLURM_X=3")]
    #[case(Some("ALL"), "A=1 B=2 SLURM_X=3")]
    #[case(Some("ALL,A=9,C=x=y"), "A=9 B=2 SLURM_X=3 C=x=y")]
    #[case(Some("NONE"), "SLURM_X=3")]
    #[case(Some("nil"), "SLURM_X=3")]
    #[case(Some("B,Z,C='1,2',D="), "SLURM_X=3 B=2 C=1,2 D=")]
    fn what_is_exported(#[case] spec: Option<&str>, #[case] expected: &str) {
        let env: Env = [("A", "1"), ("B", "2"), ("SLURM_X", "3")]
            .into_iter()
            .map(|(name, value)| (name.into(), value.into()))
            .collect();
        let shown: Vec<String> = export(spec.map(OsStr::new), env)
            .iter()
            .map(|(name, value)| format!("{}={}", name.display(), value.display()))
            .collect();
        assert_eq!(shown.join(" "), expected);
    }

    #[rstest]
    #[case(None, false)]
    #[case(Some("ALL,A=1"), false)]
    #[case(Some("nil"), false)]
    #[case(Some("NONE"), true)]
    #[case(Some("A,B=1"), true)]
    fn a_batch_job_starts_from_a_login(#[case] spec: Option<&str>, #[case] wanted: bool) {
        assert_eq!(wants_login(spec.map(OsStr::new)), wanted);
    }

    #[test]
    fn bytes_that_are_no_text_go_unchanged() {
        let odd = OsString::from_vec(vec![0xff, b'x']);
        let env = vec![("A".into(), odd.clone())];
        assert_eq!(export(Some(OsStr::new("A")), env), [("A".into(), odd)]);
    }
}
