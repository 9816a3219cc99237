use super::*;

/// The ids of the faults that hit `calls` calls, one after the other.
fn script(faults: &mut Faults, calls: usize) -> Vec<Option<u64>> {
    (0..calls)
        .map(|_| faults.of_call("GET", "/x").map(|(id, _)| id.get()))
        .collect()
}

#[test]
fn faults_count_what_they_hit_and_what_they_skip() {
    // (faults in the order of their injection, which of them hits each call)
    let table: [(&[On], &[Option<u64>]); 7] = [
        (&[On::any()], &[Some(1), Some(1), Some(1)]),
        (&[On::any().times(2)], &[Some(1), Some(1), None]),
        (&[On::any().times(0)], &[None]),
        (&[On::any().skip(1).times(1)], &[None, Some(1), None]),
        (
            &[On::any().times(1), On::any().times(1)],
            &[Some(1), Some(2), None],
        ),
        (
            &[On::any().times(2), On::any().skip(1).times(1)],
            &[Some(1), Some(1), Some(2), None],
        ),
        (
            &[
                On::path("GET", "/y"),
                On::any().skip(1),
                On::path("GET", "/x"),
            ],
            &[Some(3), Some(2), Some(2)],
        ),
    ];
    for (ons, expected) in table {
        let mut faults = Faults::default();
        for on in ons {
            faults.inject(Fault::empty_body(), on.clone());
        }
        assert_eq!(script(&mut faults, expected.len()), expected, "{ons:?}");
        let total: u32 = (1..=3).map(|id| faults.hits(FaultId(id))).sum();
        let hit = expected.iter().flatten().count();
        assert_eq!(usize::try_from(total).unwrap(), hit, "{ons:?}");
    }
}

#[test]
fn what_is_cleared_hits_no_more() {
    let mut faults = Faults::default();
    let first = faults.inject(Fault::empty_body(), On::any());
    let second = faults.disturb(WebhookFault::Hold, OnWebhook::any());
    assert_eq!(script(&mut faults, 1), [Some(1)]);
    assert!(faults.of_webhook(7, "return.created").held);
    assert_eq!((faults.hits(first), faults.hits(second)), (1, 1));
    assert!(faults.clear(first));
    assert!(!faults.clear(first));
    assert_eq!(script(&mut faults, 1), [None]);
    assert!(faults.of_webhook(7, "return.created").held);
    faults.clear_all();
    assert!(!faults.of_webhook(7, "return.created").held);
    let third = faults.inject(Fault::empty_body(), On::any());
    assert!(third > second, "an id is not used again");
}

#[test]
fn webhooks_are_chosen_by_return_and_trigger() {
    // (selector, hit for (7, created), (7, updated), (8, created))
    let table = [
        (OnWebhook::any(), [true, true, true]),
        (OnWebhook::any().of_return(7), [true, true, false]),
        (
            OnWebhook::any().trigger("return.created"),
            [true, false, true],
        ),
        (
            OnWebhook::any().of_return(8).trigger("return.created"),
            [false, false, true],
        ),
        (OnWebhook::any().skip(1).times(1), [false, true, false]),
    ];
    for (on, expected) in table {
        let mut faults = Faults::default();
        faults.disturb(WebhookFault::Drop, on.clone());
        let hit = [
            (7, "return.created"),
            (7, "return.updated"),
            (8, "return.created"),
        ]
        .map(|(id, trigger)| faults.of_webhook(id, trigger).dropped);
        assert_eq!(hit, expected, "{on:?}");
    }
}

#[test]
fn faults_of_one_webhook_add_up() {
    let mut faults = Faults::default();
    for fault in [
        WebhookFault::Hold,
        WebhookFault::Duplicate(3),
        WebhookFault::Duplicate(0),
        WebhookFault::UnknownFields,
        WebhookFault::UnknownValues,
    ] {
        faults.disturb(fault, OnWebhook::any());
    }
    let fate = faults.of_webhook(7, "return.created");
    assert!(fate.held && !fate.dropped);
    assert_eq!(fate.copies, 3);
    let mut body = serde_json::json!({"state": "open"});
    fate.rewrite(&mut body);
    assert_ne!(body["state"], "open");
    assert_eq!(body.as_object().unwrap().len(), 2);
}
