//! A shared table whose rows are the tenants.
//!
//! A foreign key ties each row to the registry, so that no row is there without a tenant, and a new key reaches the row by
//! itself; a trigger takes the row away with its tenant. A version of the application that does not know of the rows can live with
//! that. Then triggers on both tables see at the end of each transaction that no tenant is there without its row.
//!
//! The names don't depend on the table, and which table it is the triggers ask the catalogue, so that nothing of it changes when
//! the table or its key gets another name.

use std::collections::BTreeMap;

use super::family::{At, Family, Verb};
use super::state::{Misfit, table_mut};
use super::{Change, Phase};
use crate::name::{
    TENANT_ROW, TENANT_ROW_KEY, TENANT_ROW_REFUSED, quote_identifier, quote_literal,
};
use crate::structure::Namespace;
use crate::structure::slots::{qualified, slot};

pub(super) struct Tie<'a> {
    pub(super) verb: Verb,
    /// The column that has the tenant's key.
    pub(super) key: &'a str,
}

impl Family for Tie<'_> {
    fn words(&self, table: &str) -> String {
        match self.verb {
            Verb::Add => format!("make each row of {table} a tenant"),
            Verb::Drop => format!("have rows of {table} be no tenants"),
        }
    }

    fn phase(&self) -> Phase {
        // It locks the registry.
        self.verb.of(Phase::AddForeignKeys, Phase::DropForeignKeys)
    }

    fn sql(&self, at: &At) -> Vec<String> {
        let function = qualified(at.placement, TENANT_ROW);
        let (table, key) = (&at.table, quote_identifier(self.key));
        match self.verb {
            Verb::Add => vec![
                guard(&function, slot(at.placement)),
                format!("REVOKE EXECUTE ON FUNCTION {function}() FROM PUBLIC"),
                block(
                    &format!(
                        "{}\n    ALTER TABLE {table} ADD CONSTRAINT {TENANT_ROW_KEY} FOREIGN KEY ({key}) REFERENCES tenantry.tenant (key) \
                         ON UPDATE CASCADE;\n    CREATE TRIGGER {TENANT_ROW}_insert AFTER INSERT OR UPDATE OF {key} ON {table} \
                         FOR EACH ROW EXECUTE FUNCTION {function}();",
                        strangers(at, &key)
                    ),
                    &format!(
                        "CREATE TRIGGER {TENANT_ROW}_drop AFTER UPDATE OF state ON tenantry.tenant FOR EACH ROW \
                         WHEN (NEW.state = 'dropping' AND OLD.state <> 'dropping') EXECUTE FUNCTION {function}();"
                    ),
                ),
            ],
            Verb::Drop => vec![
                block(
                    &format!(
                        "DROP TRIGGER {TENANT_ROW}_insert ON {table};\n    ALTER TABLE {table} DROP CONSTRAINT {TENANT_ROW_KEY};"
                    ),
                    &format!("DROP TRIGGER {TENANT_ROW}_drop ON tenantry.tenant;"),
                ),
                format!("DROP FUNCTION {function}()"),
            ],
        }
    }

    fn apply(&self, Namespace { tables, .. }: &mut Namespace, table: &str) -> Result<(), Misfit> {
        table_mut(tables, table)?.is_tenant = self.verb.of(true, false);
        Ok(())
    }

    fn reversed(&self) -> Change {
        let key = self.key.to_owned();
        match self.verb {
            Verb::Add => Change::UntieTenants { key },
            Verb::Drop => Change::TieTenants { key },
        }
    }

    fn takes_away(&self) -> bool {
        self.verb.of(true, false)
    }
}

pub(super) struct Require<'a> {
    pub(super) verb: Verb,
    /// The column that has the tenant's key.
    pub(super) key: &'a str,
    /// The values of the rows of tenants that there are, by column; none where there is to be no tenant without a row.
    pub(super) fill: Option<&'a BTreeMap<String, String>>,
}

