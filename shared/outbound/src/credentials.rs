//! What a secret has to hold, whichever service it is for.

/// A secret that holds no credentials we can use. Holds no part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct InvalidCredentials {
    /// What is wrong and what to do, fit for [`ErrorKind::Credentials`](crate::ErrorKind::Credentials).
    pub detail: &'static str,
}

/// Whether a text can be a token or a key: not empty, and visible ASCII alone. So a space that came along
/// when it was stored is told from a token that the service refuses.
pub fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
}
