//! What is run: its arguments, its user, its network, its operations.

use plimsoll_launcher::{Mode, Release};

use crate::bundle::Fixture;
use crate::case;
use crate::case::Releases;
use crate::context::Context;
use crate::defects::{R_OPEN_2, R_OPEN_8, R_OPEN_22};
use crate::need::Need;
use crate::outcome::{Failure, Outcome, expect, expect_eq};
use crate::rules::{
    C_FILE_1, G_LIM_1, G_LIM_2, G_LIM_5, G_RT_1, L_CLEAN_1, L_CS_1, L_CS_2, L_RUN_1, L_RUN_2, L_SET_1,
    L_TASK_2, L_TASK_8, L_TASK_9, L_TASK_10,
};

case! {
    /// A program that succeeds ends the step with 0, and nothing is said about it.
    ///
    /// Catches: a launcher that complains of success, or a runtime that writes to the step's streams.
    pub const QUIET = must("step.quiet", quiet).core().rules(&[L_RUN_1]);
}

fn quiet(cx: &Context<'_>) -> Outcome {
    let bundle = cx.bundle(Fixture::Busybox)?;
    cx.srun().container(&bundle).cmd(["true"]).run()?.contained().exits(0).stdout_is("").stderr_is("").done()
}

case! {
    /// A program that dies of a signal ends the step with 128 and the signal.
    ///
    /// Catches: a runtime or a launcher that takes death for success.
    pub const KILLED = must("step.killed", killed).core()
        .rules(&[L_RUN_1])
        .known(&[R_OPEN_2.everywhere().in_mode(Mode::CreateStart)]);
}

fn killed(cx: &Context<'_>) -> Outcome {
    let bundle = cx.bundle(Fixture::Busybox)?;
    // The first process of a pid namespace cannot kill itself: its child does, and hands its end on.
    cx.srun().container(&bundle).sh("sh -c 'kill -9 $$'; exit $?").run()?.contained().exits(137).done()
}

case! {
    /// A command that is not in the container fails the step, and says which.
    ///
    /// Catches: a launcher that runs the host's program instead, or a silent end.
    pub const NOT_FOUND = must("step.not-found", not_found).core().rules(&[L_RUN_1, L_TASK_2]).in_mode(Mode::Run);
}

fn not_found(cx: &Context<'_>) -> Outcome {
    let bundle = cx.bundle(Fixture::Busybox)?;
    cx.srun().container(&bundle).bare(["no-such-program"]).run()?.fails().stderr_has("no-such-program").done()
}

case! {
    /// Arguments arrive as they were given: quotes, spaces, dollars, per cent signs, newlines, empty ones, other alphabets.
    ///
    /// Catches: a launcher that joins arguments, or lets a shell look at them.
    pub const ARGUMENTS = must("step.arguments", arguments).core().rules(&[G_RT_1]);
}

fn arguments(cx: &Context<'_>) -> Outcome {
    let bundle = cx.bundle(Fixture::Busybox)?;
    let words = ["two words", "", "it's", "\"q\"", "$HOME `x` \\", "100%d %j", "a\nb", "é漢"];
    let expected = words.iter().fold(String::new(), |text, word| text + &format!("<{word}>\n"));
    let command = ["/bin/sh", "-c", "for word; do printf '<%s>\\n' \"$word\"; done", "sh"];
    cx.srun()
        .container(&bundle)
        .cmd(command.iter().chain(&words))
        .run()?
        .contained()
        .stdout_is(&expected)
        .done()
}

case! {
    /// A command without a slash is looked up on the host with the step's PATH; one that is not there arrives as it is.
    ///
    /// Catches: a launcher that looks it up elsewhere, or refuses what it does not find. 22.05 looks nothing up.
    pub const LOOKUP = must("step.lookup", lookup)
        .rules(&[L_TASK_2])
        .releases(Releases::from(plimsoll_launcher::Release::V23_02))
        .once();
}

