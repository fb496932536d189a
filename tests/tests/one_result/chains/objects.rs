//! Statements that make objects which depend on each other, with comments and owners of their own.

use super::{ROLE, World, tenant};
use tenantry_tests::random::Random;

impl World {
    /// A domain over a domain, with comments on its constraints.
    pub(super) fn constrained(&mut self, random: &mut Random) -> String {
        let (one, other, table) = (self.name(random), self.name(random), self.name(random));
        let (domain, over, table) = (tenant(&one), tenant(&other), tenant(&table));
        format!(
            "CREATE DOMAIN {domain} AS int CONSTRAINT \"{one} on\" CHECK (VALUE > 0);\n\
             COMMENT ON CONSTRAINT \"{one} on\" ON DOMAIN {domain} IS 'It''s positive';\n\
             CREATE DOMAIN {over} AS {domain} DEFAULT 7;\nALTER DOMAIN {over} ADD CONSTRAINT small CHECK (VALUE < 100);\n\
             COMMENT ON DOMAIN {over} IS 'Small';\nALTER DOMAIN {over} OWNER TO {ROLE};\n\
             CREATE TABLE {table} (n {over});\nINSERT INTO {table} DEFAULT VALUES"
        )
    }

    /// Rows of a prepared statement, which is not forgotten.
    pub(super) fn prepared(&mut self, random: &mut Random) -> String {
        let (name, at) = (self.name(random), self.table(random));
        self.add_to(at);
        let table = self.tables[at].quoted();
        format!(
            "PREPARE \"{name}\" (text) AS INSERT INTO {table} (note) VALUES ($1);\n\
             EXECUTE \"{name}\"('prepared {0}');\nEXECUTE \"{name}\"('again {0}')",
            self.number
        )
    }

    /// An operator of a routine, an aggregate of another, and rows that they have made.
    pub(super) fn operator(&mut self, random: &mut Random) -> String {
        let (name, table) = (self.name(random), self.name(random));
        let (routine, table) = (tenant(&name), tenant(&table));
        let sign = random.pick(&["+~", "<~>", "|#|"]);
        let is_first = !self.operators.contains(&sign);
        let operator = if is_first {
            self.operators.push(sign);
            format!(
                "CREATE OPERATOR \"{{tenant}}\".{sign} (FUNCTION = {routine}, LEFTARG = int, RIGHTARG = int);\n\
                 COMMENT ON OPERATOR \"{{tenant}}\".{sign} (int, int) IS 'Adds';\n"
            )
        } else {
            String::new()
        };
        format!(
            "CREATE FUNCTION {routine}(int, int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1 + 2 * $2';\n{operator}\
             CREATE AGGREGATE {routine}(int) (SFUNC = {routine}, STYPE = int, INITCOND = '1');\n\
             CREATE TABLE {table} AS SELECT 1 OPERATOR(\"{{tenant}}\".{sign}) 2 AS one, {routine}(n) AS all FROM generate_series(1, 4) AS n"
        )
    }

    /// A rule or a constraint trigger, with a comment.
    pub(super) fn fired(&mut self, random: &mut Random) -> String {
        let (name, at) = (self.name(random), self.table(random));
        let table = self.tables[at].quoted();
        if random.below(2) == 0 {
            let log = tenant(&self.name(random));
            return format!(
                "CREATE TABLE {log} (what text);\n\
                 CREATE RULE \"{name}\" AS ON DELETE TO {table} DO ALSO INSERT INTO {log} VALUES ('gone');\n\
                 COMMENT ON RULE \"{name}\" ON {table} IS 'It''s a rule'"
            );
        }
        self.tables[at].is_late = true;
        let routine = tenant(&name);
        format!(
            "CREATE FUNCTION {routine}() RETURNS trigger LANGUAGE plpgsql AS $f$ BEGIN RETURN NULL; END $f$;\n\
             CREATE CONSTRAINT TRIGGER \"{name}\" AFTER INSERT ON {table} DEFERRABLE INITIALLY DEFERRED \
             FOR EACH ROW WHEN (NEW.id > 1) EXECUTE FUNCTION {routine}();\n\
             COMMENT ON TRIGGER \"{name}\" ON {table} IS 'Late'"
        )
    }

    /// A table of a type, or one whose rows exclude each other.
    pub(super) fn typed(&mut self, random: &mut Random) -> String {
        let (name, table) = (self.name(random), self.name(random));
        let (kind, table) = (tenant(&name), tenant(&table));
        if random.below(2) == 0 {
            return format!(
                "CREATE TABLE {table} (span int4range, note text, CONSTRAINT \"{name}\" EXCLUDE USING gist (span WITH &&) WHERE (note <> 'x'));\n\
                 COMMENT ON CONSTRAINT \"{name}\" ON {table} IS 'One at a time';\n\
                 INSERT INTO {table} VALUES ('[1,3)', 'a'), ('[3,9)', 'b')"
            );
        }
        format!(
            "CREATE TYPE {kind} AS (a int, b text COLLATE \"C\");\nCOMMENT ON COLUMN {kind}.b IS 'An attribute';\n\
             CREATE TABLE {table} OF {kind} (a WITH OPTIONS NOT NULL, PRIMARY KEY (a));\nINSERT INTO {table} VALUES (1, 'x')"
        )
    }

    /// Partitions of partitions, with a key between them.
    pub(super) fn tree(&mut self, random: &mut Random) -> String {
        let (name, other) = (self.name(random), self.name(random));
        let (root, kinds) = (tenant(&name), tenant(&other));
        let part = |suffix: &str| tenant(&format!("{name} {suffix}"));
        format!(
            "CREATE TABLE {kinds} (k int PRIMARY KEY);\nINSERT INTO {kinds} VALUES (1), (2);\n\
             CREATE TABLE {root} (n int, k int REFERENCES {kinds}, what text, PRIMARY KEY (n, k)) PARTITION BY RANGE (n);\n\
             CREATE TABLE {} PARTITION OF {root} FOR VALUES FROM (0) TO (10) PARTITION BY LIST (k);\n\
             CREATE TABLE {} PARTITION OF {} FOR VALUES IN (1);\nCREATE TABLE {} PARTITION OF {root} DEFAULT;\n\
             INSERT INTO {root} VALUES (1, 1, 'in'), (99, 2, 'out');\nCREATE INDEX ON {root} (what)",
            part("a"),
            part("a1"),
            part("a"),
            part("d")
        )
    }
}
