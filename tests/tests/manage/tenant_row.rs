//! Tenants that are rows of a model, on the command line.

use super::app::App;

#[test]
fn tenants_that_there_are_get_rows_and_new_ones_are_created_with_theirs() {
    let mut app = App::with_tenants(&["acme"]);
    app.manage(&["tenants", "create", "globex", "--set", "seats=5"])
        .fails()
        .complains("help: leave `--set` out");
    app.release("accounts");
    app.manage(&["makemigrations"])
        .fails()
        .complains("--fill \"accounts.seats=…\"");
    app.manage(&["makemigrations", "--fill", "accounts.seats=1"])
        .succeeds();
    app.manage(&["migrate"]).succeeds();
    app.manage(&["check"]).succeeds();
    app.manage(&["status", "--drift"]).succeeds();
    app.manage(&["tenants", "create", "globex"])
        .fails()
        .complains("help: add `--set seats=VALUE`");
    app.manage(&["tenants", "create", "globex", "--set", "places=5"])
        .fails()
        .complains("its columns are `seats`, `tier`, `note`");
    app.manage(&["tenants", "create", "globex", "--set", "key=acme"])
        .fails()
        .complains("is the key");
    for wrong in ["seats=many", "seats=0"] {
        app.manage(&["tenants", "create", "globex", "--set", wrong])
            .fails();
    }
    app.manage(&[
        "tenants",
        "create",
        "globex",
        "--set",
        "seats=5",
        "--set",
        "note=it's \\ = \"theirs\"",
    ])
    .succeeds()
    .says("created the tenant `globex` in the schema `globex`");
    app.manage(&["tenants", "rename", "globex", "globex.example"])
        .succeeds();
    let mut client = app.db.connect();
    let sql = "SELECT key || ' ' || seats || ' ' || tier || ' ' || coalesce(note, '-') FROM shared.accounts ORDER BY 1";
    let rows = client.query(sql, &[]).unwrap();
    let rows: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    assert_eq!(
        rows,
        [
            "acme 1 free -",
            "globex.example 5 free it's \\ = \"theirs\""
        ]
    );
    app.manage(&["tenants", "drop", "acme", "--yes"]).succeeds();
    app.manage(&["check"]).succeeds();
}
