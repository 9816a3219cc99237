//! What must never be printed, logged or shown: keys, secrets, and whatever is about a person.

/// Of every shopper.
pub(crate) const EMAIL: &str = "canary-shopper@people.example";
/// The bridge's key of the OMS.
pub(crate) const OMS_KEY: &str = "canary-oms-key-9d3a11c0";
/// The same of the people at the dock, who can do more.
pub(crate) const DOCK_KEY: &str = "canary-dock-key-61f0b2aa";
/// How the second webhook secret of every merchant begins, as there is one while the first is being
/// replaced.
pub(crate) const NEXT_SECRET: &str = "canary-next-webhook-secret-of-";
/// What stands in the database's address. The server lets everybody in.
pub(crate) const DATABASE_PASSWORD: &str = "canary-database-password";

/// The stand-in for Loop has one key and one webhook secret, and its webhooks are about one person.
const OF_LOOP: [&str; 6] = [
    "sandbox-api-key",
    "5a4d0b0c5ec2e7a1",
    "Sandstr",
    "Zoë",
    "1 Example Street",
    "202-555-0123",
];

/// The first of them in a text.
pub(crate) fn found_in(text: &str) -> Option<&'static str> {
    let ours = ["canary", EMAIL];
    let all = OF_LOOP.into_iter().chain(ours);
    all.into_iter().find(|canary| text.contains(canary))
}
