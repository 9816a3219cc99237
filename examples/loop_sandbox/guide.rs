//! What is printed at the start: a walk of lines to paste, each with what it answers.

use std::fmt::Write as _;

use loop_client::sandbox::Sandbox;

use crate::faults::{CALL_FAULTS, WEBHOOK_FAULTS, names};
use crate::shop;

/// What a step shows, the arguments of `curl`, and the status with a part of the body that come.
/// `{api}`, `{control}` and `{key}` are filled in.
const WALK: [(&str, &str, &str); 20] = [
    (
        "A shopper submits a return",
        r##"-d '{"order":"#1001","lines":[{"sku":"SHIRT-S","price":"78.00"}]}' {control}/returns"##,
        r#"200 {"id":99904598}"#,
    ),
    (
        "Your program finds it",
        "-H '{key}' {api}/2026-10/warehouse/return/list",
        r#"200 "state":"open""#,
    ),
    (
        "and asks for webhooks; put your own address here",
        r#"-H '{key}' -d '{"topic":"return","trigger":"return.updated","url":"{control}/inbox","status":"active"}' {api}/2026-10/webhooks"#,
        r#"201 "status":"active""#,
    ),
    (
        "The answer to the next process call will be lost",
        r#"-d '{"fault":"lost_reply","method":"POST","path":"/warehouse/return/{id}/process","times":1}' {control}/faults"#,
        r#"200 {"id":1}"#,
    ),
    (
        "and so it is",
        "-X POST -H '{key}' {api}/2026-10/warehouse/return/99904598/process",
        "000",
    ),
    (
        "but Loop took it",
        "{control}/truth",
        r#"200 "process_accepted":1"#,
    ),
    (
        "Webhooks are held back",
        r#"-d '{"fault":"hold","trigger":"return.updated"}' {control}/webhooks/faults"#,
        r#"200 {"id":2}"#,
    ),
    (
        "while Loop carries out what it accepted",
        "-X POST {control}/processing/finish",
        r#"200 {"carried_out":1}"#,
    ),
    (
        "and come late, in any order",
        r#"-d '{"order":"shuffled","seed":7}' {control}/webhooks/release"#,
        r#"200 {"released":1}"#,
    ),
    (
        "What became of them",
        "{control}/deliveries",
        r#"200 "outcome":{"status":200}"#,
    ),
    (
        "One fault ends; DELETE on /faults ends all",
        "-X DELETE {control}/faults/2",
        "200 true",
    ),
    (
        "Another return",
        r##"-d '{"order":"#1002","outcome":"credit"}' {control}/returns"##,
        r#"200 {"id":99904599}"#,
    ),
    (
        "is to be processed",
        "-X POST -H '{key}' {api}/2026-10/warehouse/return/99904599/process",
        "200 true",
    ),
    (
        "which fails",
        "-d 'Card declined' {control}/returns/99904599/processing/fail",
        "200 true",
    ),
    (
        "No webhook will tell of it any more",
        "-X POST {control}/returns/99904599/webhooks/lose",
        "200 true",
    ),
    (
        "when the merchant holds it for review",
        "-X POST {control}/returns/99904599/state/review",
        "200 true",
    ),
    (
        "The merchant lets flagged returns process",
        r#"-d '{"allow_flagged_to_process":true}' {control}/settings"#,
        "200 true",
    ),
    (
        "Loop asks a label provider for a label",
        "-X POST {control}/returns/99904598/label-request",
        r#"200 {"id":67329889100573}"#,
    ),
    (
        "who looks for it",
        "-H '{key}' '{api}/2026-10/label-requests?status=issued'",
        r#"200 "id":"67329889100573""#,
    ),
    (
        "Every call, with status 0 for lost answers",
        "{control}/calls",
        r#"200 "status":0"#,
    ),
];

pub(crate) fn text(sandbox: &Sandbox, control: &str) -> String {
    let (api, key) = (sandbox.base_url(), sandbox.api_key());
    let secret = sandbox.webhook_secret();
    let mut text = format!(
        "Loop's API      {api}\nKey             {key}\nWebhook secret  {secret}\n\
         Control side    {control}\n\nPaste these one after the other; 000 is no answer at all.\n"
    );
    for (what, arguments, answer) in WALK {
        let arguments = arguments
            .replace("{api}", api)
            .replace("{control}", control)
            .replace("{key}", &format!("X-Authorization: {key}"));
        // Writing to a `String` does not fail.
        write!(text, "\n# {what}\ncurl {arguments}\n# -> {answer}\n").ok();
    }
    let (calls, webhooks) = (names(&CALL_FAULTS), names(&WEBHOOK_FAULTS));
    write!(
        text,
        "\nFaults of calls: {calls}; with after_effect, method and path, times, skip, status, \
         seconds, millis, bytes, to, body.\nFaults of webhooks: {webhooks}; with copies, return, \
         trigger, times, skip.\nA return has order, outcome, email, destination, return_method, \
         carrier, tracking, gift, reshop, fields and lines, which have sku, title, variant, price, \
         barcode, outcome, reason.\nMore of the control side:\n{}\n\
         GET  /faults/{{id}}, /webhooks/held\nCtrl-C stops.",
        shop::CALLS
    )
    .ok();
    text
}
