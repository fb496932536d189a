//! Passwords, which are kept as hashes of Argon2 alone.

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use tokio::task::spawn_blocking;

/// Returns the hash of a password, which takes a while on purpose.
///
/// # Errors
///
/// When the system has no random numbers.
///
/// # Panics
///
/// When the program ends meanwhile.
pub async fn hash(password: String) -> Result<String, argon2::password_hash::Error> {
    let hash = move || {
        Argon2::default()
            .hash_password(password.as_bytes())
            .map(|hash| hash.to_string())
    };
    spawn_blocking(hash).await.expect("hashing does not panic")
}

/// Tells whether a password is the one that was hashed. Without a hash it takes as long, so that nobody can tell whether there is such a user.
pub async fn is_right(password: String, hash: Option<String>) -> bool {
    let verify = move || {
        let known = hash.is_some();
        let hash = hash.unwrap_or_else(|| NOBODYS.to_owned());
        let Ok(hash) = PasswordHash::new(&hash) else {
            return false;
        };
        Argon2::default()
            .verify_password(password.as_bytes(), &hash)
            .is_ok()
            && known
    };
    spawn_blocking(verify).await.unwrap_or(false)
}

/// A hash that belongs to nobody.
const NOBODYS: &str = "$argon2id$v=19$m=19456,t=2,p=1$VE0e3g7DalWHgDwou3nuRA$uC6TER156UQpk0lNQ5+jHM0l5poVjPA1he/Tyn9J4Zw";

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_is_right_or_it_is_not() {
        let kept = hash("correct horse".to_owned())
            .await
            .expect("random numbers");
        assert!(!kept.contains("horse"));
        assert!(is_right("correct horse".to_owned(), Some(kept.clone())).await);
        assert!(!is_right("correct house".to_owned(), Some(kept)).await);
        assert!(!is_right("correct horse".to_owned(), None).await);
        assert!(!is_right(String::new(), Some("no hash".to_owned())).await);
        assert!(PasswordHash::new(NOBODYS).is_ok());
    }
}
