//! What is accepted and does not do what it seems to: warnings.

use super::keys::Kind;
use super::load::Loader;
use crate::Release;

/// Kinds of hooks that the runtime specification knows.
const HOOKS: [&str; 6] =
    ["prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"];
/// Directories that every user may write to.
const SHARED: [&str; 4] = ["/tmp", "/var/tmp", "/dev/shm", "/run/lock"];

/// Notes every warning.
pub fn lint(loader: &mut Loader) {
    for set in loader.sets.clone() {
        let value = set.pair.value.as_str();
        let mut warn = |code, (from, to): (usize, usize), message: String, remedy: &str| {
            let span = (set.pair.place(from), set.pair.place(to.saturating_sub(1)) + 1);
            loader.note(code, set.file, span, message, remedy.to_owned());
        };
        match set.key.kind {
            Kind::Operation(_) => {
                if value.trim().is_empty() {
                    let message = format!(
                        "{} is empty: the shell does nothing and says that all is well",
                        set.key.name
                    );
                    warn("oci-conf/empty-operation", (0, 0), message, "give the command, or remove the key");
                }
                if let Some(at) = word(value, "sudo") {
                    let message = format!(
                        "{} gains rights by sudo, and users can change what it is given",
                        set.key.name
                    );
                    warn(
                        "oci-conf/sudo",
                        (at, at + 4),
                        message,
                        "use a rootless runtime; keep this for tests",
                    );
                }
                if let Some(at) = unquoted(value) {
                    let letter = &value[at..at + 2];
                    let message = format!("the shell takes {letter} apart where its path holds a space");
                    let remedy = format!("write '{letter}'");
                    warn("oci-conf/unquoted-path", (at, at + 2), message, &remedy);
                }
                if let Some((at, dir)) = shared_root(value) {
                    let message = format!(
                        "the runtime keeps its state under {dir}, where other users can see and change it"
                    );
                    warn(
                        "oci-conf/shared-root",
                        (at, at + dir.len()),
                        message,
                        "use a directory of mode 0700, as /run/user/%U",
                    );
                }
            }
            Kind::Hooks => {
                let known = |kind: &&str| HOOKS.iter().any(|hook| hook.eq_ignore_ascii_case(kind));
                if let Some(kind) =
                    value.split(',').map(str::trim).find(|kind| !kind.is_empty() && !known(kind))
                {
                    let at = value.find(kind).unwrap_or(0);
                    let message = format!("`{kind}` is no kind of hook");
                    let remedy = format!("write some of {}", HOOKS.join(","));
                    warn("oci-conf/unknown-hook", (at, at + kind.len()), message, &remedy);
                }
                if loader.release.has_open_defects() {
                    let message =
                        format!("{} is read by {} and removes nothing", set.key.name, loader.release);
                    let span = (set.pair.key_at, set.pair.end);
                    let remedy = "do not rely on it (R-OPEN-1)".to_owned();
                    loader.note("oci-conf/hooks-kept", set.file, span, message, remedy);
                }
            }
            _ => {}
        }
    }
    unreached(loader);
    untold_task(loader);
}

/// R-OPEN-3.
fn unreached(loader: &mut Loader) {
    if !loader.conf.ignore_file_config_json || !loader.release.has_open_defects() {
        return;
    }
    let Some(set) = loader.last("RunTimeKill").or_else(|| loader.last("RunTimeDelete")) else { return };
    let (file, span) = (set.file, (set.pair.key_at, set.pair.end));
    let message =
        format!("{} does not reach RunTimeKill and RunTimeDelete with IgnoreFileConfigJson", loader.release);
    let remedy = "let the runtime end at Slurm's own signals (R-OPEN-3)".to_owned();
    loader.note("oci-conf/kill-unreached", file, span, message, remedy);
}

/// A ContainerPath that is the same for every task, where each needs its own.
fn untold_task(loader: &mut Loader) {
    let release = loader.release;
    let own = release.at_least(Release::V23_02) && !release.at_least(Release::V25_05);
    let Some(set) = loader.last("ContainerPath").filter(|set| own && !set.pair.value.contains("%t")) else {
        return;
    };
    let (file, span) = (set.file, (set.pair.value_at, set.pair.end));
    let message =
        format!("{release} puts every task of a node into the same ContainerPath: the second one fails");
    loader.note("oci-conf/shared-container-path", file, span, message, "add %t to it".to_owned());
}

/// Where a word stands by itself.
fn word(text: &str, word: &str) -> Option<usize> {
    text.match_indices(word).map(|(at, _)| at).find(|&at| {
        let edge = |character: Option<char>| {
            character.is_none_or(|character| !character.is_alphanumeric() && character != '-')
        };
        edge(text[..at].chars().next_back()) && edge(text[at + word.len()..].chars().next())
    })
}

/// A `--root` that everybody shares.
fn shared_root(value: &str) -> Option<(usize, &str)> {
    let at = value.find("--root")? + "--root".len();
    let dir_at = at + value[at..].find(['/', ';'])?;
    let dir = value[dir_at..].split([' ', '\t', '"', '\'']).next()?;
    let bare = dir.trim_end_matches('/');
    SHARED.contains(&bare).then_some((dir_at, dir))
}

/// The first `%b` or `%r` that stands outside of quotes.
fn unquoted(value: &str) -> Option<usize> {
    let (mut quote, mut letter) = (None, false);
    for (at, character) in value.char_indices() {
        match character {
            'b' | 'r' if letter && quote.is_none() => return Some(at - 1),
            '\'' | '"' if quote.is_none() => quote = Some(character),
            _ if quote == Some(character) => quote = None,
            _ => {}
        }
        letter = character == '%' && !letter;
    }
    None
}
