//! Planted faults. An audit that finds nothing here would find nothing anywhere.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::audit::{Books, Mercy, betrayed, judge, untold};
use crate::loop_side::Truth;
use crate::oms_side::Goods;

const ID: u64 = 1;

fn as_it_should_be(goods: Goods) -> Truth {
    let is_good = goods == Goods::Good;
    Truth {
        state: if is_good { "closed" } else { "review" }.to_owned(),
        flagged: !is_good,
        flag_calls: u64::from(!is_good),
        notes: vec!["TEE: 0 of 1 available".to_owned(); usize::from(!is_good)],
        process_requests: u64::from(is_good),
        process_accepted: u64::from(is_good),
        refunds: u64::from(is_good),
    }
}

/// All that is found about a return of these goods that ended like this, with these RMAs.
fn found(goods: Goods, truth: Truth, rmas: &[u64], escalated: &[u64]) -> String {
    let books = Books {
        name: "acme",
        book: &BTreeMap::from([(ID, goods)]),
        truth: &BTreeMap::from([(ID, truth)]),
        rmas: &rmas.iter().copied().collect(),
        escalated: &escalated.iter().copied().collect(),
    };
    judge(&books, Mercy::default()).join("; ")
}

#[test]
fn each_wrong_ending_is_found() {
    for goods in [Goods::Good, Goods::Damaged, Goods::Short] {
        let with = |rmas: &[u64]| found(goods, as_it_should_be(goods), rmas, &[]);
        assert_eq!(with(&[ID]), "");
        assert!(with(&[]).contains("no RMA"));
        assert!(with(&[ID, 2]).contains("belongs to no return"));
    }
    type Plant = (Goods, fn(&mut Truth), &'static str);
    let plants: [Plant; 11] = [
        (Goods::Good, |it| it.refunds = 2, "refunded more"),
        (Goods::Good, |it| it.process_requests = 2, "more than one"),
        (Goods::Good, |it| it.process_accepted = 2, "processed more"),
        (Goods::Good, |it| it.refunds = 0, "lost"),
        (Goods::Good, |it| it.state = "open".to_owned(), "not closed"),
        (Goods::Damaged, |it| it.refunds = 1, "goods are bad"),
        (Goods::Damaged, |it| it.flagged = false, "lost"),
        (Goods::Short, |it| it.notes.clear(), "no note"),
        (Goods::Short, |it| it.flag_calls = 2, "sent again"),
        (
            Goods::Short,
            |it| it.notes.extend(it.notes.clone()),
            "twice",
        ),
        (Goods::OnTheWay, |_| (), "before its goods"),
    ];
    for (goods, plant, fault) in plants {
        let mut truth = as_it_should_be(goods);
        plant(&mut truth);
        let found = found(goods, truth, &[ID], &[]);
        assert!(found.contains(fault), "{fault}: {found}");
    }
    // With a person, and nobody has died.
    let mut truth = as_it_should_be(Goods::Good);
    truth.refunds = 0;
    assert!(found(Goods::Good, truth, &[ID], &[ID]).contains("ended with a person"));
}

#[test]
fn silence_and_betrayal_are_found() {
    let decided = json!({"message": "decided", "return_id": ID, "span": {"merchant": "acme"}});
    let others = json!({"message": "decided", "return_id": ID, "span": {"merchant": "bolt"}});
    let nobodys = json!({"message": "decided", "return_id": ID});
    let found = |log: &[Value], is_left: bool| {
        let books = Books {
            name: "acme",
            book: &BTreeMap::from([(ID, Goods::Good)]),
            truth: &BTreeMap::new(),
            rmas: &BTreeSet::new(),
            escalated: &BTreeSet::new(),
        };
        untold(&books, log, |_| is_left).len()
    };
    assert_eq!(found(&[decided], false), 0);
    assert_eq!(found(&[others], false), 1);
    assert_eq!(found(&[nobodys], false), 2);
    assert_eq!((found(&[], false), found(&[], true)), (1, 0));

    let shown = ["nothing", "a canary", "Zoë"].map(str::to_owned);
    assert_eq!(betrayed(shown.iter()).len(), 2);
}
