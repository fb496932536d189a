//! Words of PostgreSQL's grammar, told from functions, types and columns of the same name.
//!
//! A word that is reserved is always the grammar's. Any other can be the name of a function as well, `key(1)`, or of a type,
//! `like 'a'`: it is the grammar's where what stands around it lets nothing else be.

use tenantry_sql::calls_nothing;

use super::around::{is_column, is_label};
use super::parentheses::{behind, enclosing};
use super::positions::goes_on;
use super::tokens::Token;

/// Words that a parenthesis can follow, and that PostgreSQL takes for no function's name.
const RESERVED: [&str; 46] = [
    "all",
    "and",
    "any",
    "array",
    "as",
    "asymmetric",
    "between",
    "both",
    "case",
    "default",
    "distinct",
    "else",
    "end",
    "except",
    "exists",
    "for",
    "from",
    "group",
    "having",
    "in",
    "intersect",
    "into",
    "lateral",
    "leading",
    "limit",
    "not",
    "null",
    "offset",
    "on",
    "only",
    "or",
    "placing",
    "returning",
    "row",
    "select",
    "some",
    "symmetric",
    "then",
    "to",
    "trailing",
    "union",
    "using",
    "values",
    "variadic",
    "when",
    "where",
];

/// Words behind which a value begins, so that none ends with them.
const BEFORE_VALUE: [&str; 67] = [
    "all",
    "and",
    "any",
    "array",
    "as",
    "asymmetric",
    "between",
    "both",
    "by",
    "case",
    "collate",
    "default",
    "distinct",
    "do",
    "else",
    "escape",
    "except",
    "fetch",
    "first",
    "for",
    "from",
    "group",
    "groups",
    "having",
    "ilike",
    "in",
    "insert",
    "intersect",
    "into",
    "is",
    "join",
    "lateral",
    "leading",
    "like",
    "limit",
    "next",
    "not",
    "offset",
    "on",
    "only",
    "or",
    "order",
    "overlaps",
    "placing",
    "range",
    "returning",
    "rows",
    "select",
    "set",
    "similar",
    "some",
    "symmetric",
    "table",
    "tablesample",
    "then",
    "to",
    "trailing",
    "union",
    "update",
    "using",
    "values",
    "variadic",
    "when",
    "where",
    "window",
    "with",
    "zone",
];

/// Words behind which a value begins in the calls of functions for XML and JSON only.
const BEFORE_VALUE_IN_DOCUMENTS: [&str; 8] = [
    "columns", "content", "document", "passing", "path", "ref", "value", "version",
];

/// Whether the parenthesis at a position belongs to the word before it as the grammar has it, and calls nothing.
pub(super) fn is_of_grammar(tokens: &[Token], open: usize) -> bool {
    let Some(at) = open.checked_sub(1) else {
        return false;
    };
    let Token::Word(word) = &tokens[at] else {
        return false;
    };
    if is_column(tokens, at) {
        return false;
    }
    let word = word.as_str();
    let back = |count: usize| at.checked_sub(count).map(|before| &tokens[before]);
    let is_back = |count, words: &[&str]| back(count).is_some_and(|token| token.is_any(words));
    match word {
        "by" => is_back(1, &["group", "order", "partition"]),
        "conflict" => is_back(1, &["on"]) && is_conflict_target(tokens, open),
        "cube" | "rollup" => {
            let of_list = |count| is_back(count, &["by"]) && is_back(count + 1, &["group"]);
            let of_sets = back(1) == Some(&Token::Symbol('('))
                && is_back(2, &["sets"])
                && is_back(3, &["grouping"]);
            of_list(1) || (is_back(1, &["all", "distinct"]) && of_list(2)) || of_sets
        }
        "filter" => is_close(back(1)) && tokens.get(open + 1).is_some_and(|it| it.is("where")),
        "ilike" | "join" | "like" | "overlaps" => is_infix(tokens, at),
        "materialized" => is_back(1, &["as"]) || (is_back(1, &["not"]) && is_back(2, &["as"])),
        "over" => is_close(back(1)) && !goes_on(tokens, at - 1),
        "set" => match back(1) {
            Some(Token::Slot(_)) => true,
            Some(Token::Word(word)) if word == "update" => true,
            Some(Token::Word(_) | Token::Quoted(_)) => is_label(tokens, at - 1),
            _ => false,
        },
        "sets" => is_back(1, &["grouping"]),
        _ => RESERVED.contains(&word) || calls_nothing(word),
    }
}

/// Whether the word at a position, which is an operator or `JOIN`, has something on its left, so that it is no name.
pub(super) fn is_infix(tokens: &[Token], at: usize) -> bool {
    const BEFORE_JOIN: [&str; 7] = [
        "cross", "full", "inner", "left", "natural", "outer", "right",
    ];
    let Some(mut before) = at.checked_sub(1) else {
        return false;
    };
    if tokens[at].is("join") && tokens[before].is_any(&BEFORE_JOIN) {
        return true;
    }
    if tokens[before].is("not") && before > 0 {
        before -= 1;
    }
    ends_value(tokens, before)
}

/// Whether a value, or a relation, ends with the token at a position for certain.
pub(super) fn ends_value(tokens: &[Token], position: usize) -> bool {
    match &tokens[position] {
        Token::Parameter(_)
        | Token::Text(_)
        | Token::Constant
        | Token::Quoted(_)
        | Token::Slot(_)
        | Token::Symbol(']') => true,
        Token::Symbol(')') => !goes_on(tokens, position),
        Token::Symbol(_) => false,
        Token::Word(word) => {
            let word = word.as_str();
            let begins = BEFORE_VALUE.contains(&word)
                || (BEFORE_VALUE_IN_DOCUMENTS.contains(&word) && is_in_document(tokens, position));
            is_column(tokens, position) || is_label(tokens, position) || !begins
        }
    }
}

/// Whether a position is in the call of a function for XML or JSON, however deep.
fn is_in_document(tokens: &[Token], mut position: usize) -> bool {
    while let Some(open) = enclosing(tokens, position) {
        let called = open.checked_sub(1).map(|before| &tokens[before]);
        if let Some(Token::Word(name)) = called
            && (name.starts_with("xml") || name.starts_with("json"))
        {
            return true;
        }
        position = open;
    }
    false
}

/// Whether the parentheses that open at a position are followed by what is done about a conflict, perhaps after a condition.
/// `JOIN b ON conflict(1)` is a call.
fn is_conflict_target(tokens: &[Token], open: usize) -> bool {
    let is_action = |at: usize| {
        tokens[at].is("do")
            && !is_column(tokens, at)
            && tokens
                .get(at + 1)
                .is_some_and(|next| next.is_any(&["nothing", "update"]))
    };
    let mut at = behind(tokens, open);
    let is_where = |at: usize| tokens.get(at).is_some_and(|token| token.is("where"));
    if !is_where(at) {
        return at < tokens.len() && is_action(at);
    }
    while let Some(token) = tokens.get(at) {
        match token {
            Token::Symbol('(') => at = behind(tokens, at),
            Token::Symbol(')') => return false,
            _ if is_action(at) => return true,
            // The condition of a conflict has neither at its own level: this one is that of a query.
            token if token.is_any(&["on", "select"]) => return false,
            _ => at += 1,
        }
    }
    false
}

fn is_close(token: Option<&Token>) -> bool {
    token == Some(&Token::Symbol(')'))
}
