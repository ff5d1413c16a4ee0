//! Columns: tables of fields, the formats of `-o` and `-O`, and lines made of them. Shared by squeue and sinfo.

use crate::view::UnixTime;

/// A field that a row can show.
pub(crate) struct Column<Row: 'static> {
    /// Its letter behind `%`; none for fields that only `-O` has.
    pub(crate) letter: Option<char>,
    /// Its names in `-O`, in any case; the first one is the usual one.
    pub(crate) names: &'static [&'static str],
    /// Its heading.
    pub(crate) heading: &'static str,
    /// Its text.
    pub(crate) value: fn(&Row) -> String,
}

/// Width of a `-O` field for which none is given (squeue(1), --Format).
const DEFAULT_WIDTH: usize = 20;

/// A piece of a line.
enum Piece<Row: 'static> {
    /// Text as it stands in the format.
    Text(String),
    /// A field; one without a width is as long as its text.
    Field { column: &'static Column<Row>, width: Option<usize>, right: bool },
}

/// A format that was read.
pub(crate) struct Layout<Row: 'static> {
    pieces: Vec<Piece<Row>>,
}

impl<Row> Default for Layout<Row> {
    fn default() -> Self {
        Self { pieces: Vec::new() }
    }
}

impl<Row> Layout<Row> {
    /// Reads `%[[.]WIDTH]LETTER` with text between; the error is the letter that is not known, or `%` at the end.
    pub(crate) fn percent(format: &str, table: &'static [Column<Row>]) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut rest = format;
        while let Some(at) = rest.find('%') {
            if at > 0 {
                pieces.push(Piece::Text(rest[..at].to_owned()));
            }
            let spec = &rest[at + 1..];
            let right = spec.starts_with('.');
            let spec = spec.trim_start_matches(['.', '-']);
            let digits = spec.len() - spec.trim_start_matches(|c: char| c.is_ascii_digit()).len();
            let letter = spec[digits..].chars().next().ok_or_else(|| "%".to_owned())?;
            let column = table
                .iter()
                .find(|column| column.letter == Some(letter))
                .ok_or_else(|| letter.to_string())?;
            pieces.push(Piece::Field { column, width: spec[..digits].parse().ok(), right });
            rest = &spec[digits + letter.len_utf8()..];
        }
        if !rest.is_empty() {
            pieces.push(Piece::Text(rest.to_owned()));
        }
        Ok(Self { pieces })
    }

    /// Reads `NAME[:[.][WIDTH][SUFFIX]],…`; the error is the name that is not known.
    pub(crate) fn names(format: &str, table: &'static [Column<Row>]) -> Result<Self, String> {
        let mut pieces = Vec::new();
        for item in format.split(',').map(str::trim).filter(|item| !item.is_empty()) {
            let (name, spec) = item.split_once(':').unwrap_or((item, ""));
            let fits = |column: &&Column<Row>| column.names.iter().any(|own| own.eq_ignore_ascii_case(name));
            let column = table.iter().find(fits).ok_or_else(|| name.to_owned())?;
            let right = spec.starts_with('.');
            let spec = spec.trim_start_matches('.');
            let suffix = spec.trim_start_matches(|c: char| c.is_ascii_digit());
            let width = spec[..spec.len() - suffix.len()].parse().unwrap_or(DEFAULT_WIDTH);
            pieces.push(Piece::Field { column, width: Some(width), right });
            if !suffix.is_empty() {
                pieces.push(Piece::Text(suffix.to_owned()));
            }
        }
        if pieces.is_empty() { Err(format.to_owned()) } else { Ok(Self { pieces }) }
    }

    /// The fields, in order.
    pub(crate) fn columns(&self) -> impl Iterator<Item = &'static Column<Row>> + '_ {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Text(_) => None,
            Piece::Field { column, .. } => Some(*column),
        })
    }

    /// The line of headings, without its line break.
    pub(crate) fn heading(&self) -> String {
        self.write(|column| column.heading.to_owned())
    }

    /// The line of a row, without its line break.
    pub(crate) fn line(&self, row: &Row) -> String {
        self.write(|column| (column.value)(row))
    }

    fn write(&self, text_of: impl Fn(&Column<Row>) -> String) -> String {
        let mut line = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => line += text,
                Piece::Field { column, width, right } => {
                    let text = text_of(column);
                    match width {
                        None => line += &text,
                        Some(width) => {
                            let cut: String = text.chars().take(*width).collect();
                            let padding = " ".repeat(width.saturating_sub(cut.chars().count()));
                            let (left, right) = if *right { (&padding, &cut) } else { (&cut, &padding) };
                            line += left;
                            line += right;
                        }
                    }
                }
            }
        }
        line
    }
}

/// The line that long forms begin with: `Tue Nov 24 10:10:41 2026`, in local time.
pub(crate) fn clock(now: UnixTime) -> String {
    let stamp = jiff::Timestamp::from_second(now).unwrap_or_default();
    stamp.to_zoned_datetime(jiff::tz::TimeZone::system()).strftime("%a %b %d %H:%M:%S %Y").to_string()
}

/// Text, or `(null)` where there is none, as Slurm shows a missing value.
pub(crate) fn or_null(text: Option<&str>) -> String {
    text.unwrap_or("(null)").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    static TABLE: [Column<&str>; 2] = [
        Column { letter: Some('a'), names: &["Alpha"], heading: "ALPHA", value: |row| (*row).to_owned() },
        Column { letter: None, names: &["Beta", "B"], heading: "BETA", value: |_| "b".to_owned() },
    ];

    #[rstest::rstest]
    #[case("%a", "ALPHA", "value")]
    #[case("pre %3a|%.7a suf", "pre ALP|  ALPHA suf", "pre val|  value suf")]
    #[case("no field", "no field", "no field")]
    fn percents_are_read(#[case] format: &str, #[case] heading: &str, #[case] line: &str) {
        let layout = Layout::percent(format, &TABLE).map_err(|letter| panic!("{letter}")).unwrap();
        assert_eq!((layout.heading().as_str(), layout.line(&"value").as_str()), (heading, line));
    }

    #[rstest::rstest]
    #[case("alpha:3,beta:.2", "ALPBE", "val b")]
    #[case("Alpha,b", "ALPHA               BETA                ", "value               b                   ")]
    #[case("Alpha:6|,B:1", "ALPHA |B", "value |b")]
    fn names_are_read(#[case] format: &str, #[case] heading: &str, #[case] line: &str) {
        let layout = Layout::names(format, &TABLE).map_err(|name| panic!("{name}")).unwrap();
        assert_eq!((layout.heading().as_str(), layout.line(&"value").as_str()), (heading, line));
    }

    #[test]
    fn unknown_fields_are_errors() {
        assert_eq!(Layout::percent("%a %x", &TABLE).err().as_deref(), Some("x"));
        assert_eq!(Layout::percent("%a %5", &TABLE).err().as_deref(), Some("%"));
        assert_eq!(Layout::names("Alpha,Gamma:3", &TABLE).err().as_deref(), Some("Gamma"));
        assert!(Layout::names("", &TABLE).is_err());
    }
}
