//! What is accepted and does not do what it seems to: warnings about the file as a whole. Pairs by themselves are judged by
//! [`super::odd`].

use super::complain::shown;
use super::keys::Kind;
use super::load::{Loader, Set};
use super::shell::{self, Quotes};
use super::space::is_space;
use crate::Release;
use crate::conf::{CreateEnvFile, Mode};

/// Kinds of hooks that the runtime specification knows.
const HOOKS: [&str; 6] =
    ["prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"];
/// Directories that every user may write to.
const SHARED: [&str; 4] = ["/tmp", "/var/tmp", "/dev/shm", "/run/lock"];
/// Options of runtimes that name their root directory.
const ROOT_OPTIONS: [&str; 2] = ["--root", "-root"];

/// Notes every warning.
pub fn lint(loader: &mut Loader) {
    for set in loader.effective() {
        match set.key.kind {
            Kind::Operation(_) => command(loader, &set),
            Kind::Hooks => hooks(loader, &set),
            _ => {}
        }
    }
    container_path(loader);
    env_file(loader);
    if loader.conf.ignore_file_config_json {
        ignored_config(loader);
    }
    if loader.conf.mode() == Mode::CreateStart {
        create_start(loader);
    }
}

/// What to know of a command that the shell runs.
fn command(loader: &mut Loader, set: &Set) {
    let value = set.pair.value.as_str();
    let key = set.key.name;
    let mut warn = |code, (from, to): (usize, usize), message: String, remedy: &str| {
        loader.note(code, set.file, set.pair.span(from, to), message, remedy.to_owned());
    };
    if value.chars().all(is_space) {
        let message = format!("{key} is empty: the shell does nothing and says that all is well");
        return loader.note(
            "oci-conf/empty-operation",
            set.file,
            set.pair.value_span(),
            message,
            "give the command, or remove the key".to_owned(),
        );
    }
    if let Some(at) = word(value, "sudo") {
        let message = format!("{key} gains rights by sudo, and users can change what it is given");
        warn("oci-conf/sudo", (at, at + 4), message, "use a rootless runtime, and keep this for tests");
    }
    if let Some((from, to)) = shared_root(value) {
        let dir = shown(&value[from..to]);
        let message = format!("the runtime's root {dir} is where other users can see it, or make it first");
        warn("oci-conf/shared-root", (from, to), message, "use a directory of mode 0700, as /run/user/%U");
    }
    let letters = shell::letters(value);
    if let Some(found) =
        letters.iter().find(|found| matches!(found.name, 'b' | 'r') && found.quotes == Quotes::None)
    {
        let message = format!("a path with a space would fall apart, as %{} stands in no quotes", found.name);
        let remedy = format!("write '%{}' in single quotes", found.name);
        warn("oci-conf/unquoted-path", (found.at, found.at + 2), message, &remedy);
    }
    if let Some(found) = letters.iter().find(|found| found.name == '@' && found.quotes != Quotes::None) {
        let message = "%@ quotes each argument itself, and the quotes around it undo that".to_owned();
        warn("oci-conf/quoted-command", (found.at, found.at + 2), message, "write %@ without quotes");
    }
}

fn hooks(loader: &mut Loader, set: &Set) {
    let known = |kind: &&str| HOOKS.iter().any(|hook| hook.eq_ignore_ascii_case(kind));
    let mut from = 0;
    for item in set.pair.value.split(',') {
        let kind = item.trim();
        let at = from + (item.len() - item.trim_start().len());
        from += item.len() + 1;
        if kind.is_empty() || known(&kind) {
            continue;
        }
        loader.note(
            "oci-conf/unknown-hook",
            set.file,
            set.pair.span(at, at + kind.len()),
            format!("`{}` is no kind of hook", shown(kind)),
            format!("write some of {}", HOOKS.join(",")),
        );
    }
    if loader.release.has_open_defects() {
        let message = format!("DisableHooks is read by {} and seems to remove nothing", loader.release);
        warn_at(
            loader,
            "oci-conf/hooks-kept",
            set,
            message,
            "do not rely on it: remove the hooks from the bundle",
        );
    }
}

/// R-OPEN-3 and R-OPEN-11.
fn ignored_config(loader: &mut Loader) {
    let release = loader.release;
    if !release.has_open_defects() {
        return;
    }
    if let Some(set) = loader.last("RunTimeKill").or_else(|| loader.last("RunTimeDelete")).cloned() {
        let message =
            format!("{release} reaches neither RunTimeKill nor RunTimeDelete with IgnoreFileConfigJson");
        let remedy = "choose a runtime that ends at Slurm's own signals";
        warn_at(loader, "oci-conf/kill-unreached", &set, message, remedy);
    }
    if let Some(set) = loader.last("IgnoreFileConfigJson").cloned() {
        let message =
            format!("`sbatch --container` fails on {release}: the script has no path in the container");
        let remedy = "let batch scripts run outside, and use `srun --container` in them";
        warn_at(loader, "oci-conf/batch-script-unseen", &set, message, remedy);
    }
}