fn lookup(cx: &Context<'_>) -> Outcome {
    let bundle = cx.bundle(Fixture::Busybox)?;
    let host = cx.folder("host-bin", 0o755)?;
    cx.file("host-bin/only-here", "#!/bin/sh\n", 0o755)?;
    cx.set_scripted_run("cat %b/config.json")?;
    let path = format!("{}:/usr/bin:/bin", host.display());
    let config = std::fs::read_to_string(bundle.dir.join("config.json"))?.replace("\"PATH=", "\"OLD_PATH=");
    std::fs::write(bundle.dir.join("config.json"), config)?;
    let word = |word: &str| {
        let run = cx.srun().container(&bundle).env("PATH", &path).bare([word]).run()?.exits(0).checked()?;
        let config: serde_json::Value = serde_json::from_slice(&run.stdout).map_err(|cause| {
            Failure::failed("the task's config.json", format!("{cause}: {}", run.stdout_text()))
        })?;
        Ok::<_, Failure>(config["process"]["args"][0].as_str().unwrap_or_default().to_owned())
    };
    expect_eq("the word", &word("only-here")?, &host.join("only-here").display().to_string())?;
    expect_eq("the word", &word("nowhere-at-all")?, &"nowhere-at-all".to_owned())
}

case! {
    /// The runtime's working directory is the task's spool directory, whatever --chdir says.
    ///
    /// Catches: a launcher that runs the runtime where srun was started.
    pub const RUNTIME_CWD = must("step.runtime-cwd", runtime_cwd)
        .rules(&[L_TASK_8])
        .known(&[R_OPEN_22.on(Releases::from(Release::V23_02).without(Releases::GUIDE))])
        .once();
}

fn runtime_cwd(cx: &Context<'_>) -> Outcome {
    let bundle = cx.bundle(Fixture::Busybox)?;
    cx.set_scripted_run("pwd; echo %b")?;
    let run = cx.srun().container(&bundle).opts(["-D", "/usr"]).bare(["true"]).run()?.exits(0).checked()?;
    let text = run.stdout_text();
    let lines: Vec<&str> = text.lines().collect();
    // 22.05 puts a slash behind %b.
    let same = lines.len() == 2 && lines[0] == lines[1].trim_end_matches('/');
    expect(same, "the task's directory twice", text.clone())
}

case! {
    /// Each operation is a command line for /bin/sh.
    ///
    /// Catches: a launcher that splits the line itself, so that pipes and expansions of a site's own text do nothing.
    pub const SHELL = must("step.shell", shell).rules(&[L_TASK_10, G_RT_1]).once();
}

fn shell(cx: &Context<'_>) -> Outcome {
    let bundle = cx.bundle(Fixture::Busybox)?;
    cx.set_scripted_run("echo one two | (read a b; echo $b $a; exit 5)")?;
    cx.srun().container(&bundle).bare(["true"]).run()?.exits(5).stdout_is("two one\n").done()
}

case! {
    /// Without an oci.conf the command runs on the host, and SLURM_CONTAINER still says what was asked for.
    ///
    /// Catches: a suite that takes this for a pass (R-OPEN-10): the proof of containment must be missing here.
    pub const IGNORED = must("step.ignored-without-oci-conf", ignored)
        .rules(&[G_LIM_5, L_SET_1, C_FILE_1])
        .once();
}

fn ignored(cx: &Context<'_>) -> Outcome {
    let bundle = cx.bundle(Fixture::Busybox)?;
    cx.remove_oci_conf()?;
    let run = cx.srun().container(&bundle).bare(["/bin/sh", "-c", "echo $SLURM_CONTAINER; exit 6"]).run()?;
    run.not_contained().exits(6).stdout_is(&format!("{}\n", bundle.dir.display())).done()
}

case! {
    /// The container has the node's own network.
    ///
    /// Catches: a bundle or a runtime with a network namespace of its own, which cuts a job off its peers.
    pub const NETWORK = must("step.host-network", network).needs(&[Need::HostKernel]).rules(&[G_LIM_2]);
}

fn network(cx: &Context<'_>) -> Outcome {
    let bundle = cx.bundle(Fixture::Busybox)?;
    let command = ["/bin/readlink", "/proc/self/ns/net"];
    // The node says itself which is its own, since it need not be this machine.
    let own = cx.srun().bare(command).run()?.exits(0).checked()?.stdout_text();
    expect(own.starts_with("net:["), "a network namespace", own.clone())?;
    cx.srun().container(&bundle).cmd(command).run()?.contained().stdout_is(&own).done()
}

