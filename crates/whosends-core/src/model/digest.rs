//! Digests of lists of fields.

use sha2::{Digest, Sha256};

/// Hashes fields one after another so that no two different lists of fields look alike.
pub(crate) struct Fields(Sha256);

impl Fields {
    pub(crate) fn new() -> Self {
        Self(Sha256::new())
    }

    /// A text: its length before it keeps `ab`+`c` and `a`+`bc` apart, the mark keeps null from empty.
    pub(crate) fn text(&mut self, text: Option<&str>) {
        match text {
            Some(text) => {
                self.0.update((text.len() as u64 + 1).to_be_bytes());
                self.0.update(text);
            }
            None => self.0.update(0_u64.to_be_bytes()),
        }
    }

    /// Bytes whose length is always the same.
    #[cfg(feature = "store")]
    pub(crate) fn bytes<const LENGTH: usize>(&mut self, bytes: &[u8; LENGTH]) {
        self.0.update(bytes);
    }

    pub(crate) fn number(&mut self, number: Option<i64>) {
        self.0.update([u8::from(number.is_some())]);
        self.0.update(number.unwrap_or(0).to_be_bytes());
    }

    /// The first eight bytes of the digest, as SQLite holds a number.
    #[cfg(feature = "store")]
    pub(crate) fn first_quarter(self) -> i64 {
        let mut quarter = [0; 8];
        quarter.copy_from_slice(&self.0.finalize()[..8]);
        i64::from_be_bytes(quarter)
    }

    /// The first sixteen bytes of the digest.
    pub(crate) fn first_half(self) -> [u8; 16] {
        let mut half = [0; 16];
        half.copy_from_slice(&self.0.finalize()[..16]);
        half
    }
}
