//! Serves the application, on the database of `DATABASE_URL` or on one that is gone when the program ends.
//!
//! `cargo run -p saas`, and look at <http://localhost:3000>.

#![allow(clippy::print_stdout, reason = "it says where it is")]

use saas::{app, chain, jobs};
use tenantry::testing::Server;
use tenantry::tokio::Database;
use tokio::net::TcpListener;
use tokio::signal::ctrl_c;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let given = std::env::var("DATABASE_URL").ok();
    // Both are gone when the program ends.
    let (server, database);
    let url = if let Some(url) = &given {
        url
    } else {
        server = Server::start()?;
        database = server.database()?;
        database.url()
    };
    let db = Database::connect(url).await?;
    db.blocking(|db| db.migrator(chain()?).run()).await?;
    let worker = tokio::spawn(jobs::work(db.clone()));
    let port = std::env::var("PORT").unwrap_or_else(|_| "3000".to_owned());
    let listener = TcpListener::bind(format!("127.0.0.1:{port}")).await?;
    println!(
        "listening on http://localhost:{}",
        listener.local_addr()?.port()
    );
    if given.is_none() {
        println!(
            "see all workspaces: DATABASE_URL='{url}' cargo run -p saas --bin manage operator EMAIL"
        );
    }
    let ended = async {
        // Without a signal it ends with the process.
        let _ = ctrl_c().await;
    };
    axum::serve(listener, app(&db))
        .with_graceful_shutdown(ended)
        .await?;
    worker.abort();
    Ok(())
}