/// Rule G-RT-2; R-OPEN-2 and R-OPEN-7.
fn create_start(loader: &mut Loader) {
    let release = loader.release;
    let (Some(create), Some(start)) =
        (loader.last("RunTimeCreate").cloned(), loader.last("RunTimeStart").cloned())
    else {
        return;
    };
    let remedy = "use RunTimeRun where the runtime has it";
    if !release.has_open_defects() {
        let message =
            "create/start mode polls the runtime: it costs time, and notices the end late".to_owned();
        return warn_at(loader, "oci-conf/polling", &create, message, remedy);
    }
    if !create.pair.value.contains('>') {
        let message = format!(
            "{release} reads what RunTimeCreate prints to its end, which the container holds open: the step hangs"
        );
        warn_at(loader, "oci-conf/create-hangs", &create, message, "use RunTimeRun, or redirect the output");
    }
    let message = format!("{release} loses the program's exit code in create/start mode");
    warn_at(loader, "oci-conf/exit-code-lost", &start, message, remedy);
}

/// A ContainerPath that several steps or tasks would share: up to 24.11 nothing is added to it.
fn container_path(loader: &mut Loader) {
    let release = loader.release;
    let Some(set) = loader.last("ContainerPath").cloned().filter(|_| !release.at_least(Release::V25_05))
    else {
        return;
    };
    // Rules L-DIR-1 and L-DIR-2: 22.05 has one task a node, and so no need for %t.
    let needed: &[char] = if release.at_least(Release::V23_02) { &['j', 's', 't'] } else { &['j', 's'] };
    let letters = shell::letters(&set.pair.value);
    let absent = needed.iter().filter(|letter| !letters.iter().any(|found| found.name == **letter));
    let absent: Vec<String> = absent.map(|letter| format!("%{letter}")).collect();
    if absent.is_empty() {
        return;
    }
    let message =
        format!("{release} takes ContainerPath as it is: without {} it is shared", absent.join(" "));
    let remedy = format!("add {} to it", absent.join(" "));
    loader.note("oci-conf/shared-container-path", set.file, set.pair.value_span(), message, remedy);
}

/// `%e` is expanded whether or not there is such a file.
fn env_file(loader: &mut Loader) {
    if loader.conf.create_env_file != CreateEnvFile::Disabled {
        return;
    }
    for set in loader.effective() {
        let Kind::Operation(_) = set.key.kind else { continue };
        let Some(at) =
            shell::letters(&set.pair.value).iter().find(|found| found.name == 'e').map(|found| found.at)
        else {
            continue;
        };
        let message = "%e names a file that nobody writes, as CreateEnvFile is off".to_owned();
        return loader.note(
            "oci-conf/env-file-absent",
            set.file,
            set.pair.span(at, at + 2),
            message,
            "add CreateEnvFile=newline or null, as the runtime wants it".to_owned(),
        );
    }
}

fn warn_at(loader: &mut Loader, code: &'static str, set: &Set, message: String, remedy: &str) {
    loader.note(code, set.file, (set.pair.key_at, set.pair.end), message, remedy.to_owned());
}

/// Where a word stands by itself.
fn word(text: &str, word: &str) -> Option<usize> {
    text.match_indices(word).map(|(at, _)| at).find(|&at| {
        let edge = |character: Option<char>| {
            character
                .is_none_or(|character| !character.is_alphanumeric() && !matches!(character, '-' | '_' | '.'))
        };
        edge(text[..at].chars().next_back()) && edge(text[at + word.len()..].chars().next())
    })
}

/// The bytes of a root directory below one that every user may write to. One that is named after the user counts as safe:
/// nobody else's container is in it.
fn shared_root(value: &str) -> Option<(usize, usize)> {
    let mut option = false;
    let mut at = 0;
    for token in value.split(is_space) {
        let from = at;
        at += token.len() + 1;
        let joined = token.split_once('=').filter(|(name, _)| ROOT_OPTIONS.contains(name));
        let quoted = match joined {
            Some((_, dir)) => dir,
            None if option => token,
            None => {
                option = ROOT_OPTIONS.contains(&token);
                continue;
            }
        };
        option = false;
        let dir = quoted.trim_matches(['"', '\'']);
        let below = |shared: &&str| {
            dir.strip_prefix(*shared).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        if SHARED.iter().any(below) && !dir.contains("%U") && !dir.contains("%u") {
            let dir_at = from + (token.len() - quoted.len()) + quoted.find(dir).unwrap_or_default();
            return Some((dir_at, dir_at + dir.len()));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("runc --root=/tmp state x", Some("/tmp"))]
    #[case("runc --root '/var/tmp/oci/' state x", Some("/var/tmp/oci/"))]
    #[case("runc --rootless=true state /tmp", None)]
    #[case("runc --root=/tmp/%U/ state x", None)]
    #[case("runc --root=/tmpfs state x", None)]
    #[case("runc --root=/run/user/%U/ state /tmp", None)]
    fn shared_roots_are_told_from_others(#[case] value: &str, #[case] expected: Option<&str>) {
        assert_eq!(shared_root(value).map(|(from, to)| &value[from..to]), expected);
    }

    #[rstest]
    #[case("sudo crun", Some(0))]
    #[case("/usr/bin/sudo crun", Some(9))]
    #[case("pseudo-sudo visudo sudoedit", None)]
    fn a_word_stands_by_itself(#[case] value: &str, #[case] expected: Option<usize>) {
        assert_eq!(word(value, "sudo"), expected);
    }
}
