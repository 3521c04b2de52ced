//! `#[pipeline]`: the function stays, and its name goes into the table of pipelines.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Error, FnArg, ItemFn, Result, ReturnType, Type};

use crate::text;

const SHAPE: &str = "Write `fn name(p: &Pipeline) -> Result<()>`, \
                     or `fn name(p: &Pipeline, options: O) -> Result<()>` with a struct `O` \
                     that has `#[derive(Options)]`";

/// What the attribute makes of an item; a mistake leaves the item as it is, so that only the mistake is told.
pub(crate) fn attribute(arguments: &TokenStream, item: &TokenStream) -> TokenStream {
    let function = syn::parse2::<ItemFn>(item.clone()).map_err(|error| {
        Error::new(error.span(), format!("#[flumen::pipeline] stands on a function ({error}).\n{SHAPE}"))
    });
    match function.and_then(|function| expand(arguments, &function)) {
        Ok(expanded) => expanded,
        Err(error) => {
            let error = error.to_compile_error();
            quote!(#item #error)
        }
    }
}

fn expand(arguments: &TokenStream, function: &ItemFn) -> Result<TokenStream> {
    if !arguments.is_empty() {
        return Err(Error::new_spanned(
            arguments,
            "#[flumen::pipeline] takes no arguments: the pipeline is called as its function, \
             and its help text is the function's doc comment",
        ));
    }
    check(function)?;
    let ident = &function.sig.ident;
    let (name, about) = (ident.unraw().to_string(), text::doc(&function.attrs));
    let cfgs = function.attrs.iter().filter(|attribute| attribute.path().is_ident("cfg"));
    let (options, call) = match options_type(function)? {
        None => (quote!(()), quote_spanned!(ident.span()=> #ident(pipeline))),
        Some(ty) => (quote!(#ty), quote_spanned!(ident.span()=> #ident(pipeline, options))),
    };
    let read = quote_spanned! {options.span()=>
        <#options as ::flumen::pipeline::Options>::from_values(values)?
    };
    let succeeded = quote_spanned!(function.sig.output.span()=> #call?);
    let specs = quote_spanned!(options.span()=> <#options as ::flumen::pipeline::Options>::specs);
    Ok(quote! {
        // The options are given by value, even where the function only reads them.
        #[allow(clippy::needless_pass_by_value)]
        #function

        #(#cfgs)*
        const _: () = {
            #[allow(unused_variables, clippy::let_unit_value)]
            fn build(
                pipeline: &::flumen::pipeline::Pipeline,
                values: &::flumen::pipeline::OptionValues,
            ) -> ::flumen::error::Result<()> {
                let options = #read;
                #succeeded;
                ::core::result::Result::Ok(())
            }
            ::flumen::pipeline::inventory::submit! {
                ::flumen::pipeline::PipelineEntry {
                    name: #name,
                    about: #about,
                    module: ::core::module_path!(),
                    options: #specs,
                    build,
                }
            }
        };
    })
}

fn check(function: &ItemFn) -> Result<()> {
    let signature = &function.sig;
    if let Some(token) = &signature.asyncness {
        return Err(Error::new(
            token.span,
            format!("a pipeline function is not async: it builds the graph, the runner runs it.\n{SHAPE}"),
        ));
    }
    if let Some(token) = &signature.unsafety {
        return Err(Error::new(
            token.span,
            format!("a pipeline function is called by name, so it can't be unsafe.\n{SHAPE}"),
        ));
    }
    if !signature.generics.params.is_empty() {
        return Err(Error::new_spanned(
            &signature.generics,
            format!("a pipeline function is called by name, so it can't be generic.\n{SHAPE}"),
        ));
    }
    match signature.inputs.first() {
        Some(FnArg::Typed(argument)) => match argument.ty.as_ref() {
            Type::Reference(reference) if reference.mutability.is_none() => {}
            other => {
                return Err(Error::new_spanned(
                    other,
                    format!("the first argument is the pipeline, `&Pipeline`.\n{SHAPE}"),
                ));
            }
        },
        Some(FnArg::Receiver(receiver)) => {
            return Err(Error::new_spanned(
                receiver,
                format!("a pipeline function is free, not a method.\n{SHAPE}"),
            ));
        }
        None => {
            return Err(Error::new(
                signature.paren_token.span.join(),
                format!("the pipeline to build is missing.\n{SHAPE}"),
            ));
        }
    }
    if let Some(third) = signature.inputs.iter().nth(2) {
        return Err(Error::new_spanned(
            third,
            format!("too many arguments: put every option into one struct.\n{SHAPE}"),
        ));
    }
    if matches!(signature.output, ReturnType::Default) {
        return Err(Error::new_spanned(
            &signature.ident,
            format!("a pipeline function returns `Result<()>`, so that `?` works.\n{SHAPE}"),
        ));
    }
    Ok(())
}

fn options_type(function: &ItemFn) -> Result<Option<&Type>> {
    match function.sig.inputs.iter().nth(1) {
        None => Ok(None),
        Some(FnArg::Typed(argument)) => match argument.ty.as_ref() {
            Type::Reference(reference) => Err(Error::new_spanned(
                reference,
                format!("the options are given by value: remove the `&`.\n{SHAPE}"),
            )),
            ty => Ok(Some(ty)),
        },
        Some(FnArg::Receiver(receiver)) => Err(Error::new_spanned(receiver, SHAPE)),
    }
}
