//! The client commands, called as users call them, against a controller and step daemons that play what a test says.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up fails")]

mod fake;

use std::time::{Duration, Instant};

use fake::{Client, Daemon, Fake, JOB, PLIMSOLL};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use plimsoll_cluster::proto::control::{Refusal, StepGrant};
use plimsoll_cluster::proto::stream::InputFor;
use plimsoll_cluster::proto::{FromStep, Reply, Request, ToStep};
use plimsoll_cluster::view::{ExitCode, JobState};
use plimsoll_launcher::step::StepId;

/// srun notices the loss of a node or the controller within this (and a busy machine's second).
const LOSS: Duration = Duration::from_secs(3);

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn srun_hands_output_and_exit_code_on() {
    let fake = Fake::with_step(&[&[0]], |step| {
        step.launch();
        step.daemons[0].output(0, "hello\nworld");
        step.daemons[0].exit(0, ExitCode::exited(7));
        step.finish(ExitCode::exited(7));
    });
    let output = fake.command("srun").args(["true"]).output().unwrap();
    assert_eq!(text(&output.stdout), "hello\nworld");
    assert_eq!(text(&output.stderr), "srun: error: n1: task 0: Exited with exit code 7\n");
    assert_eq!(output.status.code(), Some(7));
    let left: Vec<_> = std::fs::read_dir(fake.dir().join("io")).unwrap().collect();
    assert!(left.is_empty(), "srun's socket is gone");
}

