-- drop foreign key `sessions_user_fkey` from shared table `sessions`
ALTER TABLE "{shared}"."sessions" DROP CONSTRAINT "sessions_user_fkey";

-- drop foreign key `memberships_user_fkey` from shared table `memberships`
ALTER TABLE "{shared}"."memberships" DROP CONSTRAINT "memberships_user_fkey";

-- drop shared table `users`
-- NOTE: its rows are lost; copy them before if they are needed
DROP TABLE "{shared}"."users";

-- drop shared table `sessions`
-- NOTE: its rows are lost; copy them before if they are needed
DROP TABLE "{shared}"."sessions";

-- drop shared table `queue`
-- NOTE: its rows are lost; copy them before if they are needed
DROP TABLE "{shared}"."queue";

-- drop shared table `memberships`
-- NOTE: its rows are lost; copy them before if they are needed
DROP TABLE "{shared}"."memberships";
