//! Rows as the driver makes them of messages in memory, since nothing else can make one.

use postgres::Row;
use postgres::types::Type;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::runtime::Builder;
use tokio_postgres::{Config, NoTls};

/// The message that ends what a client sends, and waits for the answer.
const SYNC: &[u8] = b"S\0\0\0\x04";

/// Returns a row of each plan, with the ids 1, 2, ….
pub(super) fn plans(codes: &[&str]) -> Vec<Row> {
    let runtime = Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let (near, far) = duplex(1 << 16);
        tokio::spawn(answer(far, all(codes)));
        let mut config = Config::new();
        let (client, connection) = config.user("app").connect_raw(near, NoTls).await.unwrap();
        tokio::spawn(connection);
        client.query_typed("SELECT", &[]).await.unwrap()
    })
}

/// Lets a client in, and answers the one statement that it sends.
async fn answer(mut stream: DuplexStream, rows: Vec<u8>) {
    let mut sent = Vec::new();
    stream.read_buf(&mut sent).await.unwrap();
    let welcome = [message(b'R', &[0; 4]), message(b'Z', b"I")].concat();
    stream.write_all(&welcome).await.unwrap();
    while !sent.ends_with(SYNC) {
        stream.read_buf(&mut sent).await.unwrap();
    }
    stream.write_all(&rows).await.unwrap();
}

/// The messages that answer a statement with rows.
fn all(codes: &[&str]) -> Vec<u8> {
    let columns = [column("id", &Type::INT8), column("code", &Type::TEXT)];
    let described = [&2_u16.to_be_bytes()[..], &columns.concat()].concat();
    let mut messages = vec![
        message(b'1', &[]),
        message(b'2', &[]),
        message(b'T', &described),
    ];
    for (id, code) in (1_i64..).zip(codes) {
        let values = [value(&id.to_be_bytes()), value(code.as_bytes())];
        let row = [&2_u16.to_be_bytes()[..], &values.concat()].concat();
        messages.push(message(b'D', &row));
    }
    messages.push(message(b'C', b"SELECT\0"));
    messages.push(message(b'Z', b"I"));
    messages.concat()
}

fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len() + 4).unwrap();
    [&[kind], &length.to_be_bytes()[..], body].concat()
}

/// A column of no table, whose values are in binary.
fn column(name: &str, ty: &Type) -> Vec<u8> {
    let mut column = [name.as_bytes(), &[0], &[0; 6]].concat();
    column.extend(ty.oid().to_be_bytes());
    column.extend((-1_i16).to_be_bytes());
    column.extend((-1_i32).to_be_bytes());
    column.extend(1_i16.to_be_bytes());
    column
}

fn value(bytes: &[u8]) -> Vec<u8> {
    let length = u32::try_from(bytes.len()).unwrap();
    [&length.to_be_bytes()[..], bytes].concat()
}
