//! The proof that one migration gives what a range gives: both chains, each with a shared schema and a tenant's, compared.

use std::fmt::Write as _;

use postgres::{Client, Transaction};
use tenantry_sql::statements;

use super::PLACEMENTS;
use super::fit::refused;
use super::steps::in_steps;
use crate::error::{Error, ErrorKind, Result};
use crate::exec::Locks;
use crate::migrate::chain::{Chain, Migration, Part};
use crate::migrate::drift::changes;
use crate::migrate::replay::ReplayPart;
use crate::migrate::session::Session;
use crate::migrate::session::retry::{is_of_transactions, is_passing};
use crate::migrate::session::scratch::scratch_name;
use crate::migrate::session::settings::Settings;
use crate::model::PlacementKind;
use crate::name::SchemaName;
use crate::place::TenantPlace;
use crate::structure::{Contents, Found, Namespace, Snapshot, contents, introspect, snapshot};

/// How many differences a message lists.
const LISTED: usize = 20;

/// Refuses a migration that does not give what a range gives, brought forward and back again. Nothing of it stays.
pub(super) fn prove(
    client: &mut Client,
    chain: &Chain,
    (range, made): (&[&Migration], &Migration),
    is_migrated: bool,
    settings: &Settings,
) -> Result<()> {
    let all = chain.migrations().iter();
    let before: Vec<&Migration> = all.take_while(|it| it.position() < made.first()).collect();
    let one = [made];
    // The same names for both, since rows may have them.
    let scratch = Scratches {
        shared: scratch_name()?,
        tenant: scratch_name()?,
        settings,
    };
    // From release 17 on PostgreSQL lets a transaction use a label that it has added to a type of its own. A tenant that has the type
    // already can't, so it is tried with one.
    let mut transactions = match (adds_labels(made), is_migrated) {
        (false, _) => ProofTransactions::One,
        (true, true) => ProofTransactions::Own,
        (true, false) => {
            return Err(refused(
                "they add a label to an enum type, and whether it is used too soon is seen on schemas that are kept for a moment: nobody \
                 would clear them away here after a crash",
                "do it in a database that is migrated with the chain",
            ));
        }
    };
    let ways = if has_way_back(made) {
        &[ProofWay::Up, ProofWay::UpAndDown][..]
    } else {
        &[ProofWay::Up]
    };
    for way in ways {
        let give = |client: &mut Client, range: &[&Migration], transactions| {
            scratch.give(client, (&before, range), (*way, transactions))
        };
        let mut wanted = give(client, range, transactions);
        // Nothing is committed where there is nobody who clears away after a crash.
        if wanted.as_ref().is_err_and(is_of_transactions) && is_migrated {
            transactions = ProofTransactions::Own;
            wanted = give(client, range, transactions);
        }
        let wanted = wanted
            .map_err(|error| failed("the migrations themselves fail on new schemas", error, TRY))?;
        let found = give(client, &one, transactions)
            .map_err(|error| failed("as one migration they fail on new schemas", error, APART))?;
        let Some(different) = wanted.difference(&found) else {
            continue;
        };
        // Of rows that are others each time nothing can be shown.
        let again = give(client, range, transactions)?;
        if let Some(each_time) = wanted.difference(&again) {
            return Err(refused(
                &format!(
                    "what they give is not the same each time they run, so it can't be compared:\n{each_time}"
                ),
                "leave the migration out that makes rows by the clock or by chance: end the range before it",
            ));
        }
        let back = match way {
            ProofWay::Up => "",
            ProofWay::UpAndDown => ", once they are undone",
        };
        return Err(refused(
            &format!(
                "as one they give something else{back} (`+` is what would have been done besides, `±` what is another):\n{different}"
            ),
            "end the range before the migration whose effect is different",
        ));
    }
    Ok(())
}

/// The way out where the migrations have a fault.
const TRY: &str = "`check` and `migrate --try` try the chain out";
/// The way out where only the one migration fails.
const APART: &str = "end the range before that statement, which needs a transaction of its own";

fn failed(what: &str, error: Error, help: &str) -> Error {
    let is_of_server = [ErrorKind::Connection, ErrorKind::Permission];
    if is_of_server.contains(&error.kind()) || is_passing(&error) {
        return error;
    }
    let help = if is_of_transactions(&error) {
        "a statement needs that an earlier transaction is over: end the range before it"
    } else {
        help
    };
    refused(&format!("{what}: {}", error.message()), help).because(error)
}

/// Whether all parts have SQL that undoes them.
fn has_way_back(migration: &Migration) -> bool {
    let parts = PLACEMENTS.map(|placement| migration.part(placement));
    let mut parts = parts.into_iter().flatten();
    parts.all(|part| part.down().is_some())
}

/// Whether a statement adds a label to an enum type.
fn adds_labels(migration: &Migration) -> bool {
    let parts = PLACEMENTS.map(|placement| migration.part(placement));
    let texts = parts.into_iter().flatten();
    let mut texts = texts
        .flat_map(|part| [Some(part.up()), part.down()])
        .flatten();
    texts.any(|sql| {
        let all = statements(sql).unwrap_or_default();
        all.iter()
            .filter(|it| it.begins(&["alter", "type"]))
            .any(|it| {
                let mut pairs = it.tokens.windows(2);
                pairs.any(|pair| pair[0].is("add") && pair[1].is("value"))
            })
    })
}

/// The way that migrations of a range go.
#[derive(Clone, Copy)]
enum ProofWay {
    Up,
    UpAndDown,
}

