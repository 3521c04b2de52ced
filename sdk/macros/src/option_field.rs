//! One field of a `#[derive(Options)]` struct: what it says, and the code that reads and writes it.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Error, Expr, ExprLit, Field, GenericArgument, Ident, Lit, LitStr, PathArguments, Result, Type};

use crate::text;

/// A field as an option.
pub(crate) struct OptionField {
    /// The flag, in underscores.
    pub(crate) name: String,
    /// Where the name stands.
    pub(crate) span: Span,
    field: Ident,
    help: String,
    shape: Shape,
    /// The type of one value.
    value: Type,
    default: Option<Expr>,
    secret: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    Single,
    Flag,
    Optional,
    Repeated,
}

impl OptionField {
    pub(crate) fn read(field: &Field) -> Result<Self> {
        let Some(ident) = &field.ident else {
            return Err(Error::new_spanned(field, "a flag is called as its field: give the field a name"));
        };
        let (shape, value) = shape(&field.ty);
        let mut read = Self {
            name: ident.unraw().to_string(),
            span: ident.span(),
            field: ident.clone(),
            help: text::doc(&field.attrs),
            shape,
            value,
            default: None,
            secret: false,
        };
        for attribute in field.attrs.iter().filter(|attribute| attribute.path().is_ident("option")) {
            attribute.parse_nested_meta(|meta| {
                if meta.path.is_ident("default") {
                    let default: Expr = meta.value()?.parse()?;
                    read.check_default(&default)?;
                    read.default = Some(default);
                } else if meta.path.is_ident("secret") {
                    read.secret = true;
                } else if meta.path.is_ident("name") {
                    let name: LitStr = meta.value()?.parse()?;
                    read.name = checked_name(&name)?;
                    read.span = name.span();
                } else {
                    return Err(meta.error(
                        "not known to #[option(..)]: it takes `default = EXPR`, `name = \"...\"`, `secret`; \
                         the help text is the field's doc comment",
                    ));
                }
                Ok(())
            })?;
        }
        Ok(read)
    }

    fn check_default(&self, default: &Expr) -> Result<()> {
        let advice = match self.shape {
            Shape::Single | Shape::Flag => return Ok(()),
            Shape::Optional => {
                "an option with a default always has a value: make the field a `T`, not an `Option<T>`"
            }
            Shape::Repeated => {
                "a repeated option that is left out is an empty `Vec`: put the default where it is used"
            }
        };
        Err(Error::new_spanned(default, advice))
    }

    /// The expression of its `OptionSpec`.
    pub(crate) fn spec(&self) -> TokenStream {
        let (name, help) = (&self.name, &self.help);
        let mut spec = quote!(::flumen::pipeline::OptionSpec::new(#name, #help));
        match self.shape {
            Shape::Single => {}
            Shape::Flag => spec.extend(quote!(.flag())),
            Shape::Optional => spec.extend(quote!(.optional())),
            Shape::Repeated => spec.extend(quote!(.repeated())),
        }
        if let Some(default) = &self.default {
            let ty = &self.value;
            let text = match literal_text(default) {
                Some(text) => quote!(#text),
                None => quote_spanned! {default.span()=>
                    ::flumen::pipeline::OptionValues::text::<#ty>(&{ let default: #ty = #default; default })
                },
            };
            spec.extend(quote!(.default(#text)));
        }
        if self.secret {
            spec.extend(quote!(.secret()));
        }
        spec
    }

    /// `field: its value, read from values`.
    pub(crate) fn read_value(&self) -> TokenStream {
        let (field, name, ty) = (&self.field, &self.name, &self.value);
        // At the field's type, so that one that can't be read from text is told there.
        let at = ty.span();
        let read = match (self.shape, &self.default) {
            (Shape::Repeated, _) => quote_spanned!(at=> values.repeated::<#ty>(#name)?),
            (Shape::Optional, _) => quote_spanned!(at=> values.optional::<#ty>(#name)?),
            (Shape::Single, None) => quote_spanned!(at=> values.required::<#ty>(#name)?),
            (Shape::Flag, None) => quote_spanned!(at=> values.optional::<#ty>(#name)?.unwrap_or(false)),
            (_, Some(default)) => {
                let given = quote_spanned!(at=> values.optional::<#ty>(#name)?);
                let otherwise = match literal_text(default) {
                    Some(text) => {
                        quote_spanned!(at=> ::flumen::pipeline::OptionValues::parse::<#ty>(#name, #text)?)
                    }
                    None => quote!({ let default: #ty = #default; default }),
                };
                quote! {
                    match #given {
                        ::core::option::Option::Some(given) => given,
                        ::core::option::Option::None => #otherwise,
                    }
                }
            }
        };
        quote!(#field: #read)
    }

    /// The statement that writes the field into `values`.
    pub(crate) fn write_value(&self) -> TokenStream {
        let (field, name) = (&self.field, &self.name);
        let set = if self.secret { quote!(set_secret) } else { quote!(set) };
        let ty = &self.value;
        let text = quote_spanned!(ty.span()=> ::flumen::pipeline::OptionValues::text::<#ty>);
        let texts = match self.shape {
            Shape::Single | Shape::Flag => quote!([#text(&self.#field)]),
            Shape::Optional | Shape::Repeated => quote!(self.#field.iter().map(#text)),
        };
        quote!(values.#set(#name, #texts);)
    }
}

fn literal_text(expression: &Expr) -> Option<&LitStr> {
    match expression {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text),
        _ => None,
    }
}

fn checked_name(name: &LitStr) -> Result<String> {
    let text = name.value();
    let starts = text.chars().next().is_some_and(|first| first.is_ascii_alphabetic());
    if starts && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-') {
        return Ok(text.replace('-', "_"));
    }
    Err(Error::new(
        name.span(),
        format!(
            "{text:?} can't be a flag: write a letter, then letters, digits, `_` and `-`; \
             the dashes before it are added"
        ),
    ))
}

/// What a field's type says, and the type of one of its values.
fn shape(ty: &Type) -> (Shape, Type) {
    if let Type::Path(path) = ty
        && path.qself.is_none()
        && let Some(last) = path.path.segments.last()
    {
        match &last.arguments {
            PathArguments::None if last.ident == "bool" => return (Shape::Flag, ty.clone()),
            PathArguments::AngleBracketed(arguments) => {
                if let (1, Some(GenericArgument::Type(inner))) =
                    (arguments.args.len(), arguments.args.first())
                {
                    if last.ident == "Option" {
                        return (Shape::Optional, inner.clone());
                    }
                    if last.ident == "Vec" {
                        return (Shape::Repeated, inner.clone());
                    }
                }
            }
            _ => {}
        }
    }
    (Shape::Single, ty.clone())
}
