//! Behaviours 5.1 to 5.4, 5.6 and 5.19: combining gives what a fold gives, whatever is gathered where.

use std::collections::BTreeMap;

use flumen::transforms::{Count, SumFn};
use flumen::{CombineFn, Element, PCollection, Result};
use serde::{Deserialize, Serialize};

use crate::support::{on_all, sorted};

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, Element)]
struct Moments {
    n: u64,
    sum: u64,
    squares: u64,
}

/// Accumulates a struct, makes a string.
struct Describe;

impl CombineFn for Describe {
    type In = u64;
    type Accum = Moments;
    type Out = String;

    fn add(&self, all: &mut Moments, x: u64) -> Result<()> {
        self.merge(all, Moments { n: 1, sum: x, squares: x * x })
    }
    fn merge(&self, all: &mut Moments, other: Moments) -> Result<()> {
        all.n += other.n;
        all.sum += other.sum;
        all.squares += other.squares;
        Ok(())
    }
    fn extract(&self, all: Moments) -> Result<String> {
        Ok(format!("{} {} {}", all.n, all.sum, all.squares))
    }
}

/// Accumulates a vector, of strings.
struct Sorted;

impl CombineFn for Sorted {
    type In = String;
    type Accum = Vec<String>;
    type Out = Vec<String>;

    fn add(&self, all: &mut Vec<String>, x: &str) -> Result<()> {
        all.push(x.to_owned());
        Ok(())
    }
    fn merge(&self, all: &mut Vec<String>, other: Vec<String>) -> Result<()> {
        all.extend(other);
        Ok(())
    }
    fn extract(&self, mut all: Vec<String>) -> Result<Vec<String>> {
        all.sort();
        Ok(all)
    }
}

/// Accumulates a string.
struct Letters;

impl CombineFn for Letters {
    type In = char;
    type Accum = String;
    type Out = (u64, String);

    fn add(&self, all: &mut String, x: char) -> Result<()> {
        all.push(x);
        Ok(())
    }
    fn merge(&self, all: &mut String, other: String) -> Result<()> {
        all.push_str(&other);
        Ok(())
    }
    fn extract(&self, all: String) -> Result<(u64, String)> {
        let mut letters: Vec<char> = all.chars().collect();
        letters.sort_unstable();
        Ok((letters.len() as u64, letters.into_iter().collect()))
    }
}

/// Accumulates an option, from a start that is not its default.
struct AtLeast(i64);

impl CombineFn for AtLeast {
    type In = i64;
    type Accum = Option<i64>;
    type Out = Option<i64>;

    fn create(&self) -> Option<i64> {
        Some(self.0)
    }
    fn add(&self, most: &mut Option<i64>, x: i64) -> Result<()> {
        self.merge(most, Some(x))
    }
    fn merge(&self, most: &mut Option<i64>, other: Option<i64>) -> Result<()> {
        *most = (*most).max(other);
        Ok(())
    }
    fn extract(&self, most: Option<i64>) -> Result<Option<i64>> {
        Ok(most)
    }
}

#[test]
fn nothing_combines_to_the_default_globally_and_to_nothing_by_key() {
    on_all(|runner| {
        assert_eq!(sorted(runner, |p| p.range(3..3).count_globally()), [0]);
        assert_eq!(sorted(runner, |p| p.range(3..3).sum_globally()), [0]);
        assert_eq!(sorted(runner, |p| p.range(0..9).filter(|_| false).combine_globally(Describe)), ["0 0 0"]);
        assert_eq!(sorted(runner, |p| p.create(Vec::<i64>::new()).combine_globally(AtLeast(5))), [Some(5)]);
        assert!(sorted(runner, |p| p.range(3..3).count_per_element()).is_empty());
        assert!(
            sorted(runner, |p| p.range(0..9).filter(|_| false).key_by(|n| n).combine_per_key(Describe))
                .is_empty()
        );
    });
}

#[test]
fn accumulators_of_every_kind_combine_like_a_fold() {
    on_all(|runner| {
        let numbers = || (0..10_000_u64).map(|n| n * n % 1_009);
        let (sum, squares) = (numbers().sum::<u64>(), numbers().map(|n| n * n).sum::<u64>());
        let all = sorted(runner, |p| p.create(numbers()).combine_globally(Describe));
        assert_eq!(all, [format!("10000 {sum} {squares}")]);

        let words = || (0..5_000_u64).map(|n| format!("w{}", n * 31 % 4_999));
        let mut want: BTreeMap<u64, Vec<String>> = BTreeMap::new();
        words().for_each(|w| want.entry(w.len() as u64).or_default().push(w));
        want.values_mut().for_each(|words| words.sort());
        let by_length = |words: PCollection<String>| words.key_by(|w| w.len() as u64).combine_per_key(Sorted);
        assert_eq!(sorted(runner, |p| by_length(p.create(words()))), want.into_iter().collect::<Vec<_>>());

        let letters = || (0..20_000_u32).map(|n| (n % 3, char::from_u32('a' as u32 + n % 26).unwrap()));
        let mut want: BTreeMap<u32, Vec<char>> = BTreeMap::new();
        letters().for_each(|(k, c)| want.entry(k).or_default().push(c));
        let want = want.into_iter().map(|(k, mut all)| {
            all.sort_unstable();
            (k, (all.len() as u64, all.into_iter().collect::<String>()))
        });
        assert_eq!(
            sorted(runner, |p| p.create(letters()).combine_per_key(Letters)),
            want.collect::<Vec<_>>()
        );

        let signed = || (0..9_000_i64).map(|n| (n % 2 == 0, -n));
        let most = sorted(runner, |p| p.create(signed()).combine_per_key(AtLeast(-1_000)));
        assert_eq!(most, [(false, Some(-1)), (true, Some(0))]);
        let most = sorted(runner, |p| p.create(signed()).values().combine_globally(AtLeast(77)));
        assert_eq!(most, [Some(77)]);
    });
}

