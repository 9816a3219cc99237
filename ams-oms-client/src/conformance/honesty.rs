//! What an OMS says of itself is true.

use super::stage::{Stage, units};
use super::verdict::{Checked, ensure, fail};
use super::{Rule, tell};
use crate::{ChangeFeed, OmsError, OmsEvent};

pub(super) const RULES: &[Rule] = &[
    Rule::new(
        "capability-amend",
        "amend_rma works if it is declared, and answers Unsupported if not.",
        |stage| Box::pin(capability_amend(stage)),
    ),
    Rule::new(
        "capability-cancel",
        "cancel_rma works if it is declared, and answers Unsupported if not.",
        |stage| Box::pin(capability_cancel(stage)),
    ),
    Rule::new(
        "capability-list-open",
        "list_open works if it is declared, and answers Unsupported if not.",
        |stage| Box::pin(capability_list_open(stage)),
    ),
    Rule::new(
        "capability-change-feed",
        "changes works if a feed is declared that can be asked, and answers Unsupported if not.",
        |stage| Box::pin(capability_change_feed(stage)),
    ),
    Rule::new(
        "capability-events",
        "decode_event is supported if notices are declared, and answers Unsupported if not.",
        |stage| Box::pin(async { capability_events(stage) }),
    ),
    Rule::new(
        "capabilities-stay",
        "What is declared does not change.",
        |stage| Box::pin(capabilities_stay(stage)),
    ),
    Rule::new(
        "garbage-notices-refused",
        "A notice that cannot be read, or that nothing proves genuine, is refused as such.",
        |stage| Box::pin(async { garbage_notices_refused(stage) }),
    ),
];

fn honest<T>(operation: &str, declared: bool, answer: &Result<T, OmsError>) -> Checked {
    let supported = !matches!(answer, Err(OmsError::Unsupported { .. }));
    match (declared, supported) {
        (true, true) | (false, false) => Ok(()),
        (true, false) => fail(format!("{operation} is declared and answers Unsupported")),
        (false, true) => fail(format!(
            "{operation} is not declared and answers {}",
            tell::instead(answer)
        )),
    }
}

async fn capability_amend(stage: &Stage<'_>) -> Checked {
    stage.announced(0, &[("1", "SKU-A", 1)]).await?;
    let other = stage.rma(0, &[("1", "SKU-A", 2)])?;
    let answer = stage.oms.amend_rma(&other).await;
    honest("amend_rma", stage.can.amend, &answer)
}

async fn capability_cancel(stage: &Stage<'_>) -> Checked {
    let key = stage.announced(0, &[("1", "SKU-A", 1)]).await?;
    let answer = stage.oms.cancel_rma(&key, "conformance").await;
    honest("cancel_rma", stage.can.cancel, &answer)
}

async fn capability_list_open(stage: &Stage<'_>) -> Checked {
    stage.prepare(&stage.merchant, &[]).await?;
    let answer = stage.oms.list_open(&stage.merchant, None, units(50)).await;
    honest("list_open", stage.can.list_open, &answer)
}

async fn capability_change_feed(stage: &Stage<'_>) -> Checked {
    stage.prepare(&stage.merchant, &[]).await?;
    let answer = stage.oms.changes(&stage.merchant, None, units(50)).await;
    let declared = match stage.can.change_feed {
        ChangeFeed::UpdatedSince | ChangeFeed::CreatedSince | ChangeFeed::ListOpen => true,
        ChangeFeed::PushOnly | ChangeFeed::Absent => false,
    };
    honest("changes", declared, &answer)
}

fn capability_events(stage: &Stage<'_>) -> Checked {
    let answer = stage.oms.decode_event(&OmsEvent::new(b"{}", &[]));
    honest("decode_event", stage.can.events, &answer)
}

async fn capabilities_stay(stage: &Stage<'_>) -> Checked {
    stage.announced(0, &[("1", "SKU-A", 1)]).await?;
    let now = stage.oms.capabilities();
    ensure(now == stage.can, || {
        format!("declared were {:?}, and now {now:?}", stage.can)
    })
}

fn garbage_notices_refused(stage: &Stage<'_>) -> Checked {
    let zeros = vec![0; 100_000];
    let nested = "[".repeat(100_000);
    let bodies: [&[u8]; 6] = [
        b"",
        b"\xff\xfe\x00",
        b"{\"rma_number\":",
        b"null",
        &zeros,
        nested.as_bytes(),
    ];
    for body in bodies {
        let shown = String::from_utf8_lossy(body.get(..20).unwrap_or(body));
        match stage
            .oms
            .decode_event(&OmsEvent::new(body, &[("x-signature", "garbage")]))
        {
            Err(
                OmsError::Malformed { .. } | OmsError::Auth { .. } | OmsError::Unsupported { .. },
            ) => {}
            other => {
                return fail(format!(
                    "the notice {shown:?} ({} bytes) answers {}",
                    body.len(),
                    tell::instead(&other)
                ));
            }
        }
    }
    Ok(())
}
