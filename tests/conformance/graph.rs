//! The graph: names, what is refused, shapes, drawings.

use flumen::graph::Drawing;
use flumen::{PCollection, Pipeline};

use crate::support::failure;

fn names(p: &Pipeline) -> Vec<String> {
    p.nodes().iter().map(|node| node.step.name.clone()).collect()
}

fn refused(build: impl FnOnce(&Pipeline)) -> String {
    let p = Pipeline::new();
    build(&p);
    p.check().expect_err("the pipeline must be refused").to_string()
}

#[test]
fn steps_are_named_after_their_kind_and_number() {
    let p = Pipeline::new();
    let all = p.range(0..1).map(|n| n).map(|n| n).named("mine").map(|n| n).filter(|_| true);
    drop(all.map(|n| n).flatten([&p.create([1_u64])]).flatten([]).key_by(|n| n).count_per_key());
    drop(all.count_per_element().named("counted"));
    drop(all.count_globally());
    drop(all.count_globally());
    let want = "range map mine map-2 filter map-3 create flatten flatten-2 key_by count_per_key/combine_per_key \
                counted/solo counted/combine_per_key count_globally/combine_globally count_globally-2/combine_globally";
    assert_eq!(names(&p).join(" "), want);
    p.check().unwrap();
}

#[test]
fn a_name_that_is_given_up_is_the_next_one_again() {
    let p = Pipeline::new();
    let all = p.range(0..3).map(|n| n);
    let second = all.map(|n| n);
    drop(second.map(|n| n));
    let second = second.named("map-5");
    drop(second.map(|n| n).map(|n| n).map(|n| n));
    assert_eq!(names(&p), ["range", "map", "map-5", "map-3", "map-2", "map-4", "map-6"]);
}

#[test]
fn ten_thousand_steps_are_named_in_no_time() {
    let p = Pipeline::new();
    let mut all = p.range(0..3);
    for _ in 0..10_000 {
        all = all.map(|n| n);
    }
    assert_eq!(names(&p).last().map(String::as_str), Some("map-10000"));
    drop(all);
}

#[test]
fn composites_number_their_own_steps() {
    let p = Pipeline::new();
    let twice = |all: &PCollection<u64>| all.map(|n| n).map(|n| n);
    let all =
        p.range(0..1).apply("a", twice).apply("b", |all: &PCollection<u64>| all.apply("a", twice).map(|n| n));
    drop(all.apply("a", twice).named("c").map(|n| n));
    let want = "range a/map a/map-2 b/a/map b/a/map-2 b/map c/map c/map-2 map";
    assert_eq!(names(&p).join(" "), want);
    let p = Pipeline::new();
    let line = line!() + 1;
    drop(p.range(0..1).apply("deep", |all: &PCollection<u64>| {
        all.apply("deeper", |all: &PCollection<u64>| all.map(|n| n))
    }));
    // A step in a composite is shown where the composite is applied.
    assert_eq!(p.nodes()[1].step.location.line(), line);
}

#[test]
fn a_name_given_twice_is_refused_and_the_text_says_what_to_do() {
    let line = line!() + 3;
    let told = refused(|p| {
        let all = p.range(0..1).map(|n| n).named("same");
        drop(all.filter(|_| true).named("same"));
    });
    assert_eq!(
        told,
        format!("step filter ({}:{line}): named `same`, as another step is; names are unique", file!())
    );
    assert!(
        refused(|p| drop(p.range(0..1).map(|n| n).map(|n| n).named("map")))
            .contains("named `map`, as another")
    );
    for bad in ["", "a/b", "/"] {
        let told = refused(|p| drop(p.range(0..1).map(|n| n).named(bad)));
        assert!(told.contains(&format!("named `{bad}`; a name has characters, but no `/`")), "{told}");
        let told = refused(|p| drop(p.range(0..1).apply(bad, |all: &PCollection<u64>| all.map(|n| n))));
        assert!(told.contains(&format!("named `{bad}`; a name has characters, but no `/`")), "{told}");
    }
    // The same name in another composite is another name.
    let p = Pipeline::new();
    let same = |all: &PCollection<u64>| all.map(|n| n).named("same");
    drop(p.range(0..1).apply("a", same).apply("b", same).map(|n| n).named("same"));
    p.check().unwrap();
    assert_eq!(names(&p), ["range", "a/same", "b/same", "same"]);
}

#[test]
fn no_two_steps_have_one_name_whatever_composites_are_called() {
    let p = Pipeline::new();
    let map = |all: &PCollection<u64>| all.map(|n| n);
    let nested = |all: &PCollection<u64>| all.apply("b", map);
    drop(p.range(0..1).apply("a", nested).apply("a/b", map));
    let mut all = names(&p);
    all.sort();
    all.dedup();
    assert!(p.check().is_err() || all.len() == 3, "{all:?}");
}

#[test]
fn pipelines_that_do_nothing_are_refused() {
    let told = refused(|_| ());
    assert_eq!(told, "the pipeline has no steps: read something, and write the result");
    let line = line!() + 1;
    let told = refused(|p| drop(p.range(0..1)));
    let want = format!(
        "step range ({}:{line}): nothing reads this source: apply a transform to it, or remove it",
        file!()
    );
    assert_eq!(told, want);
    assert!(
        refused(|p| drop((p.range(0..1).map(|n| n), p.create([1_u64]).named("unread"))))
            .contains("step unread")
    );
    // Runners refuse what the check refuses.
    let error = failure(&flumen_local::Local::new(), |_| ());
    assert_eq!(error.cause(), flumen::error::Cause::Configuration);
}

