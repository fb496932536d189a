-- drop foreign key `tasks_project_fkey` from tenant table `tasks`
ALTER TABLE "{tenant}"."tasks" DROP CONSTRAINT "tasks_project_fkey";

-- drop foreign key `task_labels_task_fkey` from tenant table `task_labels`
ALTER TABLE "{tenant}"."task_labels" DROP CONSTRAINT "task_labels_task_fkey";

-- drop foreign key `task_labels_label_fkey` from tenant table `task_labels`
ALTER TABLE "{tenant}"."task_labels" DROP CONSTRAINT "task_labels_label_fkey";

-- drop tenant table `tasks`
-- NOTE: its rows are lost; copy them before if they are needed
DROP TABLE "{tenant}"."tasks";

-- drop tenant table `task_labels`
-- NOTE: its rows are lost; copy them before if they are needed
DROP TABLE "{tenant}"."task_labels";

-- drop tenant table `projects`
-- NOTE: its rows are lost; copy them before if they are needed
DROP TABLE "{tenant}"."projects";

-- drop tenant table `labels`
-- NOTE: its rows are lost; copy them before if they are needed
DROP TABLE "{tenant}"."labels";

-- drop tenant table `digests`
-- NOTE: its rows are lost; copy them before if they are needed
DROP TABLE "{tenant}"."digests";
