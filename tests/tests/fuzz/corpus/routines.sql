CREATE OR REPLACE FUNCTION "{tenant}".f(begin int DEFAULT 1, atomic text = '"{tenant}".x') RETURNS int
BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT t.case AS end FROM "{tenant}".t; ; END;
CREATE FUNCTION "{tenant}".g() RETURNS text LANGUAGE 'plpgsql' AS 'BEGIN RETURN ''"{tenant}"'' || ''it''''s''; END';
CREATE FUNCTION h() RETURNS int LANGUAGE plpython3u AS $$ return plpy.execute('SELECT * FROM "{tenant}".t') # isn't $$;
CREATE RULE r AS ON INSERT TO "{shared}".t DO ALSO (SELECT 1; SELECT 2);
