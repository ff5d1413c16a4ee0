//! The file of waivers: TOML, one `[[waiver]]` each, refused whole when a part of it cannot be understood.

use std::path::{Path, PathBuf};

use globset::Glob;
use serde::{Deserialize, Serialize};
use toml::value::Datetime;

/// One waiver.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiver {
    /// Glob over the whole id of a case.
    pub case: String,
    /// Glob over the whole name of a profile.
    pub profile: String,
    /// Why the fail is borne.
    pub reason: String,
    /// Who answers for it.
    pub owner: String,
    /// Where it is being dealt with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// The last day on which it holds, `YYYY-MM-DD` in UTC.
    pub until: String,
}

/// Why a file of waivers is refused.
#[derive(Debug, thiserror::Error)]
pub enum WaiverError {
    /// It cannot be read.
    #[error("cannot read the waivers in {}: {cause}; name a file that is yours to read", .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        cause: std::io::Error,
    },
    /// It is not the TOML that is asked for.
    #[error(
        "cannot read the waivers in {} line {line}: {cause}; each [[waiver]] has case, reason, owner and until, and may have \
         profile and link", .path.display()
    )]
    Toml {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        cause: String,
    },
    /// A value means nothing.
    #[error("waiver {number} in {}: {cause}", .path.display())]
    Value {
        /// The file.
        path: PathBuf,
        /// Which waiver, from 1.
        number: usize,
        /// What is wrong, and what to write instead.
        cause: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(default)]
    waiver: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    case: String,
    #[serde(default = "every")]
    profile: String,
    reason: String,
    owner: String,
    link: Option<String>,
    until: Day,
}

/// A TOML date, or a text that is one.
#[derive(Deserialize)]
#[serde(untagged)]
enum Day {
    Date(Datetime),
    Text(String),
}

fn every() -> String {
    "*".to_owned()
}

/// Reads a file of waivers.
pub fn read(path: &Path) -> Result<Vec<Waiver>, WaiverError> {
    let text =
        std::fs::read_to_string(path).map_err(|cause| WaiverError::Io { path: path.to_owned(), cause })?;
    parse(&text, path)
}

fn parse(text: &str, path: &Path) -> Result<Vec<Waiver>, WaiverError> {
    let document: Document = toml::from_str(text).map_err(|error| WaiverError::Toml {
        path: path.to_owned(),
        line: 1 + error.span().map_or(0, |span| text[..span.start].matches('\n').count()),
        cause: error.message().replace('\n', " "),
    })?;
    let entries = document.waiver.into_iter().enumerate();
    entries
        .map(|(index, entry)| {
            waiver(entry).map_err(|cause| WaiverError::Value {
                path: path.to_owned(),
                number: index + 1,
                cause,
            })
        })
        .collect()
}

fn waiver(entry: Entry) -> Result<Waiver, String> {
    for (key, pattern) in [("case", &entry.case), ("profile", &entry.profile)] {
        Glob::new(pattern).map_err(|error| {
            format!("{key} `{pattern}` is no glob: {}; write one such as 'step.*'", error.kind())
        })?;
    }
    for (key, value) in [("reason", &entry.reason), ("owner", &entry.owner)] {
        if value.trim().is_empty() {
            return Err(format!("{key} is empty; a waiver that nobody answers for is none"));
        }
    }
    let until = match entry.until {
        Day::Date(date) => Ok(date),
        Day::Text(text) => text.parse().map_err(|_| text),
    };
    let until = match until {
        Ok(Datetime { date: Some(date), time: None, offset: None }) => date.to_string(),
        Ok(other) => return Err(format!("until is `{other}`; write the last day, such as 2027-03-31")),
        Err(text) => return Err(format!("until is `{text}`; write the last day, such as 2027-03-31")),
    };
    let Entry { case, profile, reason, owner, link, .. } = entry;
    Ok(Waiver { case, profile, reason, owner, link, until })
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &str = "case = 'step.*'\nreason = 'r'\nowner = 'o'\nuntil = 2026-12-31\n";

    fn read(text: &str) -> Result<Vec<Waiver>, String> {
        parse(text, Path::new("w.toml")).map_err(|error| error.to_string())
    }

    #[test]
    fn a_day_is_a_date_or_a_text() {
        let dated = read(&format!("[[waiver]]\n{WHOLE}")).unwrap();
        let text = read(&format!("[[waiver]]\n{}", WHOLE.replace("2026-12-31", "'2026-12-31'"))).unwrap();
        assert_eq!(dated, text);
        assert_eq!((dated[0].until.as_str(), dated[0].profile.as_str()), ("2026-12-31", "*"));
        assert_eq!(read("").unwrap(), []);
    }

    #[rstest::rstest]
    #[case("[[waiver]]\ncase = 'a'\n", "line 1: missing field `reason`")]
    #[case("\n[[waivers]]\n", "line 2: unknown field `waivers`")]
    #[case("[[waiver]]\ncase = 'a\n", "line 2: ")]
    #[case(&WHOLE.replace("'o'", "' '"), "waiver 1 in w.toml: owner is empty")]
    #[case(&WHOLE.replace("step.*", "step.[a"), "case `step.[a` is no glob")]
    #[case(&WHOLE.replace("2026-12-31", "2026-02-31T10:00:00"), "line")]
    #[case(&WHOLE.replace("2026-12-31", "2026-02-28T10:00:00"), "write the last day")]
    #[case(&WHOLE.replace("2026-12-31", "'soon'"), "until is `soon`")]
    #[case(&format!("{WHOLE}expires = 1\n"), "unknown field `expires`")]
    fn what_is_not_understood_is_refused(#[case] text: &str, #[case] said: &str) {
        let text = if text.contains('[') && !text.starts_with("case") {
            text.to_owned()
        } else {
            format!("[[waiver]]\n{text}")
        };
        let error = read(&text).unwrap_err();
        assert!(error.contains(said), "{error}");
    }
}
