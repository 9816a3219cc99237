use maud::html;

use super::*;
use crate::overview::Row;

const NOW: i64 = 1_800_000_000;
const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

pub(super) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_unix_seconds(NOW + seconds)
}

/// These rows, and `more` that are not shown.
fn section(rows: &[(u64, i64, &str)], more: u64) -> Section {
    Section {
        total: u64::try_from(rows.len()).unwrap() + more,
        rows: rows
            .iter()
            .map(|(return_id, age, explanation)| Row {
                since: at(-age),
                return_id: *return_id,
                explanation: (*explanation).to_owned(),
            })
            .collect(),
    }
}

/// One merchant with work of every kind, one in trouble, one with nothing to do, and a new one.
pub(super) fn well_filled() -> Vec<MerchantOverview> {
    let acme = MerchantOverview {
        merchant: "acme".to_owned(),
        taken_at: Some(at(-12)),
        last_pull: Some(at(-3 * MINUTE)),
        last_settle: Some(at(-40)),
        compared_at: Some(at(-7 * HOUR)),
        open: 214,
        oldest_open: Some(at(-19 * DAY)),
        escalated: section(
            &[(
                99_904_598,
                3 * DAY,
                "goods arrived for a cancelled return: line 221 TEE-BLK-M: 0 of 1 available, 1 outstanding",
            )],
            0,
        ),
        flagged: section(
            &[
                (
                    99_904_611,
                    5 * DAY,
                    "flagged for this already; a person decides: line 88 CAP-RED: 0 of 1 available, 1 damaged",
                ),
                (
                    99_904_640,
                    26 * HOUR,
                    "the RMA is complete, and units are damaged, missing or on hold: line 7 JEANS-32: 1 of 2 available, 1 missing",
                ),
            ],
            0,
        ),
        by_hand: section(
            &[(
                99_904_655,
                2 * DAY,
                "the merchant processes such outcomes by hand",
            )],
            0,
        ),
        odd: section(
            &[(
                99_904_702,
                7 * HOUR,
                "it was seen processed, and its state in Loop is open",
            )],
            0,
        ),
        stale: section(
            &[(
                99_904_533,
                7 * HOUR,
                "7 looks in a row have failed: the OMS answered 503",
            )],
            0,
        ),
        owed: section(
            &[(
                99_904_777,
                7 * HOUR,
                "the ledger had not heard of this return",
            )],
            0,
        ),
        waiting: section(
            &[
                (
                    99_904_501,
                    19 * DAY,
                    "the warehouse is not done with the RMA",
                ),
                (99_904_505, 18 * DAY, "the goods"),
                (99_904_512, 90 * MINUTE, "Loop to finish processing"),
                (99_904_513, 59, "the first look"),
            ],
            210,
        ),
        ..MerchantOverview::default()
    };
    let refused = MerchantOverview {
        merchant: "bolt.eu".to_owned(),
        trouble: Some("Loop: the API key was refused (401); it is tried again at 14:20".to_owned()),
        taken_at: Some(at(-50)),
        last_pull: Some(at(-2 * DAY)),
        last_settle: Some(at(-2 * DAY)),
        cut_short: Some("the ledger holds something unreadable: an entry in form 9".to_owned()),
        unreadable: 2,
        compared_at: Some(at(-2 * DAY)),
        ..MerchantOverview::default()
    };
    let quiet = MerchantOverview {
        merchant: "coast".to_owned(),
        taken_at: Some(at(0)),
        last_pull: Some(at(-MINUTE)),
        last_settle: Some(at(-MINUTE)),
        compared_at: Some(at(-HOUR)),
        ..MerchantOverview::default()
    };
    let new = MerchantOverview {
        merchant: "dune".to_owned(),
        ..MerchantOverview::default()
    };
    vec![quiet, new, acme, refused]
}

/// What somebody could get into a text, each in every place that shows one.
pub(super) const HOSTILE: [&str; 9] = [
    "<script>window.pwned = 1; document.title = 'pwned'</script>",
    "</style></title></textarea><script>window.pwned = 1</script>",
    "<img src=x onerror=\"window.pwned = 1\">",
    "\" onmouseover=\"window.pwned = 1\" autofocus onfocus=\"window.pwned = 1\" x=\"",
    "' onclick='window.pwned = 1' x='",
    "javascript:window.pwned=1",
    "<!-- --><![CDATA[<svg onload=window.pwned=1>]]>&lt;script&gt;&#60;b&#62;",
    "\u{202e}desrever\u{2066} and never set back",
    "VERYLONGSKUWITHOUTANYBLANKVERYLONGSKUWITHOUTANYBLANKVERYLONGSKUWITHOUTANYBLANKVERYLONGSKUWITHOUT\
     ANYBLANKVERYLONGSKUWITHOUTANYBLANKVERYLONGSKUWITHOUTANYBLANKVERYLONGSKUWITHOUTANYBLANK",
];

