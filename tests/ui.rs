//! What the compiler says to usual mistakes: every case in `ui/` must fail, with the words beside it.
//!
//! The words belong to one version of the compiler. After a change of these, `TRYBUILD=overwrite cargo test -p flumen-tests
//! --test ui` writes them anew; read the difference before it is committed.

#[test]
fn mistakes_are_explained() {
    trybuild::TestCases::new().compile_fail("ui/*.rs");
}
