//! The questions of `makemigrations` about what only the author of a change can know.

use std::io::{self, BufRead, IsTerminal};

use super::make_args::MakeMigrations;
use super::output::Console;
use crate::error::{Error, ErrorKind, Result};
use crate::migrate::{Chain, Choices, Question, questions};
use crate::model::ModelDef;

/// The answers that the flags give.
///
/// # Errors
///
/// When a value for rows is written in another way.
pub(super) fn given(args: &MakeMigrations) -> Result<Choices> {
    let mut choices = Choices::new();
    for rename in &args.rename {
        choices = choices.rename(rename);
    }
    for former in &args.no_rename {
        choices = choices.no_rename(former);
    }
    for name in &args.accept_loss {
        choices = choices.accept_loss(name);
    }
    for moved in &args.moves {
        choices = choices.move_table(moved);
    }
    for table in &args.drop_moved {
        choices = choices.drop_moved(table);
    }
    if args.together {
        choices = choices.together();
    }
    for fill in &args.fill {
        let Some((column, value)) = fill.split_once('=').filter(|(_, value)| !value.is_empty())
        else {
            return Err(Error::new(
                ErrorKind::Configuration,
                format!(
                    "`{fill}` has no value\nhelp: write `--fill \"invoices.total=0\"`: a column, and SQL"
                ),
            ));
        };
        choices = choices.fill(column, value);
    }
    Ok(choices)
}

/// Asks what the flags leave open.
///
/// # Errors
///
/// When there is nobody at a terminal, with the flags that answer; or when a loss is not confirmed.
pub(super) fn settle(
    models: &[&ModelDef],
    chain: &Chain,
    choices: Choices,
    console: &mut Console<'_>,
) -> Result<Choices> {
    let input = io::stdin();
    if input.is_terminal() {
        let open = |choices: &Choices| questions(models, chain, choices);
        return ask_all(open, choices, &mut input.lock(), console);
    }
    match left_open(models, chain, &choices)? {
        Some(open) => Err(open),
        None => Ok(choices),
    }
}

/// Returns what choices leave open, with the flags that answer.
///
/// # Errors
///
/// When a choice is about nothing that has changed.
pub(super) fn left_open(
    models: &[&ModelDef],
    chain: &Chain,
    choices: &Choices,
) -> Result<Option<Error>> {
    let open = questions(models, chain, choices)?;
    Ok((!open.is_empty()).then(|| unanswered(&open)))
}

/// Asks one question after the other: each answer may settle some, or bring up others.
fn ask_all(
    open: impl Fn(&Choices) -> Result<Vec<Question>>,
    mut choices: Choices,
    input: &mut dyn BufRead,
    console: &mut Console<'_>,
) -> Result<Choices> {
    while let Some(question) = open(&choices)?.into_iter().next() {
        choices = ask(&question, choices, input, console)?;
    }
    Ok(choices)
}

fn ask(
    question: &Question,
    choices: Choices,
    input: &mut dyn BufRead,
    console: &mut Console<'_>,
) -> Result<Choices> {
    let mut answer = |text: String| {
        console.ask(&text);
        let mut typed = String::new();
        // A terminal that is gone has typed nothing.
        let read = input.read_line(&mut typed).unwrap_or_default();
        (read > 0).then(|| typed.trim().to_owned())
    };
    let nothing = |what: &str| {
        Err(Error::new(
            ErrorKind::Configuration,
            format!(
                "{what}, so nothing was written\nhelp: answer, or add `--rename`, `--move`, `--fill` or `--accept-loss`"
            ),
        ))
    };
    match question {
        Question::Renamed { pair, words, .. } => {
            match answer(format!("{words}\nwas it renamed? [y/n] ")).as_deref() {
                Some("y" | "Y" | "yes") => Ok(choices.rename(pair)),
                Some("n" | "N" | "no") => Ok(choices.no_rename(pair)),
                Some(_) => Ok(choices),
                None => nothing("it was not said whether it was renamed"),
            }
        }
        Question::Fill {
            column,
            sql_type,
            is_nullable_before,
        } => {
            let or_none = if *is_nullable_before {
                ", or NULL if no row has null"
            } else {
                ""
            };
            let text = format!(
                "{}\ntheir value, as SQL of type `{sql_type}`{or_none}: ",
                lacks_value(column, *is_nullable_before)
            );
            match answer(text) {
                Some(value) if !value.is_empty() => Ok(choices.fill(column, value)),
                _ => nothing("no value was given"),
            }
        }
        Question::Moved { table, words, ways } => {
            let ways = ways.join("\n  ");
            let text = format!(
                "{words}; its rows may go this way:\n  {ways}\ntype one of these, or `{table}` to lose the rows: "
            );
            match answer(text) {
                Some(typed) if typed == *table => Ok(choices.accept_loss(table)),
                Some(typed) if typed.starts_with(&format!("{table}=")) => {
                    Ok(choices.move_table(typed))
                }
                Some(_) => Ok(choices),
                None => nothing("it was not said how the rows are moved"),
            }
        }
        Question::Loss { of, words } => match answer(format!("{words}\ntype `{of}` to go on: ")) {
            Some(typed) if typed == *of => Ok(choices.accept_loss(of)),
            _ => nothing(&format!("`{of}` was not typed")),
        },
    }
}

