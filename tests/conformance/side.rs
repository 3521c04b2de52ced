//! Behaviours 7.1 to 7.54 of bounded data, 5.5, 5.8, 5.17, 6.10, 6.13 and 13.7: side inputs.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flumen::transforms::side::{List, Map, Side, Singleton};
use flumen::{CombineFn, DoFn, Out, PCollection, Pipeline, Result};

use crate::support::{failure, on_all, sorted};

/// Strings, owned.
fn own(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

#[test]
fn a_singleton_shows_its_only_element() {
    on_all(|runner| {
        let found = sorted(runner, |p| {
            let least = p.create(["m"]).as_singleton();
            p.create(["a", "n", "z"]).filter_with(&least, |word, least| word > least)
        });
        assert_eq!(found, own(&["n", "z"]));
    });
}

#[test]
fn a_singleton_of_none_takes_its_default() {
    on_all(|runner| {
        for (rows, want) in [(0, [17]), (1, [10])] {
            let found = sorted(runner, |p| {
                let factor = p.range(0..rows).as_singleton_or(7_u64);
                p.create([10_u64]).map_with(&factor, |n, factor| n + factor)
            });
            assert_eq!(found, want);
        }
    });
}

#[test]
fn what_can_not_be_shown_fails_the_step_that_reads_it_and_says_what_to_do() {
    type Build = fn(&Pipeline);
    let table: [(&str, Build); 4] = [
        ("has no element: use as_singleton_or(default)", |p| {
            let none = p.range(0..0).as_singleton();
            drop(p.range(0..9).map_with(&none, |n, m| n + m).named("reader"));
        }),
        ("has 3 elements, where one is wanted: combine them, or use as_list", |p| {
            let three = p.range(0..3).as_singleton_or(1_u64);
            drop(p.range(0..9).map_with(&three, |n, m| n + m).named("reader"));
        }),
        ("has the key \"b\" twice: combine its values, or use as_multimap", |p| {
            let names = p.create([("a", 1_u64), ("b", 2), ("b", 3)]).as_map();
            drop(p.range(0..9).map_with(&names, |n, names| names.get("a").unwrap_or(n)).named("reader"));
        }),
        ("has the key None twice", |p| {
            let names = p.create([(None::<u64>, None::<u64>), (None, None)]).as_map();
            drop(p.range(0..9).map_with(&names, |n, names| n + names.len() as u64).named("reader"));
        }),
    ];
    on_all(|runner| {
        for (says, build) in table {
            let told = failure(runner, build).to_string();
            assert!(told.contains(says) && told.contains("reader"), "{told}");
        }
    });
}

#[test]
fn a_list_shows_every_element_by_number_and_in_turn() {
    on_all(|runner| {
        for rows in [0, 1, 2_000, 70_000] {
            let found = sorted(runner, |p| {
                let all = p.range(0..rows).map(|n| n.to_string()).as_list();
                p.range(0..2).map_with(&all, move |n, all| {
                    let mut numbers: Vec<u64> = all.iter().map(|n| n.parse().unwrap()).collect();
                    let by_number = (0..all.len()).map(|at| all.get(at).unwrap().len() as u64).sum::<u64>();
                    assert!(all.get(all.len()).is_none() && all.is_empty() == (rows == 0));
                    numbers.sort_unstable();
                    (n, numbers == (0..rows).collect::<Vec<_>>(), by_number)
                })
            });
            let bytes = (0..rows).map(|n| n.to_string().len() as u64).sum();
            assert_eq!(found, [(0, true, bytes), (1, true, bytes)], "{rows} rows");
        }
    });
}

#[test]
fn an_iterable_is_read_by_each_element_and_twice_by_one() {
    on_all(|runner| {
        let found = sorted(runner, |p| {
            let some = p.range(1..4).as_iterable();
            p.range(0..30_000).flat_map_with(&some, |n, some| {
                assert_eq!(some.iter().count(), some.iter().count());
                some.iter().map(|m| n % m).collect::<Vec<_>>()
            })
        });
        let mut want: Vec<u64> = (0..30_000).flat_map(|n| [0, n % 2, n % 3]).collect();
        want.sort_unstable();
        assert!(found == want);
    });
}

#[test]
fn a_map_shows_the_value_of_each_key() {
    on_all(|runner| {
        for rows in [0_u64, 1, 50_000] {
            let found = sorted(runner, |p| {
                let names = p.range(0..rows).map(|n| (n * 2, n.to_string())).as_map();
                p.range(0..1_000).map_with(&names, move |n, names| {
                    let known = names.contains_key(n);
                    assert!(names.len() as u64 == rows && names.iter().count() as u64 == rows);
                    (known, names.get(n).map(|name| name.parse::<u64>().unwrap()))
                })
            });
            let name = |n: u64| (n.is_multiple_of(2) && n < rows * 2).then_some(n / 2);
            let mut want: Vec<_> = (0..1_000).map(|n| (name(n).is_some(), name(n))).collect();
            want.sort_unstable();
            assert_eq!(found, want);
        }
    });
}

#[test]
fn a_map_of_what_was_combined_has_each_key_once() {
    on_all(|runner| {
        let found = sorted(runner, |p| {
            let words = p.create(["a", "b", "a"]);
            let counts = words.count_per_element().as_map();
            words.map_with(&counts, |word, counts| format!("{word}{}", counts.get(word).unwrap_or(0)))
        });
        assert_eq!(found, own(&["a2", "a2", "b1"]));
    });
}

#[test]
fn a_multimap_shows_all_values_of_each_key() {
    on_all(|runner| {
        for rows in [0, 10, 40_000] {
            let found = sorted(runner, |p| {
                let by_rest = p.range(0..rows).map(|n| (n % 7, n)).as_multimap();
                p.range(0..9).map_with(&by_rest, move |rest, by_rest| {
                    assert_eq!(by_rest.len() as u64, rows.min(7));
                    assert_eq!(by_rest.iter().count() as u64, rows);
                    assert_eq!(by_rest.contains_key(rest), by_rest.get(rest).next().is_some());
                    (rest, by_rest.get(rest).sum::<u64>())
                })
            });
            let want = |rest: u64| (rest, (0..rows).filter(|n| n % 7 == rest).sum());
            assert_eq!(found, (0..9).map(want).collect::<Vec<_>>());
        }
    });
}

#[test]
fn several_sides_of_several_types_are_read_beside_each_other() {
    on_all(|runner| {
        let found = sorted(runner, |p| {
            let (one, all) = (p.create([0.5]).as_singleton(), p.create(["x", "y"]).as_list());
            let map = p.create([(1_u64, 'a')]).as_map();
            // One of them twice, and one of them by two steps.
            let told = p.range(0..2).map_with((&one, &all, &map, &one), |n, (one, all, map, again)| {
                format!("{n} {} {} {:?}", one + again, all.len(), map.get(n))
            });
            let others = p.create(["w"]).map_with(&one, |word, one| format!("{word} {one}"));
            told.flatten([&others])
        });
        assert_eq!(found, own(&["0 1 2 None", "1 1 2 Some('a')", "w 0.5"]));
    });
}

#[derive(Clone)]
struct Scale {
    factor: Side<Singleton<u64>>,
    names: Side<Map<u64, String>>,
    largest: Side<List<u64>>,
}

impl DoFn for Scale {
    type In = u64;
    type Out = String;

    fn process(&mut self, n: u64, out: &mut Out<'_, String>) -> Result<()> {
        let (factor, names) = (out.side(&self.factor)?, out.side(&self.names)?);
        out.emit(format!("{} {}", names.get(n).unwrap_or("?"), n * factor));
        Ok(())
    }
    fn finish_bundle(&mut self, out: &mut Out<'_, String>) -> Result<()> {
        assert_eq!(out.side(&self.largest)?.len(), 3);
        Ok(())
    }
}

#[test]
fn a_function_with_a_life_of_its_own_reads_sides_in_every_call() {
    on_all(|runner| {
        let found = sorted(runner, |p| {
            let (factor, names) = (p.create([10_u64]).as_singleton(), p.create([(1_u64, "one")]).as_map());
            let largest = p.range(0..3).as_list();
            let scale = Scale { factor: factor.clone(), names: names.clone(), largest: largest.clone() };
            p.range(1..3).par_do_fn_with((&factor, &names, &largest), scale)
        });
        assert_eq!(found, own(&["? 20", "one 10"]));
    });
}

#[test]
fn a_side_that_the_step_was_not_given_is_an_error_that_says_so() {
    on_all(|runner| {
        let told = failure(runner, |p| {
            let (factor, names) = (p.create([10_u64]).as_singleton(), p.create([(1_u64, "one")]).as_map());
            let largest = p.range(0..3).as_list();
            let scale = Scale { factor: factor.clone(), names: names.clone(), largest: largest.clone() };
            drop(p.range(1..3).par_do_fn_with((&factor, &largest), scale).named("scale"));
            drop(p.range(1..3).map_with(&names, |n, names| names.get(n).is_some()));
        });
        assert!(told.to_string().contains("scale") && told.to_string().contains("side input"), "{told}");
    });
}

#[test]
fn one_output_of_a_function_is_the_side_of_another() {
    on_all(|runner| {
        let found = sorted(runner, |p| {
            let (small, large) = p.range(0..20).par_do2(|n, small, large| match n {
                0..5 => small.emit(n),
                _ => large.emit(n),
            });
            let (odd, even) =
                large.par_do2(|n, odd, even| if n % 2 == 1 { odd.emit(n) } else { even.emit(n) });
            let beside = even.map_with((&small.as_list(), &odd.as_list()), |n, (small, odd)| {
                (n, small.iter().sum::<u64>(), odd.iter().sum::<u64>())
            });
            beside.filter(|(n, ..)| n > 15)
        });
        assert_eq!(found, [(16, 10, 96), (18, 10, 96)]);
    });
}

/// Pipelines in which side inputs depend on each other and on the main input; what each holds.
type Shape = (&'static str, fn(&Pipeline) -> PCollection<u64>, Vec<u64>);

/// Adds the sum of a collection to each element of another.
fn plus(all: &PCollection<u64>, sum: &PCollection<u64>) -> PCollection<u64> {
    all.map_with(&sum.as_list(), |n, list| n + list.iter().sum::<u64>())
}

fn shapes() -> Vec<Shape> {
    vec![
        (
            "its own input",
            |p| {
                let a = p.range(0..3);
                plus(&a, &a)
            },
            vec![3, 4, 5],
        ),
        (
            "what is made of its input",
            |p| {
                let a = p.range(0..3);
                plus(&a.map(|n| n * 10), &a.filter(|n| n > 1))
            },
            vec![2, 12, 22],
        ),
        (
            "a chain of three",
            |p| {
                let a = p.range(0..2);
                let b = plus(&a, &a);
                let c = plus(&b, &a);
                plus(&c, &b)
            },
            vec![5, 6],
        ),
        (
            "a diamond",
            |p| {
                let a = p.range(1..3);
                let (b, c) = (plus(&a, &a), plus(&a.map(|n| n * 100), &a));
                plus(&b, &c).flatten([&plus(&c, &b)])
            },
            vec![112, 212, 310, 311],
        ),
        (
            "side and main change places",
            |p| {
                let (a, b) = (p.range(0..2), p.range(5..7));
                plus(&a, &b).flatten([&plus(&b, &a)])
            },
            vec![6, 7, 11, 12],
        ),
        (
            "behind a combine of the same source",
            |p| {
                let a = p.range(0..4);
                plus(&a.sum_globally(), &a.count_globally()).flatten([&plus(&a, &a.sum_globally())])
            },
            vec![6, 7, 8, 9, 10],
        ),
        (
            "behind groups and joins of the same source",
            |p| {
                let a = p.range(0..4).key_by(|n| n % 2);
                let sizes = a.group_by_key().map(|(_, group)| group.len() as u64);
                let joined = a.join(&a).map(|(_, (x, y))| x * y);
                plus(&plus(&sizes, &joined), &a.values())
            },
            vec![28, 28],
        ),
        (
            "a flatten with itself",
            |p| {
                let a = p.range(1..3);
                let b = a.flatten([&plus(&a, &a)]);
                plus(&b, &b)
            },
            vec![13, 14, 16, 17],
        ),
        (
            "behind a reshuffle",
            |p| {
                let a = p.range(1..3).reshuffle();
                plus(&a.reshuffle(), &plus(&a, &a).reshuffle())
            },
            vec![10, 11],
        ),
        (
            "one nothing reads",
            |p| {
                let a = p.range(0..2);
                drop(plus(&a, &a));
                a
            },
            vec![0, 1],
        ),
        ("of an empty flatten", |p| plus(&p.range(4..5), &p.range(0..0).flatten([&p.range(1..1)])), vec![4]),
        ("of a flatten", |p| plus(&p.range(4..5), &p.range(1..2).flatten([&p.range(2..3)])), vec![7]),
        ("of an empty main", |p| plus(&p.range(0..0), &p.range(1..2)), vec![]),
    ]
}

#[test]
fn no_shape_of_sides_waits_for_itself() {
    on_all(|runner| {
        for (name, build, want) in shapes() {
            assert_eq!(sorted(runner, build), want, "{name}");
        }
    });
}

#[test]
fn large_inputs_wait_for_their_side() {
    on_all(|runner| {
        let found = sorted(runner, |p| {
            let all = p.range(0..400_000);
            let rare = all.filter(|n| n % 40_000 == 0).as_list();
            let kept = all.filter_with(&rare, |n, rare| rare.iter().any(|r| r == n));
            kept.count_globally().flatten([&plus(&all, &kept).filter(|n| n < 1_800_002)])
        });
        assert_eq!(found, [10, 1_800_000, 1_800_001]);
    });
}

/// Adds numbers, each times a factor.
struct Scaled(u64);

impl CombineFn for Scaled {
    type In = u64;
    type Accum = u64;
    type Out = u64;

    fn add(&self, sum: &mut u64, n: u64) -> Result<()> {
        *sum += n * self.0;
        Ok(())
    }
    fn merge(&self, sum: &mut u64, other: u64) -> Result<()> {
        *sum += other;
        Ok(())
    }
    fn extract(&self, sum: u64) -> Result<u64> {
        Ok(sum)
    }
}

#[test]
fn a_combine_is_made_of_sides_also_of_no_elements_and_of_a_hot_key() {
    on_all(|runner| {
        for rows in [0, 1, 100_000] {
            let sum = |from: u64| (from..rows).step_by(2).sum::<u64>() * 3;
            let globally = sorted(runner, |p| {
                let factor = p.create([3_u64]).as_singleton();
                p.range(0..rows).combine_globally_with(&factor, Scaled)
            });
            assert_eq!(globally, [sum(0) + sum(1)]);
            let by_key = sorted(runner, |p| {
                let pairs = p.range(0..rows).map(|n| (if n % 1_000 == 1 { n } else { 0 }, n));
                pairs.combine_per_key_with(&p.create([3_u64]).as_singleton(), Scaled)
            });
            let total: u64 = by_key.iter().map(|(_, sum)| sum).sum();
            assert_eq!((total, by_key.len() as u64), (sum(0) + sum(1), rows.min(1) + rows / 1_000));
        }
    });
}

#[test]
fn a_global_sum_is_a_singleton_also_of_nothing() {
    on_all(|runner| {
        for (rows, want) in [(0, 1), (5, 11)] {
            let found = sorted(runner, |p| {
                let sum = p.range(0..rows).sum_globally().as_singleton();
                p.range(1..2).map_with(&sum, |n, sum| n + sum)
            });
            assert_eq!(found, [want]);
        }
    });
}

#[test]
fn waiting_for_a_collection_begins_when_all_of_it_is_done() {
    on_all(|runner| {
        for rows in [0, 1, 60_000] {
            let done = Arc::new(AtomicU64::new(0));
            let (count, look) = (Arc::clone(&done), Arc::clone(&done));
            let found = sorted(runner, move |p| {
                let first = p.range(0..rows).inspect(move |_| {
                    count.fetch_add(1, Ordering::SeqCst);
                });
                let then = p.range(0..50_000).wait_on(&first);
                then.map(move |_| look.load(Ordering::SeqCst)).count_per_element()
            });
            assert_eq!(found, [(rows, 50_000)]);
        }
    });
}
