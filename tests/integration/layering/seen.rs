//! What a file of the program names, and how long it is, as the compiler would read it.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Attribute, Item, UseTree, Visibility};

/// A path that a file names, from its crate's name on, and the line where it stands.
#[derive(Debug)]
pub(super) struct Named {
    pub(super) path: String,
    pub(super) line: usize,
}

/// A function, and the lines of code from its signature to its closing brace.
#[derive(Debug)]
pub(super) struct Function {
    pub(super) name: String,
    pub(super) lines: usize,
}

/// What a file holds apart from its tests.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) named: Vec<Named>,
    pub(super) functions: Vec<Function>,
    /// Lines of code, comments apart.
    pub(super) lines: usize,
    /// What would let code pass unseen.
    pub(super) hidden: Vec<String>,
}

/// Reads a file that is the module of this path, such as `whosends_core::store`.
pub(super) fn see(module: &str, text: &str) -> Seen {
    let file = syn::parse_file(text).unwrap_or_else(|error| panic!("{module}: {error}"));
    let code: Vec<bool> = text.lines().map(|line| !line.trim_start().starts_with("//")).collect();
    let mut reader = Reader { module: segments(module), code, seen: Seen::default() };
    if !is_test(&file.attrs) {
        reader.visit_file(&file);
        reader.seen.lines = reader.code.iter().filter(|is_code| **is_code).count();
    }
    reader.seen
}

fn segments(path: &str) -> Vec<String> {
    path.split("::").map(str::to_owned).collect()
}

/// Whether these attributes leave something to test builds alone.
fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("test")
            || attribute.meta.require_list().is_ok_and(|list| {
                list.path.is_ident("cfg") && {
                    let condition = list.tokens.to_string().replace(' ', "");
                    condition == "test" || condition.starts_with("all(test,")
                }
            })
    })
}

struct Reader {
    /// The module that is being read.
    module: Vec<String>,
    /// Which lines are code that is no test's.
    code: Vec<bool>,
    seen: Seen,
}

impl Reader {
    /// Takes the lines of a test out of the count, and says whether it was one.
    fn passes_over(&mut self, attributes: &[Attribute], whole: &impl Spanned) -> bool {
        let test = is_test(attributes);
        if test {
            let span = whole.span();
            self.code[span.start().line - 1..span.end().line].fill(false);
        }
        test
    }

    /// A path as it stands in the text, from its crate's name on. The first part of one that is not relative
    /// is a crate's name, or something that a `use` brought here, which was seen there.
    fn name(&mut self, parts: &[String], line: usize) {
        let mut whole: Vec<String> = Vec::new();
        for (at, part) in parts.iter().enumerate() {
            match part.as_str() {
                "crate" => whole = vec![self.module[0].clone()],
                "self" if at == 0 => whole.clone_from(&self.module),
                "self" => {}
                "super" => {
                    if at == 0 {
                        whole.clone_from(&self.module);
                    }
                    whole.pop();
                }
                part => whole.push(part.to_owned()),
            }
        }
        self.seen.named.push(Named { path: whole.join("::"), line });
    }

    fn use_tree(&mut self, before: &[String], tree: &UseTree, line: usize) {
        let and = |ident: &syn::Ident| [before, &[ident.to_string()]].concat();
        match tree {
            UseTree::Path(path) => self.use_tree(&and(&path.ident), &path.tree, line),
            UseTree::Name(name) => self.name(&and(&name.ident), line),
            UseTree::Rename(rename) => self.name(&and(&rename.ident), line),
            UseTree::Glob(_) => self.name(before, line),
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.use_tree(before, tree, line)),
        }
    }

    /// Paths among the tokens of a macro, use trees and texts that are paths included.
    fn tokens(&mut self, before: &[String], tokens: TokenStream) {
        let mut tokens = tokens.into_iter().peekable();
        while let Some(token) = tokens.next() {
            let line = token.span().start().line;
            let mut parts = match token {
                TokenTree::Ident(ident) => [before, &[ident.to_string()]].concat(),
                TokenTree::Group(group) => {
                    self.tokens(&[], group.stream());
                    continue;
                }
                TokenTree::Literal(literal) => {
                    let text = literal.to_string();
                    let inside = text.trim_matches('"');
                    if inside.contains("::") && syn::parse_str::<syn::Path>(inside).is_ok() {
                        self.name(&segments(inside), line);
                    }
                    continue;
                }
                TokenTree::Punct(_) => continue,
            };
            loop {
                let colon = |token: Option<&TokenTree>| matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == ':');
                let mut ahead = tokens.clone();
                if !(colon(ahead.next().as_ref()) && colon(ahead.next().as_ref())) {
                    break;
                }
                match ahead.next() {
                    Some(TokenTree::Ident(ident)) => parts.push(ident.to_string()),
                    Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => {
                        self.tokens(&parts, group.stream());
                    }
                    _ => break,
                }
                tokens = ahead;
            }
            if parts.len() > 1 || parts[0] == "crate" {
                self.name(&parts, line);
            }
        }
    }

    fn function(&mut self, signature: &syn::Signature, block: &syn::Block) {
        let lines = signature.span().start().line - 1..block.span().end().line;
        let lines = self.code[lines].iter().filter(|is_code| **is_code).count();
        self.seen.functions.push(Function { name: signature.ident.to_string(), lines });
    }

    /// A module in a file of its own counts as a test by its name, so it has to be one.
    fn module(&mut self, module: &syn::ItemMod) {
        let name = module.ident.to_string();
        if module.content.is_none() && super::is_test_module(&name) {
            self.seen.hidden.push(format!("module `{name}` is named like tests and is not under cfg(test)"));
        }
        if module.attrs.iter().any(|attribute| attribute.path().is_ident("path")) {
            self.seen.hidden.push(format!("module `{name}` lies where its name does not say"));
        }
    }
}

/// The attributes of what may stand in a file, a trait or an `impl`.
fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::ExternCrate(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::ForeignMod(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::TraitAlias(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Union(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

impl<'ast> Visit<'ast> for Reader {
    fn visit_item(&mut self, item: &'ast Item) {
        if !self.passes_over(attributes(item), item) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        self.module(item);
        self.module.push(item.ident.to_string());
        visit::visit_item_mod(self, item);
        self.module.pop();
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        visit::visit_item_fn(self, item);
        self.function(&item.sig, &item.block);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        if !self.passes_over(&item.attrs, item) {
            visit::visit_impl_item_fn(self, item);
            self.function(&item.sig, &item.block);
        }
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        visit::visit_trait_item_fn(self, item);
        if let Some(block) = &item.default {
            self.function(&item.sig, block);
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.use_tree(&[], &item.tree, item.use_token.span.start().line);
    }

    fn visit_item_extern_crate(&mut self, item: &'ast syn::ItemExternCrate) {
        self.name(&[item.ident.to_string()], item.extern_token.span.start().line);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let parts: Vec<_> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        if parts.len() > 1 || parts[0] == "crate" {
            self.name(&parts, path.span().start().line);
        }
        visit::visit_path(self, path);
    }

    fn visit_visibility(&mut self, _: &'ast Visibility) {}

    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        if let syn::Meta::List(list) = &attribute.meta {
            self.tokens(&[], list.tokens.clone());
        }
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        visit::visit_macro(self, call);
        self.tokens(&[], call.tokens.clone());
    }
}
