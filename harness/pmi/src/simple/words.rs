//! The two ways of writing a command: `cmd=NAME key=value …` in a line, and `cmd=NAME;key=value;…` behind its length.

use std::io::{self, BufRead, Read};

/// Digits of the length in front of a PMI-2 command.
const LENGTH_DIGITS: usize = 6;
/// The longest command: keys and values have limits of their own, far below.
const MAX_COMMAND: usize = 1 << 20;

/// A command and its values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words(Vec<(String, String)>);

impl Words {
    /// Reads a line of PMI-1. The last value, `value=`, may hold spaces.
    pub fn of_line(line: &str) -> Self {
        let mut words = Vec::new();
        let mut rest = line.trim();
        while !rest.is_empty() {
            let Some((key, behind)) = rest.split_once('=') else { break };
            let (value, left) = match key {
                "value" => (behind, ""),
                _ => behind.split_once(' ').unwrap_or((behind, "")),
            };
            words.push((key.to_owned(), value.to_owned()));
            rest = left.trim_start();
        }
        Self(words)
    }

    /// Reads the body of a PMI-2 command; `;;` is a semicolon in a value.
    pub fn of_body(body: &str) -> Self {
        let mut words = Vec::new();
        let mut word = String::new();
        let mut letters = body.chars().peekable();
        let mut take = |word: &mut String| {
            if let Some((key, value)) = word.split_once('=') {
                words.push((key.to_owned(), value.to_owned()));
            }
            word.clear();
        };
        while let Some(letter) = letters.next() {
            match letter {
                ';' if letters.next_if_eq(&';').is_some() => word.push(';'),
                ';' => take(&mut word),
                _ => word.push(letter),
            }
        }
        take(&mut word);
        Self(words)
    }

    /// A value; empty where there is none.
    pub fn get(&self, key: &str) -> &str {
        self.0.iter().find(|(known, _)| known == key).map_or("", |(_, value)| value)
    }

    /// A value as a number.
    pub fn number<T: std::str::FromStr>(&self, key: &str) -> Option<T> {
        self.get(key).parse().ok()
    }
}

/// A line without its end; none at the end of the stream.
pub fn read_line(from: &mut impl BufRead) -> io::Result<Option<String>> {
    let mut line = Vec::new();
    let count = from.take(MAX_COMMAND as u64).read_until(b'\n', &mut line)?;
    Ok((count > 0).then(|| String::from_utf8_lossy(&line).trim_end_matches('\n').to_owned()))
}

/// A PMI-2 command's body; none at the end of the stream.
pub fn read_body(from: &mut impl Read) -> io::Result<Option<String>> {
    let mut header = [0; LENGTH_DIGITS];
    match from.read_exact(&mut header) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        result => result?,
    }
    let text = String::from_utf8_lossy(&header);
    let length = text.trim().parse::<usize>().ok().filter(|length| *length <= MAX_COMMAND);
    let length = length.ok_or_else(|| io::Error::other(format!("{text:?} is no length of a command")))?;
    let mut body = vec![0; length];
    from.read_exact(&mut body)?;
    Ok(Some(String::from_utf8_lossy(&body).into_owned()))
}

/// A PMI-2 command as it is sent: its name, and keys with values.
pub fn body(name: &str, pairs: &[(&str, &str)]) -> String {
    let mut body = format!("cmd={name};");
    for (key, value) in pairs {
        body.push_str(&format!("{key}={};", value.replace(';', ";;")));
    }
    format!("{:>LENGTH_DIGITS$}{body}", body.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_taken_apart() {
        let words = Words::of_line("cmd=put kvsname=kvs_1 key=P0-card value=a b=c d\n");
        assert_eq!((words.get("cmd"), words.get("kvsname"), words.get("value")), ("put", "kvs_1", "a b=c d"));
        assert_eq!(Words::of_line("cmd=initack pmiid=3").number::<u32>("pmiid"), Some(3));
        assert_eq!(Words::of_line("rubbish").get("cmd"), "");
    }

    #[test]
    fn bodies_are_written_and_read() {
        let text = body("kvs-put", &[("key", "a"), ("value", "x;y=z")]);
        assert_eq!(text, "    31cmd=kvs-put;key=a;value=x;;y=z;");
        let read = read_body(&mut text.as_bytes()).unwrap().unwrap();
        let words = Words::of_body(&read);
        assert_eq!((words.get("cmd"), words.get("value")), ("kvs-put", "x;y=z"));
        assert_eq!(read_body(&mut &b""[..]).unwrap(), None);
        assert!(read_body(&mut &b"999999999999"[..]).is_err());
    }
}
