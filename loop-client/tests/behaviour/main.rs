//! One suite of what the client does, whatever stands behind the API: a scripted transport that
//! answers as Loop documents, and the sandbox over HTTP.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

#[cfg(feature = "sandbox")]
mod sandbox_world;
mod scripted_world;
mod suite;
#[path = "../support/mod.rs"]
mod support;
mod world;

/// Each part of the suite is a test of its own in each world.
macro_rules! suite {
    ($world:ident, $($part:ident),* $(,)?) => {
        $(
            #[tokio::test]
            async fn $part() {
                crate::suite::$part(&$world).await;
            }
        )*
    };
    ($world:ident) => {
        suite!(
            $world,
            process_in_every_situation,
            flag_in_every_situation,
            cancel_in_every_situation,
            close_in_every_situation,
            remove_in_every_situation,
            note_in_every_situation,
            reads_in_every_situation,
            no_notes_are_an_empty_list,
            walks_through_the_list,
            reports,
        );
    };
}

mod scripted {
    use crate::scripted_world::ScriptedWorld;
    suite!(ScriptedWorld);
}

#[cfg(feature = "sandbox")]
mod sandbox {
    use crate::sandbox_world::SandboxWorld;
    suite!(SandboxWorld);
}
