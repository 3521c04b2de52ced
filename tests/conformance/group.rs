//! Behaviours 3.1 to 3.8, 3.20 to 3.22 and 1.29: groups of the values of a key.

use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};

use flumen::testing::expect;
use flumen::time::Timestamp;
use flumen::{Element, Key, Pipeline, Values};
use serde::{Deserialize, Serialize};

use crate::support::{collect, on_all, sorted};

/// A group as a list, sorted.
fn list<T: Element + Ord>(values: &Values<T>) -> Vec<T> {
    let mut all: Vec<T> = values.iter().collect();
    all.sort();
    all
}

#[test]
fn each_key_has_one_group_of_all_its_values() {
    on_all(|runner| {
        for (rows, keys) in [(0, 1), (1, 1), (10, 3), (5_000, 5_000), (300_000, 7), (300_000, 100_003)] {
            let found = sorted(runner, |p| {
                let pairs = p.range(0..rows).map(move |n| (n % keys, n));
                pairs.group_by_key().map(|(key, values)| (key, list(values)))
            });
            let mut want = BTreeMap::<u64, Vec<u64>>::new();
            (0..rows).for_each(|n| want.entry(n % keys).or_default().push(n));
            assert!(found == want.into_iter().collect::<Vec<_>>(), "{rows} rows, {keys} keys");
        }
    });
}

#[test]
fn an_empty_collection_has_no_groups() {
    on_all(|runner| {
        let groups = collect(runner, |p| {
            let none = p.create(["a"]).filter(|_| false).map(|name| (name.to_owned(), 1_u64));
            none.group_by_key().map(|(name, _)| name.to_owned())
        });
        assert_eq!(groups.unwrap(), [""; 0]);
    });
}

/// A key whose own equality and hash are wrong.
#[derive(Clone, Debug, Serialize, Deserialize, Element, Key)]
struct Wrong {
    id: u64,
}

