//! The Slurm Containers Guide's own text, word by word, as everything that cites it means it.

/// The text of 21 May 2024, as its page reads without mark-up; a mirror's host name is written MIRROR.
pub const TEXT: &str = include_str!("../guide/containers-guide.txt");

/// SHA-256 of [`TEXT`], so that nobody mends the guide in passing.
pub const SHA256: &str = "33d64f916dfc16089315872f6092d200ba21de7e5116c6a9936b2cee442d37c4";

/// The guide's examples of an `oci.conf` in its order: the rule, the profile that drives it, the heading before it.
pub const EXAMPLES: [(&str, &str, &str); 11] = [
    ("G-PROF-1", "runc-create-start", "oci.conf example for runc using create/start:"),
    ("G-PROF-2", "runc-run", "oci.conf example for runc using run (suggested):"),
    ("G-PROF-3", "crun-create-start", "oci.conf example for crun using create/start:"),
    ("G-PROF-4", "crun-run", "oci.conf example for crun using run (suggested):"),
    ("G-PROF-5", "nvidia-create-start", "oci.conf example for nvidia-container-runtime using create/start:"),
    ("G-PROF-6", "nvidia-run", "oci.conf example for nvidia-container-runtime using run (suggested):"),
    ("G-PROF-7", "singularity-4-native", "oci.conf example for Singularity v4.1.3 using native runtime:"),
    ("G-PROF-8", "singularity-4-oci", "oci.conf example for Singularity v4.0.2 in OCI mode:"),
    ("G-PROF-9", "singularity-3", "oci.conf example for hpcng Singularity v3.8.0:"),
    ("G-PROF-10", "charliecloud", "oci.conf example for Charliecloud (v0.30)"),
    ("G-PROF-11", "enroot", "oci.conf example for Enroot (3.3.0)"),
];

/// The `oci.conf` that the guide prints behind a heading, on one line.
pub fn example(heading: &str) -> Option<&'static str> {
    let behind = TEXT.lines().skip_while(|line| *line != heading).skip(1);
    // Singularity's is a sentence further down.
    behind.take(2).find(|line| line.contains("RunTime"))
}

/// What the guide prints behind a line that is the name of a file.
pub fn file(name: &str) -> Option<&'static str> {
    TEXT.lines().skip_while(|line| *line != name).nth(1)
}
