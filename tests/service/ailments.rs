//! What takes its time to heal: the bridge leaves a merchant alone for half a minute after a
//! failure, and Loop's minute has sixty seconds. Mostly these scenarios wait, so they wait
//! together; and their name comes first, so that they are not begun last.

use crate::{disk, neighbours};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn troubles_pass_and_nothing_is_lost_or_doubled() {
    tokio::join!(
        neighbours::the_sick_one_troubles_nobody_else(),
        disk::full_and_empty_again(),
    );
}
