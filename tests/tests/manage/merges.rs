//! Migrations that two branches have made beside each other.

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use super::app::App;

/// A copy of the migrations, as the other branch has them.
struct Branch(TempDir);

impl Branch {
    fn of(app: &App) -> Self {
        let folder = TempDir::new().unwrap();
        copy(&app.path(""), folder.path());
        Self(folder)
    }

    /// Brings what the branch has made into the application's folder, as version control does: new files come along, and
    /// of `state.json` nobody knows which counts.
    fn merge_into(&self, app: &App) {
        copy(self.0.path(), &app.path(""));
        let state = fs::read_to_string(app.path("state.json")).unwrap();
        app.write(
            "state.json",
            &format!("<<<<<<< ours\n{state}=======\n>>>>>>> theirs\n"),
        );
    }
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let into = to.join(path.file_name().unwrap());
        if path.is_dir() {
            fs::create_dir_all(&into).unwrap();
            copy(&path, &into);
        } else {
            fs::copy(&path, &into).unwrap();
        }
    }
}

/// An application whose first migration is applied, and to whose folder a branch has brought bills while regions were made here.
fn diverged() -> App {
    let mut app = App::with_tenants(&["acme"]);
    let branch = Branch::of(&app);
    let (folder, name) = (branch.0.path().to_str().unwrap().to_owned(), "bills");
    app.release("billed");
    app.manage(&["makemigrations", "--migrations", &folder, "--name", name])
        .succeeds();
    app.release("second");
    app.manage(&["makemigrations", "--name", "regions"])
        .succeeds();
    branch.merge_into(&app);
    app.release("merged");
    app
}

#[test]
fn two_branches_become_one_chain() {
    let app = diverged();
    let run = app.manage(&["migrate"]).fails();
    assert!(run.err.contains("`merge` gives the one"), "{run:?}");
    app.manage(&["merge", "--dry-run"])
        .succeeds()
        .says("0002_regions becomes 0003_regions");
    assert_eq!(
        app.migrations(),
        ["0001_initial", "0002_bills", "0002_regions"]
    );
    let run = app
        .manage(&["merge"])
        .succeeds()
        .says("0002_regions becomes 0003_regions")
        .says("state.json is written anew");
    assert!(!run.out.contains("by hand"), "{run:?}");
    assert_eq!(
        app.migrations(),
        ["0001_initial", "0002_bills", "0003_regions"]
    );
    app.manage(&["makemigrations", "--check"]).succeeds();
    app.manage(&["merge"]).succeeds().says("nothing to merge");
    app.manage(&["migrate"]).succeeds();
    app.manage(&["check"]).succeeds();
    assert_eq!(app.tables("acme"), ["bills", "customers"]);
    app.manage(&["rollback", "--to", "1", "--yes"]).succeeds();
    assert_eq!(app.tables("acme"), ["customers"]);
}

#[test]
fn what_the_database_has_applied_keeps_its_number() {
    let mut app = App::with_tenants(&["acme"]);
    let branch = Branch::of(&app);
    let folder = branch.0.path().to_str().unwrap().to_owned();
    app.release("billed");
    app.manage(&["makemigrations", "--migrations", &folder, "--name", "bills"])
        .succeeds();
    app.release("second");
    app.manage(&["makemigrations", "--name", "regions"])
        .succeeds();
    app.manage(&["migrate"]).succeeds();
    branch.merge_into(&app);
    app.release("merged");
    app.manage(&["merge", "--first", "0002_bills"])
        .fails()
        .complains("`0002_bills` can't keep its number")
        .complains("`0002_regions`, which is applied to the database");
    app.manage(&["merge"])
        .succeeds()
        .says("0002_bills becomes 0003_bills");
    app.manage(&["migrate"]).succeeds();
    app.manage(&["check"]).succeeds();
    assert_eq!(app.tables("acme"), ["bills", "customers"]);
}

#[test]
fn the_author_says_which_stays() {
    let app = diverged();
    app.manage(&["merge", "--first", "0002_region"])
        .fails()
        .complains("did you mean `0002_regions`?");
    app.manage(&["merge", "--first", "0002_regions"])
        .succeeds()
        .says("0002_bills becomes 0003_bills");
    app.manage(&["check"]).succeeds();
}

#[test]
fn an_order_in_which_all_goes_together_is_found() {
    let mut app = App::with_tenants(&["acme"]);
    let branch = Branch::of(&app);
    let folder = branch.0.path().to_str().unwrap().to_owned();
    app.release("renamed");
    let renames = [
        "--rename",
        "customers=members",
        "--rename",
        "members.email=login",
    ];
    let mut make = vec![
        "makemigrations",
        "--migrations",
        &folder,
        "--name",
        "members",
    ];
    make.extend(renames);
    app.manage(&make).succeeds();
    app.release("second");
    app.manage(&["makemigrations", "--name", "regions"])
        .succeeds();
    branch.merge_into(&app);
    // The other way round the table would have another name already.
    app.manage(&["merge"])
        .succeeds()
        .says("0002_members becomes 0003_members");
    app.manage(&["migrate"]).succeeds();
    let columns = app.columns("acme", "members");
    assert_eq!(columns, ["id", "login", "notes", "plan", "region"]);
}

