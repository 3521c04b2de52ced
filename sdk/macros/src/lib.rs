//! Derives and attributes of `flumen`; use them through that crate, which re-exports them.

mod element;
mod key;
mod option_field;
mod options;
mod pipeline;
mod text;

use proc_macro::TokenStream;

/// Makes a struct or an enum an element of collections, on top of serde.
///
/// Use it for your own types. It is not for types of another crate (wrap those in `flumen::Serde`) and not
/// for types that borrow: elements own their data. The type must also be `Clone`, `Debug`, `Serialize` and
/// `Deserialize`; a type parameter is bounded by the same.
///
/// ```
/// use flumen::Element;
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Element)]
/// struct Play { user: u64, track: String }
///
/// let play = Play { user: 7, track: "Tjurhorn".into() };
/// let mut bytes = vec![];
/// Play::encode(&play, &mut bytes).unwrap();
/// assert_eq!(Play::decode(&mut flumen::coder::Input::new(&bytes)).unwrap(), play);
/// ```
///
/// # Errors
/// A compile error where a bound is missing, or where the type has a lifetime.
#[proc_macro_derive(Element)]
pub fn derive_element(input: TokenStream) -> TokenStream {
    expand(syn::parse(input).and_then(|input| element::expand(&input)))
}

/// Lets an element type be grouped by: the encoding of every field must be deterministic.
///
/// Use it, beside `Element`, where all fields are keys. A type with a float or a hash map can't be one: group
/// by a tuple of its other fields instead.
///
/// ```
/// use flumen::{Element, Key};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Clone, Debug, Serialize, Deserialize, Element, Key)]
/// enum Listener { Known { country: String, user: u64 }, Guest }
///
/// fn can_be_grouped_by<K: Key>() {}
/// can_be_grouped_by::<Listener>();
/// ```
///
/// # Errors
/// A compile error at each field whose type is not a key:
///
/// ```compile_fail
/// # use flumen::{Element, Key};
/// # use serde::{Deserialize, Serialize};
/// #[derive(Clone, Debug, Serialize, Deserialize, Element, Key)]
/// struct Point { x: f64 }
/// ```
#[proc_macro_derive(Key)]
pub fn derive_key(input: TokenStream) -> TokenStream {
    expand(syn::parse(input).and_then(|input| key::expand(&input)))
}

/// Makes a struct the options of a pipeline, read from the command line.
///
/// Use it for the second argument of a pipeline function. Every field is a flag of its name, and its doc
/// comment the help text. What a field's type says:
///
/// - any type that is `FromStr` and `Display`: an option that must be given, unless it has a default;
/// - `bool`: a flag, `--verbose` or `--verbose=false`;
/// - `Option<T>`: an option that may be left out;
/// - `Vec<T>`: an option that may be given many times.
///
/// What `#[option(..)]` on a field adds:
///
/// - `default = EXPR`: the value of an option that is left out, of the field's type; a string literal is read
///   as if it stood on the command line;
/// - `name = "..."`: another name than the field's;
/// - `secret`: the value is kept out of help, logs and errors.
///
/// ```
/// use flumen::Options;
/// use flumen::pipeline::OptionValues;
///
/// #[derive(Debug, Options)]
/// struct Export {
///     /// Where to read from.
///     input: String,
///     /// How many files to write.
///     #[option(default = 4)]
///     shards: u32,
///     /// Columns to leave out.
///     drop_column: Vec<String>,
///     /// Say more.
///     verbose: bool,
/// }
///
/// let mut values = OptionValues::new();
/// values.set("input", ["in.csv"]);
/// let export = Export::from_values(&values).unwrap();
/// assert_eq!((export.shards, export.verbose), (4, false));
/// assert_eq!(Export::specs()[0].help, "Where to read from.");
/// ```
///
/// # Errors
/// A compile error where the type is not a struct with named fields, where an attribute says what
/// can't be, or where a field's type can't be read from text.
#[proc_macro_derive(Options, attributes(option))]
pub fn derive_options(input: TokenStream) -> TokenStream {
    expand(syn::parse(input).and_then(|input| options::expand(&input)))
}

/// Enters a function into the table of pipelines that `flumen::launch` runs; its doc comment is the help
/// text.
///
/// Use it in a binary with `flumen::main!()`, or in a library of pipelines that such a binary links. A binary
/// whose only pipeline needs no name can call `flumen::run` instead. The options argument may be left out.
///
/// ```no_run
/// use flumen::{Options, Pipeline, Result};
///
/// #[derive(Options)]
/// struct ExportOptions {
///     /// Where to write.
///     output: String,
/// }
///
/// /// Exports everything.
/// #[flumen::pipeline]
/// fn export(p: &Pipeline, options: ExportOptions) -> Result<()> {
///     Ok(())
/// }
///
/// flumen::main!();
/// ```
///
/// # Errors
/// A compile error where the function is not `fn(&Pipeline) -> Result<()>` or
/// `fn(&Pipeline, O) -> Result<()>`.
#[proc_macro_attribute]
pub fn pipeline(arguments: TokenStream, item: TokenStream) -> TokenStream {
    pipeline::attribute(&arguments.into(), &item.into()).into()
}

fn expand(result: syn::Result<proc_macro2::TokenStream>) -> TokenStream {
    result.unwrap_or_else(|error| error.to_compile_error()).into()
}
