//! What a run kept of a collection is read from its report, and from no other.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flumen::error::Cause;
use flumen::pipeline::RunReport;
use flumen::{Pipeline, Serde};
use flumen_local::Local;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::support::{failure, on_all};

#[test]
fn elements_of_all_shapes_come_back() {
    on_all(|runner| {
        let p = Pipeline::new();
        let nothing = p.create(Vec::<String>::new()).materialize();
        let units = p.create([(), (), ()]).materialize();
        let words = p.create(["", "ça", "be"]).materialize().named("words");
        let wholes = p.create([0.5_f64, f64::NAN]).materialize();
        let maps = p.create([BTreeMap::from([(1_u8, Some("x".to_owned()))])]).materialize();
        let many = p.range(0..100_000).materialize();
        let report = runner.run(&p).unwrap().wait().unwrap();
        assert_eq!(report.read(&nothing).unwrap(), Vec::<String>::new());
        assert_eq!(report.read(&units).unwrap().len(), 3);
        let mut read = report.read(&words).unwrap();
        read.sort();
        assert_eq!(read, ["", "be", "ça"]);
        assert_eq!(report.read(&wholes).unwrap().iter().filter(|x| x.is_nan()).count(), 1);
        assert_eq!(report.read(&maps).unwrap()[0][&1].as_deref(), Some("x"));
        let mut read = report.read(&many).unwrap();
        read.sort_unstable();
        assert!(read.into_iter().eq(0..100_000));
        assert_eq!(report.step("words").unwrap().rows_in, 3);
    });
}

#[test]
fn on_one_thread_elements_keep_their_order() {
    let p = Pipeline::new();
    let numbers = p.range(0..50_000).map(|n| n * 2).materialize();
    let report = Local::new().parallelism(1).run(&p).unwrap().wait().unwrap();
    assert!(report.read(&numbers).unwrap().into_iter().eq((0..50_000).map(|n| n * 2)));
}

#[test]
fn each_run_has_its_own() {
    on_all(|runner| {
        let p = Pipeline::new();
        let times = Arc::new(AtomicU64::new(0));
        let count = Arc::clone(&times);
        let which = p.create([()]).map(move |()| count.fetch_add(1, Ordering::Relaxed)).materialize();
        let [first, second] = [(); 2].map(|()| runner.run(&p).unwrap());
        let (first, second) = (first.wait().unwrap(), second.wait().unwrap());
        let mut both = [first.read(&which).unwrap(), second.read(&which).unwrap()].concat();
        both.sort_unstable();
        assert_eq!(both, [0, 1]);
        assert_eq!(first.read(&which).unwrap(), first.read(&which).unwrap(), "it can be read again");
        assert_eq!(times.load(Ordering::Relaxed), 2);
    });
}

#[test]
fn a_report_of_another_run_is_refused_with_the_step() {
    on_all(|runner| {
        let (one, other) = (Pipeline::new(), Pipeline::new());
        let before = {
            let _ = one.range(0..3).map(|n| n).named("same");
            runner.run(&one).unwrap().wait().unwrap()
        };
        let kept = one.range(0..3).materialize().named("kept");
        let _other = other.range(0..3).materialize().named("kept");
        let of_other = runner.run(&other).unwrap().wait().unwrap();
        for report in [&before, &of_other, &RunReport::default()] {
            let error = report.read(&kept).unwrap_err();
            assert_eq!(error.cause(), Cause::Configuration);
            let told = error.to_string();
            assert!(told.starts_with("step kept (") && told.contains("materialize.rs:"), "{told}");
            assert!(told.contains("not of a run that kept this collection"), "{told}");
        }
        let report = runner.run(&one).unwrap().wait().unwrap();
        assert_eq!(report.read(&kept).unwrap().len(), 3);
    });
}

/// Refuses to be written, if it is 3.
#[derive(Clone, Debug)]
struct Stubborn(u64);

impl Serialize for Stubborn {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            3 => Err(serde::ser::Error::custom("not me")),
            n => serializer.serialize_u64(n),
        }
    }
}

impl<'de> Deserialize<'de> for Stubborn {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(u64::deserialize(deserializer)?))
    }
}

#[test]
fn an_element_that_can_not_be_encoded_is_named() {
    on_all(|runner| {
        let error = failure(runner, |p| {
            let _kept = p.range(0..5).map(|n| Serde(Stubborn(n))).materialize().named("kept");
        });
        assert_eq!(error.step().unwrap().name, "kept");
        assert!(error.element().unwrap().contains("Stubborn(3)"), "{error}");
        assert!(error.to_string().contains("not me"), "{error}");
    });
}