impl PartialEq for Wrong {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Wrong {}

impl Hash for Wrong {
    fn hash<H: Hasher>(&self, state: &mut H) {
        0.hash(state);
    }
}

#[test]
fn keys_are_equal_when_their_encodings_are_whatever_their_type_says() {
    on_all(|runner| {
        let found = sorted(runner, |p| {
            let pairs = p.range(0..1_000).map(|n| (Wrong { id: n % 10 }, n));
            pairs.group_by_key().map(|(key, values)| (key.id, values.len() as u64))
        });
        assert_eq!(found, (0..10).map(|id| (id, 100)).collect::<Vec<_>>());
    });
}

#[test]
fn keys_of_ten_kilobytes_to_ten_megabytes_are_grouped() {
    on_all(|runner| {
        for (bytes, rows) in [(10_000, 600), (100_000, 60), (1_000_000, 12), (10_000_000, 6)] {
            let found = sorted(runner, |p| {
                let key = move |n: u64| format!("{}{}", "k".repeat(bytes), n % 3);
                let pairs = p.range(0..rows).map(move |n| (key(n), n));
                pairs
                    .group_by_key()
                    .map(move |(key, values)| (key[bytes - 1..].to_owned(), key.len() as u64, list(values)))
            });
            let want = |rest: u64| (format!("k{rest}"), bytes as u64 + 1, (rest..rows).step_by(3).collect());
            assert_eq!(found, [want(0), want(1), want(2)], "{bytes} bytes");
        }
    });
}

#[test]
fn a_group_may_be_read_in_part_and_again() {
    on_all(|runner| {
        let found = sorted(runner, |p| {
            let pairs = p.range(0..100_000).map(|n| (n % 5, n.to_string()));
            pairs.group_by_key().map(|(key, values)| {
                let mut some = values.cursor();
                let first = some.next().map(str::to_owned);
                let again = values.cursor().next().map(str::to_owned);
                let (mut bytes, mut twice) = (0, 0);
                values.for_each(|value| bytes += value.len() as u64);
                values.for_each(|value| twice += 2 * value.len() as u64);
                (key, first == again, some.len() as u64, bytes, twice == 2 * bytes)
            })
        });
        let bytes = |key| (key..100_000_u64).step_by(5).map(|n| n.to_string().len() as u64).sum::<u64>();
        assert_eq!(found, (0..5).map(|key| (key, true, 19_999, bytes(key), true)).collect::<Vec<_>>());
    });
}

#[test]
fn a_group_of_a_million_values_is_whole() {
    on_all(|runner| {
        let found = collect(runner, |p| {
            let pairs = p.range(0..1_000_000).map(|n| ((), n));
            pairs.group_by_key().map(|(_, values)| (values.len() as u64, values.fold(0, |sum, n| sum + n)))
        });
        assert_eq!(found.unwrap(), [(1_000_000, 499_999_500_000)]);
    });
}

#[test]
fn empty_keys_and_values_are_grouped_like_others() {
    on_all(|runner| {
        let found = sorted(runner, |p| {
            let pairs = p.create([(None, ""), (Some(""), "a"), (None, "b"), (Some("x"), ""), (Some(""), "")]);
            pairs.group_by_key().map(|(key, values)| (key.map(str::to_owned), list(values)))
        });
        let want = [(None, vec!["", "b"]), (Some(""), vec!["", "a"]), (Some("x"), vec![""])];
        let own = |(key, values): &(Option<&str>, Vec<&str>)| {
            (key.map(str::to_owned), values.iter().map(|v| (*v).to_owned()).collect())
        };
        assert_eq!(found, want.iter().map(own).collect::<Vec<(_, Vec<String>)>>());

        let units = sorted(runner, |p| {
            let pairs = p.range(0..70_000).map(|_| ((), ()));
            pairs.group_by_key().map(|((), values)| values.len() as u64)
        });
        assert_eq!(units, [70_000]);
    });
}

#[test]
fn groups_are_elements_they_can_be_kept_emitted_and_grouped_again() {
    on_all(|runner| {
        let p = Pipeline::new();
        let groups = p.range(0..12).map(|n| (n % 4, n)).group_by_key();
        let kept = groups.filter(|(key, _)| key > 1).map(|(key, values)| (key, list(values)));
        expect(&kept).contains_in_any_order([(2_u64, vec![2_u64, 6, 10]), (3, vec![3, 7, 11])]);
        // By the size of the group: a group of groups.
        let sizes = groups.map(|(key, values)| (values.len() as u64, (key, values.clone())));
        let nested = sizes.group_by_key().map(|(size, groups)| {
            let sum =
                |sum, (key, values): (u64, &Values<u64>)| values.fold(sum + 100 * key, |sum, n| sum + n);
            (size, groups.fold(0, |all, (key, values)| sum(all, (key, values))))
        });
        expect(&nested).contains_in_any_order([(3_u64, 666_u64)]);
        runner.run(&p).unwrap().wait().unwrap();
    });
}

#[test]
fn a_group_stands_at_the_end_of_its_window() {
    on_all(|runner| {
        let times = sorted(runner, |p| {
            let timed = p.range(0..10).with_timestamps(|n| Timestamp::from_millis(n as i64));
            let pairs = timed.map(|n| (n % 3, n));
            let grouped = pairs.group_by_key().reify_timestamps().map(|(time, _)| time.millis());
            let combined = pairs.sum_per_key().reify_timestamps().map(|(time, _)| time.millis());
            let joined = pairs.join(&pairs).reify_timestamps().map(|(time, _)| time.millis());
            grouped.flatten([&combined, &joined]).distinct()
        });
        assert_eq!(times, [Timestamp::END_OF_GLOBAL_WINDOW.millis()]);
    });
}

#[test]
fn a_function_after_a_group_works_on_each_value() {
    on_all(|runner| {
        let found = sorted(runner, |p| {
            let pairs = p.range(0..100_000).map(|n| (n % 1_000, n));
            let values =
                pairs.group_by_key().par_do(|(key, values), out| values.for_each(|n| out.emit(n - key)));
            values.count_per_element()
        });
        assert_eq!(found, (0..100).map(|n| (n * 1_000, 1_000)).collect::<Vec<_>>());
    });
}

#[test]
fn one_collection_is_grouped_in_two_ways() {
    on_all(|runner| {
        let found = sorted(runner, |p| {
            let all = p.range(0..60_000);
            let by =
                |n: u64| all.key_by(move |x| x % n).group_by_key().map(|(_, values)| values.len() as u64);
            by(2).flatten([&by(3), &by(2)])
        });
        assert_eq!(found, [20_000, 20_000, 20_000, 30_000, 30_000, 30_000, 30_000]);
    });
}
