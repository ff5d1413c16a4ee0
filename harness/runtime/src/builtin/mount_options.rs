//! The options of a mount, taken apart: flags for the kernel, propagation, and what is left for the file system itself.

use nix::mount::MsFlags;

/// A mount's options.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct MountOptions {
    /// `ro`, `nosuid` …, and MS_BIND with or without MS_REC.
    pub flags: MsFlags,
    /// `private`, `rslave` …, each a call of its own.
    pub propagation: Vec<MsFlags>,
    /// `mode=755,size=…`, by commas.
    pub data: String,
}

impl MountOptions {
    /// Whether it is a bind mount.
    pub(super) fn is_bind(&self) -> bool {
        self.flags.contains(MsFlags::MS_BIND)
    }

    /// Takes words apart; later ones win over earlier ones.
    pub(super) fn parse<S: AsRef<str>>(words: &[S]) -> Self {
        let mut options = Self { flags: MsFlags::empty(), propagation: Vec::new(), data: String::new() };
        for word in words {
            let word = word.as_ref();
            if let Some((flag, set)) = flag(word) {
                options.flags.set(flag, set);
            } else if let Some(flags) = propagation(word) {
                options.propagation.push(flags);
            } else if word != "defaults" {
                if !options.data.is_empty() {
                    options.data.push(',');
                }
                options.data.push_str(word);
            }
        }
        options
    }

    /// The data without the options of a name: `gid=5` cannot be had where nobody has that group.
    pub(super) fn data_without(&self, name: &str) -> String {
        let named = |word: &&str| word.strip_prefix(name).is_some_and(|rest| rest.starts_with('='));
        let left: Vec<&str> = self.data.split(',').filter(|word| !named(word)).collect();
        left.join(",")
    }
}

fn flag(word: &str) -> Option<(MsFlags, bool)> {
    Some(match word {
        "bind" => (MsFlags::MS_BIND, true),
        "rbind" => (MsFlags::MS_BIND.union(MsFlags::MS_REC), true),
        // The recursive forms do what the plain ones do on the mount itself; mounts below keep theirs.
        "ro" | "rro" => (MsFlags::MS_RDONLY, true),
        "rw" | "rrw" => (MsFlags::MS_RDONLY, false),
        "nosuid" => (MsFlags::MS_NOSUID, true),
        "suid" => (MsFlags::MS_NOSUID, false),
        "nodev" => (MsFlags::MS_NODEV, true),
        "dev" => (MsFlags::MS_NODEV, false),
        "noexec" => (MsFlags::MS_NOEXEC, true),
        "exec" => (MsFlags::MS_NOEXEC, false),
        "noatime" => (MsFlags::MS_NOATIME, true),
        "atime" => (MsFlags::MS_NOATIME, false),
        "nodiratime" => (MsFlags::MS_NODIRATIME, true),
        "diratime" => (MsFlags::MS_NODIRATIME, false),
        "relatime" => (MsFlags::MS_RELATIME, true),
        "norelatime" => (MsFlags::MS_RELATIME, false),
        "strictatime" => (MsFlags::MS_STRICTATIME, true),
        "nostrictatime" => (MsFlags::MS_STRICTATIME, false),
        "sync" => (MsFlags::MS_SYNCHRONOUS, true),
        "async" => (MsFlags::MS_SYNCHRONOUS, false),
        "dirsync" => (MsFlags::MS_DIRSYNC, true),
        "mand" => (MsFlags::MS_MANDLOCK, true),
        "nomand" => (MsFlags::MS_MANDLOCK, false),
        "silent" => (MsFlags::MS_SILENT, true),
        "loud" => (MsFlags::MS_SILENT, false),
        _ => return None,
    })
}

/// The flags of a propagation word; also for `rootfsPropagation`.
pub(super) fn propagation(word: &str) -> Option<MsFlags> {
    Some(match word {
        "private" => MsFlags::MS_PRIVATE,
        "rprivate" => MsFlags::MS_PRIVATE.union(MsFlags::MS_REC),
        "slave" => MsFlags::MS_SLAVE,
        "rslave" => MsFlags::MS_SLAVE.union(MsFlags::MS_REC),
        "shared" => MsFlags::MS_SHARED,
        "rshared" => MsFlags::MS_SHARED.union(MsFlags::MS_REC),
        "unbindable" => MsFlags::MS_UNBINDABLE,
        "runbindable" => MsFlags::MS_UNBINDABLE.union(MsFlags::MS_REC),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_taken_apart() {
        let options =
            MountOptions::parse(&["nosuid", "rbind", "ro", "rw", "mode=755", "rslave", "size=65536k"]);
        assert_eq!(options.flags, MsFlags::MS_NOSUID | MsFlags::MS_BIND | MsFlags::MS_REC);
        assert_eq!(options.propagation, [MsFlags::MS_SLAVE | MsFlags::MS_REC]);
        assert_eq!(options.data, "mode=755,size=65536k");
        assert!(options.is_bind());
    }

    #[test]
    fn an_option_can_be_left_out() {
        let options = MountOptions::parse(&["newinstance", "gid=5", "mode=0620"]);
        assert_eq!(options.data_without("gid"), "newinstance,mode=0620");
    }
}
