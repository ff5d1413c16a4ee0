//! Host lists: `n[1-3,7],login` and back.
//!
//! Own code: the one crate for it (nodeset) works on sets, so it forgets order and repetition, which SLURM_NODELIST and
//! `-w` keep, reads clustershell's group files and operators, and brings YAML, INI and argument parsers along.

/// More hosts than this in one list is a slip of the pen, not a cluster.
const MAX_HOSTS: usize = 65_536;

/// A host list that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HostlistError {
    /// A bracket without its partner.
    #[error("Invalid hostlist: unbalanced brackets in `{0}`")]
    Brackets(String),
    /// A range that is no range.
    #[error("Invalid hostlist: `{0}` is no range of numbers")]
    Range(String),
    /// Too many hosts.
    #[error("Invalid hostlist: more than {MAX_HOSTS} hosts in `{0}`")]
    TooMany(String),
}

/// Expands a host list, keeping order and repetition: `n[08-10],x` is `n08 n09 n10 x`.
pub fn expand(list: &str) -> Result<Vec<String>, HostlistError> {
    let mut hosts = Vec::new();
    for item in split_outside_brackets(list)? {
        if item.is_empty() {
            continue;
        }
        for host in expand_item(item)? {
            if hosts.len() >= MAX_HOSTS {
                return Err(HostlistError::TooMany(list.to_owned()));
            }
            hosts.push(host);
        }
    }
    Ok(hosts)
}

/// Splits at commas and white space that are in no bracket.
fn split_outside_brackets(list: &str) -> Result<Vec<&str>, HostlistError> {
    let mut items = Vec::new();
    let (mut start, mut inside) = (0, false);
    for (at, character) in list.char_indices() {
        match character {
            '[' if inside => return Err(HostlistError::Brackets(list.to_owned())),
            ']' if !inside => return Err(HostlistError::Brackets(list.to_owned())),
            '[' => inside = true,
            ']' => inside = false,
            ',' | ' ' | '\t' | '\n' if !inside => {
                items.push(&list[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    if inside {
        return Err(HostlistError::Brackets(list.to_owned()));
    }
    items.push(&list[start..]);
    Ok(items)
}

/// Expands one item; several brackets give their product, the last one fastest.
fn expand_item(item: &str) -> Result<Vec<String>, HostlistError> {
    let Some((prefix, rest)) = item.split_once('[') else {
        return Ok(vec![item.to_owned()]);
    };
    let (ranges, suffix) = rest.split_once(']').ok_or_else(|| HostlistError::Brackets(item.to_owned()))?;
    let suffixes = expand_item(suffix)?;
    let mut hosts = Vec::new();
    for number in expand_ranges(ranges)? {
        for suffix in &suffixes {
            if hosts.len() >= MAX_HOSTS {
                return Err(HostlistError::TooMany(item.to_owned()));
            }
            hosts.push(format!("{prefix}{number}{suffix}"));
        }
    }
    Ok(hosts)
}

fn expand_ranges(ranges: &str) -> Result<Vec<String>, HostlistError> {
    let mut numbers = Vec::new();
    for range in ranges.split(',') {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        let bad = || HostlistError::Range(range.to_owned());
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(first) || !digits(last) {
            return Err(bad());
        }
        let from: u64 = first.parse().map_err(|_| bad())?;
        let to: u64 = last.parse().map_err(|_| bad())?;
        if to < from {
            return Err(bad());
        }
        if to - from >= MAX_HOSTS as u64 {
            return Err(HostlistError::TooMany(range.to_owned()));
        }
        let width = first.len();
        numbers.extend((from..=to).map(|number| format!("{number:0width$}")));
    }
    Ok(numbers)
}

/// A host's name as text, and the number at its end with its width.
struct Numbered<'a> {
    prefix: &'a str,
    digits: &'a str,
    number: u64,
}

fn numbered(host: &str) -> Option<Numbered<'_>> {
    let prefix = host.trim_end_matches(|character: char| character.is_ascii_digit());
    let digits = &host[prefix.len()..];
    Some(Numbered { prefix, digits, number: digits.parse().ok()? })
}

/// Writes hosts as a host list, in their order: `n1 n2 n3 n7` is `n[1-3,7]`. Neighbours with the same text and
/// number width share a bracket.
pub fn compress<S: AsRef<str>>(hosts: &[S]) -> String {
    let mut items: Vec<String> = Vec::new();
    let mut rest = hosts;
    while let [first, behind @ ..] = rest {
        let first = first.as_ref();
        let Some(head) = numbered(first) else {
            items.push(first.to_owned());
            rest = behind;
            continue;
        };
        let mut group = vec![head];
        for host in behind {
            match numbered(host.as_ref()) {
                Some(next) if joins(&group[0], &next) => group.push(next),
                _ => break,
            }
        }
        rest = &rest[group.len()..];
        items.push(write_group(&group));
    }
    items.join(",")
}

/// Whether two hosts may share a bracket: same text, and numbers that are padded alike (`n9 n10` is `n[9-10]`, but
/// `n9 n010` is two items).
fn joins(first: &Numbered<'_>, next: &Numbered<'_>) -> bool {
    let padded = |host: &Numbered<'_>| host.digits.len() > 1 && host.digits.starts_with('0');
    first.prefix == next.prefix
        && (first.digits.len() == next.digits.len() || !(padded(first) || padded(next)))
}

fn write_group(group: &[Numbered<'_>]) -> String {
    if let [only] = group {
        return format!("{}{}", only.prefix, only.digits);
    }
    let mut ranges: Vec<String> = Vec::new();
    let mut at = 0;
    while at < group.len() {
        let mut end = at;
        while end + 1 < group.len() && group[end].number.checked_add(1) == Some(group[end + 1].number) {
            end += 1;
        }
        if end == at {
            ranges.push(group[at].digits.to_owned());
        } else {
            ranges.push(format!("{}-{}", group[at].digits, group[end].digits));
        }
        at = end + 1;
    }
    format!("{}[{}]", group[0].prefix, ranges.join(","))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("n1", "n1")]
    #[case("n1,n2,n3,n7", "n[1-3,7]")]
    #[case("n08,n09,n10", "n[08-10]")]
    #[case("n8,n9,n10,n11", "n[8-11]")]
    #[case("n9,n010", "n9,n010")]
    #[case("a1,b1,b2,login", "a1,b[1-2],login")]
    #[case("n3,n1", "n[3,1]")]
    fn compresses_and_expands_back(#[case] plain: &str, #[case] short: &str) {
        let hosts: Vec<&str> = plain.split(',').collect();
        assert_eq!(compress(&hosts), short);
        assert_eq!(expand(short).unwrap(), hosts);
    }

    #[test]
    fn several_brackets_give_their_product() {
        assert_eq!(expand("r[1-2]n[1,3]-x").unwrap(), ["r1n1-x", "r1n3-x", "r2n1-x", "r2n3-x"]);
    }

    #[rstest]
    #[case("n[1-3")]
    #[case("n1]")]
    #[case("n[[1]]")]
    #[case("n[3-1]")]
    #[case("n[a]")]
    #[case("n[]")]
    #[case("n[0-99999999]")]
    fn rubbish_is_refused(#[case] list: &str) {
        assert!(expand(list).is_err());
    }
}
