//! Which cases: globs over the whole id, or parts of it.

use globset::{GlobBuilder, GlobMatcher};

/// What the words behind `plimsoll run` choose. No word chooses everything.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    words: Vec<Word>,
}

#[derive(Clone, Debug)]
enum Word {
    Part(String),
    Glob(GlobMatcher),
}

/// A glob that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot read the filter `{word}`: {cause}; write a part of an id, or a glob such as 'step.*'")]
pub struct FilterError {
    word: String,
    cause: String,
}

impl Filter {
    /// Reads words: one with `*`, `?`, `[` or `{` in it is a glob over the whole id, any other a part of it.
    pub fn new<S: AsRef<str>>(words: impl IntoIterator<Item = S>) -> Result<Self, FilterError> {
        let read = |word: S| {
            let word = word.as_ref();
            if !word.contains(['*', '?', '[', '{']) {
                return Ok(Word::Part(word.to_owned()));
            }
            match GlobBuilder::new(word).build() {
                Ok(glob) => Ok(Word::Glob(glob.compile_matcher())),
                Err(error) => Err(FilterError { word: word.to_owned(), cause: error.kind().to_string() }),
            }
        };
        Ok(Self { words: words.into_iter().map(read).collect::<Result<_, _>>()? })
    }

    /// Whether an id is chosen: by any word, or because there is none.
    pub fn chooses(&self, id: &str) -> bool {
        self.words.is_empty()
            || self.words.iter().any(|word| match word {
                Word::Part(part) => id.contains(part.as_str()),
                Word::Glob(glob) => glob.is_match(id),
            })
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(&[], "step.exit-code", true)]
    #[case(&["exit"], "step.exit-code", true)]
    #[case(&["step.*"], "step.exit-code", true)]
    #[case(&["step"], "multi-step.x", true)]
    #[case(&["step.*"], "multi-step.x", false)]
    #[case(&["{step,env}.*"], "env.path", true)]
    #[case(&["stdio", "env"], "env.path", true)]
    #[case(&["Env"], "env.path", false)]
    fn words_choose(#[case] words: &[&str], #[case] id: &str, #[case] chosen: bool) {
        assert_eq!(Filter::new(words).unwrap().chooses(id), chosen);
    }

    #[test]
    fn a_broken_glob_is_named() {
        let error = Filter::new(["step.[a"]).unwrap_err();
        assert!(error.to_string().contains("`step.[a`"), "{error}");
    }
}
