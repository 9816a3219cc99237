//! The page for people: per merchant what needs one, what is late, what waits, and why.
//!
//! Plain HTML without a script, which a phone shows as well as a desk does. Serve it with
//! [`headers`], and [`style`] as `page.css` beside it. Every text is escaped by `maud`, whatever
//! Loop or the warehouse wrote into it; the headers forbid scripts besides.
//!
//! **What to change:** the words and the colours. Put a login in front of it before others than
//! your own people can reach it.

#[cfg(test)]
mod browser;
#[cfg(test)]
mod browser_tests;
#[cfg(test)]
mod tests;
mod words;

use std::cmp::Reverse;

use axum::http::HeaderName;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::response::IntoResponse;
use loop_client::Timestamp;
use maud::{DOCTYPE, Markup, html};
use words::{age, counted, instant, moment};

use crate::overview::{MerchantOverview, Section};

/// Where a return is in Loop's admin; its id follows.
const ADMIN: &str = "https://admin.loopreturns.com/returns/";
const STYLE: &str = include_str!("page.css");

/// What one section is called, what its reader can do, and the words around the age of a row.
struct Kind {
    title: &'static str,
    advice: &'static str,
    age: [&'static str; 2],
}

const ESCALATED: Kind = Kind {
    title: "Undecided",
    advice: "The bridge cannot tell what is right and does nothing more. Look at both sides, then \
             act in Loop.",
    age: ["", " ago"],
};
const FLAGGED: Kind = Kind {
    title: "Flagged",
    advice: "Loop holds these for review. Decide there whether to process.",
    age: ["", " ago"],
};
const BY_HAND: Kind = Kind {
    title: "By hand",
    advice: "All is well with the goods, and the policy leaves processing to the merchant.",
    age: ["", " ago"],
};
const ODD: Kind = Kind {
    title: "Contradictory",
    advice: "Loop, the warehouse and the ledger cannot all be right. Find out which is.",
    age: ["found ", " ago"],
};
const STALE: Kind = Kind {
    title: "Stale",
    advice: "These wait longer than they should. Look for what holds them up.",
    age: ["found ", " ago"],
};
const OWED: Kind = Kind {
    title: "Owed",
    advice: "The next settlement does these by itself. Act if they are here after the next \
             comparison too.",
    age: ["found ", " ago"],
};
const WAITING: Kind = Kind {
    title: "Waiting",
    advice: "These go on by themselves.",
    age: ["for ", ""],
};

/// What to send with the page and with its style: nothing but that style is loaded, nothing runs,
/// nobody frames it or keeps it, and Loop does not learn where a reader came from.
pub(crate) fn headers() -> [(HeaderName, &'static str); 4] {
    [
        (
            CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; \
             frame-ancestors 'none'",
        ),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
        (CACHE_CONTROL, "no-store"),
    ]
}

/// What to answer at `page.css`, beside the page.
pub(crate) fn style() -> impl IntoResponse + use<> {
    (
        headers(),
        [(CONTENT_TYPE, "text/css; charset=utf-8")],
        STYLE,
    )
}

/// The whole document. Who needs somebody most comes first.
pub(crate) fn render(merchants: &[MerchantOverview], now: Timestamp) -> String {
    let mut merchants: Vec<&MerchantOverview> = merchants.iter().collect();
    merchants.sort_by_key(|it| Reverse((it.trouble.is_some(), for_a_person(it) > 0)));
    let needs = merchants
        .iter()
        .map(|it| for_a_person(it))
        .fold(0, u64::saturating_add);
    let in_trouble = merchants
        .iter()
        .map(|it| u64::from(it.trouble.is_some()))
        .sum();
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="robots" content="noindex";
                meta http-equiv="refresh" content="60";
                title { (needs) " for a person · Loop returns" }
                link rel="stylesheet" href="page.css";
            }
            body {
                header {
                    h1 { "Loop returns" }
                    p.headline {
                        @if in_trouble > 0 {
                            strong.trouble { (counted(in_trouble, "merchant is", "merchants are")) " in trouble." } " "
                        }
                        @if needs > 0 {
                            strong { (counted(needs, "return needs", "returns need")) " a person." }
                        } @else {
                            "No return is known to need a person."
                        }
                    }
                    p.muted { "As of " time datetime=(instant(now)) { (moment(now)) } ". This page reloads every minute." }
                }
                @if merchants.is_empty() {
                    main { p { "No merchant is configured." } }
                } @else {
                    nav aria-label="Merchants" { ul { @for it in &merchants { (summary(it)) } } }
                    main { @for it in &merchants { (section_of(it, now)) } }
                }
            }
        }
    };
    page.into_string()
}

/// How many returns wait for somebody. One can be counted under two heads.
fn for_a_person(it: &MerchantOverview) -> u64 {
    [&it.escalated, &it.flagged, &it.by_hand, &it.odd]
        .iter()
        .fold(0, |sum, section| sum.saturating_add(section.total))
}

