//! A shared table whose rows are the tenants.
//!
//! A foreign key ties each row to the registry, so that no row is there without a tenant, and a new key reaches the row by
//! itself. Triggers on both tables see at the end of each transaction that no tenant is there without its row, and one takes the
//! row away with its tenant. Their names don't depend on the table, and which table it is they ask the catalogue, so that
//! nothing of it changes when the table or its key gets another name.

use std::collections::BTreeMap;

use super::family::{At, Family, Verb};
use super::state::{Misfit, Tables, table_mut};
use super::{Change, Phase};
use crate::name::{
    TENANT_ROW, TENANT_ROW_KEY, TENANT_ROW_REFUSED, quote_identifier, quote_literal,
};
use crate::structure::slots::{qualified, slot};

pub(super) struct Tie<'a> {
    pub(super) verb: Verb,
    /// The column that has the tenant's key.
    pub(super) key: &'a str,
    /// The values of the rows of tenants that there are, by column; none where there is to be no tenant without a row.
    pub(super) fill: Option<&'a BTreeMap<String, String>>,
}

impl Family for Tie<'_> {
    fn words(&self, table: &str) -> String {
        match self.verb {
            Verb::Add => format!("make each row of {table} a tenant"),
            Verb::Drop => format!("have rows of {table} be no tenants"),
        }
    }

    fn phase(&self) -> Phase {
        // It locks the registry, and the rows of tenants that there are may reference others.
        self.verb.of(Phase::AddForeignKeys, Phase::DropForeignKeys)
    }

    fn sql(&self, at: &At) -> Vec<String> {
        let function = qualified(at.placement, TENANT_ROW);
        let table = &at.table;
        match self.verb {
            Verb::Add => vec![
                guard(&function, slot(at.placement)),
                format!(
                    "CREATE CONSTRAINT TRIGGER {TENANT_ROW} AFTER DELETE OR UPDATE ON {table} \
                     DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION {function}()"
                ),
                format!(
                    "CREATE TRIGGER {TENANT_ROW}_truncate BEFORE TRUNCATE ON {table} EXECUTE FUNCTION {function}()"
                ),
                self.tie(at, &function),
            ],
            Verb::Drop => vec![
                untie(table),
                format!("DROP TRIGGER {TENANT_ROW}_truncate ON {table}"),
                format!("DROP TRIGGER {TENANT_ROW} ON {table}"),
                format!("DROP FUNCTION {function}()"),
            ],
        }
    }

    fn apply(&self, tables: &mut Tables, table: &str) -> Result<(), Misfit> {
        table_mut(tables, table)?.is_tenant = self.verb.of(true, false);
        Ok(())
    }

    fn reversed(&self) -> Change {
        let (key, fill) = (self.key.to_owned(), self.fill.cloned());
        match self.verb {
            Verb::Add => Change::UntieTenants { key, fill },
            Verb::Drop => Change::TieTenants { key, fill },
        }
    }

    fn takes_away(&self) -> bool {
        self.verb.of(true, false)
    }

    fn note(&self) -> Option<&'static str> {
        let note = "each tenant that there is needs a row, and from now on a tenant is created with its row";
        self.verb.of(Some(note), None)
    }
}

impl Tie<'_> {
    /// The foreign key, the rows of the tenants that there are, and the triggers of the registry.
    fn tie(&self, at: &At, function: &str) -> String {
        let (table, key) = (&at.table, quote_identifier(self.key));
        let lacking = format!(
            "FROM tenantry.tenant AS t WHERE t.state IN ('active', 'suspended') \
             AND NOT EXISTS (SELECT FROM {table} AS r WHERE r.{key} = t.key)"
        );
        let rows = self.rows(at, &key, &lacking);
        format!(
            "DO $tie$ BEGIN\n    {NOT_WITHOUT_REGISTRY}\n    \
             ALTER TABLE {table} ADD CONSTRAINT {TENANT_ROW_KEY} FOREIGN KEY ({key}) REFERENCES tenantry.tenant (key) \
             ON UPDATE CASCADE;\n    {NOT_ELSEWHERE}\n    {rows}\n    \
             CREATE CONSTRAINT TRIGGER {TENANT_ROW} AFTER INSERT OR UPDATE OF key, state ON tenantry.tenant \
             DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.state IN ('active', 'suspended')) \
             EXECUTE FUNCTION {function}();\n    \
             CREATE TRIGGER {TENANT_ROW}_drop AFTER UPDATE OF state ON tenantry.tenant FOR EACH ROW \
             WHEN (NEW.state = 'dropping' AND OLD.state <> 'dropping') EXECUTE FUNCTION {function}();\n\
             END $tie$"
        )
    }

    /// Makes the rows of the tenants that lack one, or refuses these.
    fn rows(&self, at: &At, key: &str, lacking: &str) -> String {
        let Some(fill) = self.fill else {
            let help = format!(
                "say which values their rows get, with `makemigrations --fill \"{}.COLUMN=VALUE\"`, or insert the rows in \
                 the migration before they are made tenants",
                at.name
            );
            let words = format!("there are tenants without a row in `{}`", at.name);
            let refuse = refuse(&quote_literal(&at.name), &words, &help);
            return format!("IF EXISTS (SELECT {lacking}) THEN\n        {refuse}\n    END IF;");
        };
        let columns = fill.keys().map(|it| quote_identifier(it));
        let columns: Vec<String> = [key.to_owned()].into_iter().chain(columns).collect();
        let values = fill.values().map(String::as_str);
        let values: Vec<&str> = ["t.key"].into_iter().chain(values).collect();
        format!(
            "INSERT INTO {} ({}) SELECT {} {lacking} ORDER BY t.id;",
            at.table,
            columns.join(", "),
            values.join(", ")
        )
    }
}

