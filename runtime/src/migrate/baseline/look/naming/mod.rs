//! Whether SQL looks at the name of its schema, which is another for each tenant.
//!
//! Two replays have schemas of two names, but `LIKE 'eu%'` finds neither. So wherever the name is a value, what is done with it has to be
//! known to depend on no letter of it: to look something up, to put a statement together, to compare it with another name.

mod flow;
mod text;
mod words;

use std::collections::BTreeSet;

use tenantry_sql::{Kind, Token, tokens};

use self::flow::NameFlow;
use super::chance::Named;

/// The reason of what looks at the name.
pub(super) const NAMING: &str = "looks at the name of its schema, or keeps it";
/// The reason of what finds rows of other schemas by it.
pub(super) const FINDING: &str = "finds rows of other schemas by the name of its schema";

/// The slot for the schema in files.
const SLOT: &str = "{tenant}";

/// Judge of what looks at the schema's name.
pub(super) struct Naming<'s> {
    /// The name, as the catalogue has it.
    schema: &'s str,
    /// All routines of tenants and of others.
    routines: BTreeSet<&'s str>,
    /// Routines whose results have the name in them.
    givers: BTreeSet<String>,
    /// Columns of views that have the name in them.
    columns: BTreeSet<String>,
    /// Routines and others that look at it.
    lookers: BTreeSet<(String, Named)>,
    /// Routines and views that compare it with something.
    comparers: BTreeSet<String>,
}

/// All that a text does with the name.
#[derive(Default)]
struct Use {
    /// Whether it has the name as a value.
    has: bool,
    looks: bool,
    /// Whether it compares the name with something: so rows can be found by it.
    compares: bool,
    /// The names of columns and variables that have it.
    columns: BTreeSet<String>,
}

impl<'s> Naming<'s> {
    /// Finds out which of the things that are called by name look at the schema's, with whatever calls these.
    pub(super) fn new(
        schema: &'s str,
        all: &(impl Iterator<Item = (&'s str, Named, &'s str)> + Clone),
    ) -> Self {
        let routines = all.clone().filter(|(_, kind, _)| *kind == Named::Routine);
        let mut naming = Self {
            schema,
            routines: routines.map(|(name, _, _)| name).collect(),
            givers: BTreeSet::new(),
            columns: BTreeSet::new(),
            lookers: BTreeSet::new(),
            comparers: BTreeSet::new(),
        };
        loop {
            let before = naming.size();
            for (name, kind, text) in all.clone() {
                let used = naming.text(text);
                if used.looks {
                    naming.lookers.insert((name.to_owned(), kind));
                }
                if used.compares {
                    naming.comparers.insert(name.to_owned());
                }
                match kind {
                    Named::Routine if used.has => _ = naming.givers.insert(name.to_owned()),
                    Named::Routine => {}
                    Named::Other => naming.columns.extend(used.columns),
                }
            }
            if naming.size() == before {
                return naming;
            }
        }
    }

    fn size(&self) -> usize {
        self.givers.len() + self.columns.len() + self.lookers.len() + self.comparers.len()
    }

