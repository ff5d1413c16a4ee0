//! MPI programs of the installed implementations on a mock cluster, without containers.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up fails")]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use plimsoll_cluster::mock::{Mock, MockConfig};
use plimsoll_cluster::world::Cluster as _;
use plimsoll_launcher::Release;
use plimsoll_suites::machine::Machine;

const SOURCE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/src/mpi/ranks.c");

/// A cluster of two nodes, and the program as a compiler makes it.
struct World {
    mock: Option<Mock>,
    program: PathBuf,
}

impl World {
    fn new(compiler: &str) -> Self {
        let user = Machine::new(None).unwrap().user;
        let parent = if Path::new("/dev/shm").is_dir() { "/dev/shm".into() } else { std::env::temp_dir() };
        let config = MockConfig {
            program: env!("CARGO_BIN_EXE_plimsoll").into(),
            parent,
            nodes: 2,
            cpus: Some(8),
            release: Release::Guide,
            user,
            separate: false,
            time_scale: 0.1,
            settings: vec![("MpiDefault".to_owned(), "pmix".to_owned())],
        };
        let mock = Mock::start(&config).unwrap();
        let program = mock.shared_dir().join("ranks");
        let status = Command::new(compiler).args(["-O1", "-o"]).arg(&program).arg(SOURCE).status();
        let status = status.unwrap_or_else(|error| panic!("{compiler}, which ci/setup installs: {error}"));
        assert!(status.success());
        Self { mock: Some(mock), program }
    }

    /// Runs srun with these words and the program with those; gives its exit code, its output sorted, and its errors.
    fn srun(&self, options: &str, words: &str) -> (i32, Vec<String>, String) {
        self.shell(&format!("srun {options} {} {words}", self.program.display()))
    }

    /// Runs the program by a launcher of its own in a batch job of two nodes.
    fn batch(&self, launcher: &str, words: &str) -> (i32, Vec<String>, String) {
        let program = self.program.display();
        self.shell(&format!(
            "sbatch -Q -W -N2 -n4 -o job.out --wrap '{launcher} {program} {words}'; code=$?; cat job.out; exit $code"
        ))
    }

    fn shell(&self, line: &str) -> (i32, Vec<String>, String) {
        let mock = self.mock.as_ref().unwrap();
        let mut command = mock.command("sh");
        command.args(["-c", line]).current_dir(mock.shared_dir()).stdin(Stdio::null());
        // Both nodes have this machine's addresses.
        command.env("OMPI_MCA_btl_tcp_if_include", "lo");
        let output = command.output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        lines.sort_unstable();
        (output.status.code().unwrap(), lines, String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let left = Box::new(self.mock.take().unwrap()).stop();
        if !std::thread::panicking() {
            assert!(left.is_empty(), "left behind: {left:?}");
        }
    }
}

/// What every implementation must do on one node and two.
fn rings(compiler: &str, options: &str) {
    let world = World::new(compiler);
    let run = |layout: &str, words: &str| {
        let ran = world.srun(&format!("{options} {layout}"), words);
        assert_eq!(ran.0, 0, "{layout} {words}: {ran:?}");
        ran.1
    };
    assert_eq!(run("-N1 -n2", "ring 2"), ["rank 0 of 2 on n1: ring 1", "rank 1 of 2 on n1: ring 1"]);
    assert_eq!(run("-N2 -n2", "ring 2"), ["rank 0 of 2 on n1: ring 1", "rank 1 of 2 on n2: ring 1"]);
    let local = ["rank 0 of 3 on n1: local 3", "rank 1 of 3 on n1: local 3", "rank 2 of 3 on n2: local 4"];
    assert_eq!(run("-N2 -n3", "local 3"), local);
    let cyclic = run("-N2 -n4 -m cyclic", "connectivity 4");
    assert_eq!(cyclic[1], "rank 1 of 4 on n2: connectivity 3");
    assert_eq!(run("-N2 -n4", "allreduce 4").len(), 4);
    let (code, _, errors) = world.srun(&format!("{options} -N2 -n3"), "abort 3");
    assert_eq!(code, 42, "{errors}");
    assert!(errors.contains("rank 2 aborted with exit code 42"), "{errors}");
}

#[test]
fn openmpi_by_pmix() {
    rings("mpicc.openmpi", "--mpi=pmix");
}

#[test]
fn openmpi_by_mpi_default() {
    let world = World::new("mpicc.openmpi");
    assert_eq!(world.srun("-N2 -n2", "hello 2").0, 0);
}

#[test]
fn mpich_by_pmi() {
    rings("mpicc.mpich", "--mpi=pmi2");
}

#[test]
fn ranks_that_are_alone_are_seen() {
    let world = World::new("mpicc.mpich");
    let (code, lines, errors) = world.srun("--mpi=none -n2", "ring 2");
    assert_eq!((code, lines), (3, Vec::new()), "{errors}");
}

#[test]
fn a_plugin_that_is_not_there_is_named_with_a_remedy() {
    let world = World::new("mpicc.mpich");
    let (code, lines, errors) = world.srun("--mpi=pmix_v99 -n2", "ring 2");
    assert_eq!((code, lines), (1, Vec::new()));
    assert!(errors.starts_with("srun: error: MPI type 'pmix_v99' is not available: "), "{errors}");
    assert!(errors.contains("--mpi=list"), "{errors}");
}

/// What launchers other than srun must do in a batch job, with srun's help.
fn launched(compiler: &str, launcher: &str) {
    let world = World::new(compiler);
    let (code, lines, errors) = world.batch(launcher, "ring 4");
    let lines: Vec<&str> =
        lines.iter().map(String::as_str).filter(|line| line.starts_with("rank ")).collect();
    let expected = [
        "rank 0 of 4 on n1: ring 6",
        "rank 1 of 4 on n1: ring 1",
        "rank 2 of 4 on n2: ring 3",
        "rank 3 of 4 on n2: ring 6",
    ];
    assert_eq!((code, lines), (0, expected.to_vec()), "{errors}");
}

#[test]
fn mpirun_of_openmpi_in_a_batch_job() {
    launched("mpicc.openmpi", "mpirun.openmpi -n 4");
}

#[test]
fn mpiexec_of_mpich_in_a_batch_job() {
    // It hands the environment of the first node on to all of them; without this name ranks ask their host for its own.
    launched("mpicc.mpich", "env -u SLURMD_NODENAME mpiexec.hydra -n 4");
}
