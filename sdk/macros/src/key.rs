//! `#[derive(Key)]`: a table by the encoded bytes, and the proof that every field is a key.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Data, DeriveInput, Field, Result, parse_quote};

use crate::element::{bounded, checked_generics};

pub(crate) fn expand(input: &DeriveInput) -> Result<TokenStream> {
    let name = &input.ident;
    let generics = bounded(&checked_generics(input, "a key")?, &parse_quote!(::flumen::element::Key));
    let (parameters, arguments, conditions) = generics.split_for_impl();
    // In a body, not in a where-clause: so a type that holds itself (`enum Tree { Node(Vec<Tree>) }`) can be
    // a key.
    let proofs = fields(&input.data).into_iter().map(|field| {
        let ty = &field.ty;
        quote_spanned!(ty.span()=> is_a_key::<#ty>();)
    });
    Ok(quote! {
        #[automatically_derived]
        #[allow(clippy::multiple_bound_locations)]
        impl #parameters ::flumen::element::Key for #name #arguments #conditions {
            type Table<A: ::flumen::element::Accumulator> = ::flumen::batch::table::EncodedTable<Self, A>;
        }

        #[automatically_derived]
        #[allow(dead_code, clippy::extra_unused_type_parameters, clippy::multiple_bound_locations)]
        const _: () = {
            fn is_a_key<K: ::flumen::element::Key>() {}
            fn every_field_is_a_key #parameters () #conditions {
                #(#proofs)*
            }
        };
    })
}

fn fields(data: &Data) -> Vec<&Field> {
    match data {
        Data::Struct(data) => data.fields.iter().collect(),
        Data::Enum(data) => data.variants.iter().flat_map(|variant| &variant.fields).collect(),
        Data::Union(_) => Vec::new(),
    }
}