    /// Whether a statement looks at the name, in the bodies of its routines too.
    pub(super) fn is_looked_at(&self, tokens: &[Token<'_>]) -> bool {
        self.tokens(tokens).looks
    }

    /// Whether a statement may find rows by the name.
    pub(super) fn finds_by_it(&self, tokens: &[Token<'_>]) -> bool {
        self.tokens(tokens).compares
    }

    /// Whether a default, a trigger or a rule looks at the name, puts it into rows, or finds rows of others by it.
    pub(super) fn is_evaluated(&self, text: &str, has_read: bool) -> bool {
        let used = self.text(text);
        used.looks || used.has || has_read && used.compares
    }

    fn text(&self, text: &str) -> Use {
        let tokens: Vec<Token<'_>> = tokens(text).filter(|it| !it.is_blank()).collect();
        self.tokens(&tokens)
    }

    fn tokens(&self, tokens: &[Token<'_>]) -> Use {
        let mut used = NameFlow::new(self, tokens).used();
        for token in tokens {
            let inner = match token.kind {
                Kind::Dollar => token.dollar_parts().map(|(_, inner)| inner.to_owned()),
                Kind::String => code(token),
                _ => None,
            };
            if let Some(inner) = inner {
                let inner = self.text(&inner);
                used.has |= inner.has;
                used.looks |= inner.looks;
                used.compares |= inner.compares;
            }
        }
        used
    }

    /// Whether a string is the name of the schema, or of something in it.
    fn is_own(&self, token: &Token<'_>) -> bool {
        let is_string = matches!(token.kind, Kind::String | Kind::Dollar);
        let is_named = token.text.contains(SLOT) || token.text.contains(self.schema);
        is_string && is_named && code(token).is_none()
    }

    fn is_routine(&self, name: &str) -> bool {
        self.routines.contains(name)
    }

    fn gives(&self, name: &str) -> bool {
        self.givers.contains(name)
    }

    fn compares(&self, name: &str) -> bool {
        self.comparers.contains(name)
    }

    fn looks(&self, name: &str, is_call: bool) -> bool {
        let has = |kind| self.lookers.contains(&(name.to_owned(), kind));
        has(Named::Other) || is_call && has(Named::Routine)
    }
}

/// The SQL in a string, if it is more than a name.
fn code(token: &Token<'_>) -> Option<String> {
    let begin = token.text.find('\'')?;
    let inner = token.text[begin..].trim_matches('\'').replace("''", "'");
    inner.trim().contains([' ', '(', ';']).then_some(inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMED: [(&str, Named, &str); 7] = [
        (
            "next_number",
            Named::Routine,
            "SELECT pg_catalog.nextval('\"scratch_1\".numbers')",
        ),
        (
            "own",
            Named::Routine,
            "SELECT '\"scratch_1\"'::regnamespace::text",
        ),
        (
            "is_european",
            Named::Routine,
            "BEGIN RETURN current_schema LIKE 'eu%'; END",
        ),
        (
            "through",
            Named::Routine,
            "BEGIN RETURN s.is_european(); END",
        ),
        (
            "here",
            Named::Other,
            "SELECT ('\"scratch_1\"'::regnamespace)::text AS town",
        ),
        ("european", Named::Other, "SELECT 1 WHERE s.own() ~ '^eu'"),
        ("plain", Named::Routine, "SELECT 'scratch'"),
    ];

    fn is_looked_at(sql: &str) -> bool {
        let naming = Naming::new("scratch_1", &NAMED.iter().copied());
        naming.text(sql).looks
    }

    #[test]
    fn to_look_at_the_name_is_found() {
        for sql in [
            r#"INSERT INTO t SELECT 1 WHERE '"{tenant}"'::regnamespace::text LIKE 'eu%'"#,
            r#"INSERT INTO t SELECT 1 WHERE 'acme' = '"{tenant}"'::regnamespace::text"#,
            r#"INSERT INTO t SELECT 1 WHERE 'acme'::text <> ('"{tenant}"'::regnamespace)::text"#,
            r#"INSERT INTO t SELECT 1 WHERE '"{tenant}".t'::regclass::text ~ '^eu'"#,
            r#"INSERT INTO t VALUES (length('"{tenant}"'::regnamespace::text))"#,
            r#"INSERT INTO t VALUES ('"{tenant}"'::regnamespace::text)"#,
            r#"INSERT INTO t VALUES (md5('"{tenant}"'::regnamespace::text || 'salt'))"#,
            r#"INSERT INTO t SELECT left(to_regclass('"{tenant}".t')::text, 2)"#,
            r"INSERT INTO t SELECT starts_with(pg_typeof(x)::text, 'eu') FROM x",
            r#"INSERT INTO t SELECT CASE '"{tenant}"'::regnamespace::text WHEN 'acme' THEN 1 ELSE 2 END"#,
            r#"UPDATE t SET eu = true WHERE '"{tenant}"'::regnamespace::text IN ('acme', 'globex')"#,
            r"UPDATE t SET eu = true WHERE current_schema() = ANY ('{acme,globex}')",
            r"UPDATE t SET eu = true WHERE 'acme' IN (current_schema())",
            r"UPDATE t SET eu = (current_schema IS DISTINCT FROM 'acme')",
            r#"UPDATE t SET eu = '"{tenant}"'::regnamespace::text < 'n'"#,
            r#"UPDATE t SET eu = true WHERE '"{tenant}"'::regnamespace::text NOT LIKE 'eu%'"#,
            r#"WITH x AS (SELECT '"{tenant}"'::regnamespace::text AS n) INSERT INTO t SELECT 1 FROM x WHERE x.n LIKE 'eu%'"#,
            r#"WITH x AS (SELECT '"{tenant}"'::regnamespace::text n) INSERT INTO t SELECT 1 FROM x WHERE n = 'acme'"#,
            r"UPDATE t SET eu = s.own() LIKE 'eu%'",
            r"UPDATE t SET eu = s.is_european()",
            r"UPDATE t SET eu = s.through()",
            r"UPDATE t SET eu = true FROM s.here WHERE here.town = 'acme'",
            r"INSERT INTO t SELECT * FROM s.european",
            r#"DO $$ BEGIN IF '"{tenant}"'::regnamespace::text LIKE 'eu%' THEN CREATE TABLE x (); END IF; END $$"#,
            r#"DO $$ DECLARE n text := '"{tenant}"'::regnamespace; BEGIN IF n = 'acme' THEN CREATE TABLE x (); END IF; END $$"#,
            r"DO $$ DECLARE n text; m text; BEGIN n = current_schema(); m := upper(n); IF m LIKE 'EU%' THEN CREATE TABLE x (); END IF; END $$",
            r#"DO $$ DECLARE n text; BEGIN SELECT '"{tenant}"'::regnamespace INTO STRICT n; IF length(n) > 4 THEN CREATE TABLE x (); END IF; END $$"#,
            r#"DO $$ DECLARE r record; BEGIN FOR r IN SELECT '"{tenant}"'::regnamespace::text AS n LOOP IF r.n LIKE 'eu%' THEN CREATE TABLE x (); END IF; END LOOP; END $$"#,
            r"BEGIN IF TG_TABLE_SCHEMA LIKE 'eu%' THEN NEW.eu := true; END IF; RETURN NEW; END",
            r"BEGIN NEW.origin := TG_TABLE_SCHEMA; RETURN NEW; END",
            r"BEGIN NEW.origin := TG_RELID::regclass; RETURN NEW; END",
            r"DECLARE n text; BEGIN GET STACKED DIAGNOSTICS n = SCHEMA_NAME; IF n ~ 'eu' THEN RETURN NEW; END IF; END",
            r"DO $$ BEGIN EXECUTE 'INSERT INTO t SELECT 1 WHERE current_schema() LIKE ''eu%'''; END $$",
            r#"UPDATE t SET origin = '"{tenant}"'::regnamespace::text"#,
            r"UPDATE t SET a = 1, origin = s.own()",
            r"UPDATE t SET eu = (length(current_schema()) = 4)",
            r#"UPDATE t SET eu = s.plain('"{tenant}".t'::regclass)"#,
            r#"UPDATE t SET eu = (jsonb_build_object('a', '"{tenant}".t'::regclass)->>'a') LIKE 'eu%'"#,
            r"INSERT INTO t SELECT 1 FROM pg_constraint AS c WHERE c.conrelid::regclass::text LIKE 'eu%'",
        ] {
            assert!(is_looked_at(sql), "{sql}");
        }
    }

    #[test]
    fn the_list_is_in_order() {
        assert!(words::PASSING_ON.is_sorted_by(|one, two| one < two));
    }

    #[test]
    fn a_part_of_a_text_is_read_too() {
        for sql in [
            r"DO $$ DECLARE n text := current_schema(); BEGIN IF n IS NOT DISTINCT FROM 'a' THEN x.y = n || (n)::text; END IF; END $$",
            r"UPDATE t SET a = b, c = CASE current_schema WHEN 'a' THEN ARRAY[1] END WHERE 'x' IN (pg_typeof(t)::text)",
        ] {
            let naming = Naming::new("scratch_1", &NAMED.iter().copied());
            let inner = sql.replace("$$", ";");
            let all: Vec<Token<'_>> = tokens(&inner).filter(|it| !it.is_blank()).collect();
            for begin in 0..all.len() {
                for end in begin..=all.len() {
                    naming.tokens(&all[begin..end]);
                }
            }
        }
    }

    #[test]
    fn what_depends_on_no_letter_of_it_is_not() {
        for sql in [
            r#"INSERT INTO "{tenant}".t VALUES ('eu', nextval('"{tenant}".s'::regclass))"#,
            r#"SELECT setval(pg_get_serial_sequence('"{tenant}".t', 'id'), 42)"#,
            r#"SELECT set_config('search_path', '"{tenant}"', true)"#,
            r#"SELECT pg_advisory_xact_lock(hashtext('"{tenant}"'::regnamespace::text))"#,
            r#"DO $$ BEGIN IF NOT EXISTS (SELECT FROM information_schema.columns WHERE table_schema = '"{tenant}"'::regnamespace::text AND column_name = 'more') THEN ALTER TABLE "{tenant}".t ADD more text; END IF; END $$"#,
            r#"DO $$ BEGIN IF to_regclass('"{tenant}".t') IS NULL THEN CREATE TABLE "{tenant}".t (); END IF; END $$"#,
            r#"DO $$ BEGIN IF EXISTS (SELECT FROM pg_constraint WHERE conrelid = '"{tenant}".t'::regclass AND conname LIKE 'fk%') THEN NULL; END IF; END $$"#,
            r#"DO $$ DECLARE n text := '"{tenant}"'::regnamespace; BEGIN EXECUTE format('CREATE TABLE %I.x ()', n); END $$"#,
            r"DO $$ DECLARE n text := current_schema(); BEGIN EXECUTE 'CREATE TABLE ' || quote_ident(n) || '.x ()'; END $$",
            r#"DO $$ BEGIN EXECUTE format('INSERT INTO %s (id) VALUES ($1)', '"{tenant}".t'::regclass) USING 1; END $$"#,
            r"DO $$ BEGIN RAISE NOTICE 'in % now', current_schema(); END $$",
            r#"DO $$ DECLARE r record; BEGIN FOR r IN SELECT relname FROM pg_class WHERE relnamespace = '"{tenant}"'::regnamespace LOOP EXECUTE format('ALTER TABLE %s OWNER TO x', r.relname); END LOOP; END $$"#,
            r#"BEGIN INSERT INTO "{tenant}".log VALUES (TG_OP, TG_TABLE_NAME); RETURN NEW; END"#,
            r"UPDATE t SET eu = s.plain() LIKE 'eu%'",
            r"SELECT s.own()",
            "DO $$ BEGIN IF EXISTS (SELECT FROM information_schema.tables WHERE table_schema = 'public' AND table_name = 'x') THEN CREATE TABLE x (); END IF; END $$",
            "DO $$ BEGIN IF EXISTS (SELECT FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname NOT LIKE 'pg_%' AND nspname NOT IN ('public', 'information_schema')) THEN NULL; END IF; END $$",
            "DO $$ DECLARE r record; BEGIN FOR r IN SELECT table_schema, table_name FROM information_schema.tables JOIN pg_tables AS p USING (table_schema) LOOP IF r.table_name LIKE 'x%' THEN EXECUTE format('ALTER TABLE %I.%I ADD a int', r.table_schema, r.table_name); END IF; END LOOP; END $$",
            r"INSERT INTO t VALUES (s.next_number())",
            r#"CREATE TABLE a (v tsvector GENERATED ALWAYS AS (to_tsvector('"{tenant}".c'::regconfig, t)) STORED)"#,
            r#"DO $$ BEGIN IF pg_table_size('"{tenant}".t'::regclass) > 0 THEN CREATE TABLE x (); END IF; END $$"#,
        ] {
            assert!(!is_looked_at(sql), "{sql}");
        }
    }
}
