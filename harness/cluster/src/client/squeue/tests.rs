//! What squeue prints of a small cluster.

use std::ffi::OsString;

use super::options::{Asked, read};
use super::render;
use crate::client::sample::{NOW, jobs};

fn squeue(args: &[&str]) -> String {
    let args: Vec<OsString> = args.iter().map(OsString::from).collect();
    match read(&args, &|_| None) {
        Ok(Asked::Show(query)) => render(jobs(), &query, NOW),
        Ok(_) => panic!("not a query"),
        Err(error) => format!("squeue: error: {error}"),
    }
}

#[test]
fn the_usual_columns() {
    let all = [&[][..], &["-r"], &["-t", "all"], &["-s"]].map(squeue).join("\n");
    insta::assert_snapshot!(all);
}

#[test]
fn the_long_form_begins_with_the_time() {
    let text = squeue(&["-l", "-j", "8"]);
    let (clock, rest) = text.split_once('\n').unwrap();
    assert!(clock.ends_with(" 2026"), "{clock}");
    insta::assert_snapshot!(rest);
}

#[test]
fn every_letter_and_every_name() {
    let dates = "%S %e %V";
    let rest = "%i|%A|%F|%K|%j|%u|%U|%g|%G|%a|%P|%t|%T|%r|%R|%N|%n|%x|%B|%D|%C|%c|%m|%M|%l|%L|%Q|%p|%E|%f|%h|%k|%o|%Z|%q|%v|%w|%y";
    assert!(squeue(&["-h", "-j", "8", "-o", dates]).starts_with("2026-11-2"));
    let names = "JobArrayID:10,Name,StateCompact:4,State:.10,NodeList:8,TimeUsed:6,exit_code:6,Container,ContainerID:5,\
                 NumTasks:2,BatchFlag:2,StdOut:.30,Requeue:2|";
    insta::assert_snapshot!([squeue(&["-o", rest]), squeue(&["-t", "all", "-O", names])].join("\n"));
}

#[test]
fn steps_have_columns_of_their_own() {
    let letters = "%i|%j|%P|%u|%U|%M|%l|%N|%A";
    let names = "StepID,StepState,Container,ContainerID,NumTasks,NumCPUs";
    insta::assert_snapshot!([squeue(&["-s", "-o", letters]), squeue(&["-s8.0", "-O", names])].join("\n"));
}

#[rstest::rstest]
#[case(&["-j", "2"], "2_[3-6%2] 2_1 2_2")]
#[case(&["-j2_1,8"], "2_1 8")]
#[case(&["--jobs=2_[2-3],9"], "2_[3%2] 2_2 9")]
#[case(&["-u", "0"], "9")]
#[case(&["-u", "root,4242"], "9")]
#[case(&["-t", "R"], "1 2_1 2_2 8")]
#[case(&["-t", "failed"], "10")]
#[case(&["-n", "mystep,wrap"], "1 8")]
#[case(&["-p", "long"], "9")]
#[case(&["-w", "n[2-3]"], "2_2 8")]
#[case(&["-A", "none"], "")]
#[case(&["-t", "R", "-S", "-i"], "8 2_2 2_1 1")]
#[case(&["-S", "u,-j,i"], "1 8 2_1 2_2 2_[3-6%2] 9")]
#[case(&["-s", "2", "-o", "%i"], "2_1.batch 2_2.batch")]
fn jobs_are_chosen_and_sorted(#[case] args: &[&str], #[case] ids: &str) {
    let mut all = vec!["-h"];
    if !args.contains(&"-o") {
        all.extend(["-o", "%i"]);
    }
    all.extend(args);
    let text = squeue(&all);
    let mut words: Vec<&str> = text.split_whitespace().collect();
    let mut wanted: Vec<&str> = ids.split_whitespace().collect();
    if !args.iter().any(|arg| arg.starts_with("-S")) {
        words.sort_unstable();
        wanted.sort_unstable();
    }
    assert_eq!(words, wanted);
}

#[rstest::rstest]
#[case(&["--json"], "unrecognized option '--json'")]
#[case(&["-o", "%i %J"], "Invalid job format specification: J")]
#[case(&["-O", "JobID,Bogus"], "Invalid job format specification: Bogus")]
#[case(&["-s", "-o", "%D"], "Invalid job step format specification: D")]
#[case(&["-S", "i,!"], "Invalid sort specification: !")]
#[case(&["-j", "abc"], "Invalid job id: abc")]
#[case(&["-u", "no-such-user-here"], "Invalid user: no-such-user-here")]
#[case(&["-t", "BOGUS"], "Invalid job state specified: BOGUS")]
#[case(&["-w", "n[1"], "Invalid hostlist")]
#[case(&["extra"], "Unrecognized option: extra")]
fn what_is_not_known_is_an_error(#[case] args: &[&str], #[case] words: &str) {
    let text = squeue(args);
    assert!(text.starts_with("squeue: error: ") && text.contains(words), "{text}");
}

#[test]
fn the_environment_has_defaults() {
    let env = |name: &str| match name {
        "SQUEUE_FORMAT" => Some(OsString::from("%i")),
        "SQUEUE_STATES" => Some(OsString::from("F")),
        _ => None,
    };
    let Ok(Asked::Show(query)) = read(&[OsString::from("-h")], &env) else { panic!("not a query") };
    assert_eq!(render(jobs(), &query, NOW), "10\n");
}
