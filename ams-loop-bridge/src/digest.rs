use sha2::{Digest as _, Sha256};

/// A digest of a sequence of values: 128 bits of SHA-256 in hexadecimal, enough to tell any two of
/// one merchant apart. Stored, so it must not change between versions.
pub(crate) struct Digest(Sha256);

impl Digest {
    /// `what` keeps the digests of different things apart.
    pub(crate) fn new(what: &str) -> Self {
        let mut digest = Self(Sha256::new());
        digest.text(Some(what));
        digest
    }

    pub(crate) fn number(&mut self, number: u64) {
        self.0.update(number.to_be_bytes());
    }

    /// In one piece, because hashing many small ones takes longer than all else in a decision.
    pub(crate) fn units<const N: usize>(&mut self, units: [u32; N]) {
        let bytes = units.map(u32::to_be_bytes);
        self.0.update(bytes.as_flattened());
    }

    /// With its length, so that no two sequences run into the same bytes.
    pub(crate) fn text(&mut self, text: Option<&str>) {
        let length = text.map_or(u64::MAX, |text| {
            u64::try_from(text.len()).unwrap_or(u64::MAX)
        });
        self.number(length);
        self.0.update(text.unwrap_or_default().as_bytes());
    }

    pub(crate) fn finish(self) -> String {
        let digest = self.0.finalize();
        let bits = digest
            .first_chunk()
            .map_or(0, |first| u128::from_be_bytes(*first));
        format!("{bits:032x}")
    }
}
