//! Serves the program on the server of `DATABASE_URL` or a throw-away one, in a database of its own.
//!
//! ```sh
//! curl -X POST localhost:3000/acme -H 'content-type: application/json' -d '{"name": "Ann", "email": "ann@acme.example"}'
//! curl localhost:3000/acme/customers
//! ```

#![allow(clippy::print_stdout, reason = "it says where it is")]

use tenantry::testing::Server;
use tenantry::tokio::Database;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let server = Server::start()?;
    let scratch = server.database()?;
    let db = Database::connect(scratch.url()).await?;
    axum_example::migrate(&db).await?;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    println!("listening on http://{}", listener.local_addr()?);
    axum::serve(listener, axum_example::app(db)).await?;
    Ok(())
}
