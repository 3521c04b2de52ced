//! Behaviours 6.20 to 6.24 and 6.28: collections of values at hand, and collections as sets.

use flumen::{PCollection, Pipeline};

use crate::support::{collect, on_all, sorted};

#[test]
fn values_at_hand_are_elements_whatever_they_are() {
    on_all(|runner| {
        assert_eq!(sorted(runner, |p| p.create([3_u64, 1, 3])), [1, 3, 3]);
        assert_eq!(sorted(runner, |p| p.create([""; 0])), [""; 0]);
        assert_eq!(sorted(runner, |p| p.create([None, Some("a"), None])), [None, None, Some("a".to_owned())]);
        assert_eq!(sorted(runner, |p| p.create([(); 3])), [(); 3]);
        assert_eq!(sorted(runner, |p| p.create([((), ()); 2])), [((), ()); 2]);
        assert_eq!(sorted(runner, |p| p.create(vec!["x"; 100_000]).count_globally()), [100_000]);
    });
}

/// How often a number is in the result, by how often it is here and there.
type Times = fn(u64, u64) -> u64;
type Operation = (&'static str, fn(&PCollection<u64>, &PCollection<u64>) -> PCollection<u64>, Times);

#[test]
fn each_operation_of_sets_is_that_of_counts() {
    let operations: [Operation; 6] = [
        ("intersect_distinct", |a, b| a.intersect_distinct(b), |a, b| u64::from(a > 0 && b > 0)),
        ("intersect_all", |a, b| a.intersect_all(b), u64::min),
        ("except_distinct", |a, b| a.except_distinct(b), |a, b| u64::from(a > 0 && b == 0)),
        ("except_all", |a, b| a.except_all(b), u64::saturating_sub),
        ("union_distinct", |a, b| a.union_distinct(b), |a, b| u64::from(a + b > 0)),
        ("flatten", |a, b| a.flatten([b]), |a, b| a + b),
    ];
    // Each number below 16 is in both as often as its halves say.
    let here = |n: u64| n / 4;
    let there = |n: u64| n % 4;
    let bag =
        |p: &Pipeline, times: fn(u64) -> u64| p.range(0..16).flat_map(move |n| (0..times(n)).map(move |_| n));
    on_all(|runner| {
        for (name, operation, times) in operations {
            let found = sorted(runner, |p| operation(&bag(p, here), &bag(p, there)));
            let want: Vec<u64> =
                (0..16).flat_map(|n| (0..times(here(n), there(n))).map(move |_| n)).collect();
            assert_eq!(found, want, "{name}");
            let alone = sorted(runner, |p| operation(&bag(p, here), &p.range(0..0)));
            let want: Vec<u64> = (0..16).flat_map(|n| (0..times(here(n), 0)).map(move |_| n)).collect();
            assert_eq!(alone, want, "{name} with nothing");
            let itself = collect(runner, |p| {
                let all = bag(p, here);
                operation(&all, &all).count_globally()
            });
            let want: u64 = (0..16).map(|n| times(here(n), here(n))).sum();
            assert_eq!(itself.unwrap(), [want], "{name} with itself");
        }
    });
}
