//! What `examples/webhook_receiver` keeps in memory, the longer it runs.

use std::env;
use std::path::Path;

use loop_ams_benches::{Table, megabytes};

use crate::load::webhooks;
use crate::server::Server;
use crate::{folder_in, no_disk, webhook_receiver};

/// So many, unless the environment says otherwise.
const WEBHOOKS: u64 = 50_000;
/// Rendered and sent at a time.
const AT_ONCE: u64 = 5_000;
/// The first return's id.
const FIRST: u64 = 90_000_000;

pub(crate) fn measure(receiver: &Path) {
    let how_many = env::var("WEBHOOKS").map_or(WEBHOOKS, |text| text.parse().unwrap());
    let folder = folder_in(&no_disk());
    let command = webhook_receiver(receiver, folder.path());
    let mut server = Server::start("webhook_receiver", command);
    let mut table = Table::new(&["webhooks", "memory, MB", "at most, MB"]);
    let mut note = |webhooks: String, server: &Server| {
        let usage = server.usage();
        table.row([webhooks, megabytes(usage.resident), megabytes(usage.peak)]);
    };
    note("none".to_owned(), &server);
    let mut sent = 0;
    while sent < how_many {
        let more = AT_ONCE.min(how_many - sent);
        server.take(webhooks(FIRST + sent..FIRST + sent + more));
        sent += more;
        if is_round(sent) || sent == how_many {
            println!("{sent} webhooks are taken");
            note(format!("{sent}, each of another return"), &server);
        }
    }
    // Loop sends a webhook for each thing that happens to a return.
    let again = AT_ONCE.min(how_many);
    server.take(webhooks(FIRST..FIRST + again));
    note(format!("{again} more, of the first of them"), &server);
    println!("\n## Memory of `webhook_receiver`\n\n{table}");
}

/// 5000, 10,000, 50,000, 100,000 and so on.
fn is_round(number: u64) -> bool {
    let mut digits = number;
    while digits.is_multiple_of(10) && digits > 0 {
        digits /= 10;
    }
    matches!(digits, 1 | 5)
}
