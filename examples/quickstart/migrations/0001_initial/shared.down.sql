-- drop shared table `plans`
-- NOTE: its rows are lost; copy them before if they are needed
DROP TABLE "{shared}"."plans";
