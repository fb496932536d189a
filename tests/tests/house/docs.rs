//! How the documentation of public items opens: read from tokens, so that nothing between it and the item hides it.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

/// Words that open neither with a verb in the third person nor with a noun: conjunctions, prepositions, adverbs, commands.
const OTHERS: [&str; 42] = [
    "Always",
    "And",
    "As",
    "At",
    "Be",
    "By",
    "Check",
    "Create",
    "Do",
    "Find",
    "For",
    "From",
    "Get",
    "Give",
    "How",
    "If",
    "In",
    "It",
    "Like",
    "Make",
    "Never",
    "Not",
    "Of",
    "On",
    "Only",
    "Otherwise",
    "Return",
    "Run",
    "Set",
    "So",
    "Take",
    "Tell",
    "That",
    "This",
    "To",
    "What",
    "When",
    "Where",
    "Whether",
    "Which",
    "Who",
    "Why",
];

/// Words that may stand between `const` and the name of a function.
const BEFORE_FN: [&str; 4] = ["async", "extern", "fn", "unsafe"];

/// Words that an item follows, whose name comes next.
const ITEMS: [&str; 9] = [
    "const", "enum", "fn", "mod", "static", "struct", "type", "union", "use",
];

/// Finds documented public items and items of public traits that open with something else than a verb or a noun.
pub(crate) fn open_otherwise(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let tokens: TokenStream = text.parse().expect("a file of Rust");
    items(tokens, false, &mut |name, words| {
        if !opens_well(words) {
            found.push(format!("`{name}`: {words}"));
        }
    });
    found
}

/// `Returns`, `Tells`, `The name`.
fn opens_well(words: &str) -> bool {
    let word = words.split(|sign: char| !sign.is_alphanumeric()).next();
    word.is_some_and(|word| word.starts_with(char::is_uppercase) && !OTHERS.contains(&word))
}

/// Tells the name of each documented public item, and the first line of its documentation.
fn items(tokens: TokenStream, of_public_trait: bool, tell: &mut dyn FnMut(&str, &str)) {
    let mut item = Item::default();
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Punct(sign) if sign.as_char() == '#' => match tokens.next() {
                // An attribute is not read as code, however many lines it has.
                Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Bracket => {
                    item.attribute(&group);
                }
                // One of the file, or a part of a macro.
                _ => item = Item::default(),
            },
            TokenTree::Ident(word) if word == "pub" => {
                let restricted = tokens.peek().is_some_and(|next| {
                    matches!(next, TokenTree::Group(group) if group.delimiter() == Delimiter::Parenthesis)
                });
                item.is_public = !restricted;
            }
            TokenTree::Ident(word) if word == "trait" => {
                item.is_trait = true;
                item.tell(tokens.peek(), of_public_trait, tell);
            }
            TokenTree::Ident(word) if !item.is_trait && ITEMS.iter().any(|it| word == it) => {
                // A constant function is told by what follows.
                let next = tokens.peek().map(ToString::to_string);
                if next.is_none_or(|next| !BEFORE_FN.contains(&next.as_str())) {
                    item.tell(tokens.peek(), of_public_trait, tell);
                    // Bounds of the item are no items.
                    item = Item::default();
                }
            }
            TokenTree::Group(group) => {
                let is_body = group.delimiter() == Delimiter::Brace;
                items(
                    group.stream(),
                    item.is_trait && item.is_public && is_body,
                    tell,
                );
                if is_body {
                    item = Item::default();
                }
            }
            TokenTree::Punct(sign) if [';', ','].contains(&sign.as_char()) && !item.is_trait => {
                item = Item::default();
            }
            _ => {}
        }
    }
}

/// An item as far as it was read.
#[derive(Default)]
struct Item {
    words: Option<String>,
    is_public: bool,
    is_trait: bool,
}

impl Item {
    fn tell(
        &self,
        name: Option<&TokenTree>,
        of_public_trait: bool,
        tell: &mut dyn FnMut(&str, &str),
    ) {
        if let Some(TokenTree::Ident(name)) = name
            && (self.is_public || of_public_trait)
            && let Some(words) = &self.words
        {
            tell(&name.to_string(), words);
        }
    }

    fn attribute(&mut self, group: &Group) {
        let tokens: Vec<TokenTree> = group.stream().into_iter().collect();
        if let [
            TokenTree::Ident(name),
            TokenTree::Punct(_),
            TokenTree::Literal(text),
        ] = &tokens[..]
            && name == "doc"
            && self.words.is_none()
        {
            let text = text.to_string();
            let quoted = text.trim_start_matches(['r', '#']).trim_end_matches('#');
            self.words = Some(quoted.trim_matches('"').trim().to_owned());
        }
    }
}

#[test]
fn whatever_stands_between_the_words_and_the_item_they_are_read() {
    let text = r#"
        /// Whether it is so.
        #[deprecated(
            since = "1",
            note = "it is not"
        )]
        #[must_use]
        pub unsafe extern "C" fn first() {}
        impl A {
            /// Whether it is hidden.
            #[inline] pub(super) fn hidden() {}
            /// How it is the second.
            ///
            /// Returns it.
            #[cfg_attr(
                docsrs,
                doc(cfg(feature = "cli"))
            )]
            pub const fn second<F: Fn(u8) -> u8>(f: F) -> fn() { fn inner() {} }
            /// The third.
            pub async fn third() {}
            /** Return the fourth. */
            pub fn fourth() {}
            pub fn undocumented() {}
        }
        /// Has methods.
        pub trait Public: Send {
            /// Only the fifth.
            fn fifth(&self);
            /// Is the sixth.
            fn sixth(&self) {}
        }
        /// Where the seventh is.
        #[derive(Debug)]
        pub struct Seventh<T>(T) where T: Fn();
        /// Why there is an eighth.
        pub enum Eighth {}
        /// Which one is the ninth.
        pub const NINTH: fn() = || {};
        /// When the tenth is.
        pub type Tenth = u8;
        /// How the eleventh is written.
        pub unsafe trait Eleventh: Fn(fn()) + 'static {
            /// Whether it is the twelfth.
            const TWELFTH: bool;
            /// How the thirteenth is.
            type Thirteenth;
        }
        /// How the fourteenth is written.
        pub static FOURTEENTH: u8 = 0;
        /// How the fifteenth is called.
        pub use fifteenth::Macro;
        /// Where it is hidden.
        pub(crate) struct Hidden;
        /// Has methods.
        trait Private {
            /// Whether it is hidden.
            fn hidden(&self);
        }
    "#;
    assert_eq!(
        open_otherwise(text),
        [
            "`first`: Whether it is so.",
            "`second`: How it is the second.",
            "`fourth`: Return the fourth.",
            "`fifth`: Only the fifth.",
            "`Seventh`: Where the seventh is.",
            "`Eighth`: Why there is an eighth.",
            "`NINTH`: Which one is the ninth.",
            "`Tenth`: When the tenth is.",
            "`Eleventh`: How the eleventh is written.",
            "`TWELFTH`: Whether it is the twelfth.",
            "`Thirteenth`: How the thirteenth is.",
            "`FOURTEENTH`: How the fourteenth is written.",
            "`fifteenth`: How the fifteenth is called.",
        ]
    );
}
