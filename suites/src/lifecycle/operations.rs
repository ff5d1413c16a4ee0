//! Create, start, kill and delete from the bundle's directory, as the guide's section "Testing OCI runtime outside of Slurm"
//! has it. They run on the node, whose view of the machine is the one that counts; a step without a container starts them.

use plimsoll_launcher::Mode;
use serde_json::Value;

use crate::bundle::{Bundle, BundleBuilder, Fixture};
use crate::case;
use crate::context::Context;
use crate::need::Need;
use crate::outcome::{Failure, Outcome, expect, expect_eq};
use crate::outside;
use crate::rules::{G_OUT_1, G_PRE_3, G_RT_3, L_CS_2};
use crate::run::Run;

/// The contained program: notes the signals that it gets, and ends at SIGTERM.
const PROGRAM: &str =
    "trap 'echo >/.plimsoll/proof/usr1' USR1; trap 'exit 0' TERM; echo >/.plimsoll/proof/ready
    while :; do sleep 0.02; done";

/// The whole life of a container named `test`; RT, BUNDLE and PROOF are put in front of it. What a state says is kept.
const LIFE: &str = r#"
fail() { echo "$*"; rt delete --force test >/dev/null 2>&1; exit 1; }
try() { n=0; until "$@"; do n=$((n+1)); [ $n -lt 300 ] || return 1; sleep 0.01; done; }
is() { rt state test 2>/dev/null | grep -qi "\"status\": *\"$1\""; }
cd "$BUNDLE" || exit 2
rt create --bundle "$BUNDLE" test >/dev/null 2>&1 </dev/null || fail create fails
rt state test >"$STATES/created" || fail the state of a created container
rt start test || fail start fails
try test -e "$PROOF/ready" || fail the program does not run
rt state test >"$STATES/running" || fail the state of a running container
pid=$(sed -n 's/.*"pid": *\([0-9]*\).*/\1/p' "$STATES/running" | head -n 1)
tr '\0' ' ' <"/proc/$pid/cmdline" >"$STATES/program" 2>/dev/null
rt kill test USR1 || fail kill fails
try test -e "$PROOF/usr1" || fail SIGUSR1 does not arrive
rt kill test TERM || fail kill fails
try is stopped || fail SIGTERM does not end it
rt state test >"$STATES/stopped" || fail the state of a container that has ended
rt delete test || fail delete fails
rt state test >/dev/null 2>&1 && fail a container that was deleted has a state
echo lived
"#;

/// Leads a container of the profile's runtime through its life; gives what the script said.
fn life(cx: &Context<'_>) -> Result<(Bundle, Run), Failure> {
    let bundle = cx.build(BundleBuilder::new(Fixture::Busybox).args(["/bin/sh", "-c", PROGRAM]))?;
    let states = cx.folder("states", 0o755)?;
    let front = outside::front(&cx.profile_conf()?).ok_or_else(|| {
        Failure::Unsupported(Need::Runtime, "its oci.conf has no command that asks for a state".to_owned())
    })?;
    let (dir, proof) = (bundle.dir.display(), bundle.proof_dir.display());
    let script = format!(
        "rt() {{ {front} \"$@\"; }}\nBUNDLE={dir}; PROOF={proof}; STATES={}\n{LIFE}",
        states.display()
    );
    let script = cx.file("life.sh", script, 0o755)?.display().to_string();
    Ok((bundle, cx.srun().bare(["/bin/sh", &script]).run()?))
}

/// What the runtime said of its container at a time of its life.
fn state(cx: &Context<'_>, name: &str) -> Result<Value, Failure> {
    let text = std::fs::read_to_string(cx.shared().join("states").join(name)).unwrap_or_default();
    serde_json::from_str(&text)
        .map_err(|cause| Failure::failed(format!("a state of JSON when {name}"), format!("{cause}: {text}")))
}

case! {
    /// Create, start, kill and delete succeed one after the other, and each does what it says.
    ///
    /// Catches: a runtime that does not work at all, whatever Slurm does with it.
    pub const SUCCEED = must("lifecycle.operations", succeed).core().rules(&[G_OUT_1, G_PRE_3]).in_mode(Mode::CreateStart);
}

fn succeed(cx: &Context<'_>) -> Outcome {
    life(cx)?.1.exits(0).stdout_is("lived\n").done()
}

case! {
    /// The status is created, running and stopped, spelled so, and the state names its own container.
    ///
    /// Catches: a runtime whose answers a launcher has to guess at.
    pub const STATES = must("lifecycle.states", states).core().rules(&[L_CS_2, G_OUT_1]).in_mode(Mode::CreateStart);
}

fn states(cx: &Context<'_>) -> Outcome {
    life(cx)?.1.exits(0).done()?;
    for name in ["created", "running", "stopped"] {
        let state = state(cx, name)?;
        expect_eq("the status", &state["status"].as_str(), &Some(name))?;
        expect_eq("the id", &state["id"].as_str(), &Some("test"))?;
    }
    Ok(())
}

case! {
    /// The pid in a running container's state is its first process.
    ///
    /// Catches: a runtime that names a process of its own, so that signals end the wrong one.
    pub const PID = must("lifecycle.pid", pid).core().rules(&[G_OUT_1]).in_mode(Mode::CreateStart);
}

fn pid(cx: &Context<'_>) -> Outcome {
    life(cx)?.1.exits(0).done()?;
    let program = std::fs::read_to_string(cx.shared().join("states/program")).unwrap_or_default();
    expect(program.starts_with("/bin/sh -c trap"), "the contained program under that pid", program.clone())
}

case! {
    /// Kill sends the signal that it is asked for, and no other.
    ///
    /// Catches: a runtime that ends a container at every signal, or none.
    pub const SIGNAL = must("lifecycle.signal", signal).core().rules(&[G_OUT_1]).in_mode(Mode::CreateStart);
}

fn signal(cx: &Context<'_>) -> Outcome {
    let (bundle, run) = life(cx)?;
    run.stdout_is("lived\n").done()?;
    expect(bundle.proof_dir.join("usr1").exists(), "SIGUSR1 seen by the program", "it was not")
}

case! {
    /// After delete nothing of the container is left in the runtime's directory.
    ///
    /// Catches: a runtime that fills /run/user a container at a time.
    pub const REMOVED = must("lifecycle.removed", removed).core().rules(&[G_OUT_1, G_RT_3]).in_mode(Mode::CreateStart);
}

fn removed(cx: &Context<'_>) -> Outcome {
    life(cx)?.1.exits(0).done()?;
    let left = crate::cleanup::left_in(&cx.shared().join("runtime-root"))?;
    expect(left.is_empty(), "nothing left of it", format!("{left:?}"))
}
