//! The journal's encoding: postcard behind one byte of format version. Old versions stay readable.

use serde::Serialize;
use serde::de::DeserializeOwned;

/// The version that is written.
pub const FORMAT_VERSION: u8 = 1;

/// Stored bytes cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// Written by a newer program.
    #[error("format version {0} is newer than this program's {FORMAT_VERSION}: use the program that wrote it, or a later one")]
    Newer(u8),
    /// Damaged.
    #[error("the bytes are damaged: {0}")]
    Damaged(postcard::Error),
    /// Nothing there.
    #[error("no bytes")]
    Empty,
}

/// Encodes a value.
pub fn encode<T: Serialize + ?Sized>(value: &T) -> Vec<u8> {
    let start = vec![FORMAT_VERSION];
    // Serialising plain data into a growing buffer fails for no value that this crate makes.
    postcard::to_extend(value, start).expect("plain data serialises")
}

/// Decodes a value; bytes left over are damage.
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, DecodeError> {
    let (version, body) = bytes.split_first().ok_or(DecodeError::Empty)?;
    if *version == 0 {
        return Err(DecodeError::Damaged(postcard::Error::DeserializeBadEncoding));
    }
    if *version > FORMAT_VERSION {
        return Err(DecodeError::Newer(*version));
    }
    let (value, rest) = postcard::take_from_bytes(body).map_err(DecodeError::Damaged)?;
    if rest.is_empty() { Ok(value) } else { Err(DecodeError::Damaged(postcard::Error::DeserializeBadEncoding)) }
}