/// Ends a block where migrations are tried out in a database that was never migrated.
const NOT_WITHOUT_REGISTRY: &str =
    "IF pg_catalog.to_regclass('tenantry.tenant') IS NULL THEN RETURN; END IF;";

/// Ends a block in a schema that migrations are tried out in: the registry's triggers are those of the shared schema.
const NOT_ELSEWHERE: &str = "IF NOT EXISTS (SELECT FROM tenantry.meta AS m JOIN pg_catalog.pg_namespace AS n \
     ON n.nspname = m.shared_schema WHERE n.oid = '\"{shared}\"'::regnamespace) THEN RETURN; END IF;";

fn untie(table: &str) -> String {
    format!(
        "DO $untie$ BEGIN\n    {NOT_WITHOUT_REGISTRY}\n    \
         ALTER TABLE {table} DROP CONSTRAINT {TENANT_ROW_KEY};\n    {NOT_ELSEWHERE}\n    \
         DROP TRIGGER {TENANT_ROW}_drop ON tenantry.tenant;\n    \
         DROP TRIGGER {TENANT_ROW} ON tenantry.tenant;\n\
         END $untie$"
    )
}

/// Raises a refusal about a table, which is an expression.
fn refuse(table: &str, words: &str, help: &str) -> String {
    format!(
        "RAISE EXCEPTION USING ERRCODE = '{TENANT_ROW_REFUSED}', SCHEMA = 'tenantry', TABLE = {table}, MESSAGE = {};",
        quote_literal(&format!("{words}\nhelp: {help}"))
    )
}

/// The function of all triggers. It acts for whoever may change one of the two tables and has no rights of the other.
fn guard(function: &str, slot: &str) -> String {
    let gone = refuse(
        "TG_TABLE_NAME",
        "a row that is a tenant goes with its tenant, and not by itself",
        "drop the tenant: `db.tenants().drop(&key)`, or `tenants drop KEY` on the command line",
    );
    let lacking = refuse(
        "tied::text",
        "the tenant would have no row in the table whose rows are the tenants",
        "create it with its row, as in `db.tenants().create(NewAccount::new(&key))`, or with `tenants create KEY --set COLUMN=VALUE`; or \
         insert the row in the closure of `create_with`",
    );
    format!(
        "CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $row$
DECLARE
    tied regclass;
    named name;
    owner text;
    found boolean;
BEGIN
    SELECT k.conrelid::regclass, a.attname INTO tied, named FROM pg_constraint AS k
        JOIN pg_attribute AS a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1]
        WHERE k.conname = '{TENANT_ROW_KEY}' AND k.connamespace = '{slot}'::regnamespace;
    IF tied IS NULL THEN
        RETURN NULL;
    ELSIF TG_OP = 'TRUNCATE' THEN
        {gone}
    ELSIF TG_NAME = '{TENANT_ROW}_drop' THEN
        EXECUTE format('DELETE FROM %s WHERE %I = $1', tied, named) USING OLD.key;
        RETURN NULL;
    ELSIF TG_TABLE_SCHEMA = 'tenantry' THEN
        SELECT t.key INTO owner FROM tenantry.tenant AS t WHERE t.id = NEW.id AND t.state IN ('active', 'suspended');
    ELSE
        SELECT t.key INTO owner FROM tenantry.tenant AS t
            WHERE t.key = to_jsonb(OLD) ->> named AND t.state IN ('active', 'suspended');
    END IF;
    EXECUTE format('SELECT EXISTS (SELECT FROM %s WHERE %I = $1)', tied, named) INTO found USING owner;
    IF owner IS NULL OR found THEN
        RETURN NULL;
    ELSIF TG_TABLE_SCHEMA = 'tenantry' THEN
        {lacking}
    END IF;
    {gone}
END $row$"
    )
}
