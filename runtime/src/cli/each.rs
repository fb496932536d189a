//! `each`: SQL of the operator's in every tenant.

use std::collections::VecDeque;
use std::fs;
use std::sync::mpsc::{self, Sender};
use std::sync::{Mutex, PoisonError};
use std::thread;

use postgres::{Client, SimpleQueryMessage};
use serde::Serialize;

use super::Verdict;
use super::each_args::Each;
use super::output::{Console, TextTable, count, explain};
use super::project::{Project, told_over};
use crate::bookkeeping::{self, is_lost, unknown};
use crate::error::{Error, ErrorKind, Result};
use crate::exec::{FORGET, RESET, over};
use crate::migrate::check_sql;
use crate::name::SchemaName;
use crate::structure::{Slots, fill};
use crate::tenant::{Match, Tenant, TenantState, chosen};

/// The most connections that work at a time where nothing is said.
const WORKERS: usize = 4;

/// The answer to a statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
enum SqlAnswer {
    Rows {
        columns: Vec<String>,
        /// As PostgreSQL writes them; nothing for null.
        rows: Vec<Vec<Option<String>>>,
    },
    Count {
        count: u64,
    },
}

/// The answers of a tenant, or why it has none.
type Outcome<'t> = (usize, &'t Tenant, Result<Vec<SqlAnswer>>);

/// The JSON for programs: a line for each tenant.
#[derive(Serialize)]
struct Line<'t> {
    tenant: &'t str,
    #[serde(skip_serializing_if = "Option::is_none")]
    results: Option<&'t [SqlAnswer]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

pub(super) fn run(project: &Project, args: &Each, console: &mut Console<'_>) -> Result<Verdict> {
    let sql = text(args)?;
    let selection = args.select.selection(&args.order)?;
    let mut client = project.connect()?;
    selection.check(&mut client)?;
    let lives = Match::all().state(TenantState::Active);
    let lives = lives.state(TenantState::Suspended);
    let selection = if selection.names_states() {
        selection
    } else {
        selection.matching(lives)
    };
    let shared = bookkeeping::named(&mut client)?;
    let shared = shared.unwrap_or_else(|| project.shared_schema().clone());
    let tenants = over(&mut client, chosen(selection, true))?;
    if tenants.is_empty() {
        if !args.json {
            console.line("there are no tenants, so nothing was run");
        }
        return Ok(Verdict::Fine);
    }
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let workers = args.parallel.map_or(cores.min(WORKERS), usize::from);
    let queue: Mutex<VecDeque<_>> = Mutex::new(tenants.iter().enumerate().collect());
    let (sender, outcomes) = mpsc::channel();
    let (mut failed, mut told) = (0, Vec::new());
    thread::scope(|scope| {
        let clients = [Some(client)].into_iter().chain((1..workers).map(|_| None));
        for client in clients.take(tenants.len()) {
            let (sender, queue, sql) = (sender.clone(), &queue, (sql.as_str(), &shared));
            scope.spawn(move || work(project, args, sql, client, queue, &sender));
        }
        drop(sender);
        for (number, tenant, outcome) in outcomes {
            failed += usize::from(outcome.is_err());
            if let Err(error) = &outcome {
                console.error(error);
            }
            if args.json {
                let line = Line {
                    tenant: tenant.key().as_str(),
                    results: outcome.as_deref().ok(),
                    error: outcome.as_ref().err().map(explain),
                };
                console.json_line(&line);
            } else if let Ok(answers) = outcome {
                told.push((number, tenant, answers));
            }
        }
    });
    told.sort_by_key(|(number, ..)| *number);
    show(&told, console);
    if failed == 0 {
        return Ok(Verdict::Fine);
    }
    console.complain(format_args!(
        "it failed for {} of {}",
        failed,
        count(tenants.len(), "tenant")
    ));
    Ok(Verdict::Found)
}

/// The SQL that is to be run.
fn text(args: &Each) -> Result<String> {
    let sql = match (&args.what.sql, &args.what.file) {
        (Some(sql), _) => sql.clone(),
        (None, Some(path)) => fs::read_to_string(path).map_err(|error| {
            let message = format!(
                "can't read the SQL in `{}`: {error}\nhelp: name a file with SQL",
                path.display()
            );
            Error::new(ErrorKind::Configuration, message)
        })?,
        (None, None) => String::new(),
    };
    check_sql(&sql)?;
    Ok(sql)
}

/// Takes tenants until none is left, or nobody listens.
fn work<'t>(
    project: &Project,
    args: &Each,
    sql: (&str, &SchemaName),
    mut client: Option<Client>,
    queue: &Mutex<VecDeque<(usize, &'t Tenant)>>,
    sender: &Sender<Outcome<'t>>,
) {
    loop {
        let next = queue
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop_front();
        let Some((number, tenant)) = next else { return };
        let outcome = asked(project, args, sql, &mut client, tenant);
        let outcome = outcome.map_err(|error| error.in_tenant(tenant.key()));
        if sender.send((number, tenant, outcome)).is_err() {
            return;
        }
    }
}