/// The transactions in which migrations are done.
#[derive(Clone, Copy, PartialEq, Eq)]
enum ProofTransactions {
    /// One, as if each had its own, which is rolled back.
    One,
    /// Those that they have in the fleet.
    Own,
}

/// The schemas in which chains are done, of which nothing stays.
struct Scratches<'s> {
    shared: SchemaName,
    tenant: SchemaName,
    settings: &'s Settings,
}

impl Scratches<'_> {
    fn give(
        &self,
        client: &mut Client,
        (before, range): (&[&Migration], &[&Migration]),
        (way, transactions): (ProofWay, ProofTransactions),
    ) -> Result<GivenSchemas> {
        let parts = forward(before)
            .into_iter()
            .chain(forward(range))
            .chain(match way {
                ProofWay::Up => Vec::new(),
                ProofWay::UpAndDown => back(range),
            });
        let parts: Vec<ReplayPart> = parts.collect();
        if transactions == ProofTransactions::Own {
            let schemas = (&self.shared, &self.tenant);
            return in_steps(client, schemas, &parts, self.settings, |tx| self.look(tx));
        }
        let mut session = Session::new(client, None);
        let given = session.remember()?.clone();
        let mut tx = session.transaction()?;
        let place = TenantPlace::nobodys(&self.tenant)?;
        let schemas = (&self.shared, &place);
        let mut replayed = self.make(&mut tx);
        for part in parts {
            replayed = replayed.and_then(|()| part.replay(&mut tx, schemas, self.settings, &given));
        }
        let looked = replayed.and_then(|()| self.look(&mut tx));
        let over = tx.rollback();
        session.reset(Locks::Released)?;
        let looked = looked?;
        over?;
        Ok(looked)
    }

    fn make(&self, tx: &mut Transaction<'_>) -> Result<()> {
        for schema in [&self.shared, &self.tenant] {
            tx.batch_execute(&format!("CREATE SCHEMA {}", schema.quoted()))?;
        }
        Ok(())
    }

    fn look(&self, tx: &mut Transaction<'_>) -> Result<GivenSchemas> {
        let schemas = [self.shared.clone(), self.tenant.clone()];
        let mut found = introspect(tx, &schemas, &self.shared)?;
        let mut look = |placement, schema: &SchemaName| {
            Ok(GivenSchema {
                placement,
                namespace: found.remove(schema).unwrap_or_default(),
                snapshot: snapshot(tx, schema, &self.shared)?,
                rows: match contents(tx, schema)? {
                    Found::Contents(rows) => rows,
                    Found::TooLarge(table) => {
                        return Err(refused(
                            &format!("they put more rows into `{table}` than are compared"),
                            "end the range before the migration that does",
                        ));
                    }
                },
            })
        };
        Ok(GivenSchemas([
            look(PlacementKind::Shared, &self.shared)?,
            look(PlacementKind::Tenant, &self.tenant)?,
        ]))
    }
}

/// The parts in the order of the chain.
fn forward(migrations: &[&Migration]) -> Vec<ReplayPart> {
    let parts = migrations
        .iter()
        .flat_map(|it| PLACEMENTS.map(|placement| ReplayPart::of(it, placement)));
    parts.flatten().collect()
}

/// The SQL that undoes them, in the order of a rollback.
fn back(migrations: &[&Migration]) -> Vec<ReplayPart> {
    let down = |it: &Migration, placement| {
        let sql = it.part(placement).and_then(Part::down)?;
        Some(ReplayPart::new(placement, it.id(), sql, it.limits()))
    };
    let migrations = migrations.iter().rev();
    let parts = migrations.flat_map(|it| {
        let [shared, tenant] = PLACEMENTS.map(|placement| down(it, placement));
        [tenant, shared]
    });
    parts.flatten().collect()
}

/// The structure and the rows of both schemas.
struct GivenSchemas([GivenSchema; 2]);

struct GivenSchema {
    placement: PlacementKind,
    namespace: Namespace,
    snapshot: Snapshot,
    rows: Contents,
}

impl GivenSchemas {
    /// The difference to what another chain gives, as lines.
    fn difference(&self, other: &Self) -> Option<String> {
        let mut text = String::new();
        for (one, other) in self.0.iter().zip(&other.0) {
            one.tell(other, &mut text);
        }
        let text = text.trim_end();
        (!text.is_empty()).then(|| text.to_owned())
    }
}

impl GivenSchema {
    fn tell(&self, other: &Self, text: &mut String) {
        let placement = self.placement;
        let more = changes(placement, &self.namespace, &other.namespace);
        let mut lines: Vec<String> = more.iter().map(|change| format!("+ {change}")).collect();
        let rows = self.rows.differences(&other.rows);
        lines.extend(rows.map(|what| format!("± {what}")));
        if lines.is_empty()
            && let Some(what) = self.snapshot.difference(&other.snapshot)
        {
            lines.push(format!("± {what}"));
        }
        if lines.is_empty() {
            return;
        }
        let schema = match placement {
            PlacementKind::Shared => "the shared schema",
            PlacementKind::Tenant => "a tenant's schema",
        };
        let _ = writeln!(text, "  {schema}");
        for line in lines.iter().take(LISTED) {
            let _ = writeln!(text, "  {line}");
        }
        if lines.len() > LISTED {
            let _ = writeln!(text, "  … and {} more", lines.len() - LISTED);
        }
    }
}
