//! The user of a cluster as a node knows it: an image has one of its own, a machine's may have another name or number.

use std::fs::{self, OpenOptions, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::{Path, PathBuf};

use plimsoll_launcher::step::User;

/// A user's account on a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    name: String,
    uid: u32,
    gid: u32,
    /// First subordinate id and their number: `100000:65536`.
    subids: String,
}

impl Account {
    /// The account of a user, with a range of subordinate ids.
    pub fn of(user: &User, subids: &str) -> Self {
        Self { name: user.name.clone(), uid: user.uid, gid: user.gid, subids: subids.to_owned() }
    }

    /// One word for the agent's command line: `plimsoll:1001:1001:100000:65536`.
    pub fn word(&self) -> String {
        format!("{}:{}:{}:{}", self.name, self.uid, self.gid, self.subids)
    }

    /// Reads such a word.
    pub fn read(word: &str) -> Option<Self> {
        let mut parts = word.splitn(4, ':');
        let name = parts.next().filter(|name| !name.is_empty())?.to_owned();
        let (uid, gid) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        Some(Self { name, uid, gid, subids: parts.next()?.to_owned() })
    }

    /// Its home on a node.
    pub fn home(&self) -> PathBuf {
        if self.uid == 0 { "/root".into() } else { Path::new("/home").join(&self.name) }
    }

    /// Makes it in the node where this runs: its entry, home, ranges and run-time directory, each where it is missing.
    pub fn make(&self) -> io::Result<()> {
        let (name, uid, gid) = (&self.name, self.uid, self.gid);
        let home = self.home();
        let known = nix::unistd::User::from_name(name)?;
        if known.is_none_or(|known| known.uid.as_raw() != uid || known.gid.as_raw() != gid) {
            replace(
                Path::new("/etc/passwd"),
                name,
                uid,
                &format!("{name}:x:{uid}:{gid}::{}:/bin/bash", home.display()),
            )?;
            replace(Path::new("/etc/group"), name, gid, &format!("{name}:x:{gid}:"))?;
            for file in ["/etc/subuid", "/etc/subgid"] {
                add(Path::new(file), &format!("{name}:{}", self.subids))?;
            }
            fs::create_dir_all(&home)?;
            chown(&home, Some(uid), Some(gid))?;
        }
        // No login manager makes it; rootless runtimes keep their state there.
        let run = PathBuf::from(format!("/run/user/{uid}"));
        fs::create_dir_all(&run)?;
        chown(&run, Some(uid), Some(gid))?;
        fs::set_permissions(&run, Permissions::from_mode(0o700))
    }
}

fn add(file: &Path, line: &str) -> io::Result<()> {
    writeln!(OpenOptions::new().append(true).create(true).open(file)?, "{line}")
}

/// Puts an entry into a file of entries, in place of those with its name or number.
fn replace(file: &Path, name: &str, id: u32, line: &str) -> io::Result<()> {
    let text = fs::read_to_string(file)?;
    let id = id.to_string();
    let mut kept: Vec<&str> = text
        .lines()
        .filter(|entry| {
            let mut fields = entry.split(':');
            fields.next() != Some(name) && fields.nth(1) != Some(id.as_str())
        })
        .collect();
    kept.push(line);
    fs::write(file, kept.join("\n") + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_one_word() {
        let user =
            User { name: "ann".to_owned(), uid: 1001, gid: 1002, groups: vec![], home: PathBuf::new() };
        let account = Account::of(&user, "100000:65536");
        assert_eq!(account.word(), "ann:1001:1002:100000:65536");
        assert_eq!(Account::read(&account.word()), Some(account.clone()));
        assert_eq!(account.home(), Path::new("/home/ann"));
        assert_eq!(Account::read("ann:x"), None);
    }

    #[test]
    fn an_entry_takes_the_place_of_those_with_its_name_or_number() {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), "root:x:0:0::/root:/bin/sh\nann:x:1:1::/:/bin/sh\nbob:x:7:7::/:/bin/sh\n")
            .unwrap();
        replace(file.path(), "ann", 7, "ann:x:7:7::/home/ann:/bin/bash").unwrap();
        let text = fs::read_to_string(file.path()).unwrap();
        assert_eq!(text, "root:x:0:0::/root:/bin/sh\nann:x:7:7::/home/ann:/bin/bash\n");
    }
}
