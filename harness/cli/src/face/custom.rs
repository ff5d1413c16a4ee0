//! The three answers of the profile `custom`: from options, or asked for on a terminal.

use std::io::{BufRead, IsTerminal as _, Write};

use clap::ValueEnum as _;
use plimsoll_profiles::{Answers, CUSTOM, Driven};
use plimsoll_suites::profiles;
use plimsoll_suites::target::Target;

use super::args::{CustomArgs, CustomMode};
use super::error::Error;

/// What each question is, its option, and the answer where a line is left empty.
const QUESTIONS: [(&str, &str, &str); 3] = [
    ("Which program is the runtime? A path, or a name on PATH", "--custom-program", ""),
    ("What stands behind it in every call?", "--custom-options", "--root=/run/user/%U/"),
    ("How is it driven: run, create-start or exec?", "--custom-mode", "run"),
];

/// Whether the profile was named.
pub fn is_wanted(profiles: &[String]) -> bool {
    profiles.iter().any(|name| name == CUSTOM)
}

/// The target that the answers make.
pub fn target(options: &CustomArgs) -> Result<Target, Error> {
    let interactive = std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
    let complete = complete(options, interactive, &mut std::io::stdin().lock(), &mut std::io::stderr())?;
    profiles::custom(&complete).map_err(Error::usage)
}

/// The options that give the same answers again.
pub fn repeat(options: &CustomArgs) -> Vec<String> {
    let mut words = vec!["--profile".to_owned(), CUSTOM.to_owned()];
    let mut add = |name: &str, value: Option<String>| {
        words.extend(value.map(|value| format!("{name}={value}")));
    };
    add("--custom-program", options.custom_program.as_ref().map(|path| path.display().to_string()));
    add("--custom-options", options.custom_options.as_ref().map(|text| format!("'{text}'")));
    add(
        "--custom-mode",
        options.custom_mode.and_then(|mode| Some(mode.to_possible_value()?.get_name().to_owned())),
    );
    words
}

fn complete(
    options: &CustomArgs,
    interactive: bool,
    input: &mut dyn BufRead,
    output: &mut dyn Write,
) -> Result<Answers, Error> {
    let mut ask = |which: usize| -> Result<String, Error> {
        let (question, option, usual) = QUESTIONS[which];
        if !interactive {
            return Err(Error::usage(format!(
                "the profile `{CUSTOM}` needs {option}, since there is no terminal to ask on"
            )));
        }
        let shown = if usual.is_empty() { String::new() } else { format!(" [{usual}]") };
        write!(output, "{question}{shown}: ").and_then(|()| output.flush()).map_err(Error::broken)?;
        let mut line = String::new();
        let read = input.read_line(&mut line).map_err(Error::broken)?;
        if read == 0 {
            return Err(Error::usage(format!("no answer came; give {option}")));
        }
        Ok(if line.trim().is_empty() { usual.to_owned() } else { line.trim().to_owned() })
    };
    let program = match &options.custom_program {
        Some(path) => path.clone(),
        None => ask(0)?.into(),
    };
    let words = match &options.custom_options {
        Some(words) => words.clone(),
        None => ask(1)?,
    };
    let mode = match options.custom_mode {
        Some(mode) => mode,
        None => CustomMode::from_str(&ask(2)?, true).map_err(Error::usage)?,
    };
    let driven = match mode {
        CustomMode::Run => Driven::Run,
        CustomMode::CreateStart => Driven::CreateStart,
        CustomMode::Exec => Driven::Exec,
    };
    Ok(Answers { program, options: words, driven })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(options: &CustomArgs, interactive: bool, typed: &str) -> (Result<Answers, Error>, String) {
        let mut said = Vec::new();
        let answers = complete(options, interactive, &mut typed.as_bytes(), &mut said);
        (answers, String::from_utf8(said).unwrap())
    }

    #[test]
    fn what_is_missing_is_asked_for() {
        let (answers, said) = asked(&CustomArgs::default(), true, "/opt/acme\n\ncreate-start\n");
        let expected = Answers {
            program: "/opt/acme".into(),
            options: "--root=/run/user/%U/".to_owned(),
            driven: Driven::CreateStart,
        };
        assert_eq!((answers.unwrap(), said.matches(": ").count()), (expected, 4));
        let given = CustomArgs {
            custom_program: Some("acme".into()),
            custom_options: Some(String::new()),
            custom_mode: Some(CustomMode::Exec),
        };
        let (answers, said) = asked(&given, false, "");
        assert_eq!((answers.unwrap().driven, said.as_str()), (Driven::Exec, ""));
        assert_eq!(repeat(&given).last().unwrap(), "--custom-mode=exec");
    }

    #[test]
    fn without_a_terminal_the_option_is_named() {
        let error = asked(&CustomArgs::default(), false, "").0.unwrap_err();
        assert!(error.message.contains("--custom-program"), "{}", error.message);
        assert!(asked(&CustomArgs::default(), true, "x\n\nwalk\n").0.is_err());
        assert!(asked(&CustomArgs::default(), true, "").0.is_err());
    }
}
