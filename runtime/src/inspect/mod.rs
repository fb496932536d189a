//! Models and a first migration from schemas that are there.
//!
//! All that a model can't say is kept by SQL of the migration, and told: nothing of a schema is lost without a word.

mod definition;
mod draft;
mod drafting;
mod enums;
mod fields;
mod foreign_keys;
mod kept;
mod keys;
mod names;
mod parts;
mod print;
mod said;
mod source;
mod statements;
mod types;
mod wanted;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use postgres::Client;

use self::definition::definitions;
use self::drafting::draft;
use self::enums::with_texts;
use self::kept::kept;
use self::source::source;
use self::statements::Handmade;
use crate::alike::most_alike;
use crate::error::{Error, ErrorKind, Result};
use crate::migrate::{Chain, NewMigrations, make};
use crate::model::PlacementKind;
use crate::name::SchemaName;
use crate::structure::{Namespace, Op, State, introspect};

/// Models and migrations that were made of schemas.
#[derive(Debug)]
pub(crate) struct Inspected {
    /// The source of the models.
    pub(crate) models: String,
    /// How many models there are.
    pub(crate) count: usize,
    pub(crate) migrations: NewMigrations,
    /// All that the models don't say, in groups with titles.
    pub(crate) notes: Vec<(&'static str, Vec<String>)>,
}

/// Makes models of a schema that is to be the tenants', of the shared one, or of both. Nothing changes.
///
/// # Errors
///
/// [`ErrorKind::MissingSchema`], when there is no such schema, or nothing in it; [`ErrorKind::Permission`], when the role can't try the
/// migration out.
pub(crate) fn inspect(
    client: &mut Client,
    tenant: Option<&SchemaName>,
    shared: &SchemaName,
    with_shared: bool,
    chain: &Chain,
) -> Result<Inspected> {
    let live = read(client, tenant, shared, with_shared)?;
    let schemas = [with_shared.then_some(shared), tenant];
    let (texts, enums) = with_texts(client, &live, schemas)?;
    let drafts = draft(&texts, &enums);
    let definitions = definitions(&drafts.models);
    let made = make(&definitions, chain, None)?;
    let migrations = match made {
        Some(made) => made,
        None => NewMigrations::without_models()?,
    };
    let ops: Vec<Op> = migrations
        .migrations()
        .iter()
        .flat_map(|it| it.operations().to_vec())
        .collect();
    let elsewhere = (!with_shared).then_some(shared);
    let kept = kept(client, (&live, &texts), &drafts, &ops, elsewhere)?;
    let migrations = [PlacementKind::Shared, PlacementKind::Tenant]
        .into_iter()
        .fold(migrations, |migrations, placement| {
            let of = |pieces: &[Handmade]| text(pieces, placement);
            migrations.around(placement, &of(&kept.before), &of(&kept.after))
        });
    let schemas: Vec<&str> = [with_shared.then_some(shared), tenant]
        .into_iter()
        .flatten()
        .map(SchemaName::as_str)
        .collect();
    Ok(Inspected {
        models: source(&schemas, &drafts, &kept, &live),
        count: drafts.models.len(),
        migrations,
        notes: source::notes(&drafts, &kept),
    })
}

fn read(
    client: &mut Client,
    tenant: Option<&SchemaName>,
    shared: &SchemaName,
    with_shared: bool,
) -> Result<State> {
    let schemas: Vec<SchemaName> = [with_shared.then_some(shared), tenant]
        .into_iter()
        .flatten()
        .cloned()
        .collect();
    let mut found: BTreeMap<SchemaName, Namespace> = introspect(client, &schemas, shared)?;
    for schema in &schemas {
        match found.get(schema) {
            None => return Err(missing(client, schema)?),
            Some(it) if it.tables.is_empty() && it.objects.is_empty() => {
                let text = format!(
                    "there is nothing in the schema `{schema}`\nhelp: name the schema that has the tables"
                );
                return Err(Error::new(ErrorKind::MissingSchema, text).in_schema(schema));
            }
            Some(_) => {}
        }
    }
    let shared = with_shared.then(|| found.remove(shared)).flatten();
    let tenant = tenant.and_then(|it| found.remove(it));
    Ok(State::new(
        shared.unwrap_or_default(),
        tenant.unwrap_or_default(),
    ))
}

/// The error for a schema that is not there, with the name that may be meant.
fn missing(client: &mut Client, schema: &SchemaName) -> Result<Error> {
    let rows = client.query_typed(
        "SELECT n.nspname::text FROM pg_catalog.pg_namespace AS n \
         WHERE n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'tenantry') ORDER BY 1",
        &[],
    )?;
    let names: Vec<String> = rows
        .iter()
        .map(|row| row.try_get(0))
        .collect::<std::result::Result<_, postgres::Error>>()?;
    let alike = most_alike(schema.as_str(), names.iter().map(String::as_str));
    let help = match (alike, &names[..]) {
        (Some(alike), _) => format!("did you mean `{alike}`?"),
        (None, []) => "the database has no schemas: look at its address".to_owned(),
        (None, names) => format!("there are {}", some(names)),
    };
    let text = format!("the database has no schema `{schema}`\nhelp: {help}");
    Ok(Error::new(ErrorKind::MissingSchema, text))
}

/// The first of some names.
fn some(names: &[String]) -> String {
    const SHOWN: usize = 10;
    let shown = names.iter().take(SHOWN).map(|it| format!("`{it}`"));
    let mut shown: Vec<String> = shown.collect();
    if names.len() > SHOWN {
        shown.push(format!("{} more", names.len() - SHOWN));
    }
    shown.join(", ")
}

/// The text of pieces of a placement.
fn text(pieces: &[Handmade], placement: PlacementKind) -> String {
    let mut text = String::new();
    for piece in pieces.iter().filter(|it| it.placement == placement) {
        let words: Vec<&str> = piece.words.split_whitespace().collect();
        let _ = writeln!(text, "-- {}", words.join(" "));
        for sql in &piece.sql {
            let _ = writeln!(text, "{};", sql.trim_end().trim_end_matches(';'));
        }
        text.push('\n');
    }
    text
}