#[test]
fn the_same_change_of_two_branches_is_refused_and_nothing_is_written() {
    let mut app = App::with_tenants(&[]);
    let branch = Branch::of(&app);
    let folder = branch.0.path().to_str().unwrap().to_owned();
    app.release("second");
    app.manage(&[
        "makemigrations",
        "--migrations",
        &folder,
        "--name",
        "theirs",
    ])
    .succeeds();
    app.manage(&["makemigrations", "--name", "ours"]).succeeds();
    branch.merge_into(&app);
    let before = app.picture();
    app.manage(&["merge"])
        .fails()
        .complains("the branches don't go together")
        .complains("`0002_theirs`: can't create shared table `regions`");
    assert_eq!(app.picture(), before);
}

/// An application with two branches of these operations on `customers`, beside each other.
fn with_operations(ours: &str, theirs: &str) -> App {
    let app = App::with_tenants(&[]);
    for (id, operations) in [("0002_ours", ours), ("0002_theirs", theirs)] {
        fs::create_dir(app.path(id)).unwrap();
        let operations = operations.replace(
            '@',
            "[[operations]]\nplacement = \"tenant\"\ntable = \"customers\"\n",
        );
        app.write(
            &format!("{id}/migration.toml"),
            &format!("format = 1\nid = \"{id}\"\n{operations}"),
        );
        app.write(&format!("{id}/tenant.up.sql"), "SELECT 1;\n");
    }
    app
}

#[test]
fn what_one_branch_needs_and_another_has_changed_is_found() {
    let to = |sql_type: &str| {
        format!("@op = \"alter_type\"\ncolumn = \"email\"\nfrom = \"text\"\nto = \"{sql_type}\"\n")
    };
    let index = "@op = \"create_index\"\nname = \"customers_mail\"\n[operations.definition]\nparts = [{ column = \"email\" }]\n";
    let expression = "@op = \"create_index\"\nname = \"customers_mail\"\n[operations.definition]\nparts = [{ expression = \"lower(email)\" }]\n";
    let check = "@op = \"add_check\"\nname = \"customers_email_check\"\n[operations.definition]\ncondition = \"email <> ''\"\n";
    let unique = "@op = \"drop_unique\"\nname = \"customers_email_key\"\n[operations.definition]\ncolumns = [\"email\"]\n";
    let gone = &format!(
        "{unique}@op = \"drop_column\"\n[operations.column]\nname = \"email\"\ntype = \"text\"\n"
    );
    let cases = [
        (
            to("varchar(9)"),
            to("citext"),
            "changes what another branch has changed",
        ),
        (gone.clone(), index.to_owned(), "needs the column `email`"),
        (
            gone.clone(),
            expression.to_owned(),
            "names the column `email`",
        ),
        (gone.clone(), check.to_owned(), "names the column `email`"),
        (
            unique.to_owned(),
            unique.to_owned(),
            "there is no unique constraint `customers_email_key`",
        ),
    ];
    for (ours, theirs, told) in cases {
        for app in [
            with_operations(&ours, &theirs),
            with_operations(&theirs, &ours),
        ] {
            app.manage(&["merge"]).fails().complains(told);
        }
    }
    // Different things of one column are no conflict.
    let app = with_operations(&to("varchar(90)"), check);
    app.manage(&["merge"]).succeeds();
}

/// A view that reads the column `email`, as one branch makes it.
const VIEW: &str = "@op = \"create_view\"\n[operations.definition]\n\
     query = 'SELECT c.id, c.email AS login FROM \"{tenant}\".\"customers\" c'\n\
     columns = [{ name = \"id\", type = \"bigint\" }, { name = \"login\", type = \"text\" }]\n";

#[test]
fn a_view_of_one_branch_over_what_another_changes_is_found() {
    let view = VIEW.replace(
        '@',
        "[[operations]]\nplacement = \"tenant\"\ntable = \"logins\"\n",
    );
    let gone = "@op = \"drop_unique\"\nname = \"customers_email_key\"\n[operations.definition]\ncolumns = [\"email\"]\n\
         @op = \"drop_column\"\n[operations.column]\nname = \"email\"\ntype = \"text\"\n";
    let retyped =
        "@op = \"alter_type\"\ncolumn = \"email\"\nfrom = \"text\"\nto = \"varchar(9)\"\n";
    for other in [(&view, gone), (&gone.to_owned(), &*view)] {
        with_operations(other.0, other.1)
            .manage(&["merge"])
            .fails()
            .complains("`logins`")
            .complains("the branches don't go together");
    }
    // The view is made after it.
    let run = with_operations(&view, retyped).manage(&["merge"]);
    run.succeeds().says("0002_ours becomes 0003_ours");
    // What a view only calls so is no column.
    let alias = view.replace("c.email AS login", "c.plan AS email");
    with_operations(&alias, gone).manage(&["merge"]).succeeds();
    // PostgreSQL follows it.
    let renamed = "@op = \"rename_column\"\nfrom = \"email\"\nto = \"address\"\n";
    let run = with_operations(&view, renamed).manage(&["merge"]);
    run.succeeds().says("0002_theirs becomes 0003_theirs");
}

