//! The greeting of a server, which tells how the session is known to those who cancel its statements. The driver keeps that to itself.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The most that a server is taken to say before it tells that.
const LONGEST: usize = 64 * 1024;

/// The words by which a session is known: the number of its process, and a secret. A pooler makes up its own, or tells none.
#[derive(Debug, Clone, Default)]
pub(super) struct SessionKey(Arc<Mutex<Vec<u8>>>);

impl SessionKey {
    fn heard(&self) -> MutexGuard<'_, Vec<u8>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns it, or nothing as long as it is not told.
    pub(super) fn bytes(&self) -> Vec<u8> {
        self.heard().clone()
    }

    /// Returns the number of the process.
    pub(super) fn process(&self) -> Option<i32> {
        self.heard().first_chunk().copied().map(i32::from_be_bytes)
    }
}

/// Hears the key in what is said.
#[derive(Debug)]
pub(super) struct Greeting {
    said: Vec<u8>,
    key: SessionKey,
}

impl Greeting {
    /// One of a new session.
    pub(super) fn new(key: SessionKey) -> Self {
        // The host before may have told its own.
        key.heard().clear();
        let said = Vec::new();
        Self { said, key }
    }

    /// Takes what is said next. Returns whether there is nothing more to hear.
    pub(super) fn hears(&mut self, said: &[u8]) -> bool {
        self.said.extend_from_slice(said);
        let key = key_in(&self.said);
        if let Some(key) = key {
            key.clone_into(&mut self.key.heard());
        }
        key.is_some() || self.said.len() > LONGEST
    }
}

/// Returns the key from the beginning of what a server says.
fn key_in(greeting: &[u8]) -> Option<&[u8]> {
    let mut rest = greeting;
    loop {
        let (kind, message) = rest.split_first()?;
        let length = u32::from_be_bytes(*message.first_chunk()?);
        let length = usize::try_from(length).ok()?;
        let content = message.get(4..length)?;
        if *kind == b'K' {
            return Some(content);
        }
        rest = &message[length..];
    }
}

#[cfg(test)]
mod tests;