/// The error that tells which flags answer.
fn unanswered(open: &[Question]) -> Error {
    let mut message = "a migration has to be made, and this must not be guessed:".to_owned();
    let mut helps = Vec::new();
    let mut seen: Vec<&str> = Vec::new();
    for question in open {
        message.push_str("\n- ");
        match question {
            Question::Renamed {
                pair,
                former,
                words,
                is_lost_otherwise,
            } => {
                message.push_str(words);
                message.push_str(": was it renamed?");
                helps.push(format!("if so, add `--rename \"{pair}\"`"));
                if !seen.contains(&former.as_str()) {
                    seen.push(former);
                    helps.push(if *is_lost_otherwise {
                        format!("if `{former}` was not renamed and its values may be lost, add `--accept-loss \"{former}\"`")
                    } else {
                        format!("if `{former}` was not renamed, add `--no-rename \"{former}\"`")
                    });
                }
            }
            Question::Fill {
                column,
                sql_type,
                is_nullable_before,
            } => {
                message.push_str(&lacks_value(column, *is_nullable_before));
                helps.push(if *is_nullable_before {
                    format!(
                        "add `--fill \"{column}=…\"`, with SQL of type `{sql_type}`, or give the field a default; if no row has null, add \
                         `--fill \"{column}=NULL\"`: then the migration fails where one has"
                    )
                } else {
                    format!(
                    "add `--fill \"{column}=…\"`, with SQL of type `{sql_type}`, or give the field a default, or make it an `Option`; \
                     if it is a column that had another name, tell which with `--rename`"
                )});
            }
            Question::Moved { table, words, ways } => {
                message.push_str(words);
                message.push_str(": how do its rows get there?");
                helps.extend(
                    ways.iter()
                        .map(|way| format!("{}, add `--move \"{way}\"`", meaning(way))),
                );
                helps.push(format!(
                    "if the rows of `{table}` may be lost, add `--accept-loss \"{table}\"`"
                ));
            }
            Question::Loss { of, words } => {
                message.push_str(words);
                helps.push(format!("if that is so, add `--accept-loss \"{of}\"`"));
            }
        }
    }
    Error::new(ErrorKind::Configuration, message).help(&helps.join("\nhelp: "))
}

/// Says what a way of rows means, for somebody who has to choose.
fn meaning(way: &str) -> String {
    let keys = if way.ends_with(",new_keys") {
        ", and get new keys, since they may have the same"
    } else {
        ""
    };
    let way = way.trim_end_matches(",new_keys");
    match way.split_once(':') {
        Some((way, column)) if way.ends_with("=collect") => format!(
            "if the rows of all tenants are collected, with the tenant's key in `{column}`{keys}"
        ),
        Some((_, column)) => format!("if each tenant gets the rows whose `{column}` is its key"),
        None if way.ends_with("=collect") => format!(
            "if the rows of all tenants are collected, and nothing tells whose they are{keys}"
        ),
        None => "if each tenant gets all rows".to_owned(),
    }
}

fn lacks_value(column: &str, is_nullable_before: bool) -> String {
    if is_nullable_before {
        format!("`{column}` takes no null any more, and rows that are there may have null")
    } else {
        format!("`{column}` is new, and rows that are there have no value for it")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn renamed() -> Question {
        Question::Renamed {
            pair: "invoices.total=amount".to_owned(),
            former: "invoices.total".to_owned(),
            words: "column `total` of tenant table `invoices` is gone, and `amount` is new"
                .to_owned(),
            is_lost_otherwise: true,
        }
    }

    fn answered(question: &Question, typed: &str) -> Result<Choices> {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let mut console = Console::new(&mut out, &mut err);
        ask(
            question,
            Choices::new(),
            &mut typed.as_bytes(),
            &mut console,
        )
    }

    #[test]
    fn a_rename_is_taken_for_one_only_if_somebody_says_so() {
        let pair = "invoices.total=amount";
        let answer = |typed: &str| answered(&renamed(), typed);
        assert_eq!(answer("y\n").unwrap(), Choices::new().rename(pair));
        assert_eq!(answer("n\n").unwrap(), Choices::new().no_rename(pair));
        assert_eq!(answer("perhaps\n").unwrap(), Choices::new());
        answer("").unwrap_err();
    }

    #[test]
    fn a_loss_is_confirmed_by_its_name() {
        let loss = Question::Loss {
            of: "invoices.total".to_owned(),
            words: "drop".to_owned(),
        };
        let accepted = Choices::new().accept_loss("invoices.total");
        assert_eq!(answered(&loss, "invoices.total\n").unwrap(), accepted);
        for typed in ["", "\n", "y\n", "total\n"] {
            answered(&loss, typed).unwrap_err();
        }
    }
}
