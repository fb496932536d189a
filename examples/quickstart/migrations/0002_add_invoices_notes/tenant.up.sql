-- add column `notes` to tenant table `invoices`
ALTER TABLE "{tenant}"."invoices" ADD COLUMN "notes" text;
COMMENT ON COLUMN "{tenant}"."invoices"."notes" IS 'What the second migration adds.';
