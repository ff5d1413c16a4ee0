//! What sinfo prints of a small cluster.

use std::ffi::OsString;

use super::options::{Asked, read};
use super::render;
use crate::client::sample::{NOW, nodes, partitions};

fn sinfo(args: &[&str]) -> String {
    let args: Vec<OsString> = args.iter().map(OsString::from).collect();
    match read(&args, &|_| None) {
        Ok(Asked::Show(query)) => render(&nodes(), &partitions(), &query, NOW),
        Ok(_) => panic!("not a query"),
        Err(error) => format!("sinfo: error: {error}"),
    }
}

/// Without the line with the date, which depends on the time zone.
fn behind_the_clock(text: &str) -> &str {
    text.split_once('\n').unwrap().1
}

#[test]
fn the_usual_columns() {
    let shown = [
        sinfo(&[]),
        sinfo(&["-N"]),
        sinfo(&["-s"]),
        behind_the_clock(&sinfo(&["-l"])).to_owned(),
        behind_the_clock(&sinfo(&["-N", "-l"])).to_owned(),
    ];
    insta::assert_snapshot!(shown.join("\n"));
}

#[test]
fn reasons() {
    let shown = [sinfo(&["-R", "-o", "%20E %9u %N"]), sinfo(&["-R", "-h", "-o", "%20E %12U %6t %N"])];
    insta::assert_snapshot!(shown.join("\n"));
    assert!(
        sinfo(&["-R"]).starts_with("REASON               USER      TIMESTAMP           NODELIST\nbad disk")
    );
}

#[test]
fn lines_are_shared_by_what_is_shown() {
    let formats = [
        "%P|%D|%N",
        "%D|%N",
        "%R|%t|%D|%N|%C|%F|%A",
        "%n %c %m %f %b %G %z %X %Y %Z %d %w %o",
        "%P %B %L %g %h %r %s %S",
    ];
    let shown: Vec<String> = formats.iter().map(|format| sinfo(&["-o", format])).collect();
    insta::assert_snapshot!(shown.join("\n"));
}

#[test]
fn names_of_fields() {
    let names = "NodeList:8,StateLong:10,CPUs:.5,CPUsState,Reason:14|,PartitionName:9";
    insta::assert_snapshot!([sinfo(&["-O", names]), sinfo(&["-N", "-O", names])].join("\n"));
}

#[rstest::rstest]
#[case(&["-n", "n[1,5]"], "debug*:n1 debug*:n5 long:n5")]
#[case(&["-n", "n9"], "debug*: long:")]
#[case(&["-p", "long"], "long:n5 long:n4")]
#[case(&["-t", "idle"], "debug*:n5 long:n5")]
#[case(&["-t", "drain"], "debug*:n2 debug*:n3 long:")]
#[case(&["-t", "draining,DOWN"], "debug*:n2 debug*:n4 long:n4")]
#[case(&["-t", "drained"], "debug*:n3 long:")]
#[case(&["-t", "mixed"], "debug*:n2 long:")]
#[case(&["-r", "-p", "long"], "long:n5")]
#[case(&["-d"], "debug*:n4 long:n4")]
fn nodes_are_chosen(#[case] args: &[&str], #[case] lines: &str) {
    let text = sinfo(&[&["-h", "-o", "%P:%N|%t"], args].concat());
    let lines_of = text.lines().map(|line| line.split('|').next().unwrap()).collect::<Vec<_>>();
    assert_eq!(lines_of.join(" "), lines);
}

#[rstest::rstest]
#[case(&["--json"], "unrecognized option '--json'")]
#[case(&["-o", "%J"], "Invalid node format specification: J")]
#[case(&["-O", "Bogus"], "Invalid node format specification: Bogus")]
#[case(&["-t", "bogus"], "Bad state string: \"bogus\"")]
#[case(&["-n", "n[1"], "Invalid hostlist")]
#[case(&["extra"], "Unrecognized option: extra")]
fn what_is_not_known_is_an_error(#[case] args: &[&str], #[case] words: &str) {
    let text = sinfo(args);
    assert!(text.starts_with("sinfo: error: ") && text.contains(words), "{text}");
}
