//! `#[derive(Options)]`: the specs of the fields, and how they are read and written.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DeriveInput, Error, Fields, Result};

use crate::option_field::OptionField;

pub(crate) fn expand(input: &DeriveInput) -> Result<TokenStream> {
    let name = &input.ident;
    if !input.generics.params.is_empty() {
        return Err(Error::new_spanned(
            &input.generics,
            "options are one concrete type: remove the parameters, and own the fields (`String`, not `&str`)",
        ));
    }
    let Data::Struct(data) = &input.data else {
        return Err(Error::new_spanned(
            name,
            "options are a struct with a named field for each flag; an enum can be the type of a field, \
             if it has `FromStr` and `Display`",
        ));
    };
    let fields: Vec<OptionField> = match &data.fields {
        Fields::Named(fields) => fields.named.iter().map(OptionField::read).collect::<Result<_>>()?,
        Fields::Unit => Vec::new(),
        Fields::Unnamed(fields) => {
            return Err(Error::new_spanned(
                fields,
                "the fields of options need names: a flag is called as its field",
            ));
        }
    };
    for (i, field) in fields.iter().enumerate() {
        if fields.iter().take(i).any(|other| other.name == field.name) {
            return Err(Error::new(
                field.span,
                format!("two options are called --{}: rename one", field.name),
            ));
        }
    }
    let specs = fields.iter().map(OptionField::spec);
    let reads = fields.iter().map(OptionField::read_value);
    let writes = fields.iter().map(OptionField::write_value);
    Ok(quote! {
        #[automatically_derived]
        impl ::flumen::pipeline::Options for #name {
            fn specs() -> ::std::vec::Vec<::flumen::pipeline::OptionSpec> {
                ::std::vec![#(#specs),*]
            }
            #[allow(unused_variables)]
            fn from_values(
                values: &::flumen::pipeline::OptionValues,
            ) -> ::core::result::Result<Self, ::flumen::pipeline::OptionError> {
                ::core::result::Result::Ok(Self { #(#reads),* })
            }
            #[allow(unused_mut)]
            fn to_values(&self) -> ::flumen::pipeline::OptionValues {
                let mut values = ::flumen::pipeline::OptionValues::new();
                #(#writes)*
                values
            }
        }
    })
}
