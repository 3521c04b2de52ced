//! Behaviours 6.1 to 6.6, 6.11 and 6.12: flattens, diamonds, and collections that are read more than once.

use flumen::{PCollection, Pipeline};

use crate::support::{on_all, sorted};

/// A name, the pipeline, and what it must hold.
type Shape = (&'static str, fn(&Pipeline) -> PCollection<u64>, Vec<u64>);

fn shapes() -> Vec<Shape> {
    vec![
        ("one", |p| p.range(0..3).flatten([]), vec![0, 1, 2]),
        ("others", |p| p.range(0..2).flatten([&p.create([7_u64]), &p.range(5..6)]), vec![0, 1, 5, 7]),
        (
            "itself",
            |p| {
                let a = p.range(0..2);
                a.flatten([&a])
            },
            vec![0, 0, 1, 1],
        ),
        (
            "itself twice",
            |p| {
                let a = p.range(0..2);
                a.flatten([&a, &a])
            },
            vec![0, 0, 0, 1, 1, 1],
        ),
        (
            "itself changed in place",
            |p| {
                let a = p.range(0..4);
                a.filter(|n| n < 1).flatten([&a.filter(|n| n > 1), &a])
            },
            vec![0, 0, 1, 2, 2, 3, 3],
        ),
        ("empties", |p| p.range(0..0).flatten([&p.range(5..5), &p.create(Vec::<u64>::new())]), vec![]),
        ("empty and not", |p| p.range(0..0).flatten([&p.range(5..6)]), vec![5]),
        (
            "of a flatten",
            |p| {
                let a = p.range(0..1).flatten([&p.range(1..2)]);
                a.flatten([&a.flatten([&p.range(2..3)])])
            },
            vec![0, 0, 1, 1, 2],
        ),
        ("then a function", |p| p.range(0..1).flatten([&p.range(1..2)]).map(|n| n * 10), vec![0, 10]),
        (
            "two consumers",
            |p| {
                let a = p.range(0..1).flatten([&p.range(1..2)]);
                a.map(|n| n + 10).flatten([&a.map(|n| n + 20)])
            },
            vec![10, 11, 20, 21],
        ),
        (
            "two branches of a source",
            |p| {
                let a = p.range(0..3);
                a.filter(|n| n % 2 == 0).flatten([&a.map(|n| n + 100)])
            },
            vec![0, 2, 100, 101, 102],
        ),
        (
            "two combines",
            |p| {
                let a = p.range(0..10);
                a.count_globally().flatten([&a.sum_globally()])
            },
            vec![10, 45],
        ),
        (
            "a combine and what it is of",
            |p| {
                let a = p.range(0..3);
                a.flatten([&a.sum_globally()])
            },
            vec![0, 1, 2, 3],
        ),
        (
            "a combine of both",
            |p| {
                let a = p.range(0..3);
                a.flatten([&a.sum_globally()]).sum_globally()
            },
            vec![6],
        ),
        (
            "two combines by key, and one of them",
            |p| {
                let a = p.range(0..6).key_by(|n| n % 2);
                let all = a.sum_per_key().flatten([&a.count_per_key()]).sum_per_key();
                all.keys().flatten([&all.values()])
            },
            vec![0, 1, 9, 12],
        ),
        (
            "combines in three rows",
            |p| {
                let a = p.range(0..6);
                let b = a.count_globally();
                let c = a.flatten([&b]).count_globally();
                a.flatten([&b, &c]).count_globally().flatten([&b, &c])
            },
            vec![6, 7, 8],
        ),
        (
            "a source and a combine of another into one function",
            |p| p.range(0..3).flatten([&p.range(0..9).count_globally()]).map(|n| n + 1).count_globally(),
            vec![4],
        ),
    ]
}

#[test]
fn shapes_hold_what_they_must() {
    on_all(|runner| {
        for (name, build, want) in shapes() {
            assert_eq!(sorted(runner, build), want, "{name}");
        }
    });
}

#[test]
fn large_branches_meet_whole() {
    on_all(|runner| {
        let all = sorted(runner, |p| {
            let a = p.range(0..300_000);
            let b = a.map(|n| n % 1_000);
            let counts = b.flatten([&a.filter(|n| n < 1_000), &b]).count_per_element();
            counts.values().count_per_element()
        });
        assert_eq!(all, [(601, 1_000)]);
    });
}

#[test]
fn a_batch_that_two_steps_read_is_changed_by_neither() {
    on_all(|runner| {
        let words = |p: &Pipeline| p.create((0..5_000).map(|n| format!("w{n}")));
        let all = sorted(runner, |p| {
            let a = words(p).key_by(|w| w.len() as u64);
            let keys = a.keys().map(|k| format!("{k}"));
            let kept = a.filter(|(k, _)| k == 2).values();
            keys.flatten([&kept, &a.values(), &a.filter(|(k, _)| k > 99).values()]).count_globally()
        });
        assert_eq!(all, [10_010]);
    });
}

#[test]
fn collections_of_another_pipeline_are_refused() {
    let (p, other) = (Pipeline::new(), Pipeline::new());
    let line = line!() + 1;
    drop(p.range(0..1).flatten([&other.range(0..1)]));
    let told = p.check().unwrap_err().to_string();
    assert_eq!(
        told,
        format!("flatten at {}:{line}: one of its collections belongs to another pipeline", file!())
    );
}
