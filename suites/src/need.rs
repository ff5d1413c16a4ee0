//! The table of needs: what a case, a profile or a fixture asks of this machine, each with its probe, its reason and its
//! remedy. It feeds skipping, `plimsoll doctor` and the documentation; an unknown need does not compile.

mod answers;
mod probes;

pub use answers::{Answers, print};

use crate::machine::Machine;

/// A capability that is probed, never guessed from a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Need {
    /// User namespaces for ordinary users.
    UserNamespaces,
    /// A range of subordinate ids and the two programs that map it.
    SubIds,
    /// Control groups that every runtime takes.
    Cgroups,
    /// Control groups of version 2 alone.
    Cgroup2,
    /// A control group that the user may make others in.
    CgroupWritable,
    /// The harness runs as root.
    Root,
    /// Client commands run as somebody else than root.
    Unprivileged,
    /// The user's own run-time directory.
    RunUserDir,
    /// /dev/fuse.
    Fuse,
    /// A program that drives the profile: asked of a profile, not of the machine.
    Runtime,
    /// A static busybox, for the smallest bundle.
    Busybox,
    /// The program crun.
    Crun,
    /// The program runc.
    Runc,
    /// The program skopeo.
    Skopeo,
    /// The program umoci.
    Umoci,
    /// A runtime that does as config.json says: asked of a profile, as the next ones.
    ConfigJson,
    /// A container on the node's own kernel, whose numbers of namespaces can be compared.
    HostKernel,
    /// A controlling terminal inside.
    ControllingTerminal,
    /// A root file system that can be written to from inside.
    WritableRoot,
    /// A container whose environment is not the runtime's.
    EnvironmentApart,
    /// Paths with spaces and quotes in an `oci.conf` whose commands name the bundle.
    OddPaths,
    /// A container in which the batch script of a job is.
    BatchInside,
    /// Operations by the name of a container, beside the one that runs it.
    Operations,
    /// The program podman, with its monitor.
    Podman,
    /// A Docker daemon that ordinary users can start.
    DockerRootless,
    /// The PMIx library, for `srun --mpi=pmix`.
    Pmix,
    /// OpenMPI with its compiler, for the bundle `openmpi-pmix`.
    OpenMpi,
    /// The tree of the bundle `openmpi5-pmix`.
    OpenMpi5,
    /// MPICH with its compiler, for the bundle `mpich`.
    Mpich,
    /// Something that not every world has: asked of a world, not of the machine.
    World,
}

/// What a probe found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Whether the need is met.
    pub met: bool,
    /// What was found, in a few words.
    pub what: String,
}

struct Row {
    need: Need,
    name: &'static str,
    reason: &'static str,
    remedy: &'static str,
    probe: fn(&Machine) -> Found,
}