/// A merchant of whom every text is `text`, and every number is large.
pub(super) fn all_of(text: &str) -> MerchantOverview {
    let rows = || section(&[(u64::MAX, 400 * DAY, text)], u64::MAX - 1);
    MerchantOverview {
        merchant: text.to_owned(),
        trouble: Some(text.to_owned()),
        cut_short: Some(text.to_owned()),
        unreadable: u64::MAX,
        taken_at: Some(at(0)),
        last_pull: Some(at(-400 * DAY)),
        last_settle: Some(at(-400 * DAY)),
        compared_at: Some(at(-400 * DAY)),
        open: u64::MAX,
        oldest_open: Some(at(-400 * DAY)),
        waiting: rows(),
        flagged: rows(),
        escalated: rows(),
        by_hand: rows(),
        owed: rows(),
        stale: rows(),
        odd: rows(),
    }
}

#[test]
fn every_text_is_escaped_wherever_it_stands() {
    for text in HOSTILE {
        let escaped = html! { (text) }.into_string();
        assert!(!escaped.contains(['<', '>', '"']), "{escaped}");
        let page = render(&[all_of(text)], at(0));
        // Ten texts, of which the merchant's name stands in two places and in two attributes.
        assert_eq!(page.matches(&escaped).count(), 13, "{page}");
        assert_eq!(page.replace(&escaped, "x"), render(&[all_of("x")], at(0)));
    }
}

/// The words of the part of the page that is this merchant's.
fn words_of(page: &str, merchant: &str) -> String {
    let id = format!("id=\"merchant-{merchant}\">");
    let (_, part) = page.split_once(&id).unwrap();
    let (part, _) = part.split_once("</section>").unwrap();
    let mut words = String::new();
    for piece in part.split('<') {
        let text = piece.split_once('>').map_or(piece, |(_, text)| text);
        words.push_str(text);
        words.push(' ');
    }
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn it_says_nothing_only_where_it_has_looked() {
    let page = render(&well_filled(), at(0));
    assert_eq!(
        words_of(&page, "coast"),
        "coast Last pull 1 minute ago Last settlement 1 minute ago Last comparison 1 hour ago \
         Ledger read less than a minute ago Open returns 0 \
         Needs a person Nothing. Late Nothing. In progress Nothing."
    );
    assert_eq!(
        words_of(&page, "dune"),
        "dune Last pull never Last settlement never Last comparison never Ledger read never \
         Needs a person The ledger was not read yet. Both sides were not compared yet. \
         Late Both sides were not compared yet. In progress The ledger was not read yet."
    );
    let part = "Not all of the ledger could be read.";
    let words = words_of(&page, "bolt.eu");
    for said in [
        format!("Needs a person {part} Not all of Loop's list could be read. Late"),
        "Late Not all of Loop's list could be read. In progress".to_owned(),
        format!("In progress {part}"),
    ] {
        assert!(words.contains(&said), "{said} is not in: {words}");
    }
    let empty = render(&[], at(0));
    assert!(empty.contains("No merchant is configured."), "{empty}");
}

#[test]
fn who_needs_somebody_comes_first_and_a_cut_is_said() {
    let page = render(&well_filled(), at(0));
    let mut order: Vec<_> = ["bolt.eu", "acme", "coast", "dune"]
        .map(|it| page.find(&format!("id=\"merchant-{it}\"")).unwrap())
        .to_vec();
    assert!(order.is_sorted(), "{order:?}");
    order = [
        "Trouble: ",
        "Undecided",
        "Flagged",
        "By hand",
        "Contradictory",
        "Stale",
        "Owed",
        "Waiting",
    ]
    .map(|it| page.find(it).unwrap())
    .to_vec();
    assert!(order.is_sorted(), "{order:?}");
    for said in [
        "5 for a person · Loop returns</title>",
        "1 merchant is in trouble.",
        "5 returns need a person.",
        "and 210 more, none of them older",
        "2 rows of Loop's list could not be read",
        "15 January 2027, 08:00:00 UTC",
    ] {
        assert!(page.contains(said), "{said}");
    }
}

#[test]
fn an_age_is_told_in_words() {
    for (seconds, words) in [
        (-DAY, "less than a minute"),
        (59, "less than a minute"),
        (MINUTE, "1 minute"),
        (HOUR - 1, "59 minutes"),
        (HOUR, "1 hour"),
        (2 * DAY - 1, "47 hours"),
        (2 * DAY, "2 days"),
        (400 * DAY, "400 days"),
    ] {
        assert_eq!(age(at(-seconds), at(0)), words);
    }
}
