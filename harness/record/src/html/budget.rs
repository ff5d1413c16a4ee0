//! How much may still go into the page.

/// The longest page, in bytes; some room is left for its frame.
pub const LONGEST: usize = 9_500_000;

/// Bytes that are left, and what did not fit.
#[derive(Debug)]
pub struct Budget {
    left: usize,
    refused: usize,
}

impl Budget {
    /// So many bytes.
    pub fn new(left: usize) -> Self {
        Self { left, refused: 0 }
    }

    /// Takes what must be there, fit or not.
    pub fn must(&mut self, part: &str) {
        self.left = self.left.saturating_sub(part.len());
    }

    /// Makes a part while there is room; an empty one in its place when it does not fit.
    pub fn may(&mut self, make: impl FnOnce() -> String) -> String {
        if self.left == 0 {
            self.refused += 1;
            return String::new();
        }
        let part = make();
        if part.len() > self.left {
            self.refused += 1;
            return String::new();
        }
        self.left -= part.len();
        part
    }

    /// How many parts did not fit since this was asked last.
    pub fn refused(&mut self) -> usize {
        std::mem::take(&mut self.refused)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_counted() {
        let mut budget = Budget::new(10);
        budget.must("abc");
        assert_eq!(budget.may(|| "1234567".to_owned()), "1234567");
        assert_eq!(budget.may(|| unreachable!("nothing is left")), "");
        assert_eq!((budget.refused(), budget.refused()), (1, 0));
        let mut small = Budget::new(2);
        assert_eq!(small.may(|| "abc".to_owned()), "");
        assert_eq!(small.may(|| "ab".to_owned()), "ab");
    }
}
