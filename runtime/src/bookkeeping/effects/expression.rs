//! Whether what a statement evaluates is built in and harmless.
//!
//! Every parenthesis is looked at: it follows a key word, the name of a table, a built-in type or a function that is
//! known. So are casts, texts that a type's name may stand before, and operators.

use tenantry_sql::{Harmless, Kind, Token, begins_type, calls_nothing, harmless};

/// Whether functions may be called that give another value each time, or take one from a sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Volatile {
    /// They may, because the expression is only stored.
    Allowed,
    /// They may not.
    Refused,
}

/// Whether all that a statement could evaluate is known to be harmless.
pub(super) fn is_harmless(tokens: &[Token<'_>], volatile: Volatile) -> bool {
    tokens.iter().enumerate().all(|(at, token)| {
        let before = &tokens[..at];
        match token.kind {
            Kind::Word => !token.is_any(&["select", "execute", "cast"]),
            Kind::Quoted | Kind::Number => true,
            Kind::String | Kind::Dollar => can_precede_text(before),
            Kind::Operator => OPERATORS.contains(&token.text),
            Kind::Symbol => match token.text {
                "(" => can_precede_parenthesis(before, volatile),
                "::" => is_builtin_type(&tokens[at + 1..]),
                sign => [")", "[", "]", ",", "."].contains(&sign),
            },
            _ => false,
        }
    })
}

/// Whether a type begins here that PostgreSQL has itself.
pub(super) fn is_builtin_type(tokens: &[Token<'_>]) -> bool {
    let tokens = match tokens {
        [schema, dot, rest @ ..] if is_catalog(schema) && dot.text == "." => rest,
        _ => tokens,
    };
    let is_qualified = tokens.get(1).is_some_and(|token| token.text == ".");
    let first = tokens.first().and_then(Token::name);
    !is_qualified && first.is_some_and(|first| begins_type(&first))
}

fn is_catalog(token: &Token<'_>) -> bool {
    token.name().is_some_and(|name| name == "pg_catalog")
}

/// Whether a text can follow without being read by a type that nobody knows, as in `money_type '1'`.
fn can_precede_text(before: &[Token<'_>]) -> bool {
    const WORDS: &[&str] = &[
        "default", "is", "in", "like", "ilike", "to", "then", "else", "when", "and", "or", "not",
        "between", "from", "for", "as",
    ];
    let Some((last, before)) = before.split_last() else {
        return true;
    };
    match last.kind {
        Kind::Symbol | Kind::Operator => true,
        Kind::Word if last.is("zone") => before.last().is_some_and(|token| token.is("time")),
        Kind::Word => {
            let is_qualified = before.last().is_some_and(|token| token.text == ".");
            !is_qualified && (last.is_any(WORDS) || is_builtin_type(&[*last]))
        }
        _ => false,
    }
}

/// Whether a parenthesis that comes next calls nothing, or a function that is known.
fn can_precede_parenthesis(before: &[Token<'_>], volatile: Volatile) -> bool {
    let Some((last, before)) = before.split_last() else {
        return true;
    };
    if matches!(last.kind, Kind::Symbol | Kind::Operator) {
        return true;
    }
    let Some(called) = last.name() else {
        return false;
    };
    let (qualifier, before) = qualifier(before);
    let led_by = |words: &[&str]| before.last().is_some_and(|token| token.is_any(words));
    // The list of a table's columns.
    if led_by(&[
        "table",
        "exists",
        "only",
        "references",
        "on",
        "of",
        "statistics",
        "into",
    ]) {
        return true;
    }
    let is_function = match harmless(&called) {
        Some(Harmless::Steady) => true,
        Some(Harmless::Changing | Harmless::Sequence) => volatile == Volatile::Allowed,
        Some(Harmless::OfQueries) | None => false,
    };
    match qualifier {
        Qualifier::Catalog => is_function || begins_type(&called),
        Qualifier::Other => false,
        Qualifier::None if last.kind == Kind::Quoted => {
            is_function || (led_by(&["using"]) && METHODS.contains(&&*called))
        }
        Qualifier::None => {
            // Words that are a function's name elsewhere.
            let follows_list = before.last().is_some_and(|token| token.text == ")");
            is_function
                || KEY_WORDS.contains(&&*called)
                || calls_nothing(&called)
                || MODIFIED.contains(&&*called)
                || (called == "varying" && led_by(&["bit", "char", "character", "nchar"]))
                || (called == "key" && led_by(&["primary", "foreign"]))
                || (called == "identity" && led_by(&["as"]))
                || (["range", "list", "hash"].contains(&&*called) && led_by(&["by"]))
                || (METHODS.contains(&&*called) && led_by(&["using"]))
                || (["include", "inherits"].contains(&&*called) && follows_list)
        }
    }
}

/// Words that call nothing, and that can't be a function's name without quotes.
const KEY_WORDS: &[&str] = &[
    "check", "unique", "in", "any", "some", "all", "and", "or", "not", "with", "where", "values",
    "as", "default", "null", "when", "then", "else", "between", "distinct", "from", "to",
];

/// Other types that take a length or precision. Functions of PostgreSQL's own have these names, and whoever looks for what may be
/// taken for one finds those of others.
const MODIFIED: [&str; 4] = ["bpchar", "timestamptz", "timetz", "varbit"];

/// Operators, also those that only join names and types.
const OPERATORS: &[&str] = &[
    "=", "<>", "!=", "<", ">", "<=", ">=", "+", "-", "*", "/", "%", "^", "|", "&", "#", "~", "~*",
    "!~", "!~*", "~~", "!~~", "~~*", "!~~*", "<<", ">>", "||", "->", "->>", "#>", "#>>", "@>",
    "<@", "?", "?|", "?&", "&&", "@@", "@?", "-|-", "&<", "&>", "#-", "^@",
];

const METHODS: [&str; 6] = ["btree", "hash", "gin", "gist", "brin", "spgist"];

enum Qualifier {
    None,
    Catalog,
    Other,
}

/// The qualifier of a name, and the tokens before it.
fn qualifier<'a, 't>(before: &'a [Token<'t>]) -> (Qualifier, &'a [Token<'t>]) {
    match before {
        [rest @ .., schema, dot] if dot.text == "." => {
            let is_catalog =
                is_catalog(schema) && rest.last().is_none_or(|token| token.text != ".");
            let rest = match rest {
                [rest @ .., _, dot] if dot.text == "." => rest,
                rest => rest,
            };
            let found = if is_catalog {
                Qualifier::Catalog
            } else {
                Qualifier::Other
            };
            (found, rest)
        }
        _ => (Qualifier::None, before),
    }
}
