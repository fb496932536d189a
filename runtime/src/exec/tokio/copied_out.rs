//! A `COPY` of rows out of the database over the asynchronous driver.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use futures_util::stream::try_unfold;
use futures_util::{FutureExt, Stream, StreamExt, TryStreamExt};
use tokio_postgres::{Client, CopyOutStream};

use crate::error::{Error, Result};
use crate::exec::copied_out::{PIECE, as_texts, given_texts, with_values};
use crate::exec::{Came, CopiedData, Statement};
use crate::value::typed;

/// A `COPY` whose data come.
pub(super) type BegunCopy = (CopyOutStream, Statement);

/// The data of a `COPY` as they come, once it has begun.
pub(super) fn pieces(
    begun: impl Future<Output = Result<BegunCopy>> + Send,
) -> impl Stream<Item = Result<Came>> + Send {
    let pieces = async move {
        let (data, statement) = begun.await?;
        let refused = move |error| Error::of_sql(error, &statement.sql);
        Ok(try_unfold(Some(Box::pin(data)), next).map_err(refused))
    };
    futures_util::TryFutureExt::try_flatten_stream(pieces)
}

/// Sends a `COPY`, and waits until its data come.
///
/// The driver gives the statement a name until it is sent, so it runs in a transaction.
pub(super) async fn begin(client: Arc<Client>, statement: Statement) -> Result<BegunCopy> {
    let refused = |error| Error::of_sql(error, &statement.sql);
    let params = &statement.params;
    let values = if params.is_empty() {
        Vec::new()
    } else {
        let typed = typed(params);
        let row = client.query_typed(&as_texts(params), &typed).await;
        given_texts(&row.map_err(refused)?)?
    };
    let sql = with_values(&statement, &values);
    let prepared = client.prepare(&sql).await.map_err(refused)?;
    let data = client.copy_out(&prepared).await.map_err(refused)?;
    Ok((data, statement))
}

/// Data that come, until the last have come.
type Coming = Option<Pin<Box<CopyOutStream>>>;

/// Waits for the next message, and takes those along that are there already.
async fn next(data: Coming) -> Result<Option<(Came, Coming)>, tokio_postgres::Error> {
    let Some(mut data) = data else {
        return Ok(None);
    };
    let mut piece = CopiedData::default();
    let mut message = data.try_next().await?;
    let has_more = loop {
        let Some(bytes) = message else { break false };
        piece.add(&bytes);
        if piece.bytes.len() >= PIECE {
            break true;
        }
        match data.next().now_or_never() {
            Some(next) => message = next.transpose()?,
            None => break true,
        }
    };
    Ok((piece.messages > 0).then(|| (Came::Data(piece), has_more.then_some(data))))
}
