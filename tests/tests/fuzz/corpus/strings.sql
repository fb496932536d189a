SELECT 'a''b', E'c\'d\\', b'01', X'1F', N'é', U&'\0061!' UESCAPE '!', 'e' -- f
  'g'
  -- h
  'i;', E'j'
'\';' AS "k""l", U&"\0061" /* m /* n */ ; */ FROM a.b$c WHERE d <-1 AND e->>'f' = '{"{tenant}": 1}' AND g@>h;
INSERT INTO "{tenant}".a VALUES ('Dear "{tenant}",', '"{shared}".b', B'1''0', 1.5e-3, .5, 1., 0x1F, 1_000, $1);
SELECT E'a\vb', E'\\v';