#[test]
fn fingerprints_tell_shapes_apart_and_nothing_else() {
    type Build = fn(&Pipeline);
    let of = |build: Build| {
        let p = Pipeline::new();
        build(&p);
        p.fingerprint()
    };
    let base: Build = |p| drop(p.range(0..1).map(|n| n + 1).count_per_element());
    let same: [Build; 2] = [base, |p| drop(p.range(0..9).map(|n| n * 7).count_per_element())];
    assert!(same.iter().all(|build| of(*build) == of(base)));
    let different: [Build; 8] = [
        |p| drop(p.range(0..1).map(|n| n as i64 + 1).count_per_element().map(|(k, _)| k)),
        |p| drop(p.range(0..1).map(|n| n.to_string()).count_per_element()),
        |p| drop(p.range(0..1).map(|n| n + 1).named("named").count_per_element()),
        |p| drop(p.range(0..1).filter(|_| true).count_per_element()),
        |p| drop(p.range(0..1).map(|n| n + 1).count_globally()),
        |p| drop(p.range(0..1).map(|n| n + 1).map(|n| n + 1).count_per_element()),
        |p| drop(p.create([1_u64]).map(|n| n + 1).count_per_element()),
        |p| drop((p.range(0..1).map(|n| n + 1).count_per_element(), p.range(0..1).map(|n| n))),
    ];
    let mut all: Vec<String> = different.iter().map(|build| of(*build).to_string()).collect();
    all.push(of(base).to_string());
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 9);
    let inputs = |swapped: bool| {
        let p = Pipeline::new();
        let (a, b) = (p.range(0..1), p.range(0..1));
        drop(if swapped { b.flatten([&a]) } else { a.flatten([&b]) });
        p.fingerprint()
    };
    assert_ne!(inputs(true), inputs(false));
}

/// A small diamond, and the line it starts at.
fn diamond() -> (Pipeline, u32) {
    let p = Pipeline::new();
    let line = line!() + 1;
    let all = p.range(0..10);
    let words = all.map(|n| n.to_string()).named("say \"n\"");
    let counts = words.count_per_element();
    drop(all.map(|n| (format!("{n}"), n)).flatten([&counts]).named("both"));
    (p, line)
}

#[test]
fn shapes_have_a_line_a_step() {
    let want = [
        "range: read() -> u64 as varint",
        "say \"n\": par_do(0.0) -> alloc::string::String as string_utf8",
        "count_per_element/solo: par_do(1.0) -> (alloc::string::String, ()) as kv(string_utf8, flumen:coder:void:v1)",
        "count_per_element/combine_per_key: combine_per_key(2.0) -> (alloc::string::String, u64) as kv(string_utf8, varint)",
        "map: par_do(0.0) -> (alloc::string::String, u64) as kv(string_utf8, varint)",
        "both: flatten(4.0, 3.0) -> (alloc::string::String, u64) as kv(string_utf8, varint)",
    ];
    assert_eq!(diamond().0.shape(), want);
}

#[test]
fn a_diamond_is_drawn_as_text() {
    let (p, line) = diamond();
    let at = |more: u32| format!("{}:{}", file!(), line + more);
    let want = [
        format!(
            "range                              0..10                                      u64            {}",
            at(0)
        ),
        format!(
            "say \"n\"                            <- range                                   String         {}",
            at(1)
        ),
        format!(
            "count_per_element/solo             <- say \"n\"                                 (String, ())   {}",
            at(2)
        ),
        format!(
            "count_per_element/combine_per_key  <- count_per_element/solo                  (String, u64)  {}",
            at(2)
        ),
        format!(
            "map                                <- range                                   (String, u64)  {}",
            at(3)
        ),
        format!(
            "both                               <- map, count_per_element/combine_per_key  (String, u64)  {}",
            at(3)
        ),
    ];
    assert_eq!(p.draw(Drawing::Text).lines().collect::<Vec<_>>(), want);
}

#[test]
fn a_diamond_is_drawn_for_graphviz() {
    let want = r#"digraph pipeline {
  rankdir=LR;
  node [shape=box];
  n0 [label="range\nread"];
  n1 [label="say \"n\"\npar_do"];
  n0 -> n1 [label="u64"];
  n2 [label="count_per_element/solo\npar_do"];
  n1 -> n2 [label="String"];
  n3 [label="count_per_element/combine_per_key\ncombine_per_key"];
  n2 -> n3 [label="(String, ())"];
  n4 [label="map\npar_do"];
  n0 -> n4 [label="u64"];
  n5 [label="both\nflatten"];
  n4 -> n5 [label="(String, u64)"];
  n3 -> n5 [label="(String, u64)"];
}
"#;
    assert_eq!(diamond().0.draw(Drawing::Dot), want);
}

#[test]
fn a_diamond_is_drawn_for_mermaid() {
    let want = r#"flowchart LR
  n0["range"]
  n1["say #quot;n#quot;"]
  n0 -->|"u64"| n1
  n2["count_per_element/solo"]
  n1 -->|"String"| n2
  n3["count_per_element/combine_per_key"]
  n2 -->|"(String, ())"| n3
  n4["map"]
  n0 -->|"u64"| n4
  n5["both"]
  n4 -->|"(String, u64)"| n5
  n3 -->|"(String, u64)"| n5
"#;
    assert_eq!(diamond().0.draw(Drawing::Mermaid), want);
}
