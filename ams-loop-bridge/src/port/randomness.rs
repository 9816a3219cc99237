use std::fmt;
use std::hash::{BuildHasher as _, RandomState};

/// Numbers that differ from worker to worker: no secret is made of them.
pub trait Randomness: Send + Sync + fmt::Debug {
    /// The next one.
    fn next(&self) -> u64;
}

/// Seeded by the operating system.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemRandomness;

impl Randomness for SystemRandomness {
    fn next(&self) -> u64 {
        // The standard library draws fresh keys for its hash maps; the hash of nothing under them
        // is as random as they are, without another dependency for our users to build.
        RandomState::new().hash_one(())
    }
}
