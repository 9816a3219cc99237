//! Backfills of a sandbox, by whole runs.

mod files;
mod range;
mod run;
mod setup;
mod world;
