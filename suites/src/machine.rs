//! The machine of a run as needs see it: who runs the harness, and who runs the client commands.

use nix::unistd::{Uid, geteuid, getgrouplist};
use plimsoll_launcher::step::User;

/// The user that client commands run as when the harness runs as root and nobody is named.
pub const DEFAULT_USER: &str = "plimsoll";

/// Who runs what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Machine {
    /// Whether the harness runs as root.
    pub root: bool,
    /// Who runs the client commands.
    pub user: User,
    /// What there is to say about that choice.
    pub note: Option<String>,
}

/// Why there is nobody to run client commands.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UserError {
    /// The name is not in the password database.
    #[error("there is no user `{0}` on this machine; name another one with --user")]
    Unknown(String),
    /// An ordinary user cannot become another one.
    #[error("only root can run client commands as `{0}`; leave --user out, or run this as root")]
    NotRoot(String),
    /// The process's own user has no entry.
    #[error("user id {0} has no entry in the password database; run this as a user who has one")]
    Nameless(u32),
}

impl Machine {
    /// Chooses the user: as root the one named, else `plimsoll`, else the one behind sudo, else root with a note; an
    /// ordinary user is itself.
    pub fn new(wanted: Option<&str>) -> Result<Self, UserError> {
        let uid = geteuid();
        let own = || {
            let entry = nix::unistd::User::from_uid(uid).ok().flatten();
            entry.map(step_user).ok_or(UserError::Nameless(uid.as_raw()))
        };
        if !uid.is_root() {
            let user = own()?;
            return match wanted {
                Some(name) if name != user.name => Err(UserError::NotRoot(name.to_owned())),
                _ => Ok(Self { root: false, user, note: None }),
            };
        }
        if let Some(name) = wanted {
            let user = by_name(name).ok_or_else(|| UserError::Unknown(name.to_owned()))?;
            return Ok(Self { root: true, user, note: None });
        }
        let sudo = std::env::var("SUDO_USER").unwrap_or_default();
        let found = [DEFAULT_USER, sudo.as_str()]
            .into_iter()
            .find_map(|name| by_name(name).filter(|user| user.uid != 0));
        match found {
            Some(user) => {
                let note = format!("running as root; client commands run as user `{}`", user.name);
                Ok(Self { root: true, user, note: Some(note) })
            }
            None => Ok(Self {
                root: true,
                user: own()?,
                note: Some(
                    "client commands run as root, since no unprivileged user was named (--user); what the guide says of \
                     ordinary users is not shown by this run"
                        .to_owned(),
                ),
            }),
        }
    }

    /// The user, where a cluster has to change to it.
    pub fn other_user(&self) -> Option<&User> {
        Some(&self.user).filter(|user| Uid::from_raw(user.uid) != geteuid())
    }
}

fn by_name(name: &str) -> Option<User> {
    nix::unistd::User::from_name(name).ok().flatten().map(step_user)
}

fn step_user(entry: nix::unistd::User) -> User {
    let groups = std::ffi::CString::new(entry.name.as_str())
        .ok()
        .and_then(|name| getgrouplist(&name, entry.gid).ok())
        .map(|groups| groups.into_iter().map(nix::unistd::Gid::as_raw).collect());
    User {
        uid: entry.uid.as_raw(),
        gid: entry.gid.as_raw(),
        groups: groups.unwrap_or_else(|| vec![entry.gid.as_raw()]),
        home: entry.dir,
        name: entry.name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_user_is_refused_with_a_remedy() {
        let error = Machine::new(Some("no-such-user-here")).unwrap_err();
        assert!(matches!(error, UserError::Unknown(_) | UserError::NotRoot(_)));
        assert!(error.to_string().contains("--user"));
    }

    #[test]
    fn an_ordinary_user_is_itself() {
        let machine = Machine::new(None).unwrap();
        assert_eq!(machine.root, geteuid().is_root());
        assert!(machine.root || machine.user.uid == geteuid().as_raw());
    }
}
