//! Whether two sets of measurements differ by more than chance.
//!
//! The rank sum test is written here: times are whole milliseconds, so that equal ones are common, and samples are small. The
//! one of `statrs` (0.19) is exact only where no two values are equal, and asks for a newer compiler than this workspace.

use statrs::distribution::{Binomial, ContinuousCDF as _, DiscreteCDF as _, Normal};

/// Samples a side up to which the test counts every arrangement; above it a normal distribution is as good.
const EXACT: usize = 24;

/// The probability of a difference at least as large if both sides were drawn from one source: the two-sided test of Mann
/// and Whitney over every arrangement, with equal values sharing their ranks. 1 where a side is empty.
pub fn rank_sum(before: &[u64], after: &[u64]) -> f64 {
    if before.is_empty() || after.is_empty() {
        return 1.0;
    }
    let ranks = doubled_ranks(before, after);
    if before.len() <= EXACT && after.len() <= EXACT {
        exact(&ranks, before.len())
    } else {
        approximate(&ranks, before.len())
    }
}

/// Twice the rank of each value, those of `before` first; equal values have the mean of their ranks.
fn doubled_ranks(before: &[u64], after: &[u64]) -> Vec<usize> {
    let values: Vec<u64> = before.iter().chain(after).copied().collect();
    let mut sorted = values.clone();
    sorted.sort_unstable();
    let rank = |value: &u64| {
        let below = sorted.partition_point(|other| other < value);
        let upto = sorted.partition_point(|other| other <= value);
        // Ranks below + 1 to upto; their mean, doubled.
        below + 1 + upto
    };
    values.iter().map(rank).collect()
}

/// Counts how many choices of so many ranks have which sum.
#[expect(clippy::cast_precision_loss, reason = "sums of ranks are far below 2^52")]
fn exact(ranks: &[usize], first: usize) -> f64 {
    let total: usize = ranks.iter().sum();
    let mut ways = vec![vec![0.0_f64; total + 1]; first + 1];
    ways[0][0] = 1.0;
    for rank in ranks {
        for count in (1..=first).rev() {
            for sum in (*rank..=total).rev() {
                ways[count][sum] += ways[count - 1][sum - rank];
            }
        }
    }
    let mean = total as f64 * first as f64 / ranks.len() as f64;
    let seen: usize = ranks[..first].iter().sum();
    let distance = (seen as f64 - mean).abs() - 1e-9;
    let (mut far, mut all) = (0.0, 0.0);
    for (sum, count) in ways[first].iter().enumerate() {
        all += count;
        if (sum as f64 - mean).abs() >= distance {
            far += count;
        }
    }
    far / all
}

/// The same by a normal distribution with the variance that equal ranks leave.
#[expect(clippy::cast_precision_loss, reason = "sums of ranks are far below 2^52")]
fn approximate(ranks: &[usize], first: usize) -> f64 {
    let (n, m) = (first as f64, (ranks.len() - first) as f64);
    let total = n + m;
    let mean_rank = ranks.iter().sum::<usize>() as f64 / total;
    let spread: f64 = ranks.iter().map(|rank| (*rank as f64 - mean_rank).powi(2)).sum();
    let variance = n * m / (total * (total - 1.0)) * spread;
    let seen: usize = ranks[..first].iter().sum();
    // Doubled ranks move in steps of 2; half a step for continuity.
    let distance = ((seen as f64 - n * mean_rank).abs() - 1.0).max(0.0);
    let normal = Normal::standard();
    if variance == 0.0 { 1.0 } else { (2.0 * (1.0 - normal.cdf(distance / variance.sqrt()))).min(1.0) }
}

/// The probability of a count at least as lopsided if more and less were as likely: the two-sided sign test.
pub fn sign(less: usize, more: usize) -> f64 {
    let (total, fewer) = (less + more, less.min(more));
    let Ok(coin) = Binomial::new(0.5, total as u64) else { return 1.0 };
    (2.0 * coin.cdf(fewer as u64)).min(1.0)
}

/// The largest probability that still counts when so many are looked at and at most `rate` of what is found may be chance
/// (Benjamini and Hochberg); none where nothing counts.
#[expect(clippy::cast_precision_loss, reason = "counts of cases are far below 2^52")]
pub fn threshold(probabilities: &[f64], rate: f64) -> Option<f64> {
    let mut sorted = probabilities.to_vec();
    sorted.sort_by(f64::total_cmp);
    let all = sorted.len() as f64;
    let counts = |(index, p): &(usize, &f64)| **p <= (*index + 1) as f64 / all * rate;
    sorted.iter().enumerate().filter(counts).map(|(_, p)| *p).next_back()
}

/// The middle value; of an even number the lower one of the two.
pub fn median(values: &[u64]) -> u64 {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    sorted.get(sorted.len().saturating_sub(1) / 2).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is(seen: f64, wanted: f64) -> bool {
        (seen - wanted).abs() < 1e-4
    }

    /// Against tables and by counting: of 252 arrangements of 5 and 5 two are as far apart as can be.
    #[test]
    fn small_samples_are_counted() {
        assert!(is(rank_sum(&[1, 2, 3, 4, 5], &[6, 7, 8, 9, 10]), 2.0 / 252.0));
        assert!(is(rank_sum(&[6, 7, 8, 9, 10], &[1, 2, 3, 4, 5]), 2.0 / 252.0));
        assert!(is(rank_sum(&[1, 3, 5], &[2, 4, 6]), 0.7));
        assert!(is(rank_sum(&[7; 5], &[7; 5]), 1.0));
        // Of the 6 choices of two ranks out of 1.5 1.5 3.5 3.5 two are extreme.
        assert!(is(rank_sum(&[1, 1], &[2, 2]), 2.0 / 6.0));
        assert!(is(rank_sum(&[], &[1]), 1.0));
    }

    #[test]
    fn large_samples_come_to_the_same_as_small_ones() {
        let before: Vec<u64> = (0..24).map(|n| n * 7 % 31).collect();
        let after: Vec<u64> = (0..24).map(|n| n * 5 % 29 + 6).collect();
        let ranks = doubled_ranks(&before, &after);
        let (counted, near) = (exact(&ranks, 24), approximate(&ranks, 24));
        assert!((counted - near).abs() < 0.005, "{counted} {near}");
        let shifted: Vec<u64> = (0..100).map(|n| n + 50).collect();
        assert!(rank_sum(&(0..100).collect::<Vec<_>>(), &shifted) < 1e-9);
    }

    #[test]
    fn a_coin_that_falls_on_one_side_ten_times_is_no_coin() {
        assert!(is(sign(0, 10), 2.0 / 1024.0));
        assert!(is(sign(5, 5), 1.0));
        assert!(is(sign(0, 0), 1.0));
    }

    #[test]
    fn of_many_probabilities_some_are_small_by_chance() {
        assert_eq!(threshold(&[0.01, 0.9, 0.8, 0.7, 0.6, 0.5], 0.05), None);
        assert_eq!(threshold(&[0.001, 0.9, 0.008, 0.7, 0.6, 0.5], 0.05), Some(0.008));
        assert_eq!(threshold(&[], 0.05), None);
    }

    #[test]
    fn the_middle_is_the_middle() {
        assert_eq!((median(&[3, 1, 2]), median(&[4, 1, 2, 3]), median(&[])), (2, 2, 0));
    }
}