#[test]
fn names_and_computed_columns_of_two_branches_that_meet_are_found() {
    let of = |table: &str, rest: &str| {
        format!("[[operations]]\nplacement = \"tenant\"\ntable = \"{table}\"\n{rest}")
    };
    let table = of(
        "moods",
        "op = \"create_table\"\n[operations.definition]\ncolumns = [{ name = \"id\", type = \"bigint\" }]\n",
    );
    let labels = of("moods", "op = \"create_enum\"\nlabels = [\"good\"]\n");
    let view = VIEW.replace('@', &of("moods", ""));
    for (ours, theirs) in [(&table, &labels), (&table, &view), (&labels, &view)] {
        with_operations(ours, theirs)
            .manage(&["merge"])
            .fails()
            .complains("named `moods`");
    }
    let computed = "@op = \"add_column\"\n[operations.column]\nname = \"low\"\ntype = \"text\"\ngenerated = \"lower(email)\"\n";
    let gone = "@op = \"drop_unique\"\nname = \"customers_email_key\"\n[operations.definition]\ncolumns = [\"email\"]\n\
         @op = \"drop_column\"\n[operations.column]\nname = \"email\"\ntype = \"text\"\n";
    for (ours, theirs) in [(computed, gone), (gone, computed)] {
        with_operations(ours, theirs)
            .manage(&["merge"])
            .fails()
            .complains("`low` of table `customers` names the column `email`");
    }
}

#[test]
fn longer_branches_keep_their_order_and_sql_by_hand_is_told() {
    let app = diverged();
    // Theirs goes on by hand, after bills; of ours there is no more.
    let folder = app.path("0003_backfill");
    fs::create_dir(&folder).unwrap();
    app.write(
        "0003_backfill/migration.toml",
        "format = 1\n# by ann\nid = \"0003_backfill\"\n",
    );
    app.write(
        "0003_backfill/tenant.up.sql",
        "DELETE FROM \"{tenant}\".bills;\n",
    );
    let mut command = app.command();
    command.env_remove("DATABASE_URL");
    let run = super::app::Run::of(command.args(["merge", "--first", "0002_regions"])).succeeds();
    assert!(run.out.contains("no database was given"), "{run:?}");
    // Nothing says of which branch it is. It stays where it is, and bills come later: somebody has to look.
    assert!(run.out.contains("0002_bills becomes 0004_bills"), "{run:?}");
    let app = diverged();
    fs::create_dir(app.path("0003_backfill")).unwrap();
    app.write(
        "0003_backfill/migration.toml",
        "format = 1\n# by ann\nid = \"0003_backfill\"\n",
    );
    app.write(
        "0003_backfill/tenant.up.sql",
        "DELETE FROM \"{tenant}\".bills;\n",
    );
    app.manage(&["merge"])
        .succeeds()
        .says("0002_regions becomes 0004_regions");
    app.manage(&["migrate"]).succeeds();
    let text = fs::read_to_string(app.path("0003_backfill/migration.toml")).unwrap();
    assert!(text.contains("# by ann"), "{text}");
}

#[test]
fn a_file_of_both_branches_and_a_gap_are_refused() {
    let app = diverged();
    fs::rename(app.path("0002_bills"), app.path("0004_bills")).unwrap();
    app.manage(&["merge"])
        .fails()
        .complains("the migration before it is missing");
    fs::rename(app.path("0004_bills"), app.path("0002_bills")).unwrap();
    app.write(
        "0002_bills/tenant.up.sql",
        "SELECT 1;\n<<<<<<< ours\nSELECT 2;\n",
    );
    app.manage(&["merge"])
        .fails()
        .complains("0002_bills/tenant.up.sql:2")
        .complains("both branches have this file");
}

#[test]
fn a_merge_that_was_interrupted_is_gone_on_with() {
    let app = diverged();
    // Renamed, and nothing else yet.
    fs::rename(app.path("0002_regions"), app.path("0003_regions")).unwrap();
    app.manage(&["merge"]).succeeds();
    app.manage(&["makemigrations", "--check"]).succeeds();
    app.manage(&["migrate"]).succeeds();
}