fn asked(
    project: &Project,
    args: &Each,
    (sql, shared): (&str, &SchemaName),
    kept: &mut Option<Client>,
    tenant: &Tenant,
) -> Result<Vec<SqlAnswer>> {
    let slots = Slots {
        shared,
        tenant: Some(tenant.schema()),
    };
    let sql = fill(sql, &slots).map_err(|error| {
        let message = format!("{error}\nhelp: the slots are `\"{{tenant}}\"` and `\"{{shared}}\"`");
        Error::new(ErrorKind::Configuration, message)
    })?;
    let mut client = match kept.take() {
        Some(client) => client,
        None => project.connect()?,
    };
    let answers = in_transaction(&mut client, &begin(args), &sql).map_err(|error| {
        let error = error.in_tenant(tenant.key()).in_schema(tenant.schema());
        told_over(&mut client, error)
    });
    // A session that could not be made as it was is not used again.
    if client.batch_execute(&format!("{RESET}{FORGET}")).is_ok() {
        *kept = Some(client);
    }
    answers
}

/// The beginning of the transaction of a tenant.
fn begin(args: &Each) -> String {
    let access = if args.write {
        "READ WRITE"
    } else {
        "READ ONLY"
    };
    let limits = [
        ("lock_timeout", args.lock_timeout),
        ("statement_timeout", args.statement_timeout),
    ];
    let limits = limits.into_iter().filter_map(|(name, limit)| {
        let limit = limit?.as_millis().max(1);
        Some(format!("SET LOCAL {name} = {limit}; "))
    });
    let limits: String = limits.collect();
    // After the first query no transaction that only reads can be told to write.
    format!("BEGIN {access}; {limits}SELECT 1")
}

fn in_transaction(client: &mut Client, begin: &str, sql: &str) -> Result<Vec<SqlAnswer>> {
    client.batch_execute(begin)?;
    let answers = match client.simple_query(sql) {
        Ok(messages) => answers(messages),
        Err(error) => {
            let error = Error::of_sql(error, sql);
            // What can't be rolled back is over with its connection.
            let _ = client.batch_execute("ROLLBACK");
            return Err(error);
        }
    };
    client.batch_execute("COMMIT").map_err(committing)?;
    Ok(answers)
}

/// The error of a commit, after which it may not be known whether the SQL took effect.
fn committing(error: postgres::Error) -> Error {
    if is_lost(&error) {
        return unknown(
            error,
            "the connection broke before the server had answered: whether the SQL took effect is not known\n\
             help: look at the tenant's rows before it is run there again",
        );
    }
    error.into()
}

/// The answers to statements of one message.
fn answers(messages: Vec<SimpleQueryMessage>) -> Vec<SqlAnswer> {
    let (mut answers, mut open) = (Vec::new(), None);
    for message in messages {
        match message {
            SimpleQueryMessage::RowDescription(columns) => {
                let names = columns.iter().map(|column| column.name().to_owned());
                open = Some((names.collect(), Vec::new()));
            }
            SimpleQueryMessage::Row(row) => {
                if let Some((_, rows)) = &mut open {
                    let cells = (0..row.len()).map(|cell| row.get(cell).map(str::to_owned));
                    rows.push(cells.collect());
                }
            }
            SimpleQueryMessage::CommandComplete(count) => answers.push(match open.take() {
                Some((columns, rows)) => SqlAnswer::Rows { columns, rows },
                None => SqlAnswer::Count { count },
            }),
            _ => {}
        }
    }
    answers
}

/// Prints a table for each statement, with the tenant in front of each row.
fn show(told: &[(usize, &Tenant, Vec<SqlAnswer>)], console: &mut Console<'_>) {
    let statements = told.iter().map(|(.., answers)| answers.len()).max();
    for statement in 0..statements.unwrap_or_default() {
        let answers = told.iter().filter_map(|(_, tenant, answers)| {
            let answer = answers.get(statement)?;
            Some((tenant.key().to_string(), answer))
        });
        let mut table: Option<(Vec<String>, TextTable)> = None;
        for (tenant, answer) in answers {
            let count = ["ROWS".to_owned()];
            let heading = match answer {
                SqlAnswer::Rows { columns, .. } => &columns[..],
                SqlAnswer::Count { .. } => &count,
            };
            // Tables of tenants need not be alike: `SELECT *` has other columns then.
            if table.as_ref().is_none_or(|(known, _)| known != heading)
                && let Some((_, table)) = table.replace((heading.to_vec(), headed(heading)))
            {
                console.line(table);
            }
            let Some((_, table)) = &mut table else {
                continue;
            };
            match answer {
                SqlAnswer::Rows { rows, .. } => {
                    for row in rows {
                        let cells = row
                            .iter()
                            .map(|cell| cell.as_deref().map_or_else(String::new, in_one_line));
                        table.cells([tenant.clone()].into_iter().chain(cells));
                    }
                }
                SqlAnswer::Count { count } => table.cells([tenant, count.to_string()]),
            }
        }
        if let Some((_, table)) = table {
            console.line(table);
        }
    }
}

/// A value in one line, and with nothing in it that a terminal would obey: whoever wrote the value is not who reads it here.
fn in_one_line(value: &str) -> String {
    let mut line = String::with_capacity(value.len());
    for c in value.chars() {
        if c.is_control() {
            line.extend(c.escape_default());
        } else {
            line.push(c);
        }
    }
    line
}

fn headed(columns: &[String]) -> TextTable {
    let mut table = TextTable::default();
    table.cells(
        ["TENANT".to_owned()]
            .into_iter()
            .chain(columns.iter().cloned()),
    );
    table
}
