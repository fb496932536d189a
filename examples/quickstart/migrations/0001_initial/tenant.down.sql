-- drop foreign key `invoices_customer_fkey` from tenant table `invoices`
ALTER TABLE "{tenant}"."invoices" DROP CONSTRAINT "invoices_customer_fkey";

-- drop foreign key `customers_plan_fkey` from tenant table `customers`
ALTER TABLE "{tenant}"."customers" DROP CONSTRAINT "customers_plan_fkey";

-- drop tenant table `invoices`
-- NOTE: its rows are lost; copy them before if they are needed
DROP TABLE "{tenant}"."invoices";

-- drop tenant table `customers`
-- NOTE: its rows are lost; copy them before if they are needed
DROP TABLE "{tenant}"."customers";
