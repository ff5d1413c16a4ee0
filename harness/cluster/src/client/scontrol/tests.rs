//! What scontrol prints of a small cluster.

use plimsoll_launcher::Release;

use super::text::Style;
use super::update::{Change, read};
use super::{config, job, node, partition, step};
use crate::client::sample;
use crate::proto::control::Update;

const PLAIN: Style = Style { details: false, oneliner: false };
const DETAILS: Style = Style { details: true, oneliner: false };
const ONE_LINE: Style = Style { details: false, oneliner: true };

/// Dates depend on the time zone of the machine.
fn without_dates(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("2026-11-2") {
        out.push_str(&rest[..at]);
        out.push_str("DATE");
        rest = &rest[at + "2026-11-24T10:10:00".len()..];
    }
    out + rest
}

fn show_job(index: usize, release: Release, style: Style) -> String {
    without_dates(&job::show(&sample::jobs()[index], release, style, sample::NOW))
}

#[test]
fn jobs() {
    let guide = Release::Guide;
    let shown = [
        show_job(0, guide, PLAIN),
        show_job(3, guide, PLAIN),
        show_job(7, guide, DETAILS),
        show_job(8, guide, PLAIN),
        show_job(9, Release::V22_05, PLAIN),
        show_job(9, guide, ONE_LINE),
    ];
    insta::assert_snapshot!(shown.concat());
}

#[test]
fn steps() {
    let jobs = sample::jobs();
    let steps = [&jobs[0].steps[0], &jobs[2].steps[0], &jobs[7].steps[0]];
    let mut text: String = steps.iter().map(|one| step::show(one, PLAIN)).collect();
    text += &step::show(steps[2], ONE_LINE);
    insta::assert_snapshot!(without_dates(&text));
}

#[test]
fn nodes() {
    let nodes = sample::nodes();
    let mut text: String = nodes[..4].iter().map(|one| node::show(one, Release::Guide, PLAIN)).collect();
    text += &node::show(&nodes[4], Release::Guide, ONE_LINE);
    insta::assert_snapshot!(without_dates(&text));
}

#[test]
fn partitions() {
    let nodes = sample::nodes();
    let shown: Vec<String> =
        sample::partitions().iter().map(|one| partition::show(one, &nodes, PLAIN)).collect();
    insta::assert_snapshot!(shown.concat());
}

#[test]
fn the_configuration() {
    insta::assert_snapshot!(without_dates(&config::show(&sample::config(Release::Guide), sample::NOW)));
}

#[test]
fn updates_are_read() {
    let nodes = Update::Node {
        names: vec!["n1".into(), "n2".into()],
        state: "DRAIN".into(),
        reason: Some("bad disk".into()),
    };
    let read = |pairs: &[&str]| read(pairs).unwrap();
    assert_eq!(read(&["nodename=n[1-2]", "State=drain", "Reason=\"bad disk\""]), Change::Node(nodes));
    assert_eq!(read(&["JobId=5_2", "TimeLimit=1:00:00"]), Change::TimeLimit("5_2".into(), Some(60)));
    assert_eq!(read(&["JobId=5", "TimeLimit=UNLIMITED"]), Change::TimeLimit("5".into(), None));
}

#[rstest::rstest]
#[case(&[], "No valid entity")]
#[case(&["Foo=1"], "No valid entity")]
#[case(&["JobId=5", "Foo=1"], "not supported: Foo=1")]
#[case(&["JobId=5", "State=DRAIN"], "not supported: State")]
#[case(&["JobId=5"], "No changes")]
#[case(&["JobId=x", "TimeLimit=5"], "Invalid job id specified for job x")]
#[case(&["JobId=5", "TimeLimit=soon"], "Invalid TimeLimit value")]
#[case(&["NodeName=n1"], "No changes")]
#[case(&["NodeName=n1", "State=DRAIN"], "must specify a reason")]
#[case(&["NodeName=n1", "State=BOGUS", "Reason=x"], "Invalid input: State=BOGUS")]
#[case(&["NodeName=n[1", "State=RESUME"], "Invalid hostlist")]
#[case(&["NodeName=n1", "TimeLimit=5"], "not supported: TimeLimit")]
fn wrong_updates_are_refused(#[case] pairs: &[&str], #[case] words: &str) {
    let text = read(pairs).unwrap_err().to_string();
    assert!(text.contains(words), "{text}");
}

#[rstest::rstest]
#[case(&["show", "hostnames", "n[1-2],x"], "n1\nn2\nx\n")]
#[case(&["show", "hostlist", "n1,n2,x"], "n[1-2],x\n")]
#[case(&["show", "hostlistsorted", "n10,n9,n9,a"], "a,n[9-10]\n")]
fn host_lists_need_no_controller(#[case] words: &[&str], #[case] text: &str) {
    let words = words.iter().map(|word| (*word).to_owned()).collect();
    let command = super::options::Command { words, style: PLAIN, quiet: false };
    assert_eq!(super::execute(&command).unwrap(), text);
}

#[rstest::rstest]
#[case(&[], "no command given")]
#[case(&["bogus"], "invalid keyword: bogus")]
#[case(&["show"], "too few arguments")]
#[case(&["show", "bogus"], "invalid entity:bogus for keyword:show")]
#[case(&["show", "job", "1", "2"], "too many arguments")]
#[case(&["show", "hostnames", "n[1"], "unbalanced brackets")]
#[case(&["hold"], "hold takes one argument")]
#[case(&["hold", "x"], "Invalid job id specified for job x")]
#[case(&["suspend", "x"], "slurm_suspend error: Invalid job id specified")]
#[case(&["write", "batch_script", "x"], "job script retrieval failed: Invalid job id specified")]
#[case(&["ping", "me"], "wrong arguments for keyword:ping")]
fn wrong_commands_are_refused(#[case] words: &[&str], #[case] message: &str) {
    let words = words.iter().map(|word| (*word).to_owned()).collect();
    let command = super::options::Command { words, style: PLAIN, quiet: false };
    let text = super::execute(&command).unwrap_err().to_string();
    assert!(text.contains(message), "{text}");
}
