-- drop column `notes` from tenant table `invoices`
-- NOTE: its values are lost; if the column has a new name, write `RENAME COLUMN` instead
ALTER TABLE "{tenant}"."invoices" DROP COLUMN "notes";