/// One line of the list of merchants, with a link to its section.
fn summary(it: &MerchantOverview) -> Markup {
    let counts = [
        (it.escalated.total, "undecided", "person"),
        (it.flagged.total, "flagged", "person"),
        (it.by_hand.total, "by hand", "person"),
        (it.odd.total, "contradictory", "person"),
        (it.stale.total, "stale", "late"),
        (it.owed.total, "owed", "late"),
        (it.waiting.total, "waiting", ""),
    ];
    let counts = counts.iter().filter(|(count, ..)| *count > 0);
    html! {
        li {
            a href={ "#merchant-" (it.merchant) } { bdi { (it.merchant) } }
            @if it.trouble.is_some() { " " span.chip.trouble { "trouble" } }
            @for (count, what, class) in counts.clone() {
                " " span class={ "chip " (class) } { (count) " " (what) }
            }
            @if it.taken_at.is_none() {
                " " span.chip { "not read yet" }
            } @else if it.cut_short.is_some() {
                " " span.chip.late { "not all read" }
            } @else if counts.count() == 0 {
                " " span.chip { "nothing open" }
            }
        }
    }
}

fn section_of(it: &MerchantOverview, now: Timestamp) -> Markup {
    let person = [
        (&ESCALATED, &it.escalated),
        (&FLAGGED, &it.flagged),
        (&BY_HAND, &it.by_hand),
        (&ODD, &it.odd),
    ];
    let late = [(&STALE, &it.stale), (&OWED, &it.owed)];
    let unread = match (it.taken_at, &it.cut_short) {
        (None, _) => Some("The ledger was not read yet."),
        (_, Some(_)) => Some("Not all of the ledger could be read."),
        _ => None,
    };
    let uncompared = match (it.compared_at, it.unreadable) {
        (None, _) => Some("Both sides were not compared yet."),
        (_, 1..) => Some("Not all of Loop's list could be read."),
        _ => None,
    };
    html! {
        section.merchant id={ "merchant-" (it.merchant) } {
            h2 { bdi { (it.merchant) } }
            @if let Some(trouble) = &it.trouble {
                p.alarm { strong { "Trouble: " } bdi { (trouble) } }
            }
            @if let Some(why) = &it.cut_short {
                p.warning { strong { "Not all of the ledger could be read: " } bdi { (why) } }
            }
            @if it.unreadable > 0 {
                p.warning {
                    (counted(it.unreadable, "row", "rows"))
                    " of Loop's list could not be read by the last comparison; see the log."
                }
            }
            dl.times {
                (time("Last pull", it.last_pull, now))
                (time("Last settlement", it.last_settle, now))
                (time("Last comparison", it.compared_at, now))
                (time("Ledger read", it.taken_at, now))
                @if it.taken_at.is_some() {
                    div {
                        dt { "Open returns" }
                        dd {
                            (it.open)
                            @if let Some(oldest) = it.oldest_open {
                                ", the oldest for " (age(oldest, now))
                            }
                        }
                    }
                }
            }
            (group("Needs a person", "person", &person, [unread, uncompared], now))
            (group("Late", "late", &late, [uncompared, None], now))
            (group("In progress", "progress", &[(&WAITING, &it.waiting)], [unread, None], now))
        }
    }
}

/// Sections of equal weight. "Nothing" is said only of what was looked at.
fn group(
    title: &str,
    class: &str,
    sections: &[(&Kind, &Section)],
    unknown: [Option<&str>; 2],
    now: Timestamp,
) -> Markup {
    let filled = sections.iter().filter(|(_, section)| section.total > 0);
    let is_empty = filled.clone().count() == 0;
    html! {
        div.group.(class).empty[is_empty] {
            h3 { (title) }
            @for (kind, section) in filled { (rows(kind, section, now)) }
            @for what in unknown.into_iter().flatten() { p.muted { (what) } }
            @if is_empty && unknown == [None, None] { p.muted { "Nothing." } }
        }
    }
}

fn rows(kind: &Kind, section: &Section, now: Timestamp) -> Markup {
    let [before, after] = kind.age;
    let shown = u64::try_from(section.rows.len()).unwrap_or(u64::MAX);
    let more = section.total.saturating_sub(shown);
    html! {
        h4 { (kind.title) " " span.count { (section.total) } }
        p.muted { (kind.advice) }
        dl.rows {
            @for row in &section.rows {
                div {
                    dt {
                        a href={ (ADMIN) (row.return_id) } rel="noreferrer" { (row.return_id) }
                        " "
                        time datetime=(instant(row.since)) { (before) (age(row.since, now)) (after) }
                    }
                    dd { bdi { (row.explanation) } }
                }
            }
        }
        @if more > 0 { p.more { "and " (more) " more, none of them older" } }
    }
}

fn time(what: &str, at: Option<Timestamp>, now: Timestamp) -> Markup {
    html! {
        div {
            dt { (what) }
            dd {
                @match at {
                    Some(at) => time datetime=(instant(at)) { (age(at, now)) " ago" },
                    None => "never",
                }
            }
        }
    }
}