case! {
    /// Every operation, those of clean-up included, runs as the job's user.
    ///
    /// Catches: a step daemon that keeps its own rights for the runtime.
    pub const AS_USER = must("step.as-user", as_user).core()
        .rules(&[G_LIM_1])
        .known(&[R_OPEN_8.everywhere()])
        .recorded();
}

fn as_user(cx: &Context<'_>) -> Outcome {
    let bundle = cx.bundle(Fixture::Busybox)?;
    cx.srun().container(&bundle).cmd(["true"]).run()?.contained().exits(0).done()?;
    cx.wait_idle()?;
    let uid = cx.cluster().user().uid;
    for call in cx.calls()? {
        expect_eq(&format!("the ids of {}", call.operation.name()), &call.uid, &[uid, uid])?;
    }
    Ok(())
}

case! {
    /// In run mode the runtime is asked to run, and nothing else while it does; clean-up asks for a container that never was.
    ///
    /// Catches: a launcher that polls while the container runs, or does not look after it.
    pub const RUN_CALLS = must("step.run-calls", run_calls).needs(&[Need::Operations])
        .rules(&[L_RUN_2, L_CLEAN_1])
        .in_mode(Mode::Run)
        .recorded();
}

fn run_calls(cx: &Context<'_>) -> Outcome {
    let bundle = cx.bundle(Fixture::Busybox)?;
    cx.srun().container(&bundle).cmd(["true"]).run()?.contained().exits(0).done()?;
    cx.wait_idle()?;
    expect_eq("the operations", cx.operations()?.as_slice(), &["run", "query"])
}

case! {
    /// In create/start mode: create, query until created, start, and after the end query and delete.
    ///
    /// Catches: a launcher that starts before the container is there, or leaves it behind.
    pub const CREATE_START_CALLS = must("step.create-start-calls", create_start_calls).core()
        .rules(&[L_CS_1, L_CS_2])
        .in_mode(Mode::CreateStart)
        .recorded();
}

fn create_start_calls(cx: &Context<'_>) -> Outcome {
    let bundle = cx.bundle(Fixture::Busybox)?;
    cx.srun().container(&bundle).cmd(["true"]).run()?.contained().exits(0).done()?;
    cx.wait_idle()?;
    let seen = cx.operations()?;
    let expected = ["create", "query", "start", "query", "delete", "query"];
    expect_eq("the operations", seen.as_slice(), &expected)
}

case! {
    /// A runtime that is not installed fails the step, and its shell says which program was not found.
    ///
    /// Catches: a launcher that hides the words of the runtime's shell.
    pub const NO_RUNTIME = must("step.no-runtime", no_runtime).rules(&[L_TASK_10]).once();
}

fn no_runtime(cx: &Context<'_>) -> Outcome {
    let bundle = cx.bundle(Fixture::Busybox)?;
    cx.set_scripted_run("no-such-runtime run %b")?;
    cx.srun().container(&bundle).bare(["true"]).run()?.exits(127).stderr_has("no-such-runtime").done()
}

case! {
    /// An operation that is not configured is a command that says so and fails, and does not fail the step.
    ///
    /// Catches: a launcher that refuses a file without RunTimeQuery in run mode, or fails at its clean-up.
    pub const NO_QUERY = must("step.no-query", no_query)
        .rules(&[L_TASK_9, crate::rules::C_SET_3])
        .releases(Releases::from(plimsoll_launcher::Release::V23_02))
        .once();
}

fn no_query(cx: &Context<'_>) -> Outcome {
    let bundle = cx.bundle(Fixture::Busybox)?;
    cx.set_oci_conf("RunTimeRun=\"echo ran\"\nRunTimeKill=true\nRunTimeDelete=true\n")?;
    cx.srun().container(&bundle).bare(["true"]).run()?.exits(0).stdout_is("ran\n").stderr_is("").done()
}
