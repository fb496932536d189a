//! Data of a `COPY` that goes to the server piece by piece, so that it is never all in memory.

use std::any::Any;
use std::panic::{self, AssertUnwindSafe};

use crate::error::{Error, Result};

/// Function that returns the next piece of data; none behind the last. After that, or an error, it is called no more.
pub type CopySource<'f> = Box<dyn FnMut() -> Result<Option<Vec<u8>>> + Send + 'f>;

/// A part of the data, or their end.
#[derive(Debug)]
pub enum CopyPart {
    /// Data.
    Data(Vec<u8>),
    /// Nothing: that was all.
    End,
    /// Nothing, and what was sent is not to count.
    GivenUp,
}

/// Function that gives what goes to the server next. It is called on the thread that has sent the statement.
#[doc(hidden)]
pub type GivesParts<'p> = &'p mut dyn FnMut() -> CopyPart;

/// The data of a statement under way.
pub(crate) struct SentData<'a> {
    source: CopySource<'a>,
    ended: Option<SourceEnd>,
}

/// Why the application takes no more rows, or gives no more data.
pub(super) enum SourceEnd {
    Failed(Error),
    Panicked(Box<dyn Any + Send>),
}

impl<'a> SentData<'a> {
    pub(super) fn new(source: CopySource<'a>) -> Self {
        Self {
            source,
            ended: None,
        }
    }

    /// Returns the next part. After an error or a panic of the application's, all is given up.
    pub(crate) fn part(&mut self) -> CopyPart {
        if self.ended.is_some() {
            return CopyPart::GivenUp;
        }
        let next = panic::catch_unwind(AssertUnwindSafe(|| (self.source)()));
        self.ended = match next {
            Ok(Ok(Some(data))) => return CopyPart::Data(data),
            Ok(Ok(None)) => return CopyPart::End,
            Ok(Err(error)) => Some(SourceEnd::Failed(error)),
            Err(panic) => Some(SourceEnd::Panicked(panic)),
        };
        CopyPart::GivenUp
    }

    pub(super) fn ended(self) -> Option<SourceEnd> {
        self.ended
    }
}
