//! Tenants of requests, over real connections to a server of axum.

#![allow(clippy::unwrap_used, reason = "a test panics where something fails")]

mod gates;
mod hosts;
mod places;
mod responses;
mod states;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use postgres::NoTls;
use tenantry::exec::blocking;
use tenantry::prelude::*;
use tenantry::tokio::{Database, Options};
use tenantry::web::{Domain, Gate, Resolver, Tenant};
use tenantry_tests::Shop;
use tenantry_tests::shop::{Customer, NewCustomer, Payment, Plan};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// A shop with the tenants `acme` and `globex`, each with a customer of its name, behind HTTP.
pub(crate) struct Site {
    pub(crate) shop: Shop,
    pub(crate) db: Database,
    at: SocketAddr,
    served: JoinHandle<()>,
}

/// An answer, as it came.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (found, value) = line.split_once(": ")?;
            found.eq_ignore_ascii_case(name).then_some(value)
        })
    }
}

impl Site {
    /// A site whose routes are behind a gate.
    pub(crate) async fn new(gate: impl FnOnce(Resolver) -> Gate) -> Self {
        Self::with(|_| {}, |db| customers().layer(gate(Resolver::new(db)))).await
    }

    pub(crate) async fn with(
        change: impl FnOnce(&mut Options),
        routes: impl FnOnce(&Database) -> Router,
    ) -> Self {
        let shop = blocking(|| {
            let shop = Shop::new();
            for key in ["acme", "globex"] {
                let mut tenant = shop.tenant(key);
                let free = Plan::query().first(&mut tenant).unwrap().unwrap();
                let email = format!("ann@{key}.example");
                let customer = NewCustomer::new(key, email, &free).payment(Payment::Card);
                Customer::insert(customer).execute(&mut tenant).unwrap();
            }
            shop
        });
        let mut options = Options::default();
        change(&mut options);
        let config = shop.database().config();
        let db = Database::connect_with(&config, NoTls, options)
            .await
            .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap();
        let routes = routes(&db);
        let served = tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        Self {
            shop,
            db,
            at,
            served,
        }
    }

    /// Sends a request as it is, and returns the answer.
    pub(crate) async fn send(&self, request: &[u8]) -> Answer {
        let (at, request) = (self.at, request.to_owned());
        tokio::task::spawn_blocking(move || exchange(at, &request))
            .await
            .unwrap()
    }

    /// Gets a path, with these headers.
    pub(crate) async fn get(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        let mut request = format!("GET {path} HTTP/1.1\r\nConnection: close\r\n");
        for (name, value) in headers {
            request = request + name + ": " + value + "\r\n";
        }
        self.send((request + "\r\n").as_bytes()).await
    }

    /// Gets the customers at a host.
    pub(crate) async fn at_host(&self, host: &str) -> Answer {
        self.get("/customers", &[("Host", host)]).await
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.served.abort();
    }
}

fn exchange(at: SocketAddr, request: &[u8]) -> Answer {
    let mut stream = TcpStream::connect(at).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_mins(1)))
        .unwrap();
    stream.write_all(request).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let answer = String::from_utf8(answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").expect("an answer of HTTP");
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Answer {
        status,
        head: head.to_owned(),
        body: body.to_owned(),
    }
}

/// Routes of which one lists the names of a tenant's customers.
pub(crate) fn customers() -> Router {
    Router::new().route("/customers", get(list))
}

pub(crate) async fn list(Tenant(mut scope): Tenant) -> tenantry::Result<String> {
    let customers = Customer::query()
        .order_by(Customer::NAME.asc())
        .all(&mut scope)
        .await?;
    let names: Vec<_> = customers
        .iter()
        .map(|customer| customer.name.clone())
        .collect();
    Ok(names.join(" "))
}

pub(crate) fn domain(name: &str) -> Domain {
    Domain::new(name).unwrap()
}

pub(crate) fn key(key: &str) -> TenantKey {
    TenantKey::new(key).unwrap()
}
