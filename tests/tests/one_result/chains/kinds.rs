//! Statements that need a transaction, a session or a role of their own, and those about other objects than tables.

use super::{Column, ROLE, World, tenant};
use tenantry_tests::random::Random;

impl World {
    /// Rows whose keys are checked at the end, or a change of such a table.
    pub(super) fn deferred(&mut self, random: &mut Random) -> String {
        let (one, other) = (self.name(random), self.name(random));
        let (one, other) = (tenant(&one), tenant(&other));
        format!(
            "CREATE TABLE {one} (id int PRIMARY KEY);\nCREATE TABLE {other} \
             (id int REFERENCES {one} DEFERRABLE INITIALLY DEFERRED, n int UNIQUE DEFERRABLE INITIALLY DEFERRED);\n\
             INSERT INTO {other} VALUES (1, 1), (2, 2);\nUPDATE {other} SET n = 3 - n;\nINSERT INTO {one} VALUES (1), (2)"
        )
    }

    /// A temporary table, of the same name each time.
    pub(super) fn temporary(&mut self, random: &mut Random) -> String {
        let at = self.table(random);
        let (kept, table) = (self.name(random), self.tables[at].quoted());
        let drop = random.pick(&["", " ON COMMIT DROP"]);
        format!(
            "CREATE TEMP TABLE IF NOT EXISTS kept{drop} AS SELECT id::bigint, note FROM {table} ORDER BY id;\n\
             CREATE TABLE {} AS SELECT * FROM kept",
            tenant(&kept)
        )
    }

    /// A setting of this migration, which no other one sees.
    pub(super) fn setting(&mut self, random: &mut Random) -> String {
        let name = self.name(random);
        let is_local = random.pick(&["true", "false"]);
        format!(
            "CREATE TABLE {0} AS SELECT COALESCE(NULLIF(current_setting('app.one', true), ''), 'none') AS before;\n\
             SELECT set_config('app.one', '{1}', {is_local});\n\
             INSERT INTO {0} VALUES (current_setting('app.one'))",
            tenant(&name),
            self.number
        )
    }

    pub(super) fn role(&mut self, random: &mut Random) -> String {
        let name = self.name(random);
        format!(
            "SET LOCAL ROLE {ROLE};\nCREATE TABLE {} (id int);\nSET LOCAL ROLE NONE",
            tenant(&name)
        )
    }

    pub(super) fn routine(&mut self, random: &mut Random) -> String {
        let (name, at) = (self.name(random), self.table(random));
        let (routine, table) = (tenant(&name), self.tables[at].quoted());
        match random.below(3) {
            0 => format!(
                "CREATE FUNCTION {routine}() RETURNS trigger LANGUAGE plpgsql SET search_path = \"{{tenant}}\" AS $f$ \
                 BEGIN NEW.note := COALESCE(NEW.note, '') || '+'; RETURN NEW; END $f$;\n\
                 CREATE TRIGGER \"{name}\" BEFORE INSERT OR UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION {routine}()"
            ),
            1 => format!(
                "CREATE FUNCTION {routine}(n int DEFAULT 3) RETURNS bigint LANGUAGE sql STABLE SECURITY DEFINER \
                 AS $f$ SELECT count(*) + n FROM {table} $f$;\nREVOKE ALL ON FUNCTION {routine}(int) FROM PUBLIC"
            ),
            _ => format!(
                "CREATE PROCEDURE {routine}(INOUT n int) LANGUAGE plpgsql AS $f$ BEGIN n := n + 1; END $f$;\n\
                 CALL {routine}(1)"
            ),
        }
    }

    pub(super) fn view(&mut self, random: &mut Random) -> String {
        let (name, at) = (self.name(random), self.table(random));
        self.tables[at].is_fixed = true;
        let table = self.tables[at].quoted();
        let kind = random.pick(&["VIEW", "MATERIALIZED VIEW"]);
        format!(
            "CREATE {kind} {} AS SELECT id, note, length(note) AS long FROM {table} WHERE note <> 'it''s'",
            tenant(&name)
        )
    }

    pub(super) fn index(&mut self, random: &mut Random) -> String {
        let (name, at) = (self.name(random), self.table(random));
        let table = if random.below(3) == 0 {
            format!("{} (pad)", tenant("bulk"))
        } else {
            let what = random.pick(&[
                "(note)",
                "(lower(note) DESC NULLS LAST) INCLUDE (id)",
                "(id) WHERE note IS NOT NULL",
            ]);
            format!("{} {what}", self.tables[at].quoted())
        };
        self.indexes.push(name.clone());
        format!("CREATE INDEX \"{name}\" ON {table}")
    }

    /// A column that is filled in batches where the table is big, which `bulk` is.
    pub(super) fn batches(&mut self, random: &mut Random) -> String {
        let (column, at, size) = (
            self.name(random),
            self.table(random),
            random.below(3000) + 1,
        );
        let name = if random.below(3) == 0 {
            self.tables[at].columns.push(Column {
                name: column.clone(),
                is_text: false,
            });
            self.tables[at].name.clone()
        } else {
            "bulk".to_owned()
        };
        let table = tenant(&name);
        let other = self.rows(random);
        format!(
            "ALTER TABLE {table} ADD \"{column}\" bigint DEFAULT 0;\n\
             -- tenantry: batch \"{name}\" by id, size {size}\n\
             UPDATE {table} AS b SET \"{column}\" = \"{column}\" + id WHERE b.\"{{batch}}\" AND id IS NOT NULL;\n{other}"
        )
    }

