//! What a deviation makes of a command line. Pure.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use super::ClientDeviation;

/// Variables that ask for a container.
pub(super) const VARIABLES: [&str; 3] = ["SRUN_CONTAINER", "SBATCH_CONTAINER", "SALLOC_CONTAINER"];

/// Options of the client commands whose value is the next word, as far as cases use them.
const VALUED: [&str; 18] = [
    "-n",
    "-N",
    "-o",
    "-e",
    "-i",
    "-D",
    "-s",
    "-t",
    "-O",
    "-w",
    "-c",
    "--container",
    "--container-image",
    "--container-mounts",
    "--wrap",
    "--jobid",
    "-J",
    "-p",
];

/// The arguments behind `tool` under a deviation; `here` is the working directory.
pub(super) fn arguments(
    deviation: ClientDeviation,
    tool: &str,
    args: &[OsString],
    here: &Path,
) -> Vec<OsString> {
    use ClientDeviation as D;
    let dropped = |options: &[&str]| without(args, options);
    match (deviation, tool) {
        (D::LabelMissing, "srun") => dropped(&["-l", "--label"]),
        (D::OutputElsewhere, "srun") => dropped(&["-o", "--output", "-e", "--error"]),
        (D::InputElsewhere, "srun") => dropped(&["-i", "--input"]),
        (D::ExportIgnored, _) => dropped(&["--export"]),
        (D::PtyIgnored, "srun") => dropped(&["--pty"]),
        (D::TasksIgnored, _) => dropped(&["-n", "--ntasks"]),
        (D::NodesIgnored, _) => dropped(&["-N", "--nodes"]),
        (D::ContainerIgnored, _) => dropped(&["--container", "--container-image"]),
        (D::UnknownTaken, "srun") => dropped(&["--container-type"]),
        (D::WaitIgnored, "sbatch") => dropped(&["-W", "--wait"]),
        (D::ArrayIgnored, "sbatch") => dropped(&["--array", "-a"]),
        (D::HoldIgnored, "sbatch") => dropped(&["-H", "--hold"]),
        (D::SignalIsTerm, "scancel") => dropped(&["-s", "--signal"]),
        (D::StatesIgnored, "squeue") => dropped(&["-t", "--states"]),
        (D::ContainerHidden, "squeue") => dropped(&["-O", "--Format"]),
        (D::ScriptArgumentsLost, "sbatch") => {
            let behind = options_end(args);
            args[..args.len().min(behind + 1)].to_vec()
        }
        (D::RelativeResolved, _) => {
            let mut args = args.to_vec();
            let value = args.iter().position(|word| word == "--container").map(|at| at + 1);
            if let Some(path) = value.and_then(|at| args.get_mut(at)) {
                *path = here.join(&path).into();
            }
            args
        }
        _ => args.to_vec(),
    }
}

/// Where the options end and the command begins.
pub(super) fn options_end(args: &[OsString]) -> usize {
    let mut at = 0;
    while let Some(word) = args.get(at) {
        if !word.as_encoded_bytes().starts_with(b"-") {
            break;
        }
        at += if takes_next(word) { 2 } else { 1 };
    }
    at.min(args.len())
}

fn takes_next(word: &OsStr) -> bool {
    VALUED.iter().any(|option| word == *option)
}

/// The words without these options and their values; the command behind the options stays as it is.
fn without(args: &[OsString], options: &[&str]) -> Vec<OsString> {
    let end = options_end(args);
    let mut kept = Vec::new();
    let mut at = 0;
    while at < end {
        let word = &args[at];
        let next = at + if takes_next(word) { 2 } else { 1 };
        let name = word.to_str().and_then(|word| word.split('=').next()).unwrap_or_default();
        if !options.contains(&name) {
            kept.extend_from_slice(&args[at..next.min(end)]);
        }
        at = next;
    }
    kept.extend_from_slice(&args[end..]);
    kept
}

/// Whether an option is there.
pub(super) fn has(args: &[OsString], option: &str) -> bool {
    let prefix = format!("{option}=");
    args[..options_end(args)]
        .iter()
        .any(|word| word == option || word.as_encoded_bytes().starts_with(prefix.as_bytes()))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use ClientDeviation as D;

    #[rstest]
    #[case(D::LabelMissing, "srun", "-n 2 -l sh -l", "-n 2 sh -l")]
    #[case(D::ContainerIgnored, "salloc", "--container /b srun --container /b x", "srun --container /b x")]
    #[case(D::ExportIgnored, "srun", "--export=NONE x", "x")]
    #[case(D::UnknownTaken, "srun", "--container-type=oci --container /b x", "--container /b x")]
    #[case(D::RelativeResolved, "srun", "--container b x", "--container /here/b x")]
    #[case(D::ScriptArgumentsLost, "sbatch", "-W -o f job.sh a b", "-W -o f job.sh")]
    #[case(D::SignalIsTerm, "scancel", "-s USR1 1.0", "1.0")]
    #[case(D::SignalIsTerm, "srun", "-s x", "-s x")]
    fn words_change(#[case] deviation: D, #[case] tool: &str, #[case] words: &str, #[case] changed: &str) {
        let words: Vec<OsString> = words.split(' ').map(OsString::from).collect();
        let changed: Vec<OsString> = changed.split(' ').map(OsString::from).collect();
        assert_eq!(arguments(deviation, tool, &words, Path::new("/here")), changed);
        assert!(!has(&changed, "-l"));
    }
}
