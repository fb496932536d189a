SELECT '"{tenant}"."s"'::pg_catalog.regclass, CAST('"{tenant}".f(int)' AS regprocedure), regtype '"{shared}".m',
  (('"{tenant}".s'::text))::regclass, setval('"{tenant}".s', 5), pg_get_serial_sequence($$"{tenant}".t$$, 'id'),
  to_regclass(E'"{tenant}".s'), '"{tenant}"'::regnamespace, "{tenant}"."{shared}"."{tennant}", U&"{tenant}", "{a b}";
CREATE TRIGGER t BEFORE INSERT ON "{tenant}".t FOR EACH ROW EXECUTE FUNCTION "{tenant}".f('"{tenant}".t', '"{tenant}"');