    /// A statement that can't be in a transaction.
    pub(super) fn outside(&mut self, random: &mut Random) -> String {
        if let Some((table, parts)) = self.parted.last_mut()
            && *parts > 0
            && random.below(2) == 0
        {
            let number = *parts - 1;
            let sql = format!(
                "ALTER TABLE {} DETACH PARTITION {} CONCURRENTLY",
                tenant(table),
                tenant(&format!("{table} {number}"))
            );
            self.parted.pop();
            return sql;
        }
        if let Some(index) = self.indexes.pop() {
            return format!("DROP INDEX CONCURRENTLY {}", tenant(&index));
        }
        let (name, at) = (self.name(random), self.table(random));
        let rows = self.rows(random);
        let table = self.tables[at].quoted();
        format!(
            "{rows};\nCREATE INDEX CONCURRENTLY \"{name}\" ON {table} (note, id);\nVACUUM {table}"
        )
    }

    pub(super) fn comment(&mut self, random: &mut Random) -> String {
        let at = self.table(random);
        let text = random.pick(&["It''s", "of \"{tenant}\".", "a\nb", ""]);
        format!(
            "COMMENT ON COLUMN {}.note IS '{text}'",
            self.tables[at].quoted()
        )
    }

    pub(super) fn grant(&mut self, random: &mut Random) -> String {
        let at = self.table(random);
        let table = self.tables[at].quoted();
        match random.below(4) {
            0 => format!("GRANT SELECT, INSERT (note) ON {table} TO {ROLE} WITH GRANT OPTION"),
            1 => format!("GRANT ALL ON {table} TO PUBLIC"),
            2 => format!("REVOKE ALL ON {table} FROM {ROLE}"),
            _ => format!(
                "ALTER DEFAULT PRIVILEGES IN SCHEMA \"{{tenant}}\" GRANT SELECT ON TABLES TO {ROLE}"
            ),
        }
    }

    pub(super) fn domain(&mut self, random: &mut Random) -> String {
        let (name, at) = (self.name(random), self.table(random));
        let column = self.name(random);
        let (domain, table) = (tenant(&name), self.tables[at].quoted());
        self.tables[at].columns.push(Column {
            name: column.clone(),
            is_text: false,
        });
        format!(
            "CREATE DOMAIN {domain} AS text COLLATE \"C\" DEFAULT 'd' CHECK (VALUE <> 'x');\n\
             ALTER TABLE {table} ADD \"{column}\" {domain}"
        )
    }

    pub(super) fn parts(&mut self, random: &mut Random) -> String {
        if let Some((table, parts)) = self.parted.last_mut()
            && random.below(2) == 0
        {
            let (from, part) = (*parts * 10, format!("{table} {parts}"));
            *parts += 1;
            return format!(
                "CREATE TABLE {} PARTITION OF {1} FOR VALUES FROM ({from}) TO ({2});\nINSERT INTO {1} VALUES ({from}, 'p')",
                tenant(&part),
                tenant(table),
                from + 10
            );
        }
        let name = self.name(random);
        let index = self.name(random);
        let sql = format!(
            "CREATE TABLE {0} (n int NOT NULL, what text) PARTITION BY RANGE (n);\n\
             CREATE TABLE {1} PARTITION OF {0} FOR VALUES FROM (0) TO (10);\n\
             INSERT INTO {0} VALUES (3, 'p');\nCREATE INDEX \"{index}\" ON {0} (n)",
            tenant(&name),
            tenant(&format!("{name} 0"))
        );
        self.parted.push((name, 1));
        sql
    }

    pub(super) fn sequence(&mut self, random: &mut Random) -> String {
        let (name, at) = (self.name(random), self.table(random));
        let (sequence, table) = (tenant(&name), self.tables[at].quoted());
        match random.below(3) {
            0 => format!(
                "CREATE SEQUENCE {sequence} AS int START 5 CYCLE MAXVALUE 9;\nSELECT nextval('{sequence}')"
            ),
            1 => format!(
                "CREATE SEQUENCE {sequence} OWNED BY {table}.note;\nSELECT setval('{sequence}', 42, false)"
            ),
            _ => format!("ALTER TABLE {} ALTER id RESTART WITH 77", tenant("bulk")),
        }
    }

    pub(super) fn policy(&mut self, random: &mut Random) -> String {
        let (name, at) = (self.name(random), self.table(random));
        let table = self.tables[at].quoted();
        match random.below(3) {
            0 => format!(
                "ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;\nCREATE POLICY \"{name}\" ON {table} FOR SELECT TO {ROLE} USING (id > 0)"
            ),
            1 => format!(
                "CREATE STATISTICS {} (ndistinct) ON id, note FROM {table}",
                tenant(&name)
            ),
            _ => format!(
                "ALTER TABLE {table} SET (autovacuum_enabled = false), REPLICA IDENTITY FULL"
            ),
        }
    }

    pub(super) fn shared_key(&mut self, random: &mut Random) -> String {
        let (column, at) = (self.name(random), self.table(random));
        let sql = format!(
            "ALTER TABLE {} ADD \"{column}\" int REFERENCES \"{{shared}}\".plans",
            self.tables[at].quoted()
        );
        self.tables[at].columns.push(Column {
            name: column,
            is_text: false,
        });
        // A column with a key keeps its type.
        self.tables[at].is_fixed = true;
        sql
    }
}
