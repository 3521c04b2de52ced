//! Reliability R22: the same multiset on any number of threads, the same bytes on one thread with one seed.

use flumen::error::RunError;
use flumen::io::text;
use flumen::{PCollection, Pipeline};
use flumen_local::Local;

use crate::support::{collect, keep_workers_quiet};

/// Many steps whose order could differ: tables of short and long keys, flattens, functions that expand.
fn steps(p: &Pipeline) -> PCollection<(String, u64)> {
    let words = p.range(0..60_000).flat_map(|n| (0..n % 3).map(move |i| format!("{}", (n * 31 + i) % 7_001)));
    let long = words.map(|w| format!("{w:0>30}"));
    let counts = words.flatten([&long]).count_per_element();
    let sums = counts.key_by(|(w, _)| (w.len() % 7, w.as_bytes()[0])).map(|(_, (w, n))| (w.to_owned(), n));
    counts.flatten([&sums.filter(|(_, n)| n % 2 == 0)])
}

fn run(runner: &Local) -> Result<Vec<(String, u64)>, RunError> {
    collect(runner, steps)
}

#[test]
fn one_thread_and_one_seed_give_the_same_order() {
    for seed in [0, 7, u64::MAX] {
        let runner = Local::new().parallelism(1).seed(seed);
        let first = run(&runner).unwrap();
        assert!(first.len() > 20_000);
        for _ in 0..3 {
            assert!(run(&runner).unwrap() == first, "seed {seed}");
        }
    }
}

#[test]
fn one_thread_and_one_seed_write_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let written = |run: usize| -> Vec<Vec<u8>> {
        let prefix = folder.path().join(format!("{run}/out")).display().to_string();
        let p = Pipeline::new();
        steps(&p).map(|(word, n)| format!("{word} {n}")).write(text::sink(&prefix).shards(3));
        Local::new().parallelism(1).seed(5).run(&p).unwrap().wait().unwrap();
        (0..3).map(|shard| std::fs::read(format!("{prefix}-{shard:05}-of-00003.txt")).unwrap()).collect()
    };
    let first = written(0);
    assert!(first.iter().all(|file| file.len() > 10_000));
    assert!((1..4).all(|run| written(run) == first));
}

#[test]
fn any_number_of_threads_gives_the_same_elements() {
    keep_workers_quiet();
    let of = |threads: usize, seed: u64| {
        let mut all = run(&Local::new().parallelism(threads).seed(seed)).unwrap();
        all.sort();
        all
    };
    let want = of(1, 1);
    for threads in [1, 2, 3, 16] {
        for seed in [1, 2] {
            assert!(of(threads, seed) == want, "{threads} threads, seed {seed}");
        }
    }
}
