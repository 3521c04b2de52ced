//! `#[derive(Element)]`: a whole value in its column, written by serde.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{
    Data, DeriveInput, Error, GenericParam, Generics, Result, TypeParamBound, WherePredicate, parse_quote,
};

pub(crate) fn expand(input: &DeriveInput) -> Result<TokenStream> {
    let name = &input.ident;
    let generics = checked_generics(input, "an element")?;
    let (parameters, arguments, conditions) = generics.split_for_impl();
    let proof = serde_data_proof(input, &generics);
    let values = quote!(::flumen::batch::Whole<#name #arguments>);
    let mut borrowed = generics.clone();
    borrowed.params.insert(0, parse_quote!('put));
    let (borrowed_parameters, _, _) = borrowed.split_for_impl();
    Ok(quote! {
        #[automatically_derived]
        #[allow(clippy::multiple_bound_locations)]
        impl #parameters ::flumen::element::Element for #name #arguments #conditions {
            type Ref<'a> = &'a Self;
            type Col = #values;

            fn coder() -> ::flumen::coder::Coder {
                ::flumen::coder::serde::CODER
            }
            #[inline]
            fn borrow(&self) -> &Self {
                self
            }
            #[inline]
            fn own(value: &Self) -> Self {
                <Self as ::core::clone::Clone>::clone(value)
            }
            #[inline]
            fn narrow<'long: 'short, 'short>(value: &'long Self) -> &'short Self {
                value
            }
            fn weight(value: &Self) -> usize {
                ::flumen::coder::serde::weight(value)
            }
            fn encode(
                value: &Self,
                out: &mut ::std::vec::Vec<u8>,
            ) -> ::core::result::Result<(), ::flumen::error::BoxError> {
                ::flumen::coder::serde::encode(value, out)
            }
            fn decode(
                input: &mut ::flumen::coder::Input<'_>,
            ) -> ::core::result::Result<Self, ::flumen::coder::DecodeError> {
                ::flumen::coder::serde::decode(input)
            }
        }

        #[automatically_derived]
        #[allow(clippy::multiple_bound_locations)]
        impl #parameters ::flumen::element::Put for #name #arguments #conditions {
            type Elem = Self;
            #[inline]
            fn put(self, column: &mut #values) {
                ::flumen::element::Column::push(column, self);
            }
        }

        #[automatically_derived]
        #[allow(clippy::multiple_bound_locations)]
        impl #borrowed_parameters ::flumen::element::Put for &'put #name #arguments #conditions {
            type Elem = #name #arguments;
            #[inline]
            fn put(self, column: &mut #values) {
                ::flumen::element::Column::push_ref(column, self);
            }
        }

        #proof
    })
}

/// The generics with serde's data as a bound on the type and on every type parameter; `what` is what the type
/// is to be.
///
/// The bound on the type is written with a lifetime, `for<'any> S: SerdeData`: so the compiler takes it for
/// granted here, and a missing derive is told once, by [`serde_data_proof`], instead of at each impl.
pub(crate) fn checked_generics(input: &DeriveInput, what: &str) -> Result<Generics> {
    if let Data::Union(data) = &input.data {
        return Err(Error::new(data.union_token.span, format!("a union can't be {what}: use an enum")));
    }
    if let Some(lifetime) = input.generics.lifetimes().next() {
        return Err(Error::new(
            lifetime.lifetime.span(),
            format!(
                "`{}` borrows, so it can't be {what}: elements own their data.\n\
                 Own the fields (`String` for `&str`, `Vec<T>` for `&[T]`); to emit a borrow, use \
                 `par_do(|x, out| out.emit(..))`",
                input.ident
            ),
        ));
    }
    let mut generics = bounded(&input.generics, &parse_quote!(::flumen::element::SerdeData));
    let name = &input.ident;
    let (_, arguments, _) = input.generics.split_for_impl();
    let bound: WherePredicate = parse_quote!(for<'any> #name #arguments: ::flumen::element::SerdeData);
    generics.make_where_clause().predicates.push(bound);
    Ok(generics)
}

/// Fails to compile, at the type's name, where a derive is missing.
fn serde_data_proof(input: &DeriveInput, generics: &Generics) -> TokenStream {
    let name = &input.ident;
    let mut open = generics.clone();
    if let Some(conditions) = &mut open.where_clause {
        conditions.predicates.pop();
    }
    let (parameters, _, conditions) = open.split_for_impl();
    let (_, arguments, _) = input.generics.split_for_impl();
    let ty = quote_spanned!(name.span()=> #name #arguments);
    quote! {
        #[automatically_derived]
        #[allow(dead_code, clippy::multiple_bound_locations, clippy::extra_unused_type_parameters)]
        const _: () = {
            fn is_data<T: ::flumen::element::SerdeData>() {}
            fn the_type_is_data #parameters () #conditions {
                is_data::<#ty>();
            }
        };
    }
}

/// The generics with one more bound on every type parameter.
pub(crate) fn bounded(generics: &Generics, bound: &TypeParamBound) -> Generics {
    let mut generics = generics.clone();
    for parameter in &mut generics.params {
        if let GenericParam::Type(parameter) = parameter {
            parameter.bounds.push(bound.clone());
        }
    }
    generics
}