#[test]
fn reduce_count_and_sum_agree_with_a_fold() {
    on_all(|runner| {
        let pairs = |p: &flumen::Pipeline| p.range(0..50_000).key_by(|n| (n % 7) as i32);
        let count = |k: i32| (0..50_000).filter(|n| n % 7 == i64::from(k)).count() as u64;
        let sum = |k: i32| (0..50_000_u64).filter(|n| n % 7 == k as u64).sum::<u64>();
        assert_eq!(
            sorted(runner, |p| pairs(p).count_per_key()),
            (0..7).map(|k| (k, count(k))).collect::<Vec<_>>()
        );
        assert_eq!(
            sorted(runner, |p| pairs(p).sum_per_key()),
            (0..7).map(|k| (k, sum(k))).collect::<Vec<_>>()
        );
        let largest = sorted(runner, |p| pairs(p).reduce_per_key(u64::max));
        assert_eq!(largest, (0..7).map(|k| (k, 49_999 - (49_999 - k as u64) % 7)).collect::<Vec<_>>());
        assert_eq!(
            sorted(runner, |p| pairs(p).keys().sum_globally()),
            [(0..50_000).map(|n| n % 7).sum::<i32>()]
        );
        assert_eq!(sorted(runner, |p| pairs(p).values().sum_globally()), [49_999 * 50_000 / 2]);
        assert_eq!(sorted(runner, |p| p.range(0..50_000).combine_globally(Count::new())), [50_000]);
    });
}

#[test]
fn a_combine_of_a_combine_and_one_in_a_row_are_right() {
    on_all(|runner| {
        // How many words are there how often?
        let twice = |p: &flumen::Pipeline| {
            let counts = p.range(0..30_000).map(|n| n % 1_000 / 3).count_per_element();
            counts.values().count_per_element()
        };
        assert_eq!(sorted(runner, twice), [(30, 1), (90, 333)]);
        let sums = sorted(runner, |p| twice(p).map(|(n, times)| n * times).sum_globally());
        assert_eq!(sums, [30_000]);
        // The result of a combine by key, again by the same key.
        let again = sorted(runner, |p| {
            p.range(0..9_000).key_by(|n| n % 3).sum_per_key().sum_per_key().combine_per_key(SumFn::new())
        });
        assert_eq!(
            again,
            (0..3).map(|k| (k, (0..9_000).filter(|n| n % 3 == k).sum::<u64>())).collect::<Vec<_>>()
        );
        assert_eq!(
            sorted(runner, |p| p.range(0..9).count_globally().count_globally().count_per_element()),
            [(1, 1)]
        );
    });
}

#[test]
fn a_hot_key_counts_like_any() {
    on_all(|runner| {
        let n = 2_000_000;
        let counts =
            |p: &flumen::Pipeline| p.range(0..n).map(|n| if n % 10 < 9 { 7 } else { n }).count_per_element();
        assert_eq!(sorted(runner, |p| counts(p).filter(|(k, _)| k == 7)), [(7, n / 10 * 9)]);
        assert_eq!(sorted(runner, |p| counts(p).count_globally()), [n / 10 + 1]);
    });
}

#[test]
fn a_million_keys_are_all_there() {
    on_all(|runner| {
        let n = 1_000_000;
        let counts = sorted(runner, |p| {
            p.range(0..2 * n).map(move |x| x % n * 7_919).count_per_element().values().count_per_element()
        });
        assert_eq!(counts, [(2, n)]);
        let words = sorted(runner, |p| {
            let keyed = p.range(0..n).map(move |x| format!("{}/a key that stands in no slot", x / 2));
            keyed.count_per_element().values().count_per_element()
        });
        assert_eq!(words, [(2, n / 2)]);
    });
}

#[test]
fn a_bundle_that_makes_far_more_than_it_reads_needs_little_memory() {
    const EACH: u64 = 5_000_000;
    on_all(|runner| {
        let word = |n: u64| format!("{:0>100}", n % 1_000);
        let counts = sorted(runner, |p| {
            p.range(0..2)
                .flat_map(move |_| (0..EACH).map(word))
                .count_per_element()
                .values()
                .count_per_element()
        });
        assert_eq!(counts, [(2 * EACH / 1_000, 1_000)]);
    });
    // All words together have a gigabyte; this process also runs the other tests.
    #[cfg(target_os = "linux")]
    {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        let peak: u64 = peak.trim().trim_end_matches(" kB").parse().unwrap();
        assert!(peak < 800 << 10, "{peak} kB at the peak");
    }
}