impl Family for Require<'_> {
    fn words(&self, table: &str) -> String {
        match self.verb {
            Verb::Add => format!("refuse tenants without a row in {table}"),
            Verb::Drop => format!("allow tenants without a row in {table}"),
        }
    }

    fn phase(&self) -> Phase {
        // The rows of tenants that there are may reference others.
        self.verb.of(Phase::AddForeignKeys, Phase::DropForeignKeys)
    }

    fn sql(&self, at: &At) -> Vec<String> {
        let function = qualified(at.placement, TENANT_ROW);
        let (table, key) = (&at.table, quote_identifier(self.key));
        match self.verb {
            Verb::Add => vec![
                format!(
                    "CREATE CONSTRAINT TRIGGER {TENANT_ROW} AFTER DELETE OR UPDATE OF {key} ON {table} \
                     DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION {function}()"
                ),
                format!(
                    "CREATE TRIGGER {TENANT_ROW}_truncate BEFORE TRUNCATE ON {table} EXECUTE FUNCTION {function}()"
                ),
                block(
                    "",
                    &format!(
                        "{}\n    CREATE CONSTRAINT TRIGGER {TENANT_ROW} AFTER INSERT OR UPDATE OF key, state ON tenantry.tenant \
                         DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.state IN ('active', 'suspended')) \
                         EXECUTE FUNCTION {function}();",
                        self.rows(at)
                    ),
                ),
            ],
            Verb::Drop => vec![
                block(
                    "",
                    &format!("DROP TRIGGER {TENANT_ROW} ON tenantry.tenant;"),
                ),
                format!("DROP TRIGGER {TENANT_ROW}_truncate ON {table}"),
                format!("DROP TRIGGER {TENANT_ROW} ON {table}"),
            ],
        }
    }

    fn apply(&self, Namespace { tables, .. }: &mut Namespace, table: &str) -> Result<(), Misfit> {
        table_mut(tables, table)?.is_each_tenant = self.verb.of(true, false);
        Ok(())
    }

    fn reversed(&self) -> Change {
        let (key, fill) = (self.key.to_owned(), self.fill.cloned());
        match self.verb {
            Verb::Add => Change::AllowNoRows { key, fill },
            Verb::Drop => Change::RequireRows { key, fill },
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

impl Require<'_> {
    /// Makes the rows of the tenants that lack one, or refuses these.
    fn rows(&self, at: &At) -> String {
        let (table, key) = (&at.table, quote_identifier(self.key));
        let lacking = format!(
            "FROM tenantry.tenant AS t WHERE t.state IN ('active', 'suspended') \
             AND NOT EXISTS (SELECT FROM {table} AS r WHERE r.{key} = t.key)"
        );
        let Some(fill) = self.fill else {
            let help = format!(
                "say which values their rows get, with `makemigrations --fill \"{}.COLUMN=VALUE\"`, or insert the rows in \
                 the migration, before this",
                at.name
            );
            let words = format!("there are tenants without a row in `{}`", at.name);
            let refuse = refuse(&quote_literal(&at.name), &words, &help);
            return format!("IF EXISTS (SELECT {lacking}) THEN\n        {refuse}\n    END IF;");
        };
        let columns = fill.keys().map(|it| quote_identifier(it));
        let columns: Vec<String> = [key].into_iter().chain(columns).collect();
        let values = fill.values().map(String::as_str);
        let values: Vec<&str> = ["t.key"].into_iter().chain(values).collect();
        format!(
            "INSERT INTO {table} ({}) SELECT {} {lacking} ORDER BY t.id;",
            columns.join(", "),
            values.join(", ")
        )
    }
}

/// Returns a block of statements for each schema that migrations are done to, and of statements for the shared schema alone: the
/// registry's triggers are its. Where migrations are tried out in a database that was never migrated there is no registry.
fn block(each: &str, shared: &str) -> String {
    let each = if each.is_empty() {
        String::new()
    } else {
        format!("{each}\n    ")
    };
    format!(
        "DO $tenants$ BEGIN\n    IF pg_catalog.to_regclass('tenantry.tenant') IS NULL THEN\n        RETURN;\n    END IF;\n    {each}\
         IF NOT EXISTS (SELECT FROM tenantry.meta AS m JOIN pg_catalog.pg_namespace AS n ON n.nspname = m.shared_schema \
         WHERE n.oid = '\"{{shared}}\"'::regnamespace) THEN\n        RETURN;\n    END IF;\n    {shared}\nEND $tenants$"
    )
}

/// Refuses rows that there are and that no tenant has.
fn strangers(at: &At, key: &str) -> String {
    let of_tenant = format!(
        "NOT EXISTS (SELECT FROM tenantry.tenant AS t WHERE t.key = r.{key} AND t.state IN ('active', 'suspended'))"
    );
    let help = format!(
        "create their tenants, or delete these rows, before this; they are found by `SELECT {key} FROM {} AS r WHERE {of_tenant}` in \
         the shared schema",
        quote_identifier(&at.name)
    );
    let words = format!("there are rows in `{}` without a tenant", at.name);
    let refuse = refuse(&quote_literal(&at.name), &words, &help);
    format!(
        "IF EXISTS (SELECT FROM {} AS r WHERE {of_tenant}) THEN\n        {refuse}\n    END IF;",
        at.table
    )
}

/// Raises a refusal about a table, which is an expression.
fn refuse(table: &str, words: &str, help: &str) -> String {
    format!(
        "RAISE EXCEPTION USING ERRCODE = '{TENANT_ROW_REFUSED}', SCHEMA = 'tenantry', TABLE = {table}, MESSAGE = {};",
        quote_literal(&format!("{words}\nhelp: {help}"))
    )
}

/// The function of all triggers. It acts for whoever may change one of the two tables and has no rights of the other, and so for no
/// trigger of a third table, which may have any name and whoever made it.
///
/// The key's name is a text, since a `name` would have keys compared in a collation that the registry's index does not have. A new
/// row locks its tenant, so that whoever takes this out of use at the same time finds the row, or the row finds its tenant gone.
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
    let unfit = refuse(
        "TG_TABLE_NAME",
        "the row would be a tenant that is a standby or is being dropped",
        "create the tenant with its row, once it is dropped, as in `db.tenants().create(NewAccount::new(&key))`",
    );
    format!(
        "CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $row$
DECLARE
    of_registry boolean := TG_RELID = to_regclass('tenantry.tenant');
    tied regclass;
    named text;
    owner text;
    has_row boolean;
BEGIN
    SELECT k.conrelid::regclass, a.attname INTO tied, named FROM pg_constraint AS k
        JOIN pg_attribute AS a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1]
        WHERE k.conname = '{TENANT_ROW_KEY}' AND k.connamespace = '{slot}'::regnamespace;
    IF tied IS NULL OR NOT (of_registry OR TG_RELID = tied) THEN
        RETURN NULL;
    ELSIF TG_OP = 'TRUNCATE' THEN
        {gone}
    ELSIF of_registry AND TG_NAME = '{TENANT_ROW}_drop' THEN
        EXECUTE format('DELETE FROM %s WHERE %I = $1', tied, named) USING OLD.key;
        RETURN NULL;
    ELSIF TG_NAME = '{TENANT_ROW}_insert' THEN
        PERFORM FROM tenantry.tenant AS t
            WHERE t.key = to_jsonb(NEW) ->> named AND t.state IN ('active', 'suspended') FOR SHARE;
        IF NOT FOUND THEN
            {unfit}
        END IF;
        RETURN NULL;
    ELSIF of_registry THEN
        SELECT t.key INTO owner FROM tenantry.tenant AS t WHERE t.id = NEW.id AND t.state IN ('active', 'suspended');
    ELSE
        SELECT t.key INTO owner FROM tenantry.tenant AS t
            WHERE t.key = to_jsonb(OLD) ->> named AND t.state IN ('active', 'suspended');
    END IF;
    EXECUTE format('SELECT EXISTS (SELECT FROM %s WHERE %I = $1)', tied, named) INTO has_row USING owner;
    IF owner IS NULL OR has_row THEN
        RETURN NULL;
    ELSIF of_registry THEN
        {lacking}
    END IF;
    {gone}
END $row$"
    )
}