#[test]
fn srun_asks_for_what_it_was_told() {
    let fake = Fake::with_step(&[&[0, 1], &[2, 3]], |step| {
        let request = &step.request;
        assert_eq!((request.ntasks, request.nodes), (Some(4), Some((2, 2))));
        assert_eq!(request.container, Some("../bundle".into()));
        assert_eq!(request.argv, ["sh", "-c", "a b"]);
        assert_eq!(request.input, InputFor::None);
        assert_eq!((request.job_id, request.inside, request.label), (JOB, None, true));
        assert!(request.env.contains(&("LC_X".into(), "1".into())));
        step.launch();
        for daemon in 0..2 {
            for task in [2 * daemon, 2 * daemon + 1] {
                step.daemons[daemon as usize].output(task, &format!("{task}\n"));
                step.daemons[daemon as usize].exit(task, ExitCode::exited(0));
            }
        }
        step.finish(ExitCode::exited(0));
    });
    let words = ["-l", "-n4", "-N", "2", "--container", "../bundle", "-i", "none", "sh", "-c", "a b"];
    let output = fake.command("srun").env("LC_X", "1").args(words).output().unwrap();
    let mut lines: Vec<String> = text(&output.stdout).lines().map(str::to_owned).collect();
    lines.sort();
    assert_eq!(lines, ["0: 0", "1: 1", "2: 2", "3: 3"]);
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn srun_forwards_its_input_and_its_end() {
    let fake = Fake::with_step(&[&[0], &[1]], |step| {
        step.launch();
        for node in 0..2_u32 {
            let daemon = &mut step.daemons[node as usize];
            let mut got = Vec::new();
            loop {
                match daemon.hear() {
                    ToStep::Input { bytes, .. } if bytes.is_empty() => break,
                    ToStep::Input { task: None, bytes } => got.extend(bytes),
                    other => panic!("{other:?}"),
                }
            }
            assert_eq!(got.len(), 200_000);
            daemon.exit(node, ExitCode::exited(0));
        }
        step.finish(ExitCode::exited(0));
    });
    fake.command("srun").args(["-N2", "cat"]).write_stdin(vec![b'x'; 200_000]).assert().success();
}

#[test]
fn ends_of_several_tasks_share_a_line() {
    let fake = Fake::with_step(&[&[0, 1], &[2]], |step| {
        step.launch();
        step.daemons[0].exit(0, ExitCode::exited(3));
        step.daemons[0].exit(1, ExitCode::signaled(11));
        step.daemons[1].exit(2, ExitCode::exited(3));
        step.finish(ExitCode::signaled(11));
    });
    let output = fake.command("srun").args(["-n3", "x"]).output().unwrap();
    let mut lines: Vec<String> = text(&output.stderr).lines().map(str::to_owned).collect();
    lines.sort();
    assert_eq!(
        lines,
        [
            "srun: error: n1: task 1: Segmentation fault (core dumped)",
            "srun: error: n[1-2]: tasks 0,2: Exited with exit code 3",
        ]
    );
    assert_eq!(output.status.code(), Some(139));
}

#[test]
fn a_task_that_fails_ends_the_others_when_that_is_asked() {
    let fake = Fake::with_step(&[&[0], &[1]], |step| {
        step.launch();
        step.daemons[0].exit(0, ExitCode::exited(3));
        for daemon in &mut step.daemons {
            assert_eq!(daemon.hear_command(), ToStep::Abort);
        }
        step.daemons[1].say(&FromStep::Cancelled { why: String::new() });
        step.daemons[1].exit(1, ExitCode::signaled(15));
        step.finish(ExitCode::signaled(15));
    });
    let output = fake.command("srun").args(["-K", "-n2", "x"]).output().unwrap();
    let stderr = text(&output.stderr);
    let lines: Vec<&str> = stderr.lines().collect();
    assert_eq!(lines[0], "srun: error: n1: task 0: Exited with exit code 3");
    assert_eq!(lines[1], "srun: Terminating StepId=5.0");
    assert_eq!(lines[2], "srun: Job step aborted: Waiting up to 3 seconds for job step to finish.");
    assert!(lines[3].starts_with("slurmstepd: error: *** STEP 5.0 ON n1 CANCELLED AT 20"), "{stderr}");
    assert_eq!(lines[4], "srun: error: n2: task 1: Terminated");
    assert_eq!((lines.len(), output.status.code()), (5, Some(143)));
}

#[test]
fn a_controller_that_hangs_up_behind_the_step_is_not_lost() {
    let fake = Fake::with_step(&[&[0]], |step| {
        step.launch();
        let mut client = step.client.take().unwrap();
        client.say(&Reply::StepOver);
        drop(client);
        // srun has heard of the end by now, or will hear of it and of this at once.
        step.daemons[0].output(0, "last words\n");
        step.daemons[0].exit(0, ExitCode::exited(0));
        step.daemons[0].say(&FromStep::Finished);
    });
    let output = fake.command("srun").arg("x").output().unwrap();
    assert_eq!((text(&output.stdout), text(&output.stderr)), ("last words\n".into(), String::new()));
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn a_signal_reaches_nodes_that_come_later() {
    let fake = Fake::new(|mut client| {
        client.hear();
        client.grant();
        let Request::CreateStep(request) = client.hear() else { panic!("no step was asked for") };
        let grant = StepGrant {
            job_id: JOB,
            step: StepId::Number(0),
            layout: vec![("n1".into(), vec![0])],
            release: plimsoll_launcher::Release::Guide,
        };
        client.say(&Reply::StepGranted(Box::new(grant)));
        kill(Pid::from_raw(request.srun_pid.cast_signed()), Signal::SIGUSR1).unwrap();
        let mut daemon = Daemon::connect(&request, "n1");
        daemon.say(&FromStep::Launched { pids: vec![1] });
        assert_eq!(daemon.hear_command(), ToStep::Signal(10));
        daemon.exit(0, ExitCode::signaled(10));
        daemon.say(&FromStep::Finished);
        client.hear();
        client.say(&Reply::Done);
    });
    let output = fake.command("srun").arg("x").output().unwrap();
    assert_eq!(output.status.code(), Some(138));
}

#[test]
fn a_launch_that_fails_says_where_and_why() {
    let fake = Fake::with_step(&[&[0]], |step| {
        let message = "cannot read /no/bundle/config.json: No such file or directory".to_owned();
        step.daemons[0].say(&FromStep::LaunchFailed { errno: 2, message });
        step.finish(ExitCode::exited(2));
    });
    let output = fake.command("srun").args(["--container=/no/bundle", "x"]).output().unwrap();
    insta::assert_snapshot!(text(&output.stderr));
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn a_lost_node_is_an_error_within_two_seconds() {
    let fake = Fake::with_step(&[&[0], &[1]], |step| {
        step.launch();
        drop(step.daemons.remove(0));
        // The other one never ends.
        assert_eq!(step.daemons[0].hear_command(), ToStep::Abort);
        assert!(matches!(step.client.as_mut().unwrap().hear(), Request::Complete { .. }));
    });
    let start = Instant::now();
    let output = fake.command("srun").args(["-N2", "x"]).output().unwrap();
    assert!(text(&output.stderr).contains("srun: error: Node failure on n1"));
    assert_eq!(output.status.code(), Some(1));
    assert!(start.elapsed() < LOSS);
}

#[test]
fn a_lost_controller_is_an_error_within_two_seconds() {
    let fake = Fake::with_step(&[&[0]], |step| {
        step.launch();
        step.client = None;
        assert_eq!(step.daemons[0].hear_command(), ToStep::Abort);
    });
    let start = Instant::now();
    let output = fake.command("srun").args(["x"]).output().unwrap();
    assert!(text(&output.stderr).contains("srun: error: Unable to contact slurm controller"));
    assert_eq!(output.status.code(), Some(1));
    assert!(start.elapsed() < LOSS);
}

#[test]
fn a_refusal_is_told_in_slurms_words() {
    let fake = Fake::new(|mut client| {
        client.hear();
        client.say(&Reply::Queued(JOB));
        client.say(&Reply::Error(Refusal::InvalidNode));
    });
    let output = fake.command("srun").args(["-w", "n9", "x"]).output().unwrap();
    assert_eq!(
        text(&output.stderr),
        "srun: job 5 queued and waiting for resources\n\
         srun: error: Unable to allocate resources: Invalid node name specified\n"
    );
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn a_job_that_is_cancelled_while_it_waits_is_no_job() {
    let fake = Fake::new(|mut client: Client| {
        client.hear();
        client.say(&Reply::Queued(JOB));
        client.say(&Reply::Ended { job_id: JOB, state: JobState::Cancelled, exit_code: ExitCode::default() });
    });
    let output = fake.command("srun").args(["-Q", "x"]).output().unwrap();
    assert_eq!(
        text(&output.stderr),
        "srun: error: Unable to allocate resources: Job/step already completing or completed\n"
    );
}

#[test]
fn a_reader_that_leaves_ends_the_tasks() {
    let fake = Fake::with_step(&[&[0]], |step| {
        step.launch();
        step.daemons[0].output(0, "y\n");
        // More than the pipe holds, so that srun still has some when the reader leaves.
        for _ in 0..4 {
            step.daemons[0].output(0, &"y\n".repeat(20_000));
        }
        assert_eq!(step.daemons[0].hear_command(), ToStep::Signal(13));
        step.daemons[0].exit(0, ExitCode::signaled(13));
        step.finish(ExitCode::signaled(13));
    });
    let script = format!("{PLIMSOLL} srun yes | head -n 1");
    let mut shell = assert_cmd::Command::new("sh");
    shell.env("SLURM_CONF", fake.conf()).args(["-c", &script]).timeout(Duration::from_secs(20));
    let output = shell.output().unwrap();
    assert_eq!((text(&output.stdout), text(&output.stderr)), ("y\n".into(), String::new()));
}

#[rstest::rstest]
#[case("srun")]
#[case("sbatch")]
#[case("salloc")]
#[case("scancel")]
fn unknown_options_are_refused_in_getopts_words(#[case] tool: &str) {
    let output = assert_cmd::Command::new(PLIMSOLL).args([tool, "--foo"]).output().unwrap();
    let expected =
        format!("{tool}: unrecognized option '--foo'\nTry \"{tool} --help\" for more information\n");
    assert_eq!((text(&output.stderr), output.status.code()), (expected, Some(255)));
}