const TABLE: &[Row] = &[
    Row {
        need: Need::UserNamespaces,
        name: "user-namespaces",
        reason: "every unprivileged container lives in a user namespace that its user makes (G-PRE-1)",
        remedy: "sysctl -w kernel.unprivileged_userns_clone=1, raise user.max_user_namespaces, and on newer kernels \
                 kernel.apparmor_restrict_unprivileged_userns=0",
        probe: probes::user_namespaces,
    },
    Row {
        need: Need::SubIds,
        name: "subids",
        reason: "a container with more than one user id needs a range of subordinate ids",
        remedy: "install uidmap and give the user a range in /etc/subuid and /etc/subgid",
        probe: probes::subids,
    },
    Row {
        need: Need::Cgroups,
        name: "cgroups",
        reason: "crun refuses cgroups of both versions side by side; the mock's nodes hide one of them from it",
        remedy: "mount cgroup v2 alone (systemd.unified_cgroup_hierarchy=1), or use runc",
        probe: probes::cgroups,
    },
    Row {
        need: Need::Cgroup2,
        name: "cgroup2",
        reason: "limits for the containers of ordinary users need cgroup v2",
        remedy: "boot with systemd.unified_cgroup_hierarchy=1",
        probe: probes::cgroup2,
    },
    Row {
        need: Need::CgroupWritable,
        name: "cgroup-writable",
        reason: "youki makes a control group for each container, whoever runs it",
        remedy: "boot with systemd.unified_cgroup_hierarchy=1 and let the login manager delegate a group to the user",
        probe: probes::cgroup_writable,
    },
    Row {
        need: Need::Root,
        name: "root",
        reason: "several users, or a file system of its own, are needed to see this",
        remedy: "run plimsoll as root; client commands still run as an ordinary user",
        probe: probes::root,
    },
    Row {
        need: Need::Unprivileged,
        name: "unprivileged",
        reason: "what holds for ordinary users is not shown by root",
        remedy: "run plimsoll as an ordinary user, or as root with --user NAME",
        probe: probes::unprivileged,
    },
    Row {
        need: Need::RunUserDir,
        name: "run-user-dir",
        reason: "the guide's examples keep the runtime's state in /run/user/UID",
        remedy: "make it, owned by the user, mode 0700 (a login manager does)",
        probe: probes::run_user_dir,
    },
    Row {
        need: Need::Fuse,
        name: "fuse",
        reason: "images that are mounted by the user need FUSE",
        remedy: "load the module fuse, and give containers of this machine /dev/fuse",
        probe: probes::fuse,
    },
    Row {
        need: Need::Runtime,
        name: "runtime",
        reason: "a profile is driven by its own program or by a double",
        remedy: "install the program, or let --runtime auto choose",
        probe: probes::runtime,
    },
    Row {
        need: Need::Busybox,
        name: "busybox",
        reason: "the smallest bundle is made from a static busybox",
        remedy: "install busybox-static, or use the fixture `host`",
        probe: probes::program::<0>,
    },
    Row {
        need: Need::Crun,
        name: "crun",
        reason: "the runtime behind the crun profiles",
        remedy: "install crun; without it the built-in double takes its place",
        probe: probes::program::<1>,
    },
    Row {
        need: Need::Runc,
        name: "runc",
        reason: "the runtime behind the runc profiles",
        remedy: "install runc; without it the built-in double takes its place",
        probe: probes::program::<2>,
    },
    Row {
        need: Need::Skopeo,
        name: "skopeo",
        reason: "images are fetched with skopeo",
        remedy: "install skopeo",
        probe: probes::program::<3>,
    },
    Row {
        need: Need::Umoci,
        name: "umoci",
        reason: "images are unpacked into bundles with umoci",
        remedy: "install umoci",
        probe: probes::program::<4>,
    },
    Row {
        need: Need::ConfigJson,
        name: "config-json",
        reason: "the case is about what a bundle's config.json says",
        remedy: "take a profile whose runtime reads it",
        probe: probes::of_profile,
    },
    Row {
        need: Need::HostKernel,
        name: "host-kernel",
        reason: "the case compares what the kernel says inside with what it says outside",
        remedy: "take a profile whose containers share the node's kernel",
        probe: probes::of_profile,
    },
    Row {
        need: Need::ControllingTerminal,
        name: "controlling-terminal",
        reason: "an interactive program wants /dev/tty",
        remedy: "take a profile whose runtime makes the terminal the session's own",
        probe: probes::of_profile,
    },
    Row {
        need: Need::WritableRoot,
        name: "writable-root",
        reason: "the contained program leaves a file in its root",
        remedy: "take a profile whose runtime mounts the root file system for writing",
        probe: probes::of_profile,
    },
    Row {
        need: Need::EnvironmentApart,
        name: "environment-apart",
        reason: "what is set for the runtime alone is not to be seen inside",
        remedy: "take a profile whose runtime takes the environment from config.json or a file",
        probe: probes::of_profile,
    },
    Row {
        need: Need::OddPaths,
        name: "odd-paths",
        reason: "the case asks for a bundle whose path has spaces and quotes",
        remedy: "quote %b and %r in the oci.conf",
        probe: probes::of_profile,
    },
    Row {
        need: Need::BatchInside,
        name: "batch-inside",
        reason: "the script of a batch job has to be in the container (R-OPEN-11)",
        remedy: "take a profile whose runtime mounts it, or run the container by srun in the script",
        probe: probes::of_profile,
    },
    Row {
        need: Need::Operations,
        name: "operations",
        reason: "the case asks for a container by its name",
        remedy: "take a profile whose oci.conf names the operations of an OCI runtime",
        probe: probes::of_profile,
    },
    Row {
        need: Need::Podman,
        name: "podman",
        reason: "the guide's Podman is driven as users drive it",
        remedy: "install podman and conmon",
        probe: probes::podman,
    },
    Row {
        need: Need::DockerRootless,
        name: "docker-rootless",
        reason: "the guide's Docker is an ordinary user's own daemon",
        remedy: "install docker.io (or docker-ce-rootless-extras), rootlesskit and uidmap",
        probe: probes::docker_rootless,
    },
    Row {
        need: Need::Pmix,
        name: "pmix",
        reason: "srun --mpi=pmix serves its ranks with the machine's PMIx library (G-MPI-1)",
        remedy: "install libpmix2 (Debian), or pmix",
        probe: probes::pmix,
    },
    Row {
        need: Need::OpenMpi,
        name: "openmpi",
        reason: "the bundle openmpi-pmix is made from this machine's OpenMPI",
        remedy: "install openmpi-bin and libopenmpi-dev",
        probe: probes::openmpi,
    },
    Row {
        need: Need::OpenMpi5,
        name: "openmpi5",
        reason: "the bundle openmpi5-pmix is made from a tree with OpenMPI 5 and PMIx 5",
        remedy: "run `bash ci/mpi/build` as root",
        probe: probes::openmpi5,
    },
    Row {
        need: Need::Mpich,
        name: "mpich",
        reason: "the bundle mpich is made from this machine's MPICH",
        remedy: "install mpich and libmpich-dev",
        probe: probes::mpich,
    },
    Row {
        need: Need::World,
        name: "world",
        reason: "not every kind of cluster can be changed or broken as a case wants it",
        remedy: "run the case in another world: mock, slurm or containers",
        probe: probes::world,
    },
];

impl Need {
    /// Every need, in the order of the table.
    pub fn all() -> impl Iterator<Item = Need> {
        TABLE.iter().map(|row| row.need)
    }

    /// The need of a name.
    pub fn find(name: &str) -> Option<Need> {
        TABLE.iter().find(|row| row.name == name).map(|row| row.need)
    }

    fn row(self) -> &'static Row {
        // A test holds the table complete; the first row would only be wrong in its words.
        TABLE.iter().find(|row| row.need == self).unwrap_or(&TABLE[0])
    }

    /// Its name: `user-namespaces`.
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// What it is needed for.
    pub fn reason(self) -> &'static str {
        self.row().reason
    }

    /// What makes a machine meet it.
    pub fn remedy(self) -> &'static str {
        self.row().remedy
    }

    /// Looks whether this machine meets it. Cheap, and changes nothing.
    pub fn probe(self, machine: &Machine) -> Found {
        (self.row().probe)(machine)
    }
}
