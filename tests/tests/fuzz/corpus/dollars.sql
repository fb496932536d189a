SELECT $$;$$, $a$ $b$ ; $a$, $€$ ; COMMIT; $€$, 1 AS →$a$, x$1, $1, $é$$é$, a$b$c FROM t[1:2], u[1..2], v::int := 1;
DO $do$ BEGIN EXECUTE format('LOCK %s', '"{tenant}"."a"'::regclass); -- "{tenant}".b
  DO $in$ BEGIN PERFORM nextval('"{shared}".s'), $x$ "{tenant}" $x$; END $in$; END $do$ LANGUAGE plpgsql;
