//! The ids of a container: which of the host's users and groups its own are, and how the kernel is told.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use nix::unistd::{Pid, getegid, geteuid};
use oci_spec::runtime::LinuxIdMapping;

use super::error::{Doing as _, Error};

/// A range of ids: as the container numbers them, as the host does, and how many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Range {
    pub inside: u32,
    pub outside: u32,
    pub count: u32,
}

/// Users or groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Users,
    Groups,
}

impl Kind {
    const fn file(self) -> &'static str {
        match self {
            Kind::Users => "uid_map",
            Kind::Groups => "gid_map",
        }
    }

    const fn helper(self) -> &'static str {
        match self {
            Kind::Users => "newuidmap",
            Kind::Groups => "newgidmap",
        }
    }

    const fn subordinate(self) -> &'static str {
        match self {
            Kind::Users => "/etc/subuid",
            Kind::Groups => "/etc/subgid",
        }
    }
}

/// What config.json says of ids; nothing where it leaves them to the runtime.
#[derive(Clone, Debug)]
pub(super) struct Wanted<'a> {
    pub users: &'a [LinuxIdMapping],
    pub groups: &'a [LinuxIdMapping],
    /// The ids of the program, which have to exist inside.
    pub uid: u32,
    pub gid: u32,
}

/// Maps the ids of a process in a new user namespace. Ranges that this user may not map are given up for its own id
/// alone, as crun does: the program's id is then this user's.
pub(super) fn map(pid: Pid, wanted: &Wanted<'_>) -> Result<(), Error> {
    let (uid, gid) = (geteuid().as_raw(), getegid().as_raw());
    // Groups first: an ordinary user may map its own only while nobody inside can leave groups.
    map_kind(Kind::Groups, pid, wanted.groups, gid, wanted.gid)?;
    map_kind(Kind::Users, pid, wanted.users, uid, wanted.uid)
}

fn map_kind(kind: Kind, pid: Pid, wanted: &[LinuxIdMapping], own: u32, program: u32) -> Result<(), Error> {
    let root = geteuid().is_root();
    let ranges = if wanted.is_empty() { default_ranges(kind, own, program) } else { from_config(wanted) };
    let alone = matches!(ranges[..], [Range { outside, count: 1, .. }] if outside == own);
    if root && write(kind, pid, &ranges).is_ok() {
        return Ok(());
    }
    if !alone && by_helper(kind, pid, &ranges) {
        return Ok(());
    }
    let inside = ranges.iter().find(|range| range.outside == own).map_or(program, |range| range.inside);
    if kind == Kind::Groups && !root {
        let path = format!("/proc/{pid}/setgroups");
        fs::write(&path, "deny").doing(|| format!("write {path}"))?;
    }
    let single = [Range { inside, outside: own, count: 1 }];
    write(kind, pid, &single).doing(|| {
        let what = if alone { "the own id" } else { "its ranges, nor the own id" };
        format!(
            "map {what} in /proc/{pid}/{}; allow user namespaces, or give this user subordinate ids",
            kind.file()
        )
    })
}

fn from_config(wanted: &[LinuxIdMapping]) -> Vec<Range> {
    let range = |mapping: &LinuxIdMapping| Range {
        inside: mapping.container_id(),
        outside: mapping.host_id(),
        count: mapping.size(),
    };
    wanted.iter().map(range).collect()
}

/// Without mappings in config.json: the program has the own id, the subordinate ones lie around it; for root, all that
/// there are.
fn default_ranges(kind: Kind, own: u32, program: u32) -> Vec<Range> {
    if own == 0 {
        // Root has every id of its own namespace, which the kernel lists.
        let text = fs::read_to_string(format!("/proc/self/{}", kind.file())).unwrap_or_default();
        let insides = text.lines().filter_map(|line| {
            let mut fields = line.split_ascii_whitespace().map(str::parse::<u32>);
            let (inside, _, count) = (fields.next()?.ok()?, fields.next()?.ok()?, fields.next()?.ok()?);
            Some(Range { inside, outside: inside, count })
        });
        return insides.collect();
    }
    let name = super::container::owner_name(geteuid().as_raw());
    let text = fs::read_to_string(kind.subordinate()).unwrap_or_default();
    around(own, program, subordinate(&text, &name, geteuid().as_raw()))
}

/// The first range of a user in the text of /etc/subuid or /etc/subgid.
pub(crate) fn subordinate(text: &str, name: &str, uid: u32) -> Option<(u32, u32)> {
    text.lines().find_map(|line| {
        let mut fields = line.trim().split(':');
        let owner = fields.next()?;
        let range = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
        (owner == name || owner.parse() == Ok(uid)).then_some(range)
    })
}

/// `program` is `own`, and the range is below and above it.
fn around(own: u32, program: u32, range: Option<(u32, u32)>) -> Vec<Range> {
    let own = Range { inside: program, outside: own, count: 1 };
    let Some((first, count)) = range else { return vec![own] };
    let below = program.min(count);
    let mut ranges = Vec::new();
    if below > 0 {
        ranges.push(Range { inside: 0, outside: first, count: below });
    }
    ranges.push(own);
    if count > below {
        ranges.push(Range { inside: program + 1, outside: first + below, count: count - below });
    }
    ranges
}

fn write(kind: Kind, pid: Pid, ranges: &[Range]) -> std::io::Result<()> {
    let line = |range: &Range| format!("{} {} {}\n", range.inside, range.outside, range.count);
    let text: String = ranges.iter().map(line).collect();
    fs::write(Path::new(&format!("/proc/{pid}")).join(kind.file()), text)
}

/// Through the program with the privilege for it; false when it is not there or refuses.
fn by_helper(kind: Kind, pid: Pid, ranges: &[Range]) -> bool {
    let mut command = Command::new(kind.helper());
    command.arg(pid.to_string());
    for range in ranges {
        command.args([range.inside, range.outside, range.count].map(|number| number.to_string()));
    }
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(inside: u32, outside: u32, count: u32) -> Range {
        Range { inside, outside, count }
    }

    #[test]
    fn subordinate_ids_are_found_by_name_and_by_number() {
        let text = "root:1:2\nme:100000:65536\n1001:7:8\n";
        assert_eq!(subordinate(text, "me", 5), Some((100_000, 65_536)));
        assert_eq!(subordinate(text, "other", 1001), Some((7, 8)));
        assert_eq!(subordinate(text, "none", 5), None);
    }

    #[test]
    fn the_program_is_the_own_id_with_the_others_around() {
        assert_eq!(around(1001, 0, None), [range(0, 1001, 1)]);
        assert_eq!(around(1001, 0, Some((9000, 10))), [range(0, 1001, 1), range(1, 9000, 10)]);
        let middle = [range(0, 9000, 4), range(4, 1001, 1), range(5, 9004, 6)];
        assert_eq!(around(1001, 4, Some((9000, 10))), middle);
        assert_eq!(around(1001, 99, Some((9000, 10))), [range(0, 9000, 10), range(99, 1001, 1)]);
    }
}
